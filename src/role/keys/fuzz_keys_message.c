/* What a hostile front end may send for signing. First byte: key type, digest and padding; the rest is the message.
 * Invariants: what is allowed has one of the two forms, byte for byte, and one byte more or less is refused. */
#include "role/keys/keys.h"

#include <openssl/rsa.h>
#include <stdlib.h>

static const struct str digests[] = { STR_INIT(""), STR_INIT("SHA256"), STR_INIT("SHA384"), STR_INIT("SHA512") };
static const uint32_t paddings[] = { 0, RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, RSA_NO_PADDING };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_tls13(struct str m)
{
	for (size_t i = 0; i < 64 && i < m.n; i++)
		if (m.p[i] != ' ')
			return false;
	return m.n > 98 && memcmp(m.p + 64, "TLS 1.3, server CertificateVerify", 34) == 0;
}

static bool is_tls12(struct str m)
{
	return m.n > 68 && memcmp(m.p + 56, "DOWNGRD\1\3\0", 10) == 0 && (size_t)(unsigned char)m.p[67] == m.n - 68;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	enum x509_key_type type = (enum x509_key_type)(X509_RSA + data[0] % 3);
	struct str digest = digests[data[0] >> 2 & 3], m = { (const char *)data + 1, size - 1 };
	uint32_t padding = paddings[data[0] >> 4 & 3];
	if (!keys_message_allowed(type, digest, padding, m))
		return 0;
	check(is_tls13(m) != is_tls12(m));
	check(m.n <= 165);
	check(type == X509_RSA ? padding == RSA_PKCS1_PADDING || padding == RSA_PKCS1_PSS_PADDING : !padding);
	check((type == X509_ED25519) == !digest.n);
	check(!(is_tls13(m) && padding == RSA_PKCS1_PADDING));
	check(!keys_message_allowed(type, digest, padding, str_first(m, m.n - 1)));
	check(!keys_message_allowed(type, digest, padding, str_skip(m, 1)));
	return 0;
}
