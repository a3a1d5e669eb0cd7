/*
 * States of CFI programs: see cfi_state.h.
 */
#include "report/cfi_state.h"

#include <string.h>

bool cfi_states_init(struct cfi_states *set)
{
	*set = (struct cfi_states){ 0 };
	set->steps = calloc((size_t)1 << CFI_STEP_BITS, sizeof(*set->steps));
	return set->steps != NULL;
}

void cfi_states_fini(struct cfi_states *set)
{
	free(set->items);
	hash_slots_fini(&set->slots);
	free(set->steps);
	*set = (struct cfi_states){ 0 };
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

static uint64_t hash_value(uint64_t h, const struct cfi_value *v)
{
	h = mix(h, v->kind | (uint64_t)v->reg << 8 | (uint64_t)v->expr_bytes << 16);
	if (!cfi_is_expression(v))
		return mix(h, (uint64_t)v->off);
	for (uint32_t i = 0; i < v->expr_bytes; i++)
		h = mix(h, v->expr[i]);
	return h;
}

static uint64_t hash_state(const struct cfi_state *s)
{
	uint64_t h = mix(s->regs_mask, s->return_column | (uint64_t)s->is_signal_frame << 8);
	h = hash_value(h, &s->cfa);
	for (uint64_t left = s->regs_mask; left; left &= left - 1)
		h = hash_value(h, &s->regs[__builtin_ctzll(left)]);
	return h;
}

static bool same_value(const struct cfi_value *a, const struct cfi_value *b)
{
	if (a->kind != b->kind || a->reg != b->reg || a->expr_bytes != b->expr_bytes)
		return false;
	return cfi_is_expression(a) ? memcmp(a->expr, b->expr, a->expr_bytes) == 0
				    : a->off == b->off;
}

static bool same_state(const struct cfi_state *a, const struct cfi_state *b)
{
	if (a->regs_mask != b->regs_mask || a->return_column != b->return_column ||
		a->is_signal_frame != b->is_signal_frame || !same_value(&a->cfa, &b->cfa))
		return false;
	for (uint64_t left = a->regs_mask; left; left &= left - 1) {
		int reg = __builtin_ctzll(left);
		if (!same_value(&a->regs[reg], &b->regs[reg]))
			return false;
	}
	return true;
}

static bool append(struct cfi_states *set, const struct cfi_state *state)
{
	if (set->n == CFI_MAX_STATES)
		return false;
	if (set->n == set->cap) {
		size_t cap = set->cap ? set->cap * 2 : 256;
		struct cfi_state *bigger = reallocarray(set->items, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		set->items = bigger;
		set->cap = cap;
	}
	set->items[set->n++] = *state;
	return true;
}

static uint32_t intern(struct cfi_states *set, const struct cfi_state *state)
{
	struct hash_probe probe = hash_slots_probe(hash_state(state));
	uint32_t index;
	while (hash_slots_next(&set->slots, &probe, &index)) {
		if (same_state(&set->items[index], state))
			return index;
	}
	index = (uint32_t)set->n;
	return append(set, state) && hash_slots_put(&set->slots, &probe, index) ? index
										: CFI_NO_STATE;
}

uint32_t cfi_states_first(struct cfi_states *set, uint8_t return_column, bool is_signal_frame)
{
	const struct cfi_state first = { .return_column = return_column,
		.is_signal_frame = is_signal_frame };
	return intern(set, &first);
}

static uint32_t changed(
	struct cfi_states *set, uint32_t from, uint8_t target, const struct cfi_value *value)
{
	struct cfi_state state = set->items[from];
	if (target == CFI_TARGET_CFA) {
		state.cfa = *value;
	} else {
		state.regs[target] = *value;
		state.regs_mask &= ~(1ULL << target);
		state.regs_mask |= (uint64_t)(value->kind != CFI_UNSPECIFIED) << target;
	}
	return intern(set, &state);
}

uint32_t cfi_states_step(
	struct cfi_states *set, uint32_t from, uint8_t target, const struct cfi_value *value)
{
	uint32_t to = changed(set, from, target, value);
	if (to != CFI_NO_STATE && !cfi_is_expression(value)) {
		uint32_t what = cfi_step_what(target, value);
		set->steps[cfi_step_slot(from, what, value->off)] =
			(struct cfi_step){ value->off, what, (uint16_t)from, (uint16_t)to };
	}
	return to;
}
