/*
 * Signal frames. A handler returns into a trampoline (glibc's __restore_rt, the vdso's
 * __kernel_rt_sigreturn) whose frame is the register file that the kernel saved on the stack. It
 * is known by its code; only when that cannot be read, by the 'S' in its CFI, and then its CFI is
 * followed (unwind_exact.c).
 */
#include "report/elf_file.h"
#include "report/unwind_walk.h"

#include <string.h>

/* pc may be at any instruction of the trampoline. */
bool unwind_is_trampoline(const struct unwind_walk *w, const struct unwind_frame *frame)
{
	const struct arch_signal_frame *sf = w->arch->signal_frame;
	const struct elf_file *elf = frame->module->elf;
	uint64_t pc_vaddr = frame->vaddr + (frame->pc - unwind_lookup_pc(frame));
	for (uint8_t into = 0; elf && into < sf->trampoline_len; into++) {
		const uint8_t *code = elf_file_bytes(elf, pc_vaddr - into, sf->trampoline_len);
		if (code && memcmp(code, sf->trampoline, sf->trampoline_len) == 0)
			return true;
	}
	return false;
}

static bool read_saved(struct unwind_walk *w, uint8_t reg, uint64_t *ret_value)
{
	const struct arch_signal_frame *sf = w->arch->signal_frame;
	if (reg >= w->arch->n_regs || sf->reg_off[reg] == 0)
		return false;
	return unwind_read(w, w->state.sp + sf->ucontext_off + sf->reg_off[reg], ret_value);
}

int unwind_step_signal(struct unwind_walk *w)
{
	const struct arch *a = w->arch;
	struct unwind_state next = { .bits = UNWIND_INTERRUPTED,
		.n_signals = w->state.n_signals + 1 };
	if (!read_saved(w, a->pc, &next.pc) || !read_saved(w, a->sp, &next.sp))
		return unwind_read_failure(w,
			w->state.sp + a->signal_frame->ucontext_off +
				a->signal_frame->reg_off[a->pc]);
	if (read_saved(w, a->fp, &next.fp))
		next.bits |= UNWIND_FP_KNOWN;
	if (read_saved(w, a->lr, &next.lr))
		next.bits |= UNWIND_LR_KNOWN;
	for (uint8_t reg = 0; w->exact && reg < a->n_regs; reg++) {
		uint64_t bit = 1ULL << reg;
		bool ok = read_saved(w, reg, &w->regs[reg]);
		w->regs_known = ok ? w->regs_known | bit : w->regs_known & ~bit;
	}
	unwind_enter(w, &next, UINT64_MAX);
	return UNWIND_GO_ON;
}
