/*
 * The byte buffer, the cursor and error texts: what one writes the other reads, and nothing is read
 * past the end.
 */
#include "common/buf.h"
#include "common/cursor.h"
#include "common/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t numbers[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX,
	UINT64_MAX };

static void numbers_come_back(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		buf_uleb(&b, numbers[i]);
		buf_zigzag(&b, (int64_t)numbers[i]);
		buf_u64(&b, numbers[i]);
		buf_u32(&b, (uint32_t)numbers[i]);
		buf_u16(&b, (uint16_t)numbers[i]);
		buf_u8(&b, (uint8_t)numbers[i]);
	}
	struct cursor c = cursor_make(b.data, b.len);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		assert_int_equal(cursor_uleb(&c), numbers[i]);
		assert_int_equal(cursor_zigzag(&c), numbers[i]);
		assert_int_equal(cursor_u64(&c), numbers[i]);
		assert_int_equal(cursor_u32(&c), (uint32_t)numbers[i]);
		assert_int_equal(cursor_u16(&c), (uint16_t)numbers[i]);
		assert_int_equal(cursor_u8(&c), (uint8_t)numbers[i]);
	}
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.failed);
}

static void a_read_past_the_end_fails_for_good(void **state)
{
	(void)state;
	const uint8_t bytes[3] = { 1, 2, 3 };
	struct cursor c = cursor_make(bytes, 3);
	assert_int_equal(cursor_u16(&c), 0x0201);
	assert_int_equal(cursor_u16(&c), 0);
	assert_true(c.failed);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_offset(&c), 2);
	assert_false(cursor_seek(&c, 0));
}

static void long_and_unfinished_numbers_fail(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[12];
		size_t len;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 }, 10, true,
			UINT64_MAX },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 }, 10, false, 0 },
		{ { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0 }, 11, false, 0 },
		{ { 0x81, 0x80, 0x00 }, 3, true, 1 },
		{ { 0x80 }, 1, false, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cursor c = cursor_make(cases[i].bytes, cases[i].len);
		assert_int_equal(cursor_uleb(&c), cases[i].value);
		assert_int_equal(!c.failed, cases[i].ok);
	}
}

static void numbers_of_32_bits_have_no_more(void **state)
{
	(void)state;
	static const uint8_t bytes[] = { 0xff, 0xff, 0xff, 0xff, 0x0f, 0x80, 0x80, 0x80, 0x80,
		0x10 };
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	assert_int_equal(cursor_uleb32(&c), UINT32_MAX);
	assert_false(c.failed);
	assert_int_equal(cursor_uleb32(&c), 0);
	assert_true(c.failed);
}

static void strings_need_their_nul(void **state)
{
	(void)state;
	struct cursor c = cursor_make("ab\0cd", 5);
	assert_string_equal(cursor_str(&c), "ab");
	assert_null(cursor_str(&c));
	assert_true(c.failed);
	c = cursor_make(NULL, 0);
	assert_null(cursor_str(&c));
}

static void a_part_ends_where_it_is_said_to(void **state)
{
	(void)state;
	const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct cursor c = cursor_make(bytes, 4);
	struct cursor part = cursor_sub(&c, 2);
	assert_int_equal(cursor_u32(&part), 0);
	assert_true(part.failed);
	assert_int_equal(cursor_u8(&c), 3);
	part = cursor_sub(&c, 2);
	assert_true(part.failed && c.failed);
}

static void a_fixed_buffer_fails_and_does_not_grow(void **state)
{
	(void)state;
	AUTO_BUF struct buf b;
	assert_true(buf_init_fixed(&b, 12));
	buf_u64(&b, 1);
	assert_false(b.failed);
	buf_u64(&b, 2);
	assert_true(b.failed);
	assert_int_equal(b.len, 8);
	buf_u8(&b, 3);
	assert_int_equal(b.len, 8);
	buf_clear(&b);
	buf_u8(&b, 3);
	assert_int_equal(b.len, 1);
}

static void formatted_text_is_appended_whole(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "%d,", i);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_memory_equal(b.data + b.len - 4, "999,", 4);
}

static void an_error_says_what_when_and_why(void **state)
{
	(void)state;
	struct err err;
	errno = ENOENT;
	assert_false(err_errno(&err, "%s", "a.zst"));
	assert_string_equal(err.text, "a.zst: No such file or directory");
	assert_false(err_prefix(&err, "opening %d", 1));
	assert_string_equal(err.text, "opening 1: a.zst: No such file or directory");
}

static void a_long_error_is_cut(void **state)
{
	(void)state;
	struct err err;
	char text[2000];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	err_set(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "y");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(a_read_past_the_end_fails_for_good),
		cmocka_unit_test(long_and_unfinished_numbers_fail),
		cmocka_unit_test(numbers_of_32_bits_have_no_more),
		cmocka_unit_test(strings_need_their_nul),
		cmocka_unit_test(a_part_ends_where_it_is_said_to),
		cmocka_unit_test(a_fixed_buffer_fails_and_does_not_grow),
		cmocka_unit_test(formatted_text_is_appended_whole),
		cmocka_unit_test(an_error_says_what_when_and_why),
		cmocka_unit_test(a_long_error_is_cut),
	};
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
