/*
 * The walk over a stack: see unwind.h. This file has the loop and the plain step; frames that need
 * all registers are in unwind_exact.c, signal frames in unwind_signal.c, frames without a rule in
 * unwind_guess.c.
 *
 * A walk ends: each step either moves sp up inside the snapshot, or is one of a few steps without
 * a memory read (a leaf that returns through the link register) or through a signal frame.
 */
#include "report/unwind.h"

#include "report/elf_file.h"
#include "report/unwind_walk.h"

#include <string.h>

/* A CFA further above the snapshot than Linux's default stack limit is not on this stack. */
static const uint64_t max_stack_bytes = 8 << 20;
static const uint32_t max_signals = 32;
/* In recorded order each snapshot lies elsewhere in memory or cache; a walk reads some word of
 * every few cache lines, each only known from the one before. Fetching them ahead all at once made
 * walks from memory 1.8 times as fast on gcc's cc1; more than this gains little. */
static const size_t fetched_bytes = 2048;
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

enum unwind_end unwind_read_failure(struct unwind_walk *w, uint64_t addr)
{
	w->reach.saw_end = true; /* also where addr is below sp */
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
	set_reg(w, w->arch->fp, next->fp, next->bits & UNWIND_FP_KNOWN);
	if (w->arch->lr != ARCH_NO_REG)
		set_reg(w, w->arch->lr, next->lr, next->bits & UNWIND_LR_KNOWN);
}

struct unwind_state unwind_caller(
	const struct unwind_walk *w, uint64_t pc, uint64_t sp, uint64_t fp, bool fp_known)
{
	return (struct unwind_state){
		.pc = pc & w->pc_mask,
		.sp = sp,
		.fp = fp,
		.bits = fp_known ? UNWIND_FP_KNOWN : 0,
		.n_signals = w->state.n_signals,
	};
}

/* After a guess on aarch64 only fp is sure: it points at the two words that the rule says the
 * function saved fp and lr in, if it did that side by side. */
static bool cfa_from_record(
	const struct unwind_state *s, const struct unwind_rule *rule, uint64_t *ret_cfa)
{
	if (rule->fp != UNWIND_PLACE_AT_CFA || rule->ra != UNWIND_PLACE_AT_CFA ||
		rule->ra_off != rule->fp_off + 8)
		return false;
	*ret_cfa = s->fp - (uint64_t)(int64_t)rule->fp_off;
	return true;
}

static inline int find_cfa(
	const struct unwind_state *s, const struct unwind_rule *rule, uint64_t *ret_cfa)
{
	uint64_t off = (uint64_t)(int64_t)rule->cfa_off;
	switch (rule->cfa) {
	case UNWIND_CFA_SP:
		*ret_cfa = s->sp + off;
		if (s->bits & UNWIND_SP_IS_FLOOR && !cfa_from_record(s, rule, ret_cfa))
			return UNWIND_BAD_RULE;
		return UNWIND_GO_ON;
	case UNWIND_CFA_FP:
		*ret_cfa = s->fp + off;
		return s->bits & UNWIND_FP_KNOWN ? UNWIND_GO_ON : UNWIND_BAD_RULE;
	}
	/* UNWIND_CFA_PLT */
	*ret_cfa = s->sp + 8 + ((s->pc & 15) >= off ? 8 : 0);
	return UNWIND_GO_ON;
}

static inline int find_return(struct unwind_walk *w, const struct unwind_state *s,
	const struct unwind_rule *rule, uint64_t cfa, uint64_t *ret_pc, uint64_t *high)
{
	uint64_t addr = cfa + (uint64_t)(int64_t)rule->ra_off;
	switch (rule->ra) {
	case UNWIND_PLACE_AT_CFA:
		if (!unwind_read_above(w, s->sp, addr, ret_pc, high))
			return unwind_read_failure(w, addr);
		return UNWIND_GO_ON;
	case UNWIND_PLACE_SAME:
		*ret_pc = s->lr;
		return s->bits & UNWIND_LR_KNOWN ? UNWIND_GO_ON : UNWIND_BAD_RULE;
	}
	return UNWIND_BAD_RULE;
}

