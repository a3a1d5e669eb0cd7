/*
 * States to rules: see rule_set.h.
 */
#include "report/rule_set.h"

#include <string.h>

/* A rule under construction: what the set's arrays will hold if it is new. */
struct draft {
	struct unwind_rule rule;
	struct cfi_value values[RULE_MAX_VALUES];
	uint8_t for_reg[RULE_MAX_VALUES];
};

void rule_set_init(struct rule_set *set, const struct arch *arch)
{
	*set = (struct rule_set){ .arch = arch };
}

void rule_set_fini(struct rule_set *set)
{
	free(set->rules);
	free(set->values);
	hash_slots_fini(&set->slots);
	buf_fini(&set->expressions);
	*set = (struct rule_set){ 0 };
}

void rule_set_seal(struct rule_set *set)
{
	hash_slots_fini(&set->slots);
}

/*
 * What linkers write for x86-64 PLT sections: DW_OP_breg7(rsp) 8, breg16(rip) 0, lit15, and, litN,
 * ge, lit3, shl, plus; N is where in its 16 bytes an entry has pushed its number.
 */
static bool is_plt_expression(const struct cfi_value *v, int32_t *ret_pushed_at)
{
	static const uint8_t before[] = { 0x77, 8, 0x80, 0, 0x3f, 0x1a };
	static const uint8_t after[] = { 0x2a, 0x33, 0x24, 0x22 };
	const size_t at = sizeof(before);
	if (v->kind != CFI_EXPRESSION || v->expr_bytes != at + 1 + sizeof(after) ||
		memcmp(v->expr, before, at) != 0 ||
		memcmp(v->expr + at + 1, after, sizeof(after)) != 0 || v->expr[at] < 0x30 ||
		v->expr[at] > 0x3f)
		return false;
	*ret_pushed_at = v->expr[at] - 0x30;
	return true;
}

static bool fits(int64_t off)
{
	return off == (int32_t)off;
}

static void set_head_cfa(
	struct unwind_rule *rule, const struct cfi_value *cfa, const struct arch *a)
{
	rule->cfa = UNWIND_CFA_EXACT;
	if (cfa->kind == CFI_REGISTER && fits(cfa->off)) {
		if (cfa->reg == a->sp)
			rule->cfa = UNWIND_CFA_SP;
		else if (cfa->reg == a->fp)
			rule->cfa = UNWIND_CFA_FP;
		rule->cfa_off = (int32_t)cfa->off;
	} else if (a->lr == ARCH_NO_REG && is_plt_expression(cfa, &rule->cfa_off)) {
		rule->cfa = UNWIND_CFA_PLT;
	}
}

static enum unwind_place head_place(const struct cfi_value *v, int32_t *ret_off)
{
	*ret_off = 0;
	switch (v->kind) {
	case CFI_UNSPECIFIED:
	case CFI_SAME:
		return UNWIND_PLACE_SAME;
	case CFI_UNDEFINED:
		return UNWIND_PLACE_UNKNOWN;
	case CFI_AT_CFA:
		if (!fits(v->off))
			break;
		*ret_off = (int32_t)v->off;
		return UNWIND_PLACE_AT_CFA;
	}
	return UNWIND_PLACE_EXACT;
}

/* x86-64's column 16 is the instruction pointer: that it is "unchanged" tells nothing. */
static enum unwind_place head_return(
	const struct cfi_value *v, const struct arch *a, int32_t *ret_off)
{
	if (v->kind == CFI_REGISTER && v->reg == a->lr && v->off == 0)
		return UNWIND_PLACE_SAME;
	enum unwind_place place = head_place(v, ret_off);
	return place == UNWIND_PLACE_SAME ? UNWIND_PLACE_NOT_SAID : place;
}

static bool is_below_sp(
	const struct cfi_value *v, const struct cfi_value *cfa, const struct arch *a)
{
	return v->kind == CFI_AT_CFA && cfa->kind == CFI_REGISTER && cfa->reg == a->sp &&
		v->off < -cfa->off;
}

static void draft_value(struct draft *d, const struct cfi_value *v, uint8_t for_reg)
{
	d->values[d->rule.n_values] = *v;
	d->for_reg[d->rule.n_values++] = for_reg;
}

/* The return address's value; "unchanged" names the register, where there is one. */
static struct cfi_value return_value(
	const struct cfi_state *state, uint64_t column, const struct arch *a)
{
	struct cfi_value v = state->regs[column];
	bool has_register = column == a->lr || column != a->return_column;
	if (has_register && (v.kind == CFI_UNSPECIFIED || v.kind == CFI_SAME))
		v = (struct cfi_value){ .kind = CFI_REGISTER, .reg = (uint8_t)column };
	return v;
}

static void draft_registers(
	struct draft *d, const struct cfi_state *state, uint64_t column, const struct arch *a)
{
	static const struct cfi_value same = { .kind = CFI_SAME };
	for (uint64_t left = state->regs_mask; left; left &= left - 1) {
		uint8_t reg = (uint8_t)__builtin_ctzll(left);
		if (reg == column)
			continue;
		if (!is_below_sp(&state->regs[reg], &state->cfa, a))
			draft_value(d, &state->regs[reg], reg);
		else if (!(a->callee_saved >> reg & 1))
			draft_value(d, &same, reg);
	}
}

