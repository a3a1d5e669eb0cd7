/*
 * The walk over a stack: see unwind.h. This file has the loop and the fast step; frames that need
 * all registers are in unwind_exact.c, signal frames in unwind_signal.c, frames without a rule in
 * unwind_guess.c.
 *
 * A walk ends: each step either moves sp up inside the snapshot, or is one of a few steps without
 * a memory read (a leaf that returns through the link register) or through a signal frame.
 */
#include "report/unwind.h"

#include "report/elf_file.h"
#include "report/unwind_table.h"
#include "report/unwind_walk.h"

#include <string.h>

/* A CFA further above the snapshot than Linux's default stack limit is not on this stack. */
static const uint64_t max_stack_bytes = 8 << 20;
static const uint8_t max_signals = 32;
static const uint64_t max_signal_frame_bytes = 16 << 10; /* AMX state is 8 KiB */
/* User space ends below bit 48 on AArch64 (52-bit addresses have to be asked for), and pointer
 * authentication signs in the bits above. */
static const uint64_t aarch64_address_mask = (1ULL << 48) - 1;

static const char *const end_texts[UNWIND_N_ENDS] = {
	[UNWIND_COMPLETE] = "complete",
	[UNWIND_TRUNCATED] = "stack snapshot too short",
	[UNWIND_OUTSIDE] = "needed memory outside the stack snapshot",
	[UNWIND_OTHER_STACK] = "signal handler on a stack of its own",
	[UNWIND_NO_MAPPING] = "return address in no executable mapping",
	[UNWIND_NO_FILE] = "binary missing or different",
	[UNWIND_NO_RULE] = "no unwind information for the code",
	[UNWIND_BAD_RULE] = "unwind rule cannot be evaluated",
	[UNWIND_NO_PROGRESS] = "stack does not grow towards the caller",
	[UNWIND_DEPTH] = "too many frames",
	[UNWIND_NO_REGISTERS] = "no user registers",
};

const char *unwind_end_text(enum unwind_end end)
{
	return (unsigned)end < UNWIND_N_ENDS ? end_texts[end] : "unknown";
}

enum unwind_end unwind_read_failure(const struct unwind_walk *w, uint64_t addr)
{
	bool is_above = addr + 7 >= w->stack_end && addr + 7 - w->stack_end < max_stack_bytes;
	return is_above && w->sample->stack.truncated ? UNWIND_TRUNCATED : UNWIND_OUTSIDE;
}

static void set_reg(struct unwind_walk *w, uint8_t reg, uint64_t value, bool is_known)
{
	w->regs[reg] = value;
	w->regs_known = (w->regs_known & ~(1ULL << reg)) | (uint64_t)is_known << reg;
}

void unwind_enter(struct unwind_walk *w, const struct unwind_state *next, uint64_t regs_kept)
{
	w->state = *next;
	if (!w->exact)
		return;
	w->regs_known &= regs_kept;
	set_reg(w, w->arch->pc, next->pc, true);
	set_reg(w, w->arch->sp, next->sp, true);
	set_reg(w, w->arch->fp, next->fp, next->fp_known);
	if (w->arch->lr != ARCH_NO_REG)
		set_reg(w, w->arch->lr, next->lr, next->lr_known);
}

struct unwind_state unwind_caller(
	const struct unwind_walk *w, uint64_t pc, uint64_t sp, uint64_t fp, bool fp_known)
{
	if (w->arch->lr != ARCH_NO_REG)
		pc &= aarch64_address_mask;
	return (struct unwind_state){
		.pc = pc,
		.sp = sp,
		.fp = fp,
		.fp_known = fp_known,
		.n_signals = w->state.n_signals,
	};
}

/* After a guess on aarch64 only fp is sure: it points at the two words that the rule says the
 * function saved fp and lr in, if it did that side by side. */
static bool cfa_from_record(
	const struct unwind_walk *w, const struct unwind_rule *rule, uint64_t *ret_cfa)
{
	if (rule->fp != UNWIND_PLACE_AT_CFA || rule->ra != UNWIND_PLACE_AT_CFA ||
		rule->ra_off != rule->fp_off + 8)
		return false;
	*ret_cfa = w->state.fp - (uint64_t)(int64_t)rule->fp_off;
	return true;
}

static int find_cfa(const struct unwind_walk *w, const struct unwind_rule *rule, uint64_t *ret_cfa)
{
	const struct unwind_state *s = &w->state;
	uint64_t off = (uint64_t)(int64_t)rule->cfa_off;
	switch (rule->cfa) {
	case UNWIND_CFA_SP:
		*ret_cfa = s->sp + off;
		if (s->sp_is_floor && !cfa_from_record(w, rule, ret_cfa))
			return UNWIND_BAD_RULE;
		return UNWIND_GO_ON;
	case UNWIND_CFA_FP:
		*ret_cfa = s->fp + off;
		return s->fp_known ? UNWIND_GO_ON : UNWIND_BAD_RULE;
	case UNWIND_CFA_PLT:
		*ret_cfa = s->sp + 8 + ((s->pc & 15) >= off ? 8 : 0);
		return UNWIND_GO_ON;
	}
	return UNWIND_NEEDS_EXACT;
}

