#include "proto/policy/tls_rpt_tally.h"

enum { NAME_MAX_BYTES = 255, ADDRESS_MAX_BYTES = 64, KINDS = TLSRPT_POLICY_TYPES * TLSRPT_RESULTS };

static bool is_row(const struct tlsrpt_row *r)
{
	return r->policy < TLSRPT_POLICY_TYPES && r->result >= TLSRPT_SUCCESS && r->result < TLSRPT_RESULTS && r->sessions;
}

int tlsrpt_tally_read(struct str record, struct tlsrpt_tally *ret)
{
	struct reader r = reader_of(record);
	struct tlsrpt_tally t = { .count = 0 };
	while (r.err == OK && r.rest.n) {
		struct tlsrpt_row row = { .policy = read_u8(&r), .result = read_u8(&r) };
		row.mx = read_str(&r, NAME_MAX_BYTES);
		row.address = read_str(&r, ADDRESS_MAX_BYTES);
		row.sessions = read_varint(&r);
		if (r.err != OK || !is_row(&row) || t.count == TLSRPT_ROWS_MAX)
			return E_SYNTAX;
		t.row[t.count++] = row;
	}
	*ret = t;
	return r.err == OK ? OK : E_SYNTAX;
}

void tlsrpt_tally_write(struct bufw *w, const struct tlsrpt_tally *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tlsrpt_row *row = &t->row[i];
		write_u8(w, row->policy);
		write_u8(w, row->result);
		write_str(w, row->mx);
		write_str(w, row->address);
		write_varint(w, row->sessions);
	}
}

static bool same(const struct tlsrpt_row *a, const struct tlsrpt_row *b)
{
	return a->policy == b->policy && a->result == b->result && str_ieq(a->mx, b->mx) && str_eq(a->address, b->address);
}

/* Room is kept for one row of each kind without a host. */
void tlsrpt_tally_add(struct tlsrpt_tally *t, const struct tlsrpt_row *row)
{
	struct tlsrpt_row one = *row;
	one.mx = row->result == TLSRPT_SUCCESS ? STR("") : str_first(row->mx, NAME_MAX_BYTES);
	one.address = row->result == TLSRPT_SUCCESS ? STR("") : str_first(row->address, ADDRESS_MAX_BYTES);
	for (size_t i = 0; i < t->count; i++)
		if (same(&t->row[i], &one)) {
			t->row[i].sessions += one.sessions;
			return;
		}
	if (!is_row(&one))
		return;
	if (t->count >= TLSRPT_ROWS_MAX - KINDS && one.mx.n) {
		one.mx = one.address = STR("");
		tlsrpt_tally_add(t, &one);
		return;
	}
	t->row[t->count++] = one;
}

static struct tlsrpt_failure failure_of(const struct tlsrpt_row *row)
{
	return (struct tlsrpt_failure){ .result_type = str_c(tlsrpt_result_name((enum tlsrpt_result)row->result)),
					.receiving_mx_hostname = row->mx,
					.receiving_ip = row->address,
					.sessions = row->sessions };
}

static void fill(const struct tlsrpt_tally *t, struct arena *a, uint8_t type, struct tlsrpt_policy *ret)
{
	static const struct str names[TLSRPT_POLICY_TYPES] = { STR_INIT("no-policy-found"), STR_INIT("tlsa"), STR_INIT("sts") };
	ret->type = names[type];
	ret->failures = arena_new_array(a, struct tlsrpt_failure, t->count);
	for (size_t i = 0; i < t->count; i++) {
		const struct tlsrpt_row *row = &t->row[i];
		if (row->policy != type)
			continue;
		if (row->result == TLSRPT_SUCCESS) {
			ret->succeeded += row->sessions;
			continue;
		}
		ret->failed += row->sessions;
		ret->failures[ret->failure_count++] = failure_of(row);
	}
}

void tlsrpt_tally_report(const struct tlsrpt_tally *t, struct arena *a, struct str domain, struct tlsrpt_report *ret)
{
	ret->policies = arena_new_array(a, struct tlsrpt_policy, TLSRPT_POLICY_TYPES);
	ret->policy_count = 0;
	for (uint8_t type = 0; t->count && type < TLSRPT_POLICY_TYPES; type++) {
		struct tlsrpt_policy p = { .domain = domain };
		fill(t, a, type, &p);
		if (p.succeeded || p.failed)
			ret->policies[ret->policy_count++] = p;
	}
}
