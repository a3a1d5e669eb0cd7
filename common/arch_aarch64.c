/*
 * AArch64. Register numbers: DWARF for the Arm 64-bit Architecture, 4.1; perf numbers registers the
 * same way (arch/arm64/include/uapi/asm/perf_regs.h). Signal frame: siginfo (128 bytes) and
 * ucontext, whose sigcontext starts at byte 176 (arch/arm64/include/uapi/asm/sigcontext.h).
 */
#include "common/arch.h"

#include <elf.h>

enum { X19 = 19, FP = 29, LR = 30, SP = 31, PC = 32, N_REGS = 33 };

/* clang-format off */
static const char *const reg_names[N_REGS] = {
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
	"x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20",
	"x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
	"sp", "pc",
};

static const uint8_t perf_to_dwarf[N_REGS] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	25, 26, 27, 28, 29, 30, 31, 32,
};

/* From the ucontext to x0; x1 and so on, sp and pc follow, 8 bytes each. */
enum { X0_OFF = 184 };
#define REG_OFF(n) (X0_OFF + 8 * (n))

static const struct arch_signal_frame signal_frame = {
	.ucontext_off = 128,
	.reg_off = {
		REG_OFF(0), REG_OFF(1), REG_OFF(2), REG_OFF(3), REG_OFF(4), REG_OFF(5),
		REG_OFF(6), REG_OFF(7), REG_OFF(8), REG_OFF(9), REG_OFF(10), REG_OFF(11),
		REG_OFF(12), REG_OFF(13), REG_OFF(14), REG_OFF(15), REG_OFF(16), REG_OFF(17),
		REG_OFF(18), REG_OFF(19), REG_OFF(20), REG_OFF(21), REG_OFF(22), REG_OFF(23),
		REG_OFF(24), REG_OFF(25), REG_OFF(26), REG_OFF(27), REG_OFF(28), REG_OFF(29),
		REG_OFF(30), REG_OFF(31), REG_OFF(32),
	},
	/* The first record of __reserved, which is aligned to 16 bytes behind pstate: the
	 * FPSIMD context's magic and size. */
	.mark_off = 464,
	.mark_mask = 0xffffffffffffffff,
	.mark_value = 0x0000021046508001,
	/* mov x8, #139; svc #0 */
	.trampoline = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4 },
	.trampoline_len = 8,
};
/* clang-format on */

const struct arch arch_aarch64 = {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.n_regs = N_REGS,
	.sp = SP,
	.pc = PC,
	.fp = FP,
	.lr = LR,
	.return_column = LR,
	.callee_saved = ((1ull << (FP + 1)) - 1) & ~((1ull << X19) - 1),
	.kernel_start = 0xfff0000000000000, /* the lowest with 52-bit addresses */
	.syscall_code = { 0x01, 0x00, 0x00, 0xd4 },
	.syscall_len = 4,
	.reg_names = reg_names,
	.perf_mask = (1ull << N_REGS) - 1,
	.perf_to_dwarf = perf_to_dwarf,
	.signal_frame = &signal_frame,
};