static int find_return(
	const struct unwind_walk *w, const struct unwind_rule *rule, uint64_t cfa, uint64_t *ret_pc)
{
	uint64_t addr = cfa + (uint64_t)(int64_t)rule->ra_off;
	switch (rule->ra) {
	case UNWIND_PLACE_AT_CFA:
		if (!unwind_read(w, addr, ret_pc))
			return unwind_read_failure(w, addr);
		return UNWIND_GO_ON;
	case UNWIND_PLACE_SAME:
		*ret_pc = w->state.lr;
		return w->state.lr_known ? UNWIND_GO_ON : UNWIND_BAD_RULE;
	}
	return UNWIND_BAD_RULE;
}

/* A slot below sp has been popped: the register has its old value again. */
static bool find_fp(
	const struct unwind_walk *w, const struct unwind_rule *rule, uint64_t cfa, uint64_t *ret_fp)
{
	uint64_t addr = cfa + (uint64_t)(int64_t)rule->fp_off;
	*ret_fp = w->state.fp;
	if (rule->fp == UNWIND_PLACE_SAME)
		return w->state.fp_known;
	if (rule->fp == UNWIND_PLACE_UNKNOWN)
		return false;
	return addr < w->state.sp ? w->state.fp_known : unwind_read(w, addr, ret_fp);
}

static int step_fast(struct unwind_walk *w, const struct unwind_rule *rule)
{
	uint64_t cfa, pc, fp;
	if (rule->ra == UNWIND_PLACE_EXACT || rule->fp == UNWIND_PLACE_EXACT)
		return UNWIND_NEEDS_EXACT;
	int status = find_cfa(w, rule, &cfa);
	if (status == UNWIND_GO_ON)
		status = find_return(w, rule, cfa, &pc);
	if (status != UNWIND_GO_ON)
		return status;
	bool made_no_call = w->state.is_exact && rule->ra == UNWIND_PLACE_SAME;
	if (cfa < w->state.sp || (cfa == w->state.sp && !made_no_call))
		return UNWIND_NO_PROGRESS;
	bool fp_known = find_fp(w, rule, cfa, &fp);
	if (pc == 0)
		return unwind_end_of_zero(w, fp_known ? fp : 0);
	/* As unwind_caller; field by field, because copying a struct just built stalls (10 ns). */
	struct unwind_state *s = &w->state;
	s->pc = w->arch->lr == ARCH_NO_REG ? pc : pc & aarch64_address_mask;
	s->sp = cfa;
	s->fp = fp;
	s->fp_known = fp_known;
	s->lr_known = s->is_exact = s->sp_is_floor = false;
	s->flags = 0;
	return UNWIND_GO_ON;
}

static void locate(const struct unwind_walk *w, struct unwind_frame *frame)
{
	const struct unwind_state *s = &w->state;
	frame->pc = s->pc;
	frame->lookup_pc = s->pc - !s->is_exact;
	frame->flags = s->flags | (s->is_exact ? UNWIND_INTERRUPTED : 0);
	frame->vaddr = frame->lookup_pc;
	frame->mapping = address_space_find(w->space, frame->lookup_pc);
	if (!frame->mapping)
		return;
	struct module *module = frame->mapping->module;
	frame->vaddr = frame->lookup_pc - frame->mapping->start + frame->mapping->file_off;
	if (!module->loaded && w->load)
		w->load(w->ctx, module);
	if (module->elf)
		elf_file_vaddr(module->elf, frame->vaddr, &frame->vaddr);
}

static int step_rule(struct unwind_walk *w, const struct unwind_frame *frame,
	const struct unwind_table *table, const struct unwind_rule *rule)
{
	if (rule->flags & UNWIND_RULE_SIGNAL && unwind_is_trampoline(w, frame))
		return unwind_step_signal(w);
	int status = UNWIND_BAD_RULE;
	if (rule->ra == UNWIND_PLACE_UNKNOWN)
		return UNWIND_COMPLETE; /* wherever the CFA is */
	/* A signal frame's own rule restores everything, by expressions. */
	if (!w->exact)
		status = rule->flags & UNWIND_RULE_SIGNAL ? UNWIND_NEEDS_EXACT : step_fast(w, rule);
	else if (!w->state.sp_is_floor)
		status = unwind_step_exact(w, table, rule);
	return status == UNWIND_BAD_RULE ? unwind_step_guess(w, frame, UNWIND_BAD_RULE) : status;
}

/* A thread in a system call stands behind the instruction that made it, which may be its
 * function's last: rt_sigreturn and exit do not come back. */
