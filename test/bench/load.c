/* load MODE --port N --users FILE ...: prints one line of JSON. Modes: smtp, lmtp (delivery, counted until visible by IMAP STATUS),
 * append (IMAP APPEND), login (IMAP over TLS: sign in and out), flood (one person
 * beside wrong sign-ins), command (the IMAP commands on stdin, each timed). */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct load load = { .sessions = 1, .count = 100, .size = 5120, .per_connection = 1, .batch = 1, .limit = 120, .seed = 1 };
static double deadline;
static float *latency;                  /* milliseconds, load.count of them */
static _Atomic long next_number, done, failed;

static void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fatal(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);
	if (!p)
		fatal("out of memory");
	return p;
}

static void read_users(const char *path)
{
	FILE *f = fopen(path, "r");
	if (!f)
		fatal("%s: %s", path, strerror(errno));
	load.users = allocate(20000, sizeof *load.users);
	while (load.user_count < 20000) {
		struct user *u = &load.users[load.user_count];
		if (fscanf(f, "%127s %63s", u->name, u->password) != 2)
			break;
		load.user_count++;
	}
	fclose(f);
	if (load.user_count == 0)
		fatal("%s: no users", path);
}

/* The next number to work on, or -1 when all are taken or the time is over. */
static long take(long many)
{
	long n = atomic_fetch_add(&next_number, many);
	return n < load.count && load_now() < deadline && failed < 200 ? n : -1;
}

static void record(double since, long many)
{
	long at = atomic_fetch_add(&done, many);
	float ms = (float)((load_now() - since) * 1e3);
	for (long i = 0; i < many && at + i < load.count; i++)
		latency[at + i] = ms;
}

static struct conn *smtp_session(bool lmtp)
{
	struct conn *c = conn_open(load.port, false, deadline);
	const char *hello = lmtp ? "LHLO client.example" : "EHLO client.example";
	if (!c)
		return NULL;
	if (smtp_reply(c) != 220 || smtp_command(c, "%s", hello) != 250)
		goto bad;
	if (load.starttls &&
	    (smtp_command(c, "STARTTLS") != 220 || conn_start_tls(c) != 0 || smtp_command(c, "%s", hello) != 250))
		goto bad;
	return c;
bad:
	conn_close(c);
	return NULL;
}

static int smtp_transaction(struct conn *c, long number, struct user *u, char *message)
{
	if (smtp_command(c, "MAIL FROM:<sender@client.example>") != 250 || smtp_command(c, "RCPT TO:<%s>", u->name) != 250 ||
	    smtp_command(c, "DATA") != 354)
		return -1;
	size_t n = message_make(message, load.size, load.seed, number, u->name);
	memcpy(message + n, ".\r\n", 3);
	if (conn_write(c, message, n + 3) != 0 || smtp_reply(c) != 250)
		return -1;
	__atomic_fetch_add(&u->sent, 1, __ATOMIC_RELAXED);
	return 0;
}

static void *deliver(void *unused)
{
	bool lmtp = strcmp(load.mode, "lmtp") == 0;
	char *message = allocate(1, load.size + 2048);
	struct conn *c = NULL;
	long number, on_connection = 0;
	while ((number = take(1)) >= 0) {
		double start = load_now();
		if (!c) {
			c = smtp_session(lmtp);
			on_connection = 0;
		}
		if (!c || smtp_transaction(c, number, &load.users[number % load.user_count], message) != 0) {
			failed++;
			conn_close(c);
			c = NULL;
			continue;
		}
		if (load.per_connection > 0 && ++on_connection >= load.per_connection) {
			smtp_command(c, "QUIT");
			conn_close(c);
			c = NULL;
		}
		record(start, 1);
	}
	if (c)
		smtp_command(c, "QUIT");
	conn_close(c);
	free(message);
	return unused;
}

static int append_once(struct conn *c, long number, long many, char *message, const struct user *u)
{
	char line[128];
	if (conn_write(c, "a APPEND INBOX", 14) != 0)
		return -1;
	for (long i = 0; i < many; i++) {
		size_t n = message_make(message, load.size, load.seed, number + i, u->name);
		int k = snprintf(line, sizeof line, " {%zu+}\r\n", n);
		if (conn_write(c, line, (size_t)k) != 0 || conn_write(c, message, n) != 0)
			return -1;
	}
	return conn_write(c, "\r\n", 2) == 0 ? imap_finish(c, "a", NULL, NULL) : -1;
}

static void *append(void *user)
{
	struct user *u = user;
	char *message = allocate(1, load.size + 2048);
	struct conn *c = imap_open(load.imaps_port, u, deadline);
	long number;
	while (c && (number = take(load.batch)) >= 0) {
		long many = number + load.batch > load.count ? load.count - number : load.batch;
		double start = load_now();
		if (append_once(c, number, many, message, u) != 0) {
			failed += many;
			break;
		}
		record(start, many);
	}
	if (!c)
		failed++;
	conn_close(c);
	free(message);
	return user;
}

static void *login(void *unused)
{
	long number;
	while ((number = take(1)) >= 0) {
		double start = load_now();
		struct conn *c = imap_open(load.imaps_port, &load.users[number % load.user_count], deadline);
		if (!c) {
			failed++;
			continue;
		}
		conn_write(c, "z LOGOUT\r\n", 10);
		imap_finish(c, "z", NULL, NULL);
		conn_close(c);
		record(start, 1);
	}
	return unused;
}

static void *flood(void *user)
{
	flood_session(&load, user, latency, &done, deadline);
	return user;
}

