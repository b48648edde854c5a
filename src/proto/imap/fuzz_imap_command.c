/* The reader: however the bytes are cut, it says the same; its memory stays below the budget; the views it
 * gives lie in order. Then every grammar is tried on the arguments. */
#include "base/base.h"
#include "proto/imap/imap_command.h"
#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_fetch_args.h"
#include "proto/imap/imap_list_args.h"
#include "proto/imap/imap_metadata_args.h"
#include "proto/imap/imap_notify_args.h"
#include "proto/imap/imap_sort_args.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct imap_limits limits = {
	.bytes = 4096, .depth = 4, .items = 200, .literal_plus = 1000, .message = 2000, .discard = 8192,
};

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_rest(struct str args, const struct imap_args *a, int r)
{
	check(a->rest.n <= args.n && a->rest.p + a->rest.n == args.p + args.n);
	check(r == OK || a->bad);
}

static void try_grammars(struct str args)
{
	struct arena arena;
	arena_init(&arena, 16 << 20, NULL, NULL);
	struct imap_store store;
	struct imap_fetch fetch;
	struct imap_list list;
	struct imap_append append;
	struct imap_id_pair pairs[IMAP_ID_PAIRS_MAX];
	struct str s, names[IMAP_ENABLE_MAX];
	size_t count;
	unsigned items;
	struct imap_select select;
	struct imap_sort sort;
	struct str use;
	struct imap_metadata *metadata = arena_new(&arena, struct imap_metadata);
	struct imap_notify_args *notify = arena_new(&arena, struct imap_notify_args);
	for (int utf8 = 0; utf8 < 2; utf8++) {
		struct imap_args a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_store_args(&a, &store));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_fetch_args(&a, &fetch));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_list_args(&a, &list));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_append_message(&a, &append));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_id_args(&a, pairs, &count));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_enable_args(&a, names, &count));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_status_args(&a, &s, &items));
		a = imap_args_of(args, &arena, utf8);
		int r = imap_select_args(&a, &select);
		check_rest(args, &a, r);
		check(r != OK || (utf8_valid(select.mailbox) && select.mailbox.n <= IMAP_MAILBOX_MAX + 5));
		a = imap_args_of(args, &arena, utf8);
		r = imap_sort_args(&a, &sort);
		check_rest(args, &a, r);
		check(r != OK || (sort.n > 0 && sort.n <= IMAP_SORT_KEYS_MAX));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_create_args(&a, &s, &use));
		a = imap_args_of(args, &arena, utf8);
		r = imap_getmetadata_args(&a, metadata);
		check_rest(args, &a, r);
		check(r != OK || (metadata->n > 0 && metadata->entries[0].name.n <= IMAP_ENTRY_NAME_MAX));
		a = imap_args_of(args, &arena, utf8);
		check_rest(args, &a, imap_setmetadata_args(&a, metadata));
		a = imap_args_of(args, &arena, utf8);
		r = imap_notify_args(&a, notify);
		check_rest(args, &a, r);
		check(r != OK || notify->none || notify->n > 0);
	}
	arena_done(&arena);
}

/* What the reader said, folded into one number. */
static uint64_t fold(uint64_t h, struct str s)
{
	return (h ^ str_hash(s)) * 0x100000001b3u + s.n;
}

static uint64_t drive(struct str in, size_t piece, bool parse)
{
	struct imap_reader r;
	struct str got = { "", 0 };
	uint64_t h = 0, skip = 0;
	imap_reader_init(&r, &limits);
	for (;;) {
		if (skip) {      /* octets of a message, which are the caller's */
			skip -= str_take_n(&got, skip < got.n ? (size_t)skip : got.n).n;
			if (skip == 0)
				imap_reader_append_taken(&r);
		}
		enum imap_read e = skip ? IMAP_READ_MORE : imap_reader_feed(&r, &got);
		check(r.bytes.n <= limits.bytes);
		if (e == IMAP_READ_MORE) {
			check(got.n == 0);
			if (in.n == 0)
				break;
			got = str_take_n(&in, piece);
			continue;
		}
		h = fold(h * 31 + (uint64_t)e, r.command.tag);
		if (e == IMAP_READ_BYE)
			break;
		if (e == IMAP_READ_BAD || e == IMAP_READ_TOOBIG)
			check(r.why != NULL);
		if (e == IMAP_READ_COMMAND || e == IMAP_READ_APPEND) {
			h = fold(fold(h, r.command.name), r.command.args);
			check(r.command.tag.n > 0 && r.command.name.n > 0);
			if (parse)
				try_grammars(r.command.args);
		}
		if (e == IMAP_READ_APPEND) {
			check(r.message_size <= limits.message);
			skip = r.message_size;
			if (skip == 0)
				imap_reader_append_taken(&r);
		} else if (e != IMAP_READ_CONTINUE) {
			imap_reader_next(&r);
		}
	}
	imap_reader_done(&r);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1)
		return 0;
	struct str in = { (const char *)data + 1, n - 1 };
	check(drive(in, in.n + 1, true) == drive(in, 1 + data[0] % 16, false));
	return 0;
}
