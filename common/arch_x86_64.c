/*
 * x86-64. Register numbers: System V ABI, AMD64 supplement, figure 3.36. perf's register order:
 * arch/x86/include/uapi/asm/perf_regs.h. Signal frame: arch/x86/include/uapi/asm/sigcontext.h
 * (struct sigcontext) inside struct ucontext, whose mcontext starts at byte 40.
 */
#include "common/arch.h"

#include <elf.h>

/* clang-format off */
enum {
	RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP,
	R8, R9, R10, R11, R12, R13, R14, R15, RIP,
	N_REGS
};

static const char *const reg_names[N_REGS] = {
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

/* Bits 9 to 15 (flags and segment registers) are never asked for. */
static const uint8_t perf_to_dwarf[] = {
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, RIP, ARCH_NO_REG, ARCH_NO_REG, ARCH_NO_REG,
	ARCH_NO_REG, ARCH_NO_REG, ARCH_NO_REG, ARCH_NO_REG, R8, R9, R10, R11, R12, R13, R14, R15,
};
/* clang-format on */

/* The handler's return has popped the restorer's address, so that SP points at the ucontext. */
static const struct arch_signal_frame signal_frame = {
	.ucontext_off = 0,
	.reg_off = {
		[R8] = 40,
		[R9] = 48,
		[R10] = 56,
		[R11] = 64,
		[R12] = 72,
		[R13] = 80,
		[R14] = 88,
		[R15] = 96,
		[RDI] = 104,
		[RSI] = 112,
		[RBP] = 120,
		[RBX] = 128,
		[RDX] = 136,
		[RAX] = 144,
		[RCX] = 152,
		[RSP] = 160,
		[RIP] = 168,
	},
	/* cs, gs, fs, ss: behind eflags. 64-bit user code has cs 0x33 and ss 0x2b. */
	.mark_off = 184,
	.mark_mask = 0xffff00000000ffff,
	.mark_value = 0x002b000000000033,
	/* mov $15, %rax; syscall */
	.trampoline = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05 },
	.trampoline_len = 9,
};

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.n_regs = N_REGS,
	.sp = RSP,
	.pc = RIP,
	.fp = RBP,
	.lr = ARCH_NO_REG,
	.return_column = RIP,
	.callee_saved = 1u << RBX | 1u << RBP | 1u << R12 | 1u << R13 | 1u << R14 | 1u << R15,
	.kernel_start = 0xffff800000000000,
	.syscall_code = { 0x0f, 0x05 },
	.syscall_len = 2,
	.reg_names = reg_names,
	.perf_mask = 0xff01ff,
	.perf_to_dwarf = perf_to_dwarf,
	.signal_frame = &signal_frame,
};
