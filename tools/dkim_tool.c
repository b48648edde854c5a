/* DKIM and ARC at the command line, for tests that hold us against other programs. A message on standard input, lines ending with LF or CRLF.
 *
 *	dkim_tool verify ZONE NOW                                       a line for each signature, and one for the chain
 *	dkim_tool sign DOMAIN SELECTOR KEY.pem [SELECTOR KEY.pem]...    the signed message, CRLF
 *	dkim_tool seal ZONE NOW DOMAIN SELECTOR KEY.pem RESULTS         the message with one ARC set more
 *
 * ZONE is a file of lines "name record". */
#include "proto/arc/arc.h"
#include "proto/dkim/test_dkim.h"

#include <time.h>

enum { MESSAGE_MAX = 64 << 20, SIGNERS_MAX = 4 };

static struct arena arena;
static struct dns_zone zone;

static struct str read_all(FILE *f)
{
	struct buf b;
	char chunk[4096];
	size_t n;
	buf_init(&b, MESSAGE_MAX);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		if (buf_put(&b, chunk, n) != OK)
			exit(2);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static struct str read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		exit(2);
	}
	struct str s = read_all(f);
	fclose(f);
	return s;
}

static void read_zone(const char *path)
{
	struct str text = read_file(path);
	dns_zone_init(&zone, &arena);
	while (text.n) {
		struct str line = str_trim(str_until(&text, '\n')), name = str_word(&line);
		if (name.n && dns_zone_add(&zone, name, DNS_TXT, str_trim(line)) != OK)
			exit(2);
	}
}

static struct dkim_signer signer_of(const char *domain, const char *selector, const char *path)
{
	EVP_PKEY *key = test_private_key(read_file(path));
	if (!key)
		exit(2);
	return (struct dkim_signer){ str_c(domain), str_c(selector),
				     EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? DKIM_ED25519_SHA256 : DKIM_RSA_SHA256, test_sign_callback, key };
}

static int finish(int r, struct str out)
{
	if (r != OK) {
		fprintf(stderr, "%s\n", err_name(r));
		return 1;
	}
	return fwrite(out.p, 1, out.n, stdout) == out.n ? 0 : 2;
}

static int sign(char **argv, int argc)
{
	struct dkim_signer signers[SIGNERS_MAX];
	size_t count = 0;
	for (int i = 1; i + 1 < argc && count < SIGNERS_MAX; i += 2)
		signers[count++] = signer_of(argv[0], argv[i], argv[i + 1]);
	struct buf out;
	buf_init(&out, MESSAGE_MAX);
	int r = test_sign(&arena, test_crlf(&arena, read_all(stdin)), signers, count, (uint64_t)time(NULL), 86400, &out);
	return finish(r, buf_str(&out));
}

static void print_results(const struct dkim_verify *v, const struct arc_result *chain)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct dkim_result *r = &v->results[i];
		printf("dkim=%s d=" STR_FMT " s=" STR_FMT " " STR_FMT "\n", dkim_code_name(r->code), STR_ARG(r->domain), STR_ARG(r->selector),
		       STR_ARG(r->reason));
	}
	printf("arc=%s i=%u " STR_FMT "\n", arc_code_name(chain->code), chain->instances, STR_ARG(chain->reason));
}

/* Verifies, and seals when there is a signer. */
static int handle(const char *now_text, const struct dkim_signer *signer, const char *results)
{
	struct str message = test_crlf(&arena, read_all(stdin));
	size_t end = header_end(message);
	struct dkim_message m;
	struct dkim_verify v;
	struct arc_verify chain;
	struct arc_seal seal;
	struct dns_env dns;
	struct buf out;
	uint64_t now;
	if (str_u64(str_c(now_text), INT64_MAX, &now) != OK)
		return 2;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	buf_init(&out, MESSAGE_MAX);
	dkim_message_init(&m, &arena, str_first(message, end));
	dkim_verify_begin(&v, &m);
	arc_verify_begin(&chain, &m);
	int r = signer ? arc_seal_begin(&seal, &m, NULL, 0) : OK;
	dkim_message_body(&m, str_skip(message, end));
	dkim_message_body_end(&m);
	dkim_verify_end(&v, &dns, now);
	arc_verify_end(&chain, &dns, now);
	if (!signer)
		print_results(&v, &chain.result);
	if (signer && r == OK)
		r = arc_seal_end(&seal, &chain, str_c(results), signer, now, &out);
	if (signer && r == OK)
		r = buf_put_str(&out, message);
	return finish(r, buf_str(&out));
}

int main(int argc, char **argv)
{
	arena_init(&arena, (size_t)1 << 30, NULL, NULL);
	struct str word = str_c(argc > 1 ? argv[1] : "");
	if (str_eq(word, STR("sign")) && argc >= 5)
		return sign(argv + 2, argc - 2);
	if (str_eq(word, STR("verify")) && argc == 4) {
		read_zone(argv[2]);
		return handle(argv[3], NULL, NULL);
	}
	if (str_eq(word, STR("seal")) && argc == 8) {
		read_zone(argv[2]);
		struct dkim_signer signer = signer_of(argv[4], argv[5], argv[6]);
		return handle(argv[3], &signer, argv[7]);
	}
	fprintf(stderr, "see the head of tools/dkim_tool.c\n");
	return 2;
}
