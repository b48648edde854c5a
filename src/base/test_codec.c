/* The binary form: fixed bytes for known values, and a reader whose error sticks. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_known_bytes(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 256);
	struct bufw w = { .b = &b };
	write_u8(&w, 0xab);
	write_u16(&w, 0x0102);
	write_u32(&w, 0x01020304);
	write_u64(&w, 0x0102030405060708);
	write_varint(&w, 300);
	write_str(&w, STR("hi"));
	write_be32(&w, 0x01020304);
	write_be64(&w, 0x0102030405060708);
	static const char want[] = "\xab" "\x02\x01" "\x04\x03\x02\x01" "\x08\x07\x06\x05\x04\x03\x02\x01" "\xac\x02" "\x02hi"
		"\x01\x02\x03\x04" "\x01\x02\x03\x04\x05\x06\x07\x08";
	assert_int_equal(w.err, OK);
	assert_true(str_eq(buf_str(&b), (struct str){ want, sizeof want - 1 }));
	struct reader r = reader_of(buf_str(&b));
	assert_int_equal(read_u8(&r), 0xab);
	assert_int_equal(read_u16(&r), 0x0102);
	assert_int_equal(read_u32(&r), 0x01020304);
	assert_int_equal(read_u64(&r), 0x0102030405060708);
	assert_int_equal(read_varint(&r), 300);
	assert_true(str_eq(read_str(&r, 2), STR("hi")));
	assert_int_equal(read_be32(&r), 0x01020304);
	assert_int_equal(read_be64(&r), 0x0102030405060708);
	assert_int_equal(reader_end(&r), OK);
	char le[8];
	put_le64(le, 0x0102030405060708);
	assert_int_equal(get_le64(le), 0x0102030405060708);
	put_le32(le, 0xfffefdfc);
	assert_true(get_le32(le) == 0xfffefdfc && (unsigned char)le[0] == 0xfc);
	buf_done(&b);
}

static const struct { struct str bytes; int err; uint64_t value; } varints[] = {
	{ STR_INIT("\x00"), OK, 0 },
	{ STR_INIT("\x7f"), OK, 127 },
	{ STR_INIT("\x80\x01"), OK, 128 },
	{ STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), OK, UINT64_MAX },
	{ STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), E_PROTO, 0 },        /* bit 64 */
	{ STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00"), E_PROTO, 0 },      /* eleven bytes */
	{ STR_INIT("\x80"), E_PROTO, 0 },
	{ STR_INIT(""), E_PROTO, 0 },
};

static void test_varint(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(varints); i++) {
		struct reader r = reader_of(varints[i].bytes);
		assert_int_equal(read_varint(&r), varints[i].value);
		assert_int_equal(r.err, varints[i].err);
	}
	for (unsigned bit = 0; bit < 64; bit++)
		for (int off = -1; off <= 1; off++) {
			uint64_t v = ((uint64_t)1 << bit) + (uint64_t)(int64_t)off;
			struct buf b;
			buf_init(&b, 16);
			struct bufw w = { .b = &b };
			write_varint(&w, v);
			struct reader r = reader_of(buf_str(&b));
			assert_true(w.err == OK && read_varint(&r) == v && reader_end(&r) == OK);
			buf_done(&b);
		}
}

static void test_sticky(void **state)
{
	(void)state;
	struct reader r = reader_of(STR("\x01\x02\x03"));
	assert_int_equal(read_u32(&r), 0);
	assert_int_equal(read_u8(&r), 0);           /* a byte is there, but the run has failed */
	assert_int_equal(read_bytes(&r, 1).n, 0);
	assert_int_equal(reader_end(&r), E_PROTO);
	r = reader_of(STR("\x03" "abc"));
	assert_int_equal(read_str(&r, 2).n, 0);     /* over its limit */
	assert_int_equal(reader_end(&r), E_PROTO);
	r = reader_of(STR("\x03" "ab"));
	assert_int_equal(read_str(&r, 100).n, 0);   /* says more than there is */
	assert_int_equal(reader_end(&r), E_PROTO);
	r = reader_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" "ab"));
	assert_int_equal(read_str(&r, SIZE_MAX).n, 0);
	assert_int_equal(reader_end(&r), E_PROTO);
	r = reader_of(STR("\x01\x02"));
	assert_int_equal(read_u8(&r), 1);
	assert_int_equal(reader_end(&r), E_PROTO);  /* something is left over */
	r = reader_of((struct str){ NULL, 0 });
	assert_int_equal(reader_end(&r), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_known_bytes), cmocka_unit_test(test_varint), cmocka_unit_test(test_sticky) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
