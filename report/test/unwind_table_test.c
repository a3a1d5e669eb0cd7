/*
 * Call frame information written by hand, as bytes, and the rows it must come to: operations and
 * encodings that compilers seldom or never write, and damage.
 */
#include "report/elf_file.h"
#include "report/test/mini_cfi.h"
#include "report/test/mini_elf.h"
#include "report/test/unwind_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const uint64_t text_at = MINI_ELF_TEXT;

/* The rows, or the error's text. */
static const char *rows_of(const struct buf *eh, const struct buf *debug, size_t *ret_n_bad)
{
	static char text[1024];
	struct mini_section sections[2];
	size_t n = 0;
	struct err err = { 0 };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	AUTO_BUF struct buf out = BUF_INIT;
	if (eh)
		sections[n++] = (struct mini_section){ ".eh_frame", SHT_PROGBITS, SHF_ALLOC,
			eh->data, eh->len };
	if (debug)
		sections[n++] = (struct mini_section){ ".debug_frame", SHT_PROGBITS, 0, debug->data,
			debug->len };
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, n);
	assert_true(elf_file_open_memory(image.data, image.len, "mini", &elf, &err));
	*ret_n_bad = 0;
	if (!unwind_table_build(elf, &table, &err)) {
		snprintf(text, sizeof(text), "%.500s", err.text);
		return text;
	}
	*ret_n_bad = unwind_table_summary(table).n_bad_fdes;
	dump_table(&out, elf_file_arch(elf), table, MINI_ELF_TEXT);
	snprintf(text, sizeof(text), "%.*s", (int)out.len, (const char *)out.data);
	return text;
}

static void programs_come_to_their_rows(void **state)
{
	static const struct {
		const char *rows;
		uint8_t n, program[24];
	} cases[] = {
		{ "0 rsp+8 ra=c-8; 40 -", 1, { 0 } },
		/* push rbp; mov rsp, rbp */
		{ "0 rsp+8 ra=c-8; 1 rsp+16 rbp=c-16 ra=c-8; 4 rbp+16 rbp=c-16 ra=c-8; 40 -", 8,
			{ 0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6 } },
		/* a slot below the stack pointer has been popped */
		{ "0 rsp+8 ra=c-8; 1 rsp+16 rbp=c-16 ra=c-8; 2 rsp+8 ra=c-8; 40 -", 8,
			{ 0x41, 0x0e, 16, 0x86, 2, 0x41, 0x0e, 8 } },
		/* remember, change, restore */
		{ "0 rsp+8 ra=c-8; 1 rsp+32 rbx=c-24 ra=c-8; 2 rsp+8 ra=c-8; 40 -", 8,
			{ 0x0a, 0x41, 0x0e, 32, 0x83, 3, 0x41, 0x0b } },
		/* advance_loc1, 2, 4 */
		{ "0 rsp+8 ra=c-8; 1 rsp+16 ra=c-8; 3 rsp+24 ra=c-8; 6 rsp+32 ra=c-8; 40 -", 16,
			{ 2, 1, 0x0e, 16, 3, 2, 0, 0x0e, 24, 4, 3, 0, 0, 0, 0x0e, 32 } },
		/* set_loc */
		{ "0 rsp+8 ra=c-8; 5 rsp+16 ra=c-8; 40 -", 11,
			{ 1, 5, 0, 1, 0, 0, 0, 0, 0, 0x0e, 16 } },
		/* signed forms: def_cfa_sf, def_cfa_offset_sf (-2 * -8), offset_extended_sf */
		{ "0 rbp+16 ra=c-8; 1 rbp+24 r12=c-16 ra=c-8; 40 -", 9,
			{ 0x12, 6, 0x7e, 0x41, 0x13, 0x7d, 0x11, 12, 2 } },
		/* val_offset, val_offset_sf, negative_offset_extended, args_size */
		{ "0 rsp+8 rbx=v-16 r12=v+8 r13=c+24 ra=c-8; 40 -", 11,
			{ 0x14, 3, 2, 0x15, 12, 0x7f, 0x2f, 13, 3, 0x2e, 8 } },
		/* register, undefined, same_value, ra in a register */
		{ "0 rsp+8 rbx=u rbp=s r12=r11+0 ra=rdi+0; 40 -", 10,
			{ 0x09, 12, 11, 0x07, 3, 0x08, 6, 0x09, 16, 5 } },
		{ "0 rsp+8 ra=u; 40 -", 2, { 0x07, 16 } },
		/* restore and restore_extended to what the CIE said */
		{ "0 rsp+8 ra=u; 1 rsp+8 ra=c-8; 40 -", 4, { 0x07, 16, 0x41, 0xd0 } },
		{ "0 rsp+8 rbx=s ra=c-8; 1 rsp+8 ra=c-8; 40 -", 5, { 0x08, 3, 0x41, 0x06, 3 } },
		/* vector registers are decoded and forgotten */
		{ "0 rsp+8 ra=c-8; 40 -", 2, { 0x80 | 20, 2 } },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf eh = BUF_INIT;
		size_t n_bad;
		mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
		mini_fde(&eh, true, false, text_at, 0x40, cases[i].program, cases[i].n);
		assert_string_equal(rows_of(&eh, NULL, &n_bad), cases[i].rows);
		assert_int_equal(n_bad, 0);
	}
}

