#include "ipc/conf_yaml.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What the file says: a pointer for each value, NULL where it says nothing. */
#define U64_(name, standard, least, most, what) uint64_t *name;
#define BOOL_(name, standard, what) bool *name;
#define STR_(name, most, standard, what) char *name;
#define LIST_(name, what) char **name; unsigned name##_count;
#define SECTION_(section, fields) struct file_##section { fields(U64_, BOOL_, STR_, LIST_) };
CONF_SECTIONS(SECTION_)
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_
#define SECTION_(section, fields) struct file_##section *section;
struct file { CONF_SECTIONS(SECTION_) };
#undef SECTION_

static const cyaml_schema_value_t list_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, 255) };

enum { OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL };
#define U64_(name, standard, least, most, what) CYAML_FIELD_UINT_PTR(#name, OPTIONAL, self, name),
#define BOOL_(name, standard, what) CYAML_FIELD_BOOL_PTR(#name, OPTIONAL, self, name),
#define STR_(name, most, standard, what) CYAML_FIELD_STRING_PTR(#name, OPTIONAL, self, name, 0, most),
#define LIST_(name, what) CYAML_FIELD_SEQUENCE(#name, OPTIONAL, self, name, &list_entry, 0, CONF_LIST_MAX),
#define SECTION_(section, fields)                                              \
	static const cyaml_schema_field_t *fields_of_##section(void)          \
	{                                                                      \
		typedef struct file_##section self;                            \
		static const cyaml_schema_field_t rows[] = { fields(U64_, BOOL_, STR_, LIST_) CYAML_FIELD_END }; \
		return rows;                                                   \
	}
CONF_SECTIONS(SECTION_)
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_

/* What libcyaml says comes as several lines: the cause first, then a trace whose first row has the line. */
struct complaint { char cause[256]; unsigned line; };

static void on_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct complaint *c = ctx;
	char text[512];
	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(text, sizeof text, format, args);
	const char *line = strstr(text, "line: ");
	struct str s = str_trim(str_c(text));
	str_take(&s, STR("Load: "));
	if (line && !c->line) {
		uint64_t n = 0;
		struct str digits = str_c(line + 6);
		if (str_take_u64(&digits, UINT32_MAX, &n) == OK)
			c->line = (unsigned)n;
	}
	if (!c->cause[0] && s.n && !str_starts(s, STR("Backtrace")))
		snprintf(c->cause, sizeof c->cause, STR_FMT, STR_ARG(s));
}

static bool is_key(struct str line, struct str key)
{
	return str_take(&line, key) && line.n && (line.p[0] == ':' || line.p[0] == ' ');
}

/* The line that sets section.name, for values that are well-formed but out of range; of the first such name when section is empty. */
static unsigned line_of(const char *path, struct str section, struct str name)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	unsigned n = 0, found = 0;
	bool inside = section.n == 0;
	while (f && !found && fgets(line, sizeof line, f)) {
		struct str s = str_trim(str_c(line));
		bool top = s.n && s.p == line;
		n++;
		if (inside && is_key(s, name))
			found = n;
		else if (top && section.n)
			inside = is_key(s, section);
	}
	if (f)
		fclose(f);
	return found;
}

/* Of an unknown key libcyaml names the key, but the line of the one before it. */
static unsigned line_of_complaint(const char *path, const struct complaint *c)
{
	const char *key = strstr(c->cause, "Unexpected key: ");
	unsigned line = key ? line_of(path, STR(""), str_c(key + strlen("Unexpected key: "))) : 0;
	return line ? line : c->line;
}

static char *take_text(char *own, const char *theirs)
{
	mem_free(own);
	size_t n = strlen(theirs) + 1;
	char *p = mem_alloc(n);
	memcpy(p, theirs, n);
	return p;
}

static char **take_list(char *const *theirs, unsigned count)
{
	char **list = mem_new_array(char *, count);
	for (unsigned i = 0; i < count; i++)
		list[i] = take_text(NULL, theirs[i]);
	return list;
}

#define U64_(name, standard, least, most, what) if (f->name) s->name = *f->name;
#define BOOL_(name, standard, what) if (f->name) s->name = *f->name;
#define STR_(name, most, standard, what) if (f->name) s->name = take_text(s->name, f->name);
#define LIST_(name, what) if (f->name) { s->name = take_list(f->name, f->name##_count); s->name##_count = f->name##_count; }
#define SECTION_(section, fields) if (from->section) { const struct file_##section *f = from->section; \
	__typeof__(to->section) *s = &to->section; fields(U64_, BOOL_, STR_, LIST_) }
static void apply(const struct file *from, struct conf *to) { CONF_SECTIONS(SECTION_) }
#undef SECTION_

static int check_values(const char *path, const struct conf *c, struct buf *reterr)
{
	struct buf why;
	buf_init(&why, 1024);
	int r = conf_check(c, &why);
	if (r == OK && !c->server.hostname[0])
		r = buf_put_str(&why, STR("server.hostname: is missing")) == OK ? E_SYNTAX : E_TOOBIG;
	if (r != OK) {
		struct str rest = buf_str(&why), section = str_until(&rest, '.'), name = str_until(&rest, ':');
		struct bufw w = { .b = reterr };
		bufw_printf(&w, "%s:%u: " STR_FMT, path, line_of(path, section, name), STR_ARG(buf_str(&why)));
	}
	buf_done(&why);
	return r;
}

int conf_yaml_load(const char *path, struct conf *ret, struct buf *reterr)
{
	cyaml_schema_field_t top[16], *row = top;
#define SECTION_(section, fields) *row++ = (cyaml_schema_field_t)CYAML_FIELD_MAPPING_PTR(#section, OPTIONAL, struct file, section, fields_of_##section());
	CONF_SECTIONS(SECTION_)
#undef SECTION_
	*row = (cyaml_schema_field_t)CYAML_FIELD_END;
	const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, top) };
	struct complaint complaint = { .cause = "" };
	const cyaml_config_t config = { .log_fn = on_log, .log_ctx = &complaint, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS };
	struct file *file = NULL;
	struct bufw w = { .b = reterr };
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > 1 << 20) {
		bufw_printf(&w, "%s: cannot be read", path);
		return E_NOTFOUND;
	}
	cyaml_err_t err = cyaml_load_file(path, &config, &schema, (cyaml_data_t **)&file, NULL);
	if (err != CYAML_OK) {
		bufw_printf(&w, "%s:%u: %s", path, line_of_complaint(path, &complaint), complaint.cause[0] ? complaint.cause : cyaml_strerror(err));
		return E_SYNTAX;
	}
	struct conf c;
	conf_defaults(&c);
	if (file)
		apply(file, &c);
	cyaml_free(&config, &schema, file, 0);
	int r = check_values(path, &c, reterr);
	if (r == OK && c.relay.smarthost_password[0] && (st.st_mode & 077)) {
		bufw_printf(&w, "%s:%u: holds a password, but others may read the file: chmod 600 %s", path, line_of(path, STR("relay"), STR("smarthost_password")), path);
		r = E_DENIED;
	}
	if (r != OK)
		conf_done(&c);
	else
		*ret = c;
	return r;
}
