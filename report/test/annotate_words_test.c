/*
 * What a user calls a function, and how well names fit it.
 */
#include "report/annotate_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void words_are_taken_apart(void **state)
{
	static const struct {
		const char *words, *module, *name;
		uint64_t address;
	} cases[] = {
		{ "parse", NULL, "parse", 0 },
		{ "a::b::parse", NULL, "a::b::parse", 0 },
		{ "libc.so.6:malloc", "libc.so.6", "malloc", 0 },
		{ "app:a::b", "app", "a::b", 0 },
		{ "app:@0x12ab", "app", "", 0x12ab },
		{ "parse@0xff", NULL, "parse", 0xff },
		{ "cfree@GLIBC_2.2.5", NULL, "cfree@GLIBC_2.2.5", 0 },
		{ "f(a:b)", NULL, "f(a:b)", 0 },
		{ "<impl x:y>::z", NULL, "<impl x:y>::z", 0 },
		{ ":x", NULL, ":x", 0 },
		{ "[kernel]:clear_page", "[kernel]", "clear_page", 0 },
		{ "[libx.so+0x12ab]", NULL, "[libx.so+0x12ab]", 0 },
		{ "libx.so:[libx.so+0x12ab]", "libx.so", "[libx.so+0x12ab]", 0 },
		{ "[", NULL, "[", 0 },
		{ "", NULL, "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct annotate_words w;
		struct err err = { 0 };
		assert_true(annotate_words_parse(&w, cases[i].words, NULL, &err));
		assert_string_equal(w.name, cases[i].name);
		if (cases[i].module)
			assert_string_equal(w.module, cases[i].module);
		else
			assert_null(w.module);
		assert_int_equal(w.has_address, cases[i].address != 0);
		assert_int_equal(w.address, cases[i].address);
		annotate_words_fini(&w);
	}
}

static void a_bad_address_is_an_error(void **state)
{
	struct annotate_words w;
	struct err err = { 0 };
	(void)state;
	assert_false(annotate_words_parse(&w, "parse@0xzz", NULL, &err));
	assert_non_null(strstr(err.text, "address"));
	annotate_words_fini(&w);
	assert_false(annotate_words_parse(&w, "parse@0x", NULL, &err));
	annotate_words_fini(&w);
}

static void base_names_have_no_arguments(void **state)
{
	static const struct {
		const char *name, *base;
	} cases[] = {
		{ "parse", "parse" },
		{ "parse.constprop.0", "parse" },
		{ "parse.isra.0.cold", "parse" },
		{ ".cold", ".cold" },
		{ "bitmap_set_bit(bitmap_head*, int)", "bitmap_set_bit" },
		{ "void sort<int*>(int*, int*)", "sort" },
		{ "a::b<c<d>, e>::f() const", "a::b::f" },
		{ "x::f(int) [clone .cold]", "x::f" },
		{ "(anonymous namespace)::f(int)", "(anonymous namespace)::f" },
		{ "a::operator()(int) const", "a::operator()" },
		{ "operator<(a, b)", "operator<" },
		{ "a::operator<< <char>(x)", "a::operator<<" },
		{ "[libx.so+0x12ab]", "[libx.so+0x12ab]" },
		{ "((((", "((((" },
		{ "", "" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *base = annotate_base_name(cases[i].name);
		assert_string_equal(base, cases[i].base);
	}
}

static void the_nearer_name_fits_better(void **state)
{
	static const struct {
		const char *words, *name;
		enum annotate_fit fit;
	} cases[] = {
		{ "parse", "parse", FIT_EXACT },
		{ "parse", "parse(int)", FIT_BASE },
		{ "parse", "a::parse(int)", FIT_BASE },
		{ "parse", "parse.constprop.0", FIT_BASE },
		{ "parse.cold", "parse", FIT_BASE },
		{ "b::parse", "a::b::parse(int)", FIT_BASE },
		{ "parse", "reparse", FIT_PART },
		{ "parse", "a::reparse()", FIT_PART },
		{ "^re.*e$", "reparse", FIT_PART },
		{ "^parse", "reparse", FIT_NONE },
		{ "((", "x", FIT_NONE },
		{ "((", "f((", FIT_PART },
		{ "", "anything", FIT_EXACT },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct annotate_words w;
		struct err err = { 0 };
		assert_true(annotate_words_parse(&w, cases[i].words, NULL, &err));
		assert_int_equal(annotate_words_fit(&w, cases[i].name), cases[i].fit);
		annotate_words_fini(&w);
	}
}

static void modules_fit_by_name_or_its_beginning(void **state)
{
	struct annotate_words w;
	struct err err = { 0 };
	(void)state;
	assert_true(annotate_words_parse(&w, "libc:malloc", NULL, &err));
	assert_true(annotate_words_fit_module(&w, "libc"));
	assert_true(annotate_words_fit_module(&w, "libc.so.6"));
	assert_true(annotate_words_fit_module(&w, "libc-2.31.so"));
	assert_false(annotate_words_fit_module(&w, "libcrypto.so"));
	assert_false(annotate_words_fit_module(&w, ""));
	annotate_words_fini(&w);
	assert_true(annotate_words_parse(&w, "malloc", "libm.so.6", &err));
	assert_true(annotate_words_fit_module(&w, "libm.so.6"));
	assert_false(annotate_words_fit_module(&w, "libc.so.6"));
	annotate_words_fini(&w);
	assert_true(annotate_words_parse(&w, "malloc", NULL, &err));
	assert_true(annotate_words_fit_module(&w, ""));
	annotate_words_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_taken_apart),
		cmocka_unit_test(a_bad_address_is_an_error),
		cmocka_unit_test(base_names_have_no_arguments),
		cmocka_unit_test(the_nearer_name_fits_better),
		cmocka_unit_test(modules_fit_by_name_or_its_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