/* UNWIND_FP_KNOWN or 0. A slot below sp has been popped: the register has its old value again. */
static inline uint32_t find_fp(struct unwind_walk *w, const struct unwind_state *s,
	const struct unwind_rule *rule, uint64_t cfa, uint64_t *ret_fp, uint64_t *high)
{
	uint64_t addr = cfa + (uint64_t)(int64_t)rule->fp_off;
	*ret_fp = s->fp;
	if (rule->fp == UNWIND_PLACE_SAME || (rule->fp == UNWIND_PLACE_AT_CFA && addr < s->sp))
		return s->bits & UNWIND_FP_KNOWN;
	if (rule->fp == UNWIND_PLACE_AT_CFA && unwind_read_above(w, s->sp, addr, ret_fp, high))
		return UNWIND_FP_KNOWN;
	return 0;
}

/* Field by field: whole structs would go through memory. */
static inline void store_state(struct unwind_walk *w, const struct unwind_state *s)
{
	w->state.pc = s->pc;
	w->state.sp = s->sp;
	w->state.fp = s->fp;
	w->state.lr = s->lr;
	w->state.bits = s->bits;
	w->state.n_signals = s->n_signals;
}

/* By a plain rule. *s is the state, of which w->state may be an old copy, and *high belongs to
 * w->reach: so that they can stay in registers. */
static inline int step_plain(struct unwind_walk *w, struct unwind_state *s,
	const struct unwind_rule *rule, uint64_t *high)
{
	uint64_t cfa, pc, fp;
	int status = find_cfa(s, rule, &cfa);
	if (status == UNWIND_GO_ON)
		status = find_return(w, s, rule, cfa, &pc, high);
	if (status != UNWIND_GO_ON)
		return status;
	bool made_no_call = s->bits & UNWIND_INTERRUPTED && rule->ra == UNWIND_PLACE_SAME;
	if (cfa <= s->sp && (cfa < s->sp || !made_no_call))
		return UNWIND_NO_PROGRESS;
	uint32_t fp_known = find_fp(w, s, rule, cfa, &fp, high);
	if (pc == 0) {
		store_state(w, s);
		return unwind_end_of_zero(w, fp_known ? fp : 0);
	}
	/* As unwind_caller; field by field, because copying a struct just built stalls (10 ns). */
	s->pc = pc & w->pc_mask;
	s->sp = cfa;
	s->fp = fp;
	s->bits = fp_known;
	return UNWIND_GO_ON;
}

/* By another rule, or in exact mode. */
static int step_rule(
	struct unwind_walk *w, const struct unwind_frame *frame, const struct unwind_rule *rule)
{
	if (rule->flags & UNWIND_RULE_SIGNAL && unwind_is_trampoline(w, frame))
		return unwind_step_signal(w);
	if (rule->ra == UNWIND_PLACE_UNKNOWN)
		return UNWIND_COMPLETE; /* wherever the CFA is */
	/* A signal frame's own rule restores everything, by expressions. */
	if (!w->exact)
		return UNWIND_NEEDS_EXACT;
	if (w->state.bits & UNWIND_SP_IS_FLOOR)
		return UNWIND_BAD_RULE;
	return unwind_step_exact(w, frame->module->unwind, rule);
}

/* The current frame is the last one put down, and code is its. is_plain: its rule was plain, but
 * did not work. */
static int step_slow(struct unwind_walk *w, const struct unwind_code *code, bool is_plain)
{
	const struct unwind_frame *frame = &w->frames[w->n_frames - 1];
	int status = UNWIND_BAD_RULE;
	if (!code->module)
		return unwind_step_guess(w, frame, UNWIND_NO_MAPPING);
	if (code->kind == UNWIND_CODE_NO_RULE) {
		if (unwind_is_trampoline(w, frame))
			return unwind_step_signal(w);
		return unwind_step_guess(
			w, frame, code->module->elf ? UNWIND_NO_RULE : UNWIND_NO_FILE);
	}
	if (!is_plain)
		status = step_rule(w, frame, &code->rule);
	return status == UNWIND_BAD_RULE ? unwind_step_guess(w, frame, UNWIND_BAD_RULE) : status;
}

/* A thread in a system call stands behind the instruction that made it, which may be its
 * function's last: rt_sigreturn and exit do not come back. */
