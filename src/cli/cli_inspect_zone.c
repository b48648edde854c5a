#include "cli/cli_inspect.h"

#include <stdio.h>
#include <yaml.h>

static struct str text_of(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return STR("");
	return (struct str){ (const char *)n->data.scalar.value, n->data.scalar.length };
}

static bool is_failure(struct str word) { return str_eq(word, STR("TIMEOUT")) || str_eq(word, STR("SERVFAIL")); }

struct reading { yaml_document_t *doc; struct dns_zone *zone; const char *path; struct str name; int status; };

static void refuse(struct reading *r, const yaml_node_t *at, const char *what)
{
	if (r->status == CLI_OK)
		r->status = cli_refuse("%s:%zu: " STR_FMT ": %s", r->path, at->start_mark.line + 1, STR_ARG(r->name), what);
}

static void take_value(struct reading *r, enum dns_type type, const yaml_node_t *value)
{
	if (!value || value->type != YAML_SCALAR_NODE || dns_zone_add(r->zone, r->name, type, text_of(value)) != OK)
		refuse(r, value, "not a value of that type");
}

static void take_type(struct reading *r, const yaml_node_t *key, const yaml_node_t *value)
{
	enum dns_type type;
	if (is_failure(text_of(key))) {
		dns_zone_fail(r->zone, r->name);
	} else if (dns_zone_type(text_of(key), &type) != OK) {
		refuse(r, key, "not one of A, AAAA, CNAME, MX, PTR, TXT, TIMEOUT, SERVFAIL");
	} else if (value->type == YAML_SEQUENCE_NODE) {
		for (yaml_node_item_t *i = value->data.sequence.items.start; i < value->data.sequence.items.top; i++)
			take_value(r, type, yaml_document_get_node(r->doc, *i));
	} else {
		take_value(r, type, value);
	}
}

static void take_name(struct reading *r, const yaml_node_t *value)
{
	if (is_failure(text_of(value))) {
		dns_zone_fail(r->zone, r->name);
	} else if (value->type != YAML_MAPPING_NODE) {
		refuse(r, value, "a mapping of types is expected");
	} else {
		for (yaml_node_pair_t *p = value->data.mapping.pairs.start; p < value->data.mapping.pairs.top; p++)
			take_type(r, yaml_document_get_node(r->doc, p->key), yaml_document_get_node(r->doc, p->value));
	}
}

static int take_document(yaml_document_t *doc, struct dns_zone *zone, const char *path)
{
	struct reading r = { .doc = doc, .zone = zone, .path = path, .status = CLI_OK };
	const yaml_node_t *root = yaml_document_get_root_node(doc);
	if (!root)
		return CLI_OK;
	if (root->type != YAML_MAPPING_NODE)
		return cli_refuse("%s: a mapping of names is expected", path);
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
		r.name = text_of(yaml_document_get_node(doc, p->key));
		take_name(&r, yaml_document_get_node(doc, p->value));
	}
	return r.status;
}

int inspect_zone_read(const char *path, struct dns_zone *zone)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	FILE *f = fopen(path, "re");
	if (!f)
		return cli_refuse("cannot read %s: %m", path);
	if (!yaml_parser_initialize(&parser)) {
		fclose(f);
		return cli_refuse("no memory");
	}
	yaml_parser_set_input_file(&parser, f);
	int status;
	if (yaml_parser_load(&parser, &doc)) {
		status = take_document(&doc, zone, path);
		yaml_document_delete(&doc);
	} else {
		status = cli_refuse("%s:%zu: %s", path, parser.problem_mark.line + 1, parser.problem ? parser.problem : "not YAML");
	}
	yaml_parser_delete(&parser);
	fclose(f);
	return status;
}
