/*
 * Text from anywhere: decoding, cleaning, escaping, shortening, and numbers.
 */
#include "formats/name_cut.h"
#include "formats/number.h"
#include "formats/utf8.h"
#include "formats/xml_escape.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define R "\xef\xbf\xbd" /* U+FFFD */

static const struct {
	const char *in, *clean, *xml;
} texts[] = {
	{ "", "", "" },
	{ "plain", "plain", "plain" },
	{ "a<b>&\"'", "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;" },
	{ "]]>", "]]>", "]]&gt;" },
	{ "tab\tnl\ncr\r.", "tab nl cr .", "tab nl cr ." },
	{ "\x01\x1b[31m\x7f", R R "[31m" R, R R "[31m" R },
	{ "naïve 関数 🔥", "naïve 関数 🔥", "naïve 関数 🔥" },
	{ "\xff", R, R },
	{ "\xc3(", R "(", R "(" },
	{ "cut \xe9\x96", "cut " R R, "cut " R R },
	{ "\xc0\xaf", R R, R R },                      /* overlong '/' */
	{ "\xe0\x80\xbc", R R R, R R R },              /* overlong '<' */
	{ "\xed\xa0\x80", R R R, R R R },              /* a surrogate */
	{ "\xf4\x90\x80\x80", R R R R, R R R R },      /* above U+10FFFF */
	{ "\xef\xbf\xbe\xef\xbf\xbf", R R, R R },      /* U+FFFE, U+FFFF */
	{ "\xef\xb7\x90", R, R },                      /* U+FDD0, a noncharacter */
	{ "\xc2\x85\xe2\x80\xae.", R R ".", R R "." }, /* NEL, right-to-left override */
	{ "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
};

static void expect_text(const struct buf *b, const char *expected, size_t i)
{
	if (b->len != strlen(expected) || (b->len && memcmp(b->data, expected, b->len)))
		fail_msg("case %zu: '%.*s', not '%s'", i, (int)b->len, (const char *)b->data,
			expected);
}

static void foreign_text_becomes_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO_BUF struct buf clean = BUF_INIT;
		AUTO_BUF struct buf xml = BUF_INIT;
		utf8_append_clean(&clean, texts[i].in);
		expect_text(&clean, texts[i].clean, i);
		xml_escape(&xml, texts[i].in);
		expect_text(&xml, texts[i].xml, i);
	}
}

static void every_code_point_survives_or_is_replaced(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		AUTO_BUF struct buf b = BUF_INIT;
		utf8_append(&b, c);
		const char *at = (const char *)b.data, *end = at + b.len;
		if (utf8_next(&at, end) != c || at != end)
			fail_msg("U+%04X", c);
	}
}

static const struct {
	const char *name;
	size_t columns;
	const char *expected;
} cuts[] = {
	{ "short", 10, "short" },
	{ "anything at all", 0, "anything at all" },
	{ "exactly_10", 10, "exactly_10" },
	{ "ns::f(int, char const*)", 20, "ns::f(…)" },
	{ "ns::f(int, char const*) const", 16, "ns::f(…) const" },
	{ "std::vector<int, std::allocator<int>>::push_back(int&&)", 30,
		"std::vector<…>::push_back(…)" },
	{ "map<a, b<c>>::find<x>(k)", 20, "map<…>::find<…>(…)" },
	{ "operator<<(std::ostream&, int)", 20, "operator<<(…)" },
	{ "std::function<void (int)>::operator()(int) const", 44,
		"std::function<void (…)>::operator()(…) const" },
	{ "Class::operator->(int, int, int, int)", 24, "Class::operator->(…)" },
	{ "a_very_long_c_function_name_without_any_brackets", 21, "a_very_l…any_brackets" },
	{ "関数関数関数関数関数関数", 6, "関数…数関数" },
	{ "x\x1b[31my", 0, "x" R "[31my" },
	{ "unbalanced<<<<(((", 10, NULL },
	{ ">>>>)))))))))", 5, NULL },
	{ "abc", 1, "…" },
};

