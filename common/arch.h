/*
 * What differs between processor architectures: one const struct each, found by name or by ELF
 * machine. Registers are numbered as DWARF numbers them for that architecture (System V ABI
 * x86-64, figure 3.36; AArch64 DWARF ABI, 4.1), everywhere: in memory, in the trace, in rules.
 */
#ifndef COMMON_ARCH_H
#define COMMON_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCH_MAX_REGS = 33 }; /* x86-64 uses 0..16, aarch64 0..32 */
enum { ARCH_NO_REG = 0xff };

/*
 * The register file that the kernel saves on the stack before a signal handler runs, described
 * relative to the ucontext. x86-64: arch/x86/include/uapi/asm/sigcontext.h; aarch64:
 * arch/arm64/include/uapi/asm/sigcontext.h.
 */
struct arch_signal_frame {
	uint16_t ucontext_off; /* from SP at the trampoline's first byte to the ucontext */
	uint16_t
		reg_off[ARCH_MAX_REGS]; /* from the ucontext to the saved register; 0 = not saved */
	/* A word that marks the register file in raw stack memory, so that the sieve can keep it.
	 */
	uint16_t mark_off;  /* from the ucontext to the marking word */
	uint64_t mark_mask; /* (word & mark_mask) == mark_value there */
	uint64_t mark_value;
	/* The trampoline's code (rt_sigreturn), for frames without unwind tables. */
	uint8_t trampoline[16];
	uint8_t trampoline_len;
};

struct arch {
	const char *name;     /* "x86_64", "aarch64": as uname -m */
	uint16_t elf_machine; /* EM_X86_64, EM_AARCH64 */
	uint8_t n_regs;
	uint8_t sp, pc, fp;
	uint8_t lr;            /* ARCH_NO_REG when the return address is on the stack (x86-64) */
	uint8_t return_column; /* the return address column of .eh_frame: x86-64 16, aarch64 30 */
	uint64_t callee_saved; /* mask of registers a function preserves, by the ABI; without SP */
	uint64_t kernel_start; /* addresses from here up belong to the kernel */
	uint8_t syscall_code[4]; /* the instruction that enters the kernel */
	uint8_t syscall_len;
	const char *const *reg_names;
	/* perf's register order (arch/.../uapi/asm/perf_regs.h): bit i of perf_mask is perf's
	 * register i, which has DWARF number perf_to_dwarf[i]. The kernel writes them in the order
	 * of the bits. */
	uint64_t perf_mask;
	const uint8_t *perf_to_dwarf;
	const struct arch_signal_frame *signal_frame;
};

extern const struct arch arch_x86_64;
extern const struct arch arch_aarch64;

const struct arch *arch_native(void);                          /* NULL when unknown */
const struct arch *arch_find(const char *name);                /* NULL when unknown */
const struct arch *arch_find_by_elf_machine(uint16_t machine); /* NULL when unknown */

#endif