static const struct unwind_code *find_syscall_code(
	struct unwind_walk *w, const struct unwind_code *code)
{
	uint8_t len = w->arch->syscall_len;
	if (!code->module || !code->module->elf)
		return code;
	const uint8_t *bytes = elf_file_bytes(code->module->elf, code->vaddr - len, len);
	if (!bytes || memcmp(bytes, w->arch->syscall_code, len) != 0)
		return code;
	w->code = *code;
	unwind_code_step_back(&w->code);
	return &w->code;
}

static inline const struct unwind_code *find_code(struct unwind_walk *w, struct unwind_code *codes,
	uint64_t generation, const struct unwind_state *s)
{
	uint64_t lookup_pc = s->pc - !(s->bits & UNWIND_INTERRUPTED);
	struct unwind_code *code =
		codes ? &codes[unwind_code_slot(generation, lookup_pc)] : &w->code;
	if (!codes || code->lookup_pc != lookup_pc || code->generation != generation)
		unwind_code_find(w->space, w->load, w->ctx, lookup_pc, code);
	if (code->kind == UNWIND_CODE_NO_RULE && s->bits & UNWIND_INTERRUPTED)
		return find_syscall_code(w, code);
	return code;
}

/* After a signal frame: is the interrupted stack the one that was recorded? */
static bool is_on_stack(struct unwind_walk *w, uint64_t sp)
{
	w->reach.low = MIN(w->reach.low, sp);
	w->reach.high = MAX(w->reach.high, sp);
	return sp >= w->stack_start && sp <= w->stack_end;
}

/* The signal frame was the last thing to fit in the snapshot. */
static enum unwind_end end_off_stack(struct unwind_walk *w, uint64_t sp)
{
	bool is_just_above = w->sample->stack.truncated && sp > w->stack_end &&
		sp - w->stack_end < max_signal_frame_bytes;
	return is_just_above ? UNWIND_TRUNCATED : UNWIND_OTHER_STACK;
}

/* Puts down the current frame. */
static inline int record(struct unwind_walk *w, const struct unwind_state *s,
	const struct unwind_code *code, size_t *n)
{
	struct unwind_frame *frame = &w->frames[*n];
	struct unwind_mark *mark = w->marks ? &w->marks[*n] : NULL;
	if (!code->module && !(s->bits & UNWIND_INTERRUPTED))
		return UNWIND_NO_MAPPING;
	++*n;
	frame->pc = s->pc;
	frame->module = code->module;
	frame->vaddr = code->vaddr;
	frame->flags = s->bits & UNWIND_FRAME_FLAGS;
	if (mark) {
		mark->sp = s->sp;
		mark->fp = s->fp;
		mark->bits = s->bits;
		mark->n_signals = s->n_signals;
	}
	if (s->n_signals > 0 && !is_on_stack(w, s->sp))
		return end_off_stack(w, s->sp);
	return UNWIND_GO_ON;
}

static bool is_same(const struct unwind_state *s, const struct unwind_frame *frame,
	const struct unwind_mark *mark)
{
	return mark->sp == s->sp && frame->pc == s->pc && mark->bits == s->bits &&
		(!(s->bits & UNWIND_FP_KNOWN) || mark->fp == s->fp) &&
		mark->n_signals == s->n_signals;
}

/* Frames that did not call are passed over; a leaf that returns through the link register has its
 * caller's sp. */
static bool comes_before(const struct unwind_mark *mark, uint64_t sp)
{
	return mark->sp < sp || (mark->sp == sp && mark->bits & UNWIND_INTERRUPTED);
}

/* Has the other walk been here? n: frames so far. */
static bool meets(struct unwind_walk *w, size_t n)
{
	struct unwind_meeting *m = &w->meeting;
	const struct unwind_state *s = &w->state;
	while (m->at < m->n && comes_before(&m->marks[m->at], s->sp))
		m->at++;
	return m->at < m->n && is_same(s, &m->frames[m->at], &m->marks[m->at]) &&
		n + (m->n - m->at) < UNWIND_MAX_FRAMES;
}

/* Puts down frames and follows plain rules, up to the end, or a frame that needs the slow step,
 * which is put down, too: UNWIND_BAD_RULE, if a plain rule did not work, or UNWIND_GO_ON. This is
 * where the time goes: what it needs from frame to frame is in local variables. */
