/*
 * The exact step: follows every register that the sample has. Slower than the fast step, and only
 * taken for samples in which some rule needs it: a CFA in rbx or r10, a return address in a
 * register, expressions.
 *
 * A register that cannot be found (its slot is outside the snapshot, a callee may have changed it)
 * becomes unknown; only a rule that needs it then fails.
 */
#include "report/cfi.h"
#include "report/dwarf_expr.h"
#include "report/unwind_walk.h"

#include <string.h>

struct exact_step {
	struct unwind_walk *w;
	const struct unwind_table *table;
	uint64_t cfa;
	uint64_t regs[ARCH_MAX_REGS]; /* the caller's */
	uint64_t known;
	bool is_signal; /* the rule is a signal frame's */
};

static bool read_word(void *ctx, uint64_t addr, uint64_t *ret_word)
{
	return unwind_read(ctx, addr, ret_word);
}

/* initial: what lies on the expression's stack; NULL for the CFA's own. */
static int run_expression(const struct exact_step *s, const struct unwind_value *v,
	const uint64_t *initial, uint64_t *ret_value)
{
	const struct dwarf_expr expr = {
		.code = unwind_table_expression(s->table, v),
		.code_bytes = v->expr_bytes,
		.regs = s->w->regs,
		.regs_known = s->w->regs_known,
		.initial = initial,
		.read = read_word,
		.ctx = s->w,
	};
	switch (dwarf_expr_eval(&expr, ret_value)) {
	case DWARF_EXPR_OK:
		return UNWIND_GO_ON;
	case DWARF_EXPR_UNREADABLE:
		return unwind_read_failure(s->w, *ret_value);
	case DWARF_EXPR_BAD:
		break;
	}
	return UNWIND_BAD_RULE;
}

static int read_at(const struct exact_step *s, uint64_t addr, uint64_t *ret_value)
{
	return unwind_read(s->w, addr, ret_value) ? UNWIND_GO_ON : unwind_read_failure(s->w, addr);
}

static int register_plus(const struct exact_step *s, const struct unwind_value *v, uint64_t *ret)
{
	*ret = s->w->regs[v->reg] + (uint64_t)v->off;
	return s->w->regs_known >> v->reg & 1 ? UNWIND_GO_ON : UNWIND_BAD_RULE;
}

/* Any value but the CFA. */
static int evaluate(const struct exact_step *s, const struct unwind_value *v, uint64_t *ret_value)
{
	int status;
	switch (v->kind) {
	case CFI_AT_CFA:
		return read_at(s, s->cfa + (uint64_t)v->off, ret_value);
	case CFI_CFA_PLUS:
		*ret_value = s->cfa + (uint64_t)v->off;
		return UNWIND_GO_ON;
	case CFI_REGISTER:
		return register_plus(s, v, ret_value);
	case CFI_EXPRESSION:
		return run_expression(s, v, &s->cfa, ret_value);
	case CFI_AT_EXPRESSION:
		status = run_expression(s, v, &s->cfa, ret_value);
		return status == UNWIND_GO_ON ? read_at(s, *ret_value, ret_value) : status;
	case CFI_UNDEFINED:
		return UNWIND_COMPLETE;
	}
	return UNWIND_BAD_RULE;
}

static int find_cfa(struct exact_step *s, const struct unwind_value *v)
{
	if (v->kind == CFI_REGISTER)
		return register_plus(s, v, &s->cfa);
	return v->kind == CFI_EXPRESSION ? run_expression(s, v, NULL, &s->cfa) : UNWIND_BAD_RULE;
}

/*
 * Compilers do not say in an epilogue that a register has been restored. Its slot then is below sp;
 * or, where the slot is found through another register that has been restored too (gcc's realigned
 * frames: the word at rbp), it seems to be above the frame. Either way the register is unchanged.
 */
static bool is_restored(const struct exact_step *s, const struct unwind_value *v)
{
	uint64_t addr, sp = s->w->state.sp;
	if (v->kind == CFI_AT_CFA)
		return s->cfa + (uint64_t)v->off < sp;
	if (v->kind != CFI_AT_EXPRESSION || s->is_signal)
		return false;
	return run_expression(s, v, &s->cfa, &addr) == UNWIND_GO_ON &&
		(addr < sp || addr >= s->cfa);
}

static void find_register(struct exact_step *s, const struct unwind_value *v)
{
	uint64_t value = s->w->regs[v->for_reg], bit = 1ULL << v->for_reg;
	bool is_known = s->w->regs_known & bit;
	if (v->kind != CFI_SAME && !is_restored(s, v))
		is_known = evaluate(s, v, &value) == UNWIND_GO_ON;
	s->regs[v->for_reg] = is_known ? value : 0;
	s->known = is_known ? s->known | bit : s->known & ~bit;
}

/* The stack must not shrink, and may only stay where nothing was called. */
static bool makes_progress(const struct exact_step *s, uint64_t sp)
{
	const struct unwind_state *now = &s->w->state;
	return s->is_signal || sp > now->sp || (sp == now->sp && now->bits & UNWIND_INTERRUPTED);
}

static void enter(struct exact_step *s, uint64_t pc)
{
	struct unwind_walk *w = s->w;
	const struct arch *a = w->arch;
	struct unwind_state next =
		unwind_caller(w, pc, s->regs[a->sp], s->regs[a->fp], s->known >> a->fp & 1);
	if (s->is_signal) {
		bool lr_known = a->lr != ARCH_NO_REG && s->known >> a->lr & 1;
		next.bits |= UNWIND_INTERRUPTED | (lr_known ? UNWIND_LR_KNOWN : 0);
		next.n_signals++;
		next.lr = lr_known ? s->regs[a->lr] : 0;
	}
	memcpy(w->regs, s->regs, sizeof(w->regs));
	w->regs_known = s->known;
	unwind_enter(w, &next, UINT64_MAX);
}

int unwind_step_exact(
	struct unwind_walk *w, const struct unwind_table *table, const struct unwind_rule *rule)
{
	const struct arch *a = w->arch;
	const struct unwind_value *values = unwind_table_values(table, rule);
	struct exact_step s = { .w = w, .table = table };
	s.is_signal = rule->flags & UNWIND_RULE_SIGNAL;
	uint64_t pc;
	int status = find_cfa(&s, &values[0]);
	if (status == UNWIND_GO_ON)
		status = evaluate(&s, &values[1], &pc);
	if (status != UNWIND_GO_ON)
		return status;
	memcpy(s.regs, w->regs, sizeof(s.regs));
	s.regs[a->sp] = s.cfa;
	s.known = (w->regs_known & a->callee_saved) | 1ULL << a->sp;
	for (uint32_t i = 2; i < rule->n_values; i++)
		find_register(&s, &values[i]);
	if (!(s.known >> a->sp & 1))
		return UNWIND_BAD_RULE;
	if (pc == 0 && !s.is_signal)
		return unwind_end_of_zero(w, s.known >> a->fp & 1 ? s.regs[a->fp] : 0);
	if (!makes_progress(&s, s.regs[a->sp]))
		return UNWIND_NO_PROGRESS;
	enter(&s, pc);
	return UNWIND_GO_ON;
}
