/* The sieve's rules, one by one, and that they do not depend on where a snapshot begins. */
#include "common/sieve.h"

#include "common/defs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SP = 0x7ffe1000, CODE = 0x401000, CODE_END = 0x402000, SECRET = 0x4141414142424242 };
enum { N = 256 };

static struct range_table ranges;

static struct sieve make_sieve(const struct arch *arch)
{
	range_table_clear(&ranges);
	range_table_add(&ranges, CODE, CODE_END);
	range_table_add(&ranges, 0x7f0000001000, 0x7f0000100000);
	return (struct sieve){ .arch = arch, .ranges = &ranges };
}

static bool is_kept(const uint64_t *keep, uint32_t i)
{
	return keep[i / 64] >> (i % 64) & 1;
}

static void sieve_keeps_what_the_rules_say(void **state UNUSED)
{
	static const struct {
		const char *what;
		uint64_t word; /* at address SP */
		bool kept;
	} cases[] = {
		{ "zero", 0, false },
		{ "a small number", 42, false },
		{ "text", SECRET, false },
		{ "the first byte of code", CODE, true },
		{ "the last byte of code", CODE_END - 1, true },
		{ "the byte before code", CODE - 1, false },
		{ "the byte behind code", CODE_END, false },
		{ "between two ranges", 0x500000000, false },
		{ "code of a library", 0x7f0000001000, true },
		{ "its own address", SP, true },
		{ "just above", SP + 8, true },
		{ "at the end of reach", SP + SIEVE_REACH_BYTES, true },
		{ "out of reach", SP + SIEVE_REACH_BYTES + 8, false },
		{ "into the middle of a word", SP + 12, false },
		{ "to a single byte", SP + 9, false },
		{ "just below", SP - 8, false },
		{ "a kernel address", 0xffffffff81000000, false },
		{ "all ones", UINT64_MAX, false },
	};
	struct sieve s = make_sieve(&arch_x86_64);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t keep[1] = { 0 };
		uint32_t mark;
		assert_false(sieve_words(&s, SP, &cases[i].word, 1, 0, 1, keep, &mark));
		if (is_kept(keep, 0) != cases[i].kept)
			fail_msg("%s: kept %d", cases[i].what, !cases[i].kept);
	}
}

static void an_empty_table_keeps_no_code(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	range_table_clear(&ranges);
	assert_false(sieve_keeps(&s, SP, CODE));
	assert_false(sieve_keeps(&s, SP, 0));
	assert_true(sieve_keeps(&s, SP, SP + 16));
}

/* A frame whose mark is words[mark]: every register holds `value`, SP is saved_sp. */
static void make_signal_frame(
	const struct arch *arch, uint64_t *words, uint32_t mark, uint64_t saved_sp, uint64_t value)
{
	const struct arch_signal_frame *f = arch->signal_frame;
	words[mark] = f->mark_value;
	for (unsigned int reg = 0; reg < arch->n_regs; reg++)
		if (f->reg_off[reg])
			words[mark - (f->mark_off - f->reg_off[reg]) / 8] = value;
	words[mark - (f->mark_off - f->reg_off[arch->sp]) / 8] = saved_sp;
}

static void check_signal_frame(const struct arch *arch, uint64_t value, bool kept)
{
	struct sieve s = make_sieve(arch);
	const struct arch_signal_frame *f = arch->signal_frame;
	uint64_t words[N] = { 0 };
	uint64_t keep[N / 64] = { 0 };
	uint32_t mark = N - 20, found;
	make_signal_frame(arch, words, mark, 0x600000001000, value);
	assert_true(sieve_words(&s, SP, words, N, 0, N, keep, &found));
	assert_int_equal(found, mark);
	for (unsigned int reg = 0; reg < arch->n_regs; reg++) {
		uint32_t i = mark - (f->mark_off - f->reg_off[reg]) / 8;
		if (f->reg_off[reg])
			assert_int_equal(
				is_kept(keep, i), kept || reg == arch->sp || reg == arch->pc);
	}
}

static void a_signal_frame_keeps_sp_and_pc_only(void **state UNUSED)
{
	check_signal_frame(&arch_x86_64, SECRET, false);
	check_signal_frame(&arch_aarch64, SECRET, false);
}

static void a_signal_frame_keeps_pointers_into_its_own_stack(void **state UNUSED)
{
	check_signal_frame(&arch_x86_64, 0x600000001080, true);
	check_signal_frame(&arch_aarch64, 0x600000001080, true);
}

