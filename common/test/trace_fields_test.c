/*
 * Tagged fields, embedded files and kernel symbols that no writer makes: what is damage, and what
 * passes.
 */
#include "common/trace_fields.h"
#include "common/trace_file_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define BYTES(str) (str), sizeof(str) - 1
#define TWO_TO_32 "\x80\x80\x80\x80\x10"

static void meta_fields_are_read_by_the_rules(void **state)
{
	(void)state;
	static const struct {
		const char *payload;
		size_t size;
		bool good;
		const char *arch;
		uint32_t n_cpus;
	} cases[] = {
		{ BYTES(""), true, "", 0 },
		{ BYTES("\2\3arm\6\1\4"), true, "arm", 4 },
		{ BYTES("\2\0\6\0"), true, "", 0 },
		{ BYTES("\2\5ar\0m2"), true, "ar", 0 },
		{ BYTES("\6\3\4\x80\x80"), true, "", 4 },
		{ BYTES("\2\1a\6\1\4\2\2bc\6\1\5"), true, "bc", 5 },
		{ BYTES("\2\1a\6\1\4\2\0\6\0"), true, "", 0 },
		{ BYTES("\x64\2\x80\x80\6\1\4"), true, "", 4 },
		{ BYTES("\6\1\x80"), false, "", 0 },
		{ BYTES("\6\5" TWO_TO_32), false, "", 0 },
		{ BYTES("\6\2\4"), false, "", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf strings = BUF_INIT;
		struct trace_meta meta = { 0 };
		struct cursor c = cursor_make(cases[i].payload, cases[i].size);
		bool good = trace_fields_decode(&trace_meta_fields, c, &meta, &strings);
		if (good != cases[i].good)
			fail_msg("case %zu: %s", i, good ? "taken" : "not taken");
		if (!good)
			continue;
		assert_string_equal(meta.arch, cases[i].arch);
		assert_int_equal(meta.n_cpus, cases[i].n_cpus);
	}
}

static void embedded_files_are_read_by_the_rules(void **state)
{
	(void)state;
	static const struct {
		const char *payload;
		size_t size;
		bool good;
	} cases[] = {
		{ BYTES("\1\1\1"), true },
		{ BYTES("\1\1\1\2\1\7\4\1\3\2\0\4\0"), true },
		{ BYTES(""), false },
		{ BYTES("\1\1\0"), false },
		{ BYTES("\1\5" TWO_TO_32), false },
		{ BYTES("\1\1\1\2\1\x80"), false },
		{ BYTES("\1\1\1\2\5" TWO_TO_32), false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf name = BUF_INIT;
		struct trace_file file;
		struct cursor c = cursor_make(cases[i].payload, cases[i].size);
		bool good = trace_file_decode(c, &file, &name);
		if (good != cases[i].good)
			fail_msg("case %zu: %s", i, good ? "taken" : "not taken");
		if (!good)
			continue;
		assert_int_equal(file.pid, 0);
		assert_int_equal(file.build_id.len, 0);
	}
}

static void a_kernel_symbol_in_no_known_place_ends_the_table(void **state)
{
	(void)state;
	static const char table[] = "\7\1\1a\0"
				    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1\2m\0b\0"
				    "\1\1\3c";
	struct trace_kernel_symbol symbol = { .name = "", .module = "" };
	struct cursor c = cursor_make(table, sizeof(table));
	assert_true(trace_symbol_decode(&c, &symbol));
	assert_int_equal(symbol.start, 7);
	assert_string_equal(symbol.module, "");
	assert_true(trace_symbol_decode(&c, &symbol));
	assert_int_equal(symbol.start, 6);
	assert_string_equal(symbol.module, "m");
	assert_false(trace_symbol_decode(&c, &symbol));
	assert_true(c.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meta_fields_are_read_by_the_rules),
		cmocka_unit_test(embedded_files_are_read_by_the_rules),
		cmocka_unit_test(a_kernel_symbol_in_no_known_place_ends_the_table),
	};
	return cmocka_run_group_tests_name("trace fields", tests, NULL, NULL);
}
