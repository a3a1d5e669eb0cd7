/* Expressions as bytes, and what they come to. */
#include "report/dwarf_expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* Memory: the word at 0x1000 + 8 * i is 100 + i, for i < 4. */
static bool read_word(void *ctx, uint64_t addr, uint64_t *ret_word)
{
	(void)ctx;
	if (addr < 0x1000 || addr >= 0x1020)
		return false;
	*ret_word = 100 + (addr - 0x1000) / 8;
	return true;
}

static enum dwarf_expr_result eval(
	const uint8_t *code, size_t n, const uint64_t *initial, uint64_t *ret_value)
{
	static const uint64_t regs[64] = { [6] = 0x1010, [7] = 0x1000 };
	struct dwarf_expr expr = { code, n, regs, 1 << 6 | 1 << 7, initial, read_word, NULL };
	return dwarf_expr_eval(&expr, ret_value);
}

static void expressions_come_to_their_values(void **state)
{
	static const struct {
		uint64_t value;
		uint8_t n, code[16];
	} cases[] = {
		{ 5, 1, { 0x35 } },                                /* lit5 */
		{ 0x1018, 2, { 0x76, 8 } },                        /* breg6 8 */
		{ 0x0ff8, 3, { 0x92, 7, 0x78 } },                  /* bregx 7 -8 */
		{ 103, 3, { 0x76, 8, 0x06 } },                     /* breg6 8, deref */
		{ 101, 4, { 0x77, 8, 0x94, 1 } },                  /* deref_size 1 */
		{ (uint64_t)-2, 2, { 0x09, 0xfe } },               /* const1s */
		{ 0xfffe, 3, { 0x0a, 0xfe, 0xff } },               /* const2u */
		{ (uint64_t)-2, 3, { 0x0b, 0xfe, 0xff } },         /* const2s */
		{ (uint64_t)-1, 5, { 0x0d, 255, 255, 255, 255 } }, /* const4s */
		{ 300, 3, { 0x10, 0xac, 2 } },                     /* constu */
		{ (uint64_t)-3, 2, { 0x11, 0x7d } },               /* consts */
		{ 1, 3, { 0x33, 0x32, 0x1c } },                    /* 3 - 2 */
		{ (uint64_t)-3, 4, { 0x37, 0x1f, 0x32, 0x1b } },   /* -7 / 2 */
		{ 3, 3, { 0x37, 0x34, 0x1d } },                    /* 7 mod 4 */
		{ 28, 3, { 0x37, 0x32, 0x24 } },                   /* 7 << 2 */
		{ (uint64_t)-2, 4, { 0x37, 0x1f, 0x32, 0x26 } },   /* -7 >> 2, signed */
		{ 0, 4, { 0x31, 0x08, 64, 0x25 } },                /* 1 >> 64 */
		{ 7, 3, { 0x37, 0x1f, 0x19 } },                    /* abs(-7) */
		{ 12, 3, { 0x37, 0x23, 5 } },                      /* plus_uconst */
		{ 1, 3, { 0x31, 0x32, 0x2d } },                    /* 1 < 2 */
		{ 0, 3, { 0x31, 0x32, 0x29 } },                    /* 1 == 2 */
		{ 1, 3, { 0x31, 0x32, 0x14 } },                    /* over */
		{ 2, 4, { 0x31, 0x32, 0x33, 0x17 } },              /* rot */
		{ 1, 5, { 0x31, 0x32, 0x33, 0x15, 2 } },           /* pick 2 */
		{ 1, 3, { 0x31, 0x32, 0x16 } },                    /* swap */
		{ 9, 6, { 0x31, 0x28, 1, 0, 0x96, 0x39 } },        /* bra over a nop */
		{ 4, 5, { 0x34, 0x2f, 1, 0, 0x35 } },              /* skip to the end */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;
		assert_int_equal(eval(cases[i].code, cases[i].n, NULL, &value), DWARF_EXPR_OK);
		assert_int_equal(value, cases[i].value);
	}
}

static void the_initial_value_lies_on_the_stack(void **state)
{
	static const uint8_t code[] = { 0x23, 8 }; /* plus_uconst 8 */
	uint64_t initial = 100, value = 0;
	(void)state;
	assert_int_equal(eval(code, sizeof(code), &initial, &value), DWARF_EXPR_OK);
	assert_int_equal(value, 108);
	assert_int_equal(eval(code, sizeof(code), NULL, &value), DWARF_EXPR_BAD);
}

static void bad_expressions_are_refused(void **state)
{
	static const struct {
		uint8_t n, code[8];
	} cases[] = {
		{ 0, { 0 } },                      /* nothing */
		{ 1, { 0x22 } },                   /* plus of nothing */
		{ 2, { 0x31, 0x22 } },             /* plus of one */
		{ 3, { 0x31, 0x30, 0x1b } },       /* 1 / 0 */
		{ 3, { 0x31, 0x30, 0x1d } },       /* 1 mod 0 */
		{ 2, { 0x75, 0 } },                /* an unknown register */
		{ 3, { 0x92, 0xff, 1 } },          /* an impossible register */
		{ 3, { 0x2f, 0xfd, 0xff } },       /* skip to itself, for ever */
		{ 4, { 0x31, 0x2f, 0xfc, 0xff } }, /* fills the stack */
		{ 3, { 0x2f, 0, 0x80 } },          /* skip before the start */
		{ 2, { 0x0c, 1 } },                /* cut constant */
		{ 1, { 0x50 } },                   /* reg0: no value */
		{ 3, { 0x31, 0x94, 9 } },          /* deref_size 9 */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value;
		assert_int_equal(eval(cases[i].code, cases[i].n, NULL, &value), DWARF_EXPR_BAD);
	}
}

static void unreadable_memory_is_told_by_its_address(void **state)
{
	static const uint8_t code[] = { 0x77, 0x20, 0x06 };
	uint64_t value = 0;
	(void)state;
	assert_int_equal(eval(code, sizeof(code), NULL, &value), DWARF_EXPR_UNREADABLE);
	assert_int_equal(value, 0x1020);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_come_to_their_values),
		cmocka_unit_test(the_initial_value_lies_on_the_stack),
		cmocka_unit_test(bad_expressions_are_refused),
		cmocka_unit_test(unreadable_memory_is_told_by_its_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