static void make_draft(struct draft *d, const struct arch *a, const struct cfi_state *state)
{
	uint64_t column = state->return_column;
	struct cfi_value ra = return_value(state, column, a), fp = state->regs[a->fp];
	d->rule = (struct unwind_rule){ 0 };
	d->rule.flags = state->is_signal_frame ? UNWIND_RULE_SIGNAL : 0;
	set_head_cfa(&d->rule, &state->cfa, a);
	if (is_below_sp(&fp, &state->cfa, a))
		fp = (struct cfi_value){ .kind = CFI_SAME };
	d->rule.fp = (uint8_t)head_place(&fp, &d->rule.fp_off);
	d->rule.ra = (uint8_t)head_return(&ra, a, &d->rule.ra_off);
	draft_value(d, &state->cfa, ARCH_NO_REG);
	draft_value(d, &ra, ARCH_NO_REG);
	draft_registers(d, state, column, a);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

static uint64_t draft_hash(const struct draft *d)
{
	uint64_t h = mix(d->rule.flags, d->rule.n_values);
	for (uint32_t i = 0; i < d->rule.n_values; i++) {
		const struct cfi_value *v = &d->values[i];
		h = mix(h, v->kind | v->reg << 8 | d->for_reg[i] << 16);
		if (!cfi_is_expression(v))
			h = mix(h, (uint64_t)v->off);
		for (uint32_t k = 0; cfi_is_expression(v) && k < v->expr_bytes; k++)
			h = mix(h, v->expr[k]);
	}
	return h;
}

static bool same_value(
	const struct rule_set *set, const struct unwind_value *have, const struct cfi_value *v)
{
	if (have->kind != v->kind || have->reg != v->reg || have->expr_bytes != v->expr_bytes)
		return false;
	if (cfi_is_expression(v))
		return v->expr_bytes == 0 ||
			memcmp(set->expressions.data + have->off, v->expr, v->expr_bytes) == 0;
	return have->off == v->off;
}

static bool same_rule(const struct rule_set *set, size_t index, const struct draft *d)
{
	const struct unwind_rule *have = &set->rules[index];
	if (have->n_values != d->rule.n_values || have->flags != d->rule.flags)
		return false;
	for (uint32_t i = 0; i < have->n_values; i++) {
		const struct unwind_value *v = &set->values[have->first_value + i];
		if (v->for_reg != d->for_reg[i] || !same_value(set, v, &d->values[i]))
			return false;
	}
	return true;
}

static void *grown(void *array, size_t need, size_t *cap, size_t item_bytes)
{
	if (need <= *cap)
		return array;
	size_t new_cap = MAX(need, *cap ? *cap * 2 : 64);
	void *bigger = reallocarray(array, new_cap, item_bytes);
	if (bigger)
		*cap = new_cap;
	return bigger;
}

static bool make_room(struct rule_set *set, size_t n_values)
{
	void *rules = grown(set->rules, set->n_rules + 1, &set->cap_rules, sizeof(*set->rules));
	if (!rules)
		return false;
	set->rules = rules;
	void *values = grown(
		set->values, set->n_values + n_values, &set->cap_values, sizeof(*set->values));
	if (!values)
		return false;
	set->values = values;
	return true;
}

static struct unwind_value kept_value(
	struct rule_set *set, const struct cfi_value *v, uint8_t for_reg)
{
	struct unwind_value kept = {
		.kind = v->kind, .reg = v->reg, .for_reg = for_reg, .expr_bytes = v->expr_bytes
	};
	if (cfi_is_expression(v)) {
		kept.off = (int64_t)set->expressions.len;
		buf_bytes(&set->expressions, v->expr, v->expr_bytes);
	} else {
		kept.off = v->off;
	}
	return kept;
}

static bool append(struct rule_set *set, const struct draft *d)
{
	bool needs_expression = false;
	if (set->n_rules == RULE_SET_MAX || !make_room(set, d->rule.n_values))
		return false;
	struct unwind_rule *rule = &set->rules[set->n_rules];
	*rule = d->rule;
	rule->first_value = (uint32_t)set->n_values;
	for (uint32_t i = 0; i < rule->n_values; i++) {
		set->values[set->n_values++] = kept_value(set, &d->values[i], d->for_reg[i]);
		needs_expression |= cfi_is_expression(&d->values[i]);
	}
	if (set->expressions.failed)
		return false;
	set->n_expressions += needs_expression && rule->cfa != UNWIND_CFA_PLT;
	set->n_rules++;
	return true;
}

bool rule_set_add(struct rule_set *set, const struct cfi_state *state, uint16_t *ret_rule)
{
	struct draft d;
	uint32_t index;
	make_draft(&d, set->arch, state);
	struct hash_probe probe = hash_slots_probe(draft_hash(&d));
	while (hash_slots_next(&set->slots, &probe, &index)) {
		if (same_rule(set, index, &d)) {
			*ret_rule = (uint16_t)index;
			return true;
		}
	}
	index = (uint32_t)set->n_rules;
	*ret_rule = (uint16_t)index;
	return append(set, &d) && hash_slots_put(&set->slots, &probe, index);
}
