/* Operations of the store that auth only passes on: the arguments are an array of strings. */
#include "role/auth/auth_admin.h"

#include <stdio.h>

int auth_op_directory(struct auth_call *c)
{
	struct str arguments[AUTH_DIRECTORY_ARGUMENTS];
	char op[64 + 1];
	json_t *v;
	size_t i;
	if (!json_is_array(c->arguments) || json_array_size(c->arguments) > COUNT_OF(arguments) || str_to_c(c->op, op, sizeof op) != OK)
		return auth_refuse(c, STR_FMT ": wrong arguments", STR_ARG(c->op));
	json_array_foreach(c->arguments, i, v)
		arguments[i] = (struct str){ json_string_value(v), json_string_length(v) };
	return auth_directory(c, op, arguments, json_array_size(c->arguments));
}
