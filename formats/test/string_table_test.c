/* Interned strings: equal ones are one, and no strings that a trace chooses slow the others down.
 */
#include "formats/string_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void equal_strings_are_one(void **state UNUSED)
{
	struct string_table t = { 0 };
	uint32_t first = string_table_add(&t, "first", 5);
	uint32_t second = string_table_add(&t, "second", 6);
	assert_int_not_equal(first, second);
	assert_int_equal(string_table_add(&t, "first, but cut", 5), first);
	assert_int_equal(string_table_add(&t, "second\0and more", 15), second);
	assert_string_equal(t.entries[first].str, "first");
	string_table_fini(&t);
}

/* Number i of those of 16 bytes whose second half makes a product 0, if the hash begins with the
 * length alone. */
static void string_for_one_place(uint64_t i, char text[17])
{
	uint64_t words[2] = { 0x0101010101010101 | (i & 0xff) << 8 | (i >> 8 & 0xff) << 24 |
		(i >> 16 & 0xff) << 40 };
	words[1] = intern_mix(16, words[0]) ^ 0x9e3779b97f4a7c15;
	memcpy(text, words, 16);
	text[16] = 0;
}

static void no_strings_all_want_one_place(void **state UNUSED)
{
	struct string_table t = { 0 };
	char text[17];
	clock_t start = clock();
	for (uint64_t i = 0; i < 1 << 20; i++) {
		string_for_one_place(i, text);
		assert_int_not_equal(string_table_add(&t, text, 16), INTERN_NONE);
	}
	assert_true(t.n > 100000);
	assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
	string_table_fini(&t);
}

/* Hashes of numbers that a file chooses, such as ids, begin with no such value. */
static void no_hashes_all_want_one_place(void **state UNUSED)
{
	enum { N = 1 << 16 };
	struct intern t = { 0 };
	size_t at;
	clock_t start = clock();
	for (uint32_t i = 0; i < N; i++)
		assert_true(intern_add(&t, i << 16, i));
	for (uint32_t i = 0; i < 4 * N; i++)
		assert_int_equal(intern_first(&t, i << 16, &at), i % N);
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	intern_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_strings_are_one),
		cmocka_unit_test(no_strings_all_want_one_place),
		cmocka_unit_test(no_hashes_all_want_one_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