static void a_mark_at_the_edge_is_harmless(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	for (uint32_t at = 0; at < 32; at++) {
		uint64_t words[32] = { 0 };
		uint64_t keep[1] = { 0 };
		uint32_t mark;
		words[at] = arch_x86_64.signal_frame->mark_value;
		assert_true(sieve_words(&s, SP, words, 32, 0, 32, keep, &mark));
		assert_int_equal(mark, at);
	}
}

static void nothing_is_sieved_in_full_mode(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	s.keep_all = true;
	assert_true(sieve_keeps(&s, SP, SECRET));
}

static uint64_t random_word(uint64_t addr)
{
	switch (rand() % 6) {
	case 0:
		return CODE + (uint64_t)rand() % 0x1000;
	case 1:
		return addr + (uint64_t)rand() % 0x20000;
	case 2:
		return 0;
	case 3:
		return 0x7f0000000000 + (uint64_t)rand() % 0x200000;
	default:
		return (uint64_t)rand() << 32 | (uint64_t)rand();
	}
}

/* What the delta rests on: a suffix is judged as in the whole. */
static void verdicts_do_not_depend_on_the_beginning(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	srand(1);
	for (int round = 0; round < 200; round++) {
		uint64_t words[N], whole[N / 64] = { 0 }, part[N / 64] = { 0 };
		uint32_t mark;
		for (uint32_t i = 0; i < N; i++)
			words[i] = random_word(SP + 8 * i);
		uint32_t from = (uint32_t)rand() % N;
		sieve_words(&s, SP, words, N, 0, N, whole, &mark);
		sieve_words(&s, SP + 8 * from, words + from, N - from, 0, N - from, part, &mark);
		for (uint32_t i = from; i < N; i++)
			assert_int_equal(is_kept(whole, i), is_kept(part, i - from));
	}
}

static void a_stretch_is_judged_as_in_the_whole(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	uint64_t words[N], whole[N / 64] = { 0 };
	uint32_t mark;
	srand(2);
	for (uint32_t i = 0; i < N; i++)
		words[i] = random_word(SP + 8 * i);
	make_signal_frame(&arch_x86_64, words, 150, SP + 8 * 160, CODE);
	sieve_words(&s, SP, words, N, 0, N, whole, &mark);
	for (uint32_t from = 0; from < N; from += 7) {
		uint64_t parts[N / 64] = { 0 };
		sieve_words(&s, SP, words, N, 0, from, parts, &mark);
		sieve_words(&s, SP, words, N, from, N, parts, &mark);
		/* A frame cut by the seam may lose its lower part, but nothing may be added. */
		for (uint32_t i = 0; i < N; i++)
			assert_true(is_kept(whole, i) || !is_kept(parts, i));
		if (from > 150 || from < 120)
			assert_memory_equal(parts, whole, sizeof(whole));
	}
}

static void registers_are_sieved_by_sp(void **state UNUSED)
{
	struct sieve s = make_sieve(&arch_x86_64);
	const struct arch *a = &arch_x86_64;
	uint64_t regs[ARCH_MAX_REGS] = { 0 };
	uint64_t all = (UINT64_C(1) << a->n_regs) - 1;
	for (unsigned int i = 0; i < a->n_regs; i++)
		regs[i] = SECRET;
	regs[a->sp] = SP;
	regs[a->fp] = SP + 0x100;
	regs[3] = CODE;
	regs[12] = SP - 8;
	uint64_t expected = UINT64_C(1) << a->sp | UINT64_C(1) << a->pc | UINT64_C(1) << a->fp |
		UINT64_C(1) << 3;
	assert_int_equal(sieve_registers(&s, all, regs), expected);
	assert_int_equal(sieve_registers(&s, all & ~UINT64_C(8), regs), expected & ~UINT64_C(8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sieve_keeps_what_the_rules_say),
		cmocka_unit_test(an_empty_table_keeps_no_code),
		cmocka_unit_test(a_signal_frame_keeps_sp_and_pc_only),
		cmocka_unit_test(a_signal_frame_keeps_pointers_into_its_own_stack),
		cmocka_unit_test(a_mark_at_the_edge_is_harmless),
		cmocka_unit_test(nothing_is_sieved_in_full_mode),
		cmocka_unit_test(verdicts_do_not_depend_on_the_beginning),
		cmocka_unit_test(a_stretch_is_judged_as_in_the_whole),
		cmocka_unit_test(registers_are_sieved_by_sp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
