/* Names of flag bits: the account's table of keywords, as the store keeps it. */
#include "role/imap/imap.h"

#include "proto/imap/imap_flags.h"

_Static_assert((int)IMAP_SEEN == (int)FLAG_SEEN && (int)IMAP_ANSWERED == (int)FLAG_ANSWERED && (int)IMAP_FLAGGED == (int)FLAG_FLAGGED &&
		       (int)IMAP_DELETED == (int)FLAG_DELETED && (int)IMAP_DRAFT == (int)FLAG_DRAFT,
	       "the grammar's flags are the store's");

enum { SYSTEM = FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_DRAFT, KEYWORDS_MAX = FLAG_COUNT - FLAG_FIRST_KEYWORD };

int imap_keywords_load(struct imap_session *s)
{
	struct ipc_keywords_rep a;
	int r = s->env->keywords(&(struct ipc_keywords_req){ .grant = s->grant }, &a, &s->hold);
	if (r != OK)
		return r;
	arena_done(&s->keyword_names);
	s->keyword_count = 0;
	if (a.names.n)
		s->keywords = arena_new_array(&s->keyword_names, struct str, KEYWORDS_MAX);
	struct reader names = reader_of(a.names);
	while (names.rest.n && names.err == OK && s->keyword_count < KEYWORDS_MAX)
		s->keywords[s->keyword_count++] = arena_dup(&s->keyword_names, read_str(&names, IMAP_KEYWORD_LENGTH_MAX * 2));
	return reader_end(&names);
}

bool imap_keyword_find(const struct imap_session *s, struct str name, uint64_t *ret)
{
	for (size_t i = 0; i < s->keyword_count; i++)
		if (str_ieq(s->keywords[i], name)) {
			*ret = (uint64_t)1 << (FLAG_FIRST_KEYWORD + i);
			return true;
		}
	return false;
}

static uint64_t known(const struct imap_session *s)
{
	size_t bits = FLAG_FIRST_KEYWORD + s->keyword_count;
	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

int imap_keywords_know(struct imap_session *s, uint64_t flags)
{
	if (!(flags & ~known(s)))
		return OK;
	int r = imap_keywords_load(s);
	return r == OK ? imap_tell_flags(s) : r;
}

int imap_keyword_bits(struct imap_session *s, const struct imap_flags *f, uint64_t *ret)
{
	uint64_t bits = f->system & SYSTEM;
	for (size_t i = 0; i < f->n; i++) {
		uint64_t bit;
		struct ipc_keyword_bit_rep a;
		if (!imap_keyword_find(s, f->keywords[i], &bit)) {
			int r = s->env->keyword_bit(&(struct ipc_keyword_bit_req){ .grant = s->grant, .name = f->keywords[i] }, &a, &s->hold);
			if (r != OK)
				return r == E_FULL ? E_TOOBIG : r;
			if (a.bit >= FLAG_COUNT)
				return E_PROTO;
			bit = (uint64_t)1 << a.bit;
		}
		bits |= bit;
	}
	*ret = bits;
	return OK;
}

static void write_names(const struct imap_session *s, struct bufw *w, uint64_t flags, bool recent)
{
	bool any = imap_flags_write(w, (unsigned)(flags & SYSTEM) | (recent ? IMAP_RECENT : 0u));
	for (size_t i = 0; i < s->keyword_count; i++) {
		if (!(flags >> (FLAG_FIRST_KEYWORD + i) & 1))
			continue;
		if (any)
			bufw_char(w, ' ');
		bufw_str(w, s->keywords[i]);
		any = true;
	}
}

void imap_write_flags(const struct imap_session *s, struct bufw *w, const struct imap_message *m)
{
	bufw_char(w, '(');
	write_names(s, w, m->flags, !s->rev2 && (m->state & IMAP_ROW_RECENT));
	bufw_char(w, ')');
}

int imap_tell_flags(struct imap_session *s)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* FLAGS (");
	write_names(s, &w, known(s), false);
	bufw_c(&w, ")\r\n* OK [PERMANENTFLAGS (");
	if (!s->view.read_only) {
		write_names(s, &w, known(s), false);
		bufw_c(&w, s->keyword_count < KEYWORDS_MAX ? " \\*" : "");
	}
	bufw_c(&w, s->view.read_only ? ")] read-only\r\n" : ")] flags that are kept\r\n");
	return imap_push(s, &w);
}
