#include "proto/password/password_rule.h"

enum { VERSION = 1, PROFILE_MAX = 4096 };

static void write_profile(struct bufw *w, const struct password_profile *p)
{
	struct buf b;
	buf_init(&b, PROFILE_MAX);
	if (w->err == OK)
		w->err = password_profile_write(&b, p);
	write_str(w, buf_str(&b));
	buf_done(&b);
}

int password_rule_write(struct buf *out, const struct password_rule *p)
{
	size_t start = out->n;
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_profile(&w, &p->profile);
	write_str(&w, p->company);
	write_varint(&w, p->word_count);
	for (size_t i = 0; i < p->word_count; i++)
		write_str(&w, p->words[i]);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int password_rule_read(struct str bytes, struct password_rule *ret)
{
	struct reader r = reader_of(bytes);
	struct password_rule p = { .word_count = 0 };
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	struct str profile = read_str(&r, PROFILE_MAX);
	p.company = read_str(&r, PASSWORD_COMPANY_MAX);
	uint64_t n = read_varint(&r);
	if (n > PASSWORD_RULE_WORDS_MAX)
		return E_CORRUPT;
	while (p.word_count < n && r.err == OK)
		p.words[p.word_count++] = read_str(&r, PASSWORD_RULE_WORD_MAX);
	if (reader_end(&r) != OK)
		return E_CORRUPT;
	int err = password_profile_read(profile, &p.profile);
	if (err == OK)
		*ret = p;
	return err;
}