static bool is_behind_syscall(const struct unwind_walk *w, const struct unwind_frame *frame)
{
	uint8_t len = w->arch->syscall_len;
	struct elf_file *elf = frame->mapping->module->elf;
	const uint8_t *code =
		w->state.is_exact && elf ? elf_file_bytes(elf, frame->vaddr - len, len) : NULL;
	return code && memcmp(code, w->arch->syscall_code, len) == 0;
}

static const struct unwind_rule *find_rule(
	const struct unwind_walk *w, const struct unwind_frame *frame)
{
	const struct unwind_table *table = frame->mapping->module->unwind;
	const struct unwind_rule *rule = table ? unwind_table_find(table, frame->vaddr) : NULL;
	if (!rule && table && is_behind_syscall(w, frame))
		rule = unwind_table_find(table, frame->vaddr - 1);
	return rule;
}

static int step(struct unwind_walk *w, const struct unwind_frame *frame)
{
	if (!frame->mapping)
		return unwind_step_guess(w, frame, UNWIND_NO_MAPPING);
	const struct module *module = frame->mapping->module;
	const struct unwind_rule *rule = find_rule(w, frame);
	if (rule)
		return step_rule(w, frame, module->unwind, rule);
	if (unwind_is_trampoline(w, frame))
		return unwind_step_signal(w);
	return unwind_step_guess(w, frame, module->elf ? UNWIND_NO_RULE : UNWIND_NO_FILE);
}

/* After a signal frame: is the interrupted stack the one that was recorded? */
static bool is_on_stack(const struct unwind_walk *w)
{
	return w->state.sp >= w->stack_start && w->state.sp <= w->stack_end;
}

/* The signal frame was the last thing to fit in the snapshot. */
static bool is_just_above(const struct unwind_walk *w)
{
	return w->sample->stack.truncated && w->state.sp > w->stack_end &&
		w->state.sp - w->stack_end < max_signal_frame_bytes;
}

static int walk(struct unwind_walk *w)
{
	struct unwind_result *result = w->result;
	for (result->n_frames = 0; result->n_frames < UNWIND_MAX_FRAMES;) {
		struct unwind_frame *frame = &result->frames[result->n_frames];
		locate(w, frame);
		if (!frame->mapping && !w->state.is_exact)
			return UNWIND_NO_MAPPING;
		result->n_frames++;
		if (w->state.n_signals > 0 && !is_on_stack(w))
			return is_just_above(w) ? UNWIND_TRUNCATED : UNWIND_OTHER_STACK;
		int status = step(w, frame);
		if (status != UNWIND_GO_ON)
			return status;
		if (w->state.n_signals > max_signals)
			return UNWIND_NO_PROGRESS;
	}
	return UNWIND_DEPTH;
}

static bool has_reg(const struct trace_sample *sample, uint8_t reg)
{
	return reg < ARCH_MAX_REGS && sample->regs_mask >> reg & 1;
}

static void start(struct unwind_walk *w, bool exact)
{
	const struct arch *arch = w->arch;
	const struct trace_sample *sample = w->sample;
	w->exact = exact;
	w->state = (struct unwind_state){
		.pc = sample->regs[arch->pc],
		.sp = sample->regs[arch->sp],
		.fp = sample->regs[arch->fp],
		.fp_known = has_reg(sample, arch->fp),
		.lr_known = has_reg(sample, arch->lr),
		.is_exact = true,
	};
	if (w->state.lr_known)
		w->state.lr = sample->regs[arch->lr];
	if (!exact)
		return;
	for (unsigned i = 0; i < arch->n_regs; i++)
		w->regs[i] = sample->regs[i];
	w->regs_known = sample->regs_mask & ((1ULL << arch->n_regs) - 1);
}

void unwind_stack(const struct arch *arch, const struct address_space *space,
	const struct trace_sample *sample, void (*load)(void *ctx, struct module *module),
	void *ctx, struct unwind_result *result)
{
	struct unwind_walk w = { .arch = arch,
		.space = space,
		.sample = sample,
		.load = load,
		.ctx = ctx,
		.result = result };
	result->n_frames = 0;
	result->used_exact_mode = false;
	result->end = UNWIND_NO_REGISTERS;
	if (!has_reg(sample, arch->pc) || !has_reg(sample, arch->sp))
		return;
	w.stack_start = sample->regs[arch->sp];
	w.stack_end = w.stack_start + 8ULL * sample->stack.n_words;
	if (w.stack_end < w.stack_start) /* wrapped: such a stack cannot be */
		w.stack_end = w.stack_start;
	start(&w, false);
	int end = walk(&w);
	if (end == UNWIND_NEEDS_EXACT) {
		result->used_exact_mode = true;
		start(&w, true);
		end = walk(&w);
	}
	result->end = (enum unwind_end)end;
}
