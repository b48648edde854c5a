#include "proto/second_factor/base32.h"
#include "proto/second_factor/totp.h"

static const struct str hash_names[TOTP_HASH_COUNT] = { STR_INIT("SHA1"), STR_INIT("SHA256"), STR_INIT("SHA512") };

/* ---- writing ---- */

/* RFC 3986 2.3: all but unreserved characters. A space is %20: apps show a plus sign as it is. */
static void put_escaped(struct bufw *w, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (ascii_is_alnum(s.p[i]) || (c && strchr("-._~", c))) {
			bufw_char(w, s.p[i]);
			continue;
		}
		char text[3] = { '%', hex[c >> 4], hex[c & 15] };
		bufw_put(w, text, sizeof text);
	}
}

int totp_uri_write(struct buf *out, const struct totp *t, struct str issuer, struct str account)
{
	char base32[TOTP_SECRET_MAX * 8 / 5 + 2];
	struct bufw w = { out, OK };
	struct buf secret;
	size_t start = out->n;
	buf_init(&secret, sizeof base32);
	int r = base32_encode(&secret, (struct str){ (const char *)t->secret, t->length });
	bufw_c(&w, "otpauth://totp/");
	if (issuer.n) {
		put_escaped(&w, issuer);
		bufw_c(&w, ":");
	}
	put_escaped(&w, account);
	bufw_c(&w, "?secret=");
	bufw_str(&w, buf_str(&secret));
	if (issuer.n) {
		bufw_c(&w, "&issuer=");
		put_escaped(&w, issuer);
	}
	bufw_printf(&w, "&algorithm=" STR_FMT "&digits=%u&period=%u", STR_ARG(hash_names[t->hash]), t->digits, t->period);
	if (secret.n)
		secret_wipe(secret.p, secret.n);
	buf_done(&secret);
	if (r == OK)
		r = w.err;
	if (r != OK)
		out->n = start;
	return r;
}

/* ---- reading ---- */

static int digit_value(char c)
{
	char l = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static int unescape(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		char c = s.p[0];
		s = str_skip(s, 1);
		if (c == '%') {
			int high = s.n < 2 ? -1 : digit_value(s.p[0]), low = s.n < 2 ? -1 : digit_value(s.p[1]);
			if (high < 0 || low < 0)
				return E_SYNTAX;
			c = (char)(high << 4 | low);
			s = str_skip(s, 2);
		}
		p[n++] = c;
	}
	struct str text = { p, n };
	if (str_has_control(text) || !utf8_valid(text) || text.n > TOTP_LABEL_MAX)
		return E_SYNTAX;
	*ret = text;
	return OK;
}

struct uri { struct arena *arena; struct totp totp; struct str issuer, account; };

static int take_secret(struct uri *u, struct str value)
{
	struct buf b;
	buf_init(&b, TOTP_URI_MAX);
	int r = buf_reserve(&b, TOTP_URI_MAX);          /* once: growing would leave copies behind */
	if (r == OK)
		r = base32_decode(&b, value);
	if (r == OK && (b.n < TOTP_SECRET_LEAST || b.n > TOTP_SECRET_MAX))
		r = E_UNSUPPORTED;
	if (r == OK) {
		memcpy(u->totp.secret, b.p, b.n);
		u->totp.length = (uint8_t)b.n;
	}
	if (b.p)
		secret_wipe(b.p, b.cap);
	buf_done(&b);
	return r;
}

static int take_issuer(struct uri *u, struct str value)
{
	return unescape(u->arena, value, &u->issuer);
}

static int take_algorithm(struct uri *u, struct str value)
{
	for (size_t i = 0; i < TOTP_HASH_COUNT; i++) {
		if (!str_ieq(value, hash_names[i]))
			continue;
		u->totp.hash = (uint8_t)i;
		return OK;
	}
	return E_UNSUPPORTED;
}

static int take_number(struct str value, uint8_t least, uint8_t most, uint8_t *ret)
{
	uint64_t n;
	int r = str_u64(value, UINT8_MAX, &n);
	if (r == E_SYNTAX)
		return r;
	if (r != OK || n < least || n > most)
		return E_UNSUPPORTED;
	*ret = (uint8_t)n;
	return OK;
}

static int take_digits(struct uri *u, struct str value)
{
	return take_number(value, TOTP_DIGITS_LEAST, TOTP_DIGITS_MOST, &u->totp.digits);
}

static int take_period(struct uri *u, struct str value)
{
	return take_number(value, TOTP_PERIOD_LEAST, TOTP_PERIOD_MOST, &u->totp.period);
}

/* A parameter that we do not know (an image, say) is passed over; one that we know may occur once. */
static int take_parameters(struct uri *u, struct str query)
{
	static const struct { struct str name; int (*take)(struct uri *u, struct str value); } rows[] = {
		{ STR_INIT("secret"), take_secret }, { STR_INIT("issuer"), take_issuer }, { STR_INIT("algorithm"), take_algorithm },
		{ STR_INIT("digits"), take_digits }, { STR_INIT("period"), take_period },
	};
	unsigned seen = 0;
	while (query.n) {
		struct str value = str_until(&query, '&'), name = str_until(&value, '=');
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			if (!str_eq(name, rows[i].name))
				continue;
			int r = seen & 1u << i ? E_SYNTAX : rows[i].take(u, value);
			if (r != OK)
				return r;
			seen |= 1u << i;
		}
	}
	return seen & 1 ? OK : E_SYNTAX;
}

/* label = accountname / issuer (":" / "%3A") *"%20" accountname; the issuer in the query counts for more */
static int take_label(struct uri *u, struct str label)
{
	struct str text;
	int r = unescape(u->arena, label, &text);
	if (r != OK)
		return r;
	size_t colon = str_find(text, ':');
	if (colon != STR_NPOS)
		u->issuer = str_first(text, colon);
	u->account = colon == STR_NPOS ? text : str_trim(str_skip(text, colon + 1));
	return OK;
}

int totp_uri_read(struct arena *a, struct str uri, struct totp *ret, struct str *ret_issuer, struct str *ret_account)
{
	struct uri u = { .arena = a, .totp = { .hash = TOTP_SHA1, .digits = TOTP_DIGITS_LEAST, .period = TOTP_PERIOD } };
	if (uri.n > TOTP_URI_MAX || !str_itake(&uri, STR("otpauth://")))
		return E_SYNTAX;
	if (!str_itake(&uri, STR("totp/")))
		return E_UNSUPPORTED;
	struct str label = str_until(&uri, '?');
	int r = take_label(&u, label);
	if (r == OK)
		r = take_parameters(&u, uri);
	if (r == OK) {
		*ret = u.totp;
		*ret_issuer = u.issuer;
		*ret_account = u.account;
	}
	totp_done(&u.totp);
	return r;
}
