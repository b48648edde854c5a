/* The logo of a domain (BIMI), kept as the record to publish under "bimi/" and the domain. bimi.show {"domain"}: {"record": "" when there is
 * none}. bimi.set {"domain", "location", "authority": may be missing}. bimi.remove {"domain"}. */
#include "proto/policy/bimi.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_op.h"

int auth_op_bimi_show(struct auth_call *c)
{
	char key[AUTH_KEY_MAX];
	struct str domain, record = STR("");
	uint64_t version;
	int r = auth_need(c, "domain", &domain);
	if (r == OK)
		r = records_get(c->a, auth_key("bimi/", domain, key), &record, &version);
	if (r == OK || r == E_NOTFOUND)
		c->json = json_pack("{s:o}", "record", auth_string(r == OK ? record : STR("")));
	return r == E_NOTFOUND ? OK : r;
}

int auth_op_bimi_set(struct auth_call *c)
{
	struct auth_change ch;
	char key[AUTH_KEY_MAX];
	struct str domain, record;
	int r = auth_need(c, "domain", &domain);
	if (r != OK)
		return r;
	if (bimi_record_write(c->a, auth_arg(c, "location"), auth_arg(c, "authority"), &record) != OK)
		return auth_refuse(c, "logo and certificate are https:// addresses of at most %d bytes, with other octets and ; \" \\ percent-encoded",
			BIMI_URI_MAX);
	auth_change_begin(&ch, c->by, c->from, "bimi.set", domain);
	ch.detail = record;
	records_set(&ch.batch, auth_key("bimi/", domain, key), RECORDS_ANY, record);
	r = auth_change_finish(c, &ch);
	if (r == OK)
		c->json = json_pack("{s:o}", "record", auth_string(record));
	return r;
}

int auth_op_bimi_remove(struct auth_call *c)
{
	struct auth_change ch;
	char key[AUTH_KEY_MAX];
	struct str domain;
	int r = auth_need(c, "domain", &domain);
	if (r != OK)
		return r;
	auth_change_begin(&ch, c->by, c->from, "bimi.remove", domain);
	records_remove(&ch.batch, auth_key("bimi/", domain, key), RECORDS_ANY);
	r = auth_change_finish(c, &ch);
	if (r == OK)
		c->json = json_pack("{s:s}", "record", "");
	return r;
}
