/*
 * The architecture tables against what is known from elsewhere: the ABI documents, and a signal
 * frame that the kernel builds for the test.
 */
#include "common/arch.h"
#include "common/defs.h"

#include <elf.h>
#include <setjmp.h>
#include <signal.h>
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

/* What the handler saw. */
static struct {
	uint64_t mark, sp, pc, own_sp;
	uint8_t trampoline[16];
} seen;

__attribute__((noinline)) static void look(int number UNUSED, siginfo_t *info UNUSED, void *context)
{
	const struct arch *arch = arch_native();
	const struct arch_signal_frame *frame = arch->signal_frame;
	const char *ucontext = context;
	memcpy(&seen.mark, ucontext + frame->mark_off, 8);
	memcpy(&seen.sp, ucontext + frame->reg_off[arch->sp], 8);
	memcpy(&seen.pc, ucontext + frame->reg_off[arch->pc], 8);
	memcpy(seen.trampoline, __builtin_return_address(0), frame->trampoline_len);
	seen.own_sp = (uint64_t)(uintptr_t)__builtin_frame_address(0);
}

static void the_kernel_builds_the_signal_frame_that_the_table_describes(void **state)
{
	(void)state;
	const struct arch *arch = arch_native();
	if (!arch) {
		print_message("SKIPPED: no table for this machine\n");
		skip();
	}
	struct sigaction action = { .sa_sigaction = look, .sa_flags = SA_SIGINFO };
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	const struct arch_signal_frame *frame = arch->signal_frame;
	assert_int_equal(seen.mark & frame->mark_mask, frame->mark_value);
	assert_memory_equal(seen.trampoline, frame->trampoline, frame->trampoline_len);
	assert_true(seen.sp > seen.own_sp && seen.sp - seen.own_sp < 1 << 16);
	assert_true(seen.pc && seen.pc < arch->kernel_start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_numbered_as_dwarf_does),
		cmocka_unit_test(perf_registers_are_translated),
		cmocka_unit_test(every_register_of_the_signal_frame_has_a_place_of_its_own),
		cmocka_unit_test(architectures_are_found_by_name_and_machine),
		cmocka_unit_test(the_kernel_builds_the_signal_frame_that_the_table_describes),
	};
	return cmocka_run_group_tests_name("arch", tests, NULL, NULL);
}