static int follow_plain(struct unwind_walk *w, const struct unwind_code **ret_code)
{
	struct unwind_state s = w->state;
	struct unwind_code *codes = w->codes;
	uint64_t generation = w->space->generation, high = w->reach.high;
	size_t n = w->n_frames;
	int status = UNWIND_GO_ON;
	while (status == UNWIND_GO_ON) {
		if (n == UNWIND_MAX_FRAMES) {
			status = UNWIND_DEPTH;
			break;
		}
		if (s.sp >= w->meeting.from) {
			store_state(w, &s);
			status = meets(w, n) ? UNWIND_MEETS : UNWIND_GO_ON;
			if (status == UNWIND_MEETS)
				break;
		}
		const struct unwind_code *code = find_code(w, codes, generation, &s);
		*ret_code = code;
		status = record(w, &s, code, &n);
		if (status != UNWIND_GO_ON || code->kind != UNWIND_CODE_PLAIN || w->exact)
			break;
		status = step_plain(w, &s, &code->rule, &high);
	}
	store_state(w, &s);
	w->n_frames = n;
	w->reach.high = MAX(high, w->reach.high);
	return status;
}

static int follow(struct unwind_walk *w)
{
	const struct unwind_code *code = NULL;
	int status = UNWIND_GO_ON;
	w->n_frames = 0;
	while (status == UNWIND_GO_ON) {
		status = follow_plain(w, &code);
		if (status != UNWIND_GO_ON && status != UNWIND_BAD_RULE)
			break;
		status = step_slow(w, code, status == UNWIND_BAD_RULE);
		if (status == UNWIND_GO_ON && w->state.n_signals > max_signals)
			status = UNWIND_NO_PROGRESS;
	}
	return status;
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
	w->reach = (struct unwind_reach){ .low = UINT64_MAX };
	w->state = (struct unwind_state){
		.pc = sample->regs[arch->pc],
		.sp = sample->regs[arch->sp],
		.fp = sample->regs[arch->fp],
		.bits = UNWIND_INTERRUPTED | (has_reg(sample, arch->fp) ? UNWIND_FP_KNOWN : 0),
	};
	if (has_reg(sample, arch->lr)) {
		w->state.bits |= UNWIND_LR_KNOWN;
		w->state.lr = sample->regs[arch->lr];
	}
	if (!exact)
		return;
	w->meeting = (struct unwind_meeting){ .from = UINT64_MAX };
	for (unsigned i = 0; i < arch->n_regs; i++)
		w->regs[i] = sample->regs[i];
	w->regs_known = sample->regs_mask & ((1ULL << arch->n_regs) - 1);
}

int unwind_walk(struct unwind_walk *w)
{
	const struct trace_sample *sample = w->sample;
	w->n_frames = 0;
	w->exact = false;
	if (!has_reg(sample, w->arch->pc) || !has_reg(sample, w->arch->sp))
		return UNWIND_NO_REGISTERS;
	w->pc_mask = w->arch->lr == ARCH_NO_REG ? UINT64_MAX : aarch64_address_mask;
	w->words = sample->stack.words;
	w->stack_start = sample->regs[w->arch->sp];
	w->stack_end = w->stack_start + 8ULL * sample->stack.n_words;
	if (w->stack_end < w->stack_start) /* wrapped: such a stack cannot be */
		w->stack_end = w->stack_start;
	w->words_end = w->stack_end > w->stack_start ? w->stack_end - w->stack_start - 7 : 0;
	start(w, false);
	for (size_t i = 0; i < MIN(fetched_bytes, 8 * (size_t)sample->stack.n_words); i += 64)
		__builtin_prefetch((const char *)w->words + i);
	int end = follow(w);
	if (end != UNWIND_NEEDS_EXACT)
		return end;
	start(w, true);
	return follow(w);
}

void unwind_stack(const struct arch *arch, const struct address_space *space,
	const struct trace_sample *sample, unwind_load *load, void *ctx,
	struct unwind_result *result)
{
	struct unwind_walk w = {
		.arch = arch,
		.load = load,
		.ctx = ctx,
		.space = space,
		.sample = sample,
		.frames = result->frames,
		.meeting = { .from = UINT64_MAX },
	};
	result->end = (enum unwind_end)unwind_walk(&w);
	result->n_frames = w.n_frames;
	result->used_exact_mode = w.exact;
}
