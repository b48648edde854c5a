#include "proto/dmarc/dmarc_from.h"

#include "proto/addr/addr_list.h"
#include "proto/addr/addr_normal.h"
#include "proto/dns/dns_name.h"
#include "proto/header/header.h"

enum { ADDRESSES_MAX = 100 };

const char *dmarc_from_reason(enum dmarc_from_defect defect)
{
	static const char *const reasons[] = {
		[DMARC_FROM_OK] = "one From field with proper addresses",
		[DMARC_FROM_MISSING] = "there is no author address",
		[DMARC_FROM_SEVERAL_FIELDS] = "there are several From fields",
		[DMARC_FROM_MALFORMED] = "the From field is malformed",
		[DMARC_FROM_BAD_DOMAIN] = "an author address has no proper domain",
	};
	return reasons[defect];
}

/* The first defect found stays. */
static void defect(struct dmarc_from *from, enum dmarc_from_defect what)
{
	if (from->defect == DMARC_FROM_OK)
		from->defect = what;
}

void dmarc_from_add(struct arena *a, struct str domain, struct dmarc_from *from)
{
	struct str normal;
	if (str_ends(domain, STR(".")))
		domain.n--;
	if (!str_is_ascii(domain) && addr_domain_normalize(a, domain, &domain) != OK) {
		defect(from, DMARC_FROM_BAD_DOMAIN);
		return;
	}
	if (!dns_name_is_host(domain)) {
		defect(from, DMARC_FROM_BAD_DOMAIN);
		return;
	}
	char *lower = arena_alloc(a, domain.n);
	for (size_t i = 0; i < domain.n; i++)
		lower[i] = ascii_lower(domain.p[i]);
	normal = (struct str){ lower, domain.n };
	for (size_t i = 0; i < from->count; i++)
		if (str_eq(from->domains[i], normal))
			return;
	if (from->count == DMARC_FROM_MAX)
		defect(from, DMARC_FROM_MALFORMED);
	else
		from->domains[from->count++] = normal;
}

static void read_field(struct arena *a, const struct header_field *field, struct dmarc_from *from)
{
	struct addr_list list;
	addr_list_parse(a, field->value, ADDRESSES_MAX, &list);
	if (list.malformed || list.truncated || field->space_before_colon)
		defect(from, DMARC_FROM_MALFORMED);
	for (size_t i = 0; i < list.count; i++) {
		const struct addr_item *item = &list.items[i];
		if (item->kind != ADDR_MAILBOX || item->route.n)
			defect(from, DMARC_FROM_MALFORMED);
		if (item->kind == ADDR_MAILBOX)
			dmarc_from_add(a, item->domain, from);
	}
}

void dmarc_from_header(struct arena *a, struct str header, struct dmarc_from *ret)
{
	struct header_field field;
	size_t fields = 0;
	*ret = (struct dmarc_from){ .defect = DMARC_FROM_OK };
	while (header_next(&header, &field)) {
		if (!str_ieq(field.name, STR("From")))
			continue;
		if (++fields > 1)
			defect(ret, DMARC_FROM_SEVERAL_FIELDS);
		read_field(a, &field, ret);
	}
	if (ret->count == 0)
		defect(ret, DMARC_FROM_MISSING);
	if (fields > 1)
		ret->defect = DMARC_FROM_SEVERAL_FIELDS;
}
