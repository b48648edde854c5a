/* Records of the store from hostile bytes. The first byte picks the record; what is read must write back to something
 * that reads the same, and keep its limits. */
#include "role/store/store_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct buf out;

static struct bufw writer(void)
{
	buf_clear(&out);
	return (struct bufw){ .b = &out };
}

static void mailbox(struct str in)
{
	struct rec_mailbox v, again;
	if (rec_mailbox_read(in, &v) != OK)
		return;
	must(v.name.n <= STORE_NAME_MAX && v.role < STORE_ROLES);
	struct bufw w = writer();
	rec_mailbox_write(&w, &v);
	must(w.err == OK && rec_mailbox_read(buf_str(&out), &again) == OK);
	must(str_eq(v.name, again.name) && v.uidnext == again.uidnext && v.log_count == again.log_count &&
	     v.size == again.size);
}

static void email(struct str in)
{
	struct rec_email v, again;
	if (rec_email_read(in, &v) != OK)
		return;
	must(v.members <= STORE_MEMBERS_MAX && v.hashes <= STORE_REFS_MAX);
	struct bufw w = writer();
	rec_email_write(&w, &v);
	must(w.err == OK && rec_email_read(buf_str(&out), &again) == OK);
	must(v.blob == again.blob && v.members == again.members && v.hashes == again.hashes);
}

static void runs(struct str in)
{
	struct rec_runs v = { 0 }, again = { 0 };
	if (rec_runs_read(in, &v) == OK) {
		for (size_t i = 0; i < v.n; i++)
			must(v.v[i].uid && v.v[i].count && v.v[i].uid + (v.v[i].count - 1) >= v.v[i].uid);
		struct bufw w = writer();
		rec_runs_write(&w, &v);
		must(w.err == OK && rec_runs_read(buf_str(&out), &again) == OK && again.n == v.n);
	} else {
		must(v.n == 0);
	}
	rec_runs_done(&v);
	rec_runs_done(&again);
}

static void queue(struct str in)
{
	struct store_queue_entry v, again;
	if (rec_queue_read(in, &v) != OK)
		return;
	must(v.sender.n <= STORE_PATH_MAX && v.text.n <= STORE_QUEUE_TEXT_MAX && v.state < STORE_QUEUE_STATES);
	struct bufw w = writer();
	rec_queue_write(&w, &v);
	must(w.err == OK && rec_queue_read(buf_str(&out), &again) == OK);
	must(str_eq(v.recipient, again.recipient) && v.next == again.next && v.attempts == again.attempts);
}

static void alias(struct str in)
{
	struct arena a;
	struct store_alias_info v;
	arena_init(&a, 1 << 20, NULL, NULL);
	if (rec_alias_read(in, &a, &v) == OK)
		must(v.targets <= STORE_ALIAS_TARGETS);
	arena_done(&a);
}

static void rest(struct str in)
{
	struct rec_system system;
	struct rec_meta meta;
	struct rec_thread thread;
	struct store_account_info account;
	struct store_domain_info domain;
	struct str entries;
	uint32_t n;
	if (rec_system_read(in, &system) == OK)
		must(system.format && system.format <= STORE_FORMAT);
	if (rec_meta_read(in, &meta) == OK)
		must(meta.modseq > 0);
	if (rec_thread_read(in, &thread) == OK)
		must(in.n >= 3);
	if (rec_account_read(in, &account) == OK)
		must(account.address.n <= STORE_ADDRESS_MAX && account.credential.n <= STORE_CREDENTIAL_MAX);
	if (rec_domain_read(in, &domain) == OK)
		must(domain.catch_all.n <= STORE_ADDRESS_MAX);
	if (rec_entries_read(in, &entries) == OK)
		must(entries.n && entries.n % STORE_ENTRY == 0 && entries.n == in.n - 1);
	if (rec_u32_read(in, &n) == OK)
		must(in.n == 5);
}

static void (*const readers[])(struct str in) = { mailbox, email, runs, queue, alias, rest };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	buf_init(&out, 1 << 20);
	readers[data[0] % COUNT_OF(readers)]((struct str){ (const char *)data + 1, size - 1 });
	buf_done(&out);
	return 0;
}