static void names_keep_beginning_and_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		size_t columns = name_cut(&b, cuts[i].name, cuts[i].columns);
		assert_int_equal(columns, utf8_length((const char *)b.data, b.len));
		if (cuts[i].columns && columns > cuts[i].columns)
			fail_msg("case %zu takes %zu columns", i, columns);
		if (cuts[i].expected)
			expect_text(&b, cuts[i].expected, i);
	}
}

static void numbers_read_well(void **state)
{
	(void)state;
	static const struct {
		int64_t n;
		const char *expected;
	} counts[] = { { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { -1234567, "-1,234,567" },
		{ INT64_MIN, "-9,223,372,036,854,775,808" } };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		number_count(&b, counts[i].n);
		expect_text(&b, counts[i].expected, i);
	}
	static const struct {
		double percent;
		const char *expected;
	} percents[] = { { 0, "0.0 %" }, { 0.01, "<0.1 %" }, { 12.34, "12.3 %" },
		{ 99.99, ">99.9 %" }, { 100, "100.0 %" } };
	for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		number_percent(&b, percents[i].percent);
		expect_text(&b, percents[i].expected, i);
	}
}

static void one_event_is_singular(void **state)
{
	(void)state;
	static const char *const words[][2] = { { "page-faults", "1 page-fault" },
		{ "cache-misses", "1 cache-miss" }, { "context-switches", "1 context-switch" },
		{ "instructions", "1 instruction" }, { "cycles", "1 cycle" }, { "s", "1 s" } };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO(profile_free) struct profile *p = profile_new();
		AUTO_BUF struct buf text = BUF_INIT;
		profile_add_value_type(p, words[i][0], "count");
		number_value(&text, p, 0, 1);
		expect_text(&text, words[i][1], i);
	}
}

static void durations_are_rounded(void **state)
{
	(void)state;
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = { { 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.00 µs" }, { 999499, "999 µs" },
		{ 999500, "1.00 ms" }, { 9994999, "9.99 ms" }, { 9995000, "10.0 ms" },
		{ 836700000, "837 ms" }, { 999499999, "999 ms" }, { 999500000, "1.00 s" },
		{ 2287000000, "2.29 s" }, { 9996000000, "10.0 s" }, { 99960000000, "100 s" },
		{ 132600000000, "133 s" }, { 999499999999, "999 s" },
		{ 999500000000, "16 min 40 s" }, { 7199400000000, "119 min 59 s" },
		{ 7199600000000, "2 h 0 min" }, { 9000000000000, "2 h 30 min" },
		{ UINT64_MAX, "5124095 h 35 min" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf text = BUF_INIT;
		number_duration(&text, cases[i].ns);
		expect_text(&text, cases[i].text, i);
	}
}

static void decimals_are_those_of_printf(void **state)
{
	(void)state;
	static const double values[] = { 0, 0.5, 1.5, 2.5, 0.125, 0.375, 0.005, 0.015, 1e-9, 99.995,
		99.99999, 99.999995, 99.999999, 100, 1e7, 1e300, -1, -0.25, 9.9999999999 };
	uint32_t state_of_random = 1;
	for (size_t i = 0; i < 40000; i++) {
		state_of_random = state_of_random * 1664525 + 1013904223;
		double value = i < ARRAY_LEN(values) ? values[i] : 100.0 * state_of_random / 1e9;
		/* Multiples of a half of the last place, and their neighbours. */
		if (i % 2)
			value = (double)(state_of_random % 20000000) / 2e5;
		if (i % 4 == 3)
			value = nextafter(value, i % 8 == 3 ? 0 : 200);
		for (unsigned decimals = 0; decimals <= 6; decimals++) {
			char expected[400];
			snprintf(expected, sizeof expected, "%.*f", (int)decimals, value);
			AUTO_BUF struct buf b = BUF_INIT;
			number_decimal(&b, value, decimals);
			if (b.len != strlen(expected) || memcmp(b.data, expected, b.len))
				fail_msg("%.17g, %u decimals: %.*s, not %s", value, decimals,
					(int)b.len, (const char *)b.data, expected);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_becomes_harmless),
		cmocka_unit_test(every_code_point_survives_or_is_replaced),
		cmocka_unit_test(names_keep_beginning_and_end),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(one_event_is_singular),
		cmocka_unit_test(durations_are_rounded),
		cmocka_unit_test(decimals_are_those_of_printf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
