/*
 * The architecture tables against what is known from elsewhere: the ABI documents, and the libc's
 * own view of the signal frame of the machine that runs the test.
 */
#include "common/arch.h"
#include "common/defs.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void registers_are_numbered_as_dwarf_does(void **state)
{
	(void)state;
	static const char *const x86[] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip" };
	assert_int_equal(arch_x86_64.n_regs, ARRAY_LEN(x86));
	for (size_t i = 0; i < ARRAY_LEN(x86); i++)
		assert_string_equal(arch_x86_64.reg_names[i], x86[i]);
	assert_int_equal(arch_x86_64.sp, 7);
	assert_int_equal(arch_x86_64.pc, 16);
	assert_int_equal(arch_aarch64.n_regs, 33);
	assert_string_equal(arch_aarch64.reg_names[arch_aarch64.fp], "x29");
	assert_string_equal(arch_aarch64.reg_names[arch_aarch64.lr], "x30");
	assert_string_equal(arch_aarch64.reg_names[arch_aarch64.sp], "sp");
	assert_string_equal(arch_aarch64.reg_names[arch_aarch64.pc], "pc");
}

/* perf: AX BX CX DX SI DI BP SP IP FLAGS CS SS DS ES FS GS R8..R15. */
static void perf_registers_are_translated(void **state)
{
	(void)state;
	static const uint8_t x86[24] = { 0, 3, 2, 1, 4, 5, 6, 7, 16, 255, 255, 255, 255, 255, 255,
		255, 8, 9, 10, 11, 12, 13, 14, 15 };
	assert_memory_equal(arch_x86_64.perf_to_dwarf, x86, sizeof(x86));
	for (unsigned i = 0; i < 24; i++)
		assert_int_equal(arch_x86_64.perf_mask >> i & 1, x86[i] != ARCH_NO_REG);
	assert_int_equal(arch_x86_64.perf_mask >> 24, 0);
	for (unsigned i = 0; i < 33; i++)
		assert_int_equal(arch_aarch64.perf_to_dwarf[i], i);
	assert_int_equal(arch_aarch64.perf_mask, 0x1ffffffff);
}

static void every_register_of_the_signal_frame_has_a_place_of_its_own(void **state)
{
	(void)state;
	const struct arch *const archs[] = { &arch_x86_64, &arch_aarch64 };
	for (size_t a = 0; a < ARRAY_LEN(archs); a++) {
		const struct arch_signal_frame *frame = archs[a]->signal_frame;
		for (unsigned i = 0; i < archs[a]->n_regs; i++) {
			assert_true(frame->reg_off[i] >= 40 && frame->reg_off[i] % 8 == 0);
			assert_true(frame->reg_off[i] < frame->mark_off);
			for (unsigned j = 0; j < i; j++)
				assert_int_not_equal(frame->reg_off[i], frame->reg_off[j]);
		}
		assert_int_equal(frame->mark_value & ~frame->mark_mask, 0);
	}
	assert_int_equal(arch_x86_64.signal_frame->reg_off[16], 168);
	assert_int_equal(arch_aarch64.signal_frame->reg_off[31], 432);
}

static void architectures_are_found_by_name_and_machine(void **state)
{
	(void)state;
	assert_ptr_equal(arch_find("x86_64"), &arch_x86_64);
	assert_ptr_equal(arch_find("aarch64"), &arch_aarch64);
	assert_null(arch_find("vax"));
	assert_ptr_equal(arch_find_by_elf_machine(EM_X86_64), &arch_x86_64);
	assert_ptr_equal(arch_find_by_elf_machine(EM_AARCH64), &arch_aarch64);
	assert_null(arch_find_by_elf_machine(EM_VAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_numbered_as_dwarf_does),
		cmocka_unit_test(perf_registers_are_translated),
		cmocka_unit_test(every_register_of_the_signal_frame_has_a_place_of_its_own),
		cmocka_unit_test(architectures_are_found_by_name_and_machine),
	};
	return cmocka_run_group_tests_name("arch", tests, NULL, NULL);
}
