/* How fast the model delivers on RocksDB: 5 KB messages into 100 mailboxes, by 1, 10 and 50 callers that each wait
 * until their message is durable. A short run by default; CERALACCA_BENCH=SECONDS for figures (build with V=release).
 */
#include "role/store/store_test_help.h"

#include <ftw.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAILBOXES = 100, CALLERS_MAX = 50, BODY = 5000, SUMMARY = 700 };

struct caller { struct kv_waiter waiter; struct bench *bench; bool ready; };

struct bench {
	struct store *st;
	int event;
	uint32_t account[MAILBOXES];
	struct caller caller[CALLERS_MAX];
	uint64_t done, failed, dice;
	char text[64 << 10];
};

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void notify(void *ctx)
{
	uint64_t one = 1;
	if (write(((struct bench *)ctx)->event, &one, sizeof one) < 0)
		abort();
}

static void released(struct kv_waiter *w, int err)
{
	struct caller *c = (struct caller *)(void *)w;
	c->ready = true;
	c->bench->done++;
	c->bench->failed += err != OK;
}

/* Words, so that it compresses as mail does. */
static void fill(struct bench *b)
{
	static const char *const words[] = { "the ",     "report ",   "attached ", "meeting ",
					     "regards ", "Thursday ", "invoice ",  "=20\r\n" };
	for (size_t n = 0; n < sizeof b->text;) {
		b->dice = b->dice * 6364136223846793005u + 1442695040888963407u;
		const char *w = words[b->dice >> 61];
		char noise[12];
		int k = snprintf(noise, sizeof noise, "%04llx ", (unsigned long long)(b->dice >> 40 & 0xffff));
		struct str piece = b->dice >> 32 & 1 ? str_c(w) : (struct str){ noise, (size_t)k };
		piece = str_first(piece, sizeof b->text - n);
		memcpy(b->text + n, piece.p, piece.n);
		n += piece.n;
	}
}

static void deliver(struct bench *b, struct caller *c)
{
	char id[40];
	b->dice = b->dice * 6364136223846793005u + 1442695040888963407u;
	int n = snprintf(id, sizeof id, "<%016llx@bench>", (unsigned long long)b->dice);
	size_t at = (size_t)(b->dice >> 33) % (sizeof b->text - BODY);
	struct str piece[2] = { { b->text + at, 200 }, { b->text + at + 200, BODY - 200 } },
		   message_id = { id, (size_t)n };
	struct store_local to = { .account = b->account[(b->dice >> 20) % MAILBOXES] };
	struct store_delivery d = { .message = { .piece = piece,
						 .pieces = 2,
						 .summary = { b->text + at, SUMMARY },
						 .message_id = &message_id,
						 .message_ids = 1,
						 .internal = T0 },
				    .local = &to,
				    .locals = 1 };
	store_call_begin(b->st);
	assert_int_equal(store_deliver(b->st, &d, T0), OK);
	c->ready = false;
	store_release(b->st, &c->waiter, store_call_seen(b->st));
}

static void turn(struct bench *b, size_t callers)
{
	bool any = false;
	for (size_t i = 0; i < callers; i++)
		if (b->caller[i].ready) {
			deliver(b, &b->caller[i]);
			any = true;
		}
	store_flush(b->st);
	struct pollfd p = { b->event, POLLIN, 0 };
	uint64_t count;
	if (poll(&p, 1, any ? 0 : 1000) > 0 && read(b->event, &count, sizeof count) == sizeof count)
		store_poll(b->st);
}

static void measure(struct bench *b, size_t callers, double seconds)
{
	for (size_t i = 0; i < callers; i++)
		b->caller[i] = (struct caller){ .waiter.fn = released, .bench = b, .ready = true };
	uint64_t before = b->done;
	double t = now_s(), cpu = cpu_s();
	while (now_s() - t < seconds)
		turn(b, callers);
	t = now_s() - t;
	uint64_t n = b->done - before;
	cpu = cpu_s() - cpu;
	assert_int_equal(store_settle(b->st), OK);
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	printf("%3zu callers: %8.0f deliveries/s, %.4f ms CPU each, peak %ld MB\n", callers, (double)n / t,
	       cpu * 1000 / (double)n, u.ru_maxrss / 1024);
}

static int unlink_one(const char *path, const struct stat *s, int kind, struct FTW *f)
{
	(void)s;
	(void)kind;
	(void)f;
	return remove(path);
}

static void test_bench(void **state)
{
	(void)state;
	static struct bench b;
	char dir[] = "store-bench-XXXXXX", name[64];
	const char *wanted = getenv("CERALACCA_BENCH");
	double seconds = wanted ? strtod(wanted, NULL) : 0.2;
	struct engine *e;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(engine_rocksdb_open(&(struct engine_rocksdb_options){ .dir = dir }, &e, NULL), OK);
	b.event = eventfd(0, EFD_CLOEXEC);
	b.dice = 1;
	fill(&b);
	assert_int_equal(store_open(&(struct store_options){ .engine = e, .notify = notify, .ctx = &b }, &b.st, NULL),
			 OK);
	test_domain(b.st, "example.test");
	for (size_t i = 0; i < MAILBOXES; i++) {
		snprintf(name, sizeof name, "user%zu@example.test", i);
		b.account[i] = test_account(b.st, name);
	}
	assert_int_equal(store_settle(b.st), OK);
	static const size_t callers[] = { 1, 10, 50 };
	for (size_t i = 0; i < COUNT_OF(callers); i++)
		measure(&b, callers[i], seconds);
	assert_int_equal(b.failed, 0);
	test_whole(b.st);
	store_close(b.st);
	close(b.event);
	nftw(dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bench) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