/* Each line of stdin is one IMAP command of the first user; prints milliseconds and bytes of each. */
static void commands(void)
{
	struct conn *c = imap_open(load.imaps_port, &load.users[0], deadline);
	char line[4096];
	if (!c)
		fatal("cannot sign in as %s", load.users[0].name);
	printf("[");
	for (int i = 0; fgets(line, sizeof line, stdin); i++) {
		line[strcspn(line, "\r\n")] = 0;
		char command[4200];
		int n = snprintf(command, sizeof command, "c %s\r\n", line);
		size_t bytes = 0;
		double start = load_now();
		int r = conn_write(c, command, (size_t)n) == 0 ? imap_finish(c, "c", NULL, &bytes) : -1;
		printf("%s{\"number\": %d, \"ok\": %s, \"ms\": %.3f, \"bytes\": %zu}", i ? ", " : "", i, r == 0 ? "true" : "false",
			(load_now() - start) * 1e3, bytes);
	}
	printf("]\n");
	conn_close(c);
}

static void run_sessions(void *(*work)(void *))
{
	pthread_t *threads = allocate((size_t)load.sessions, sizeof *threads);
	for (int i = 0; i < load.sessions; i++)
		if (pthread_create(&threads[i], NULL, work, &load.users[i % load.user_count]) != 0)
			fatal("cannot start a thread");
	for (int i = 0; i < load.sessions; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

static void watch_mailboxes(void)
{
	for (int i = 0; i < load.user_count; i++) {
		struct user *u = &load.users[i];
		u->watch = imap_open(load.imaps_port, u, deadline);
		u->before = u->watch ? imap_messages(u->watch) : -1;
		if (u->before < 0)
			fatal("cannot read the mailbox of %s", u->name);
	}
}

/* Wait until each accepted message shows in its mailbox; the number that does not. */
static long wait_visible(void)
{
	long missing = 0;
	for (int i = 0; i < load.user_count; i++) {
		struct user *u = &load.users[i];
		long seen = u->before;
		while (u->sent > 0 && (seen = imap_messages(u->watch)) >= 0 && seen - u->before < u->sent && load_now() < deadline)
			usleep(5000);
		if (seen - u->before < u->sent)
			missing += u->sent - (seen - u->before);
	}
	return missing;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static double percentile(double part)
{
	long n = done < load.count ? done : load.count;
	return n > 0 ? (double)latency[(long)(part * (double)(n - 1))] : 0;
}

static void report(double seconds, double visible, long missing)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	qsort(latency, (size_t)(done < load.count ? done : load.count), sizeof *latency, compare);
	printf("{\"mode\": \"%s\", \"done\": %ld, \"failed\": %ld, \"missing\": %ld, \"seconds\": %.4f, \"visible_seconds\": %.4f, "
	       "\"p50_ms\": %.3f, \"p95_ms\": %.3f, \"p99_ms\": %.3f, \"own_cpu_seconds\": %.3f, \"attempts\": %ld}\n",
	       load.mode, (long)done, (long)failed, missing, seconds, visible, percentile(0.5), percentile(0.95), percentile(0.99), cpu, (long)flood_attempts);
}

/* The caller reads CPU and flush counters between "ready" on stderr and a byte on stdin, and again at the end. */
static void wait_for_start(void)
{
	fputs("ready\n", stderr);
	if (getchar() == EOF)
		fatal("nobody said go");
	deadline = load_now() + load.limit;
}

static void run_mode(void)
{
	static const struct { const char *name; void *(*work)(void *); } modes[] = {
		{ "smtp", deliver }, { "lmtp", deliver }, { "append", append }, { "login", login }, { "flood", flood },
	};
	void *(*work)(void *) = NULL;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(load.mode, modes[i].name) == 0)
			work = modes[i].work;
	if (!work)
		fatal("unknown mode %s", load.mode);
	if (work == deliver)
		watch_mailboxes();
	wait_for_start();
	double start = load_now();
	run_sessions(work);
	double seconds = load_now() - start;
	long missing = work == deliver ? wait_visible() : 0;
	report(seconds, load_now() - start, missing);
}

static void options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "port", 1, NULL, 'p' }, { "imaps", 1, NULL, 'i' }, { "users", 1, NULL, 'u' }, { "sessions", 1, NULL, 's' },
		{ "count", 1, NULL, 'n' }, { "size", 1, NULL, 'l' }, { "per-connection", 1, NULL, 'k' }, { "batch", 1, NULL, 'b' },
		{ "limit", 1, NULL, 'x' }, { "seed", 1, NULL, 'r' }, { "starttls", 0, NULL, 't' }, { NULL, 0, NULL, 0 },
	};
	int c;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		long value = optarg ? strtol(optarg, NULL, 10) : 0;
		switch (c) {
		case 'p': load.port = (int)value; break;
		case 'i': load.imaps_port = (int)value; break;
		case 'u': read_users(optarg); break;
		case 's': load.sessions = (int)value; break;
		case 'n': load.count = value; break;
		case 'l': load.size = (size_t)value; break;
		case 'k': load.per_connection = value; break;
		case 'b': load.batch = value; break;
		case 'x': load.limit = (double)value; break;
		case 'r': load.seed = (unsigned long)value; break;
		case 't': load.starttls = true; break;
		default: exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		fatal("usage: load smtp|lmtp|append|login|command --users FILE ...");
	load.mode = argv[1];
	options(argc - 1, argv + 1);
	if (load.user_count == 0 || load.count < 1 || load.sessions < 1 || load.sessions > 1000 || load.size < 1024)
		fatal("--users, --count, --sessions (to 1000) and --size (from 1024) are needed");
	deadline = load_now() + load.limit;
	latency = allocate((size_t)load.count, sizeof *latency);
	conn_setup();
	if (strcmp(load.mode, "command") == 0)
		commands();
	else
		run_mode();
	return failed > 0 ? 1 : 0;
}