static void expressions_are_kept(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at, 0x40,
		BYTES(0x0f, 3, 0x76, 0x78, 6, 0x10, 6, 2, 0x76, 0, 0x16, 3, 2, 0x77, 8));
	assert_string_equal(rows_of(&eh, NULL, &n_bad), "0 vexp rbx=vexp rbp=exp ra=c-8; 40 -");
	assert_int_equal(n_bad, 0);
}

static void augmentations_are_understood(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT, b = BUF_INIT;
	size_t n_bad;
	(void)state;
	/* personality absptr (9 bytes), LSDA encoding, FDE encoding pcrel|sdata4, signal */
	mini_cie(&eh, &arch_x86_64, true, "zPLRS", BYTES(0, 1, 2, 3, 4, 5, 6, 7, 8, 0x1b, 0x1b));
	uint32_t at = (uint32_t)eh.len;
	buf_u32(&b, at + 4);
	buf_u32(&b, (uint32_t)(MINI_ELF_TEXT + 0x100 - (MINI_ELF_SECTION + at + 8)));
	buf_u32(&b, 0x20);
	buf_bytes(&b, BYTES(4, 9, 9, 9, 9, 0x0e, 16));
	mini_entry(&eh, &b);
	assert_string_equal(rows_of(&eh, NULL, &n_bad), "100 rsp+16 ra=c-8 signal; 120 -");
	assert_int_equal(n_bad, 0);
}

static void eh_frame_wins_over_debug_frame(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT, debug = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at + 0x10, 0x10, BYTES(0));
	mini_fde(&eh, true, false, text_at + 0x40, 0x10, BYTES(0));
	mini_cie(&debug, &arch_x86_64, false, "", NULL, 0);
	mini_fde(&debug, false, false, text_at, 0x48, BYTES(0x0e, 16));
	mini_fde(&debug, false, false, text_at + 0x60, 0x10, BYTES(0x0e, 16));
	assert_string_equal(rows_of(&eh, &debug, &n_bad),
		"0 rsp+16 ra=c-8; 10 rsp+8 ra=c-8; 20 rsp+16 ra=c-8; 40 rsp+8 ra=c-8; 50 -; "
		"60 rsp+16 ra=c-8; 70 -");
	assert_string_equal(
		rows_of(NULL, &debug, &n_bad), "0 rsp+16 ra=c-8; 48 -; 60 rsp+16 ra=c-8; 70 -");
}

/* The order in the section is that of the linker's input; cold parts of functions lie far away. */
static void entries_come_in_any_order(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at + 0x8000, 0x10, BYTES(0x0e, 24));
	mini_fde(&eh, true, false, text_at + 0x20, 0x10, BYTES(0x0e, 16));
	mini_fde(&eh, true, false, text_at + 0x100, 0x10, BYTES(0));
	mini_fde(&eh, true, false, text_at + 0x20, 0x20, BYTES(0x0e, 64)); /* starts as late */
	mini_fde(&eh, true, false, text_at, 0x28, BYTES(0x41, 0x0e, 32));  /* starts first */
	assert_string_equal(rows_of(&eh, NULL, &n_bad),
		"0 rsp+8 ra=c-8; 1 rsp+32 ra=c-8; 28 rsp+16 ra=c-8; 30 rsp+64 ra=c-8; 40 -; "
		"100 rsp+8 ra=c-8; 110 -; 8000 rsp+24 ra=c-8; 8010 -");
	assert_int_equal(n_bad, 0);
}

/* Of a program whose front lies in another one's range, the rows behind it count. */
static void a_cut_entry_keeps_the_rows_that_are_left(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at, 0x20, BYTES(0));
	mini_fde(&eh, true, false, text_at + 0x10, 0x40,
		BYTES(0x44, 0x0e, 16, 0x4c, 0x0e, 24, 0x44, 0x0e, 32, 0x50, 0x0e, 40));
	mini_fde(&eh, true, false, text_at + 0x38, 0x20, BYTES(0x0e, 48));
	assert_string_equal(rows_of(&eh, NULL, &n_bad),
		"0 rsp+8 ra=c-8; 20 rsp+24 ra=c-8; 24 rsp+32 ra=c-8; 34 rsp+40 ra=c-8; "
		"50 rsp+48 ra=c-8; 58 -");
	assert_int_equal(n_bad, 0);
}

