#include "role/auth/auth_seal.h"

#include "os/fd.h"
#include "os/random.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_NAME "seal.key"
#define FILE_NEW "seal.key.new"
enum { VERSION = 1, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES, CONTEXT = 24, READ_MOST = 64 << 10 };
_Static_assert((int)AUTH_SEAL_MORE == 1 + (int)NONCE + (int)TAG, "version, nonce, tag");
_Static_assert((int)AUTH_SEAL_KEY == (int)crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the length of a key");

static uint8_t key[AUTH_SEAL_KEY];
static bool ready;

static int read_key(int dir)
{
	struct buf b;
	auto_fd fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? E_NOTFOUND : E_IO;
	buf_init(&b, READ_MOST);
	int r = buf_reserve(&b, READ_MOST);
	if (r == OK)
		r = fd_read_all(fd, &b);
	if (r == OK && b.n != AUTH_SEAL_KEY)
		r = E_CORRUPT;
	if (r == OK)
		memcpy(key, b.p, AUTH_SEAL_KEY);
	secret_wipe(b.p, b.cap);
	buf_done(&b);
	return r == E_TOOBIG ? E_CORRUPT : r;
}

/* Under another name first: a power cut leaves a whole key or none. */
static int make_key(int dir)
{
	random_bytes(key, sizeof key);
	auto_fd fd = openat(dir, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? E_IO : fd_write_all(fd, (struct str){ (const char *)key, sizeof key });
	if (r == OK && (fsync(fd) != 0 || renameat(dir, FILE_NEW, dir, FILE_NAME) != 0 || fsync(dir) != 0))
		r = E_IO;
	return r;
}

int auth_seal_prepare(int dir)
{
	if (dir < 0)
		return OK;
	int r = read_key(dir);
	if (r == E_NOTFOUND)
		r = make_key(dir);
	ready = r == OK;
	return r;
}

static void context(uint32_t account, unsigned char ret[CONTEXT])
{
	snprintf((char *)ret, CONTEXT, "account %08x", account);
}

int auth_seal(uint32_t account, struct str plain, struct buf *out)
{
	unsigned char about[CONTEXT] = { 0 }, head[1 + NONCE] = { VERSION };
	size_t start = out->n;
	if (!ready)
		return E_UNSUPPORTED;
	context(account, about);
	random_bytes(head + 1, NONCE);
	int r = buf_reserve(out, plain.n + AUTH_SEAL_MORE);
	if (r == OK)
		r = buf_put(out, head, sizeof head);
	if (r != OK)
		return r;
	crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)out->p + out->n, NULL, (const unsigned char *)plain.p, plain.n, about, CONTEXT,
		NULL, head + 1, key);
	out->n = start + plain.n + AUTH_SEAL_MORE;
	return OK;
}

int auth_unseal(uint32_t account, struct str sealed, struct buf *out)
{
	unsigned char about[CONTEXT] = { 0 };
	if (!ready)
		return E_UNSUPPORTED;
	if (sealed.n < AUTH_SEAL_MORE || sealed.p[0] != VERSION)
		return E_CORRUPT;
	context(account, about);
	const unsigned char *nonce = (const unsigned char *)sealed.p + 1;
	size_t n = sealed.n - AUTH_SEAL_MORE;
	int r = buf_reserve(out, n + 1);
	if (r != OK)
		return r;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)out->p + out->n, NULL, NULL, nonce + NONCE, n + TAG, about, CONTEXT, nonce, key) != 0)
		return E_CORRUPT;
	out->n += n;
	return OK;
}

int auth_seal_secret(struct str use, uint8_t ret[AUTH_SEAL_KEY])
{
	if (!ready)
		return E_UNSUPPORTED;
	crypto_generichash(ret, AUTH_SEAL_KEY, (const unsigned char *)use.p, use.n, key, sizeof key);
	return OK;
}