/* An entry that is damaged behind its first rows leaves nothing of them, nor of the gap before. */
static void damage_takes_back_what_was_added(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at, 8, BYTES(0));
	mini_fde(&eh, true, false, text_at + 8, 8, BYTES(0x41, 0x0e, 16, 0x41, 0x3f));
	mini_fde(&eh, true, false, text_at + 0x10, 8, BYTES(0x0e, 24));
	assert_string_equal(
		rows_of(&eh, NULL, &n_bad), "0 rsp+8 ra=c-8; 8 -; 10 rsp+24 ra=c-8; 18 -");
	assert_int_equal(n_bad, 1);
}

static void dropped_code_and_foreign_code_is_left_out(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	size_t n_bad;
	(void)state;
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, 0, 0x40, BYTES(0));
	mini_fde(&eh, true, false, 1, 0x40, BYTES(0));
	mini_fde(&eh, true, false, UINT64_MAX - 1, 1, BYTES(0));
	mini_fde(&eh, true, false, MINI_ELF_TEXT + MINI_ELF_TEXT_BYTES - 1, 2, BYTES(0));
	mini_fde(&eh, true, false, text_at + 8, 0, BYTES(0));
	mini_fde(&eh, true, false, text_at, 8, BYTES(0));
	buf_u32(&eh, 0); /* a terminator, which is not the end */
	mini_fde(&eh, true, false, text_at + 4, 8, BYTES(0x0e, 16));
	assert_string_equal(rows_of(&eh, NULL, &n_bad), "0 rsp+8 ra=c-8; 8 rsp+16 ra=c-8; c -");
	assert_int_equal(n_bad, 0);
}

static void damaged_entries_are_counted_and_left_out(void **state)
{
	static const struct {
		uint8_t n, program[8];
	} cases[] = {
		{ 1, { 0x0b } },                      /* restore_state without remember_state */
		{ 1, { 0x3f } },                      /* no such operation */
		{ 3, { 0x0f, 0x7f, 1 } },             /* an expression longer than the entry */
		{ 2, { 0x0f, 0 } },                   /* an empty expression */
		{ 6, { 0x0f, 2, 0x76, 0, 0x0e, 8 } }, /* an offset to a CFA by expression */
		{ 2, { 0x0d, 40 } },                  /* CFA in a register that does not exist */
		{ 3, { 0x01, 0, 0 } },                /* set_loc backwards */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf eh = BUF_INIT;
		size_t n_bad;
		mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
		mini_fde(&eh, true, false, text_at, 8, BYTES(0));
		mini_fde(&eh, true, false, text_at + 8, 8, cases[i].program, cases[i].n);
		mini_fde(&eh, true, false, text_at + 16, 8, BYTES(0));
		const char *rows = rows_of(&eh, NULL, &n_bad);
		assert_string_equal(rows, "0 rsp+8 ra=c-8; 8 -; 10 rsp+8 ra=c-8; 18 -");
		assert_int_equal(n_bad, 1);
	}
}

static void remembering_too_often_is_damage(void **state)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	uint8_t program[1000];
	size_t n_bad;
	(void)state;
	memset(program, 0x0a, sizeof(program));
	mini_cie(&eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(&eh, true, false, text_at, 8, program, sizeof(program));
	assert_non_null(strstr(rows_of(&eh, NULL, &n_bad), "damaged"));
}

static void a_file_without_rules_says_so(void **state)
{
	size_t n_bad;
	(void)state;
	assert_non_null(strstr(rows_of(NULL, NULL, &n_bad), "no .eh_frame, no .debug_frame"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_come_to_their_rows),
		cmocka_unit_test(expressions_are_kept),
		cmocka_unit_test(augmentations_are_understood),
		cmocka_unit_test(eh_frame_wins_over_debug_frame),
		cmocka_unit_test(entries_come_in_any_order),
		cmocka_unit_test(a_cut_entry_keeps_the_rows_that_are_left),
		cmocka_unit_test(damage_takes_back_what_was_added),
		cmocka_unit_test(dropped_code_and_foreign_code_is_left_out),
		cmocka_unit_test(damaged_entries_are_counted_and_left_out),
		cmocka_unit_test(remembering_too_often_is_damage),
		cmocka_unit_test(a_file_without_rules_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
