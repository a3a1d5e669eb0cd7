/*
 * The states that the programs of CFI pass through: what is known of the caller's registers at one
 * address. Each distinct state is kept once and has a number, and what an operation makes of a
 * state is remembered. cc1's 45,201 programs do 1.3 million operations, but come through 2,000
 * states: so an operation is a look into a table, and who needs something made of a state makes it
 * once.
 */
#ifndef REPORT_CFI_STATE_H
#define REPORT_CFI_STATE_H

#include "report/cfi.h"
#include "report/hash_slots.h"

struct cfi_state {
	uint64_t regs_mask; /* those not CFI_UNSPECIFIED */
	struct cfi_value cfa;
	uint8_t return_column;
	bool is_signal_frame;
	struct cfi_value regs[ARCH_MAX_REGS]; /* by DWARF number */
};

enum {
	CFI_MAX_STATES = 0xffff,
	CFI_NO_STATE = 0xffff, /* no memory, or too many of them */
	CFI_TARGET_CFA = ARCH_NO_REG,
	CFI_STEP_BITS = 13, /* of the number of steps that are remembered */
};

/* From state `from`, "target := value" leads to state `to`. */
struct cfi_step {
	int64_t off;
	uint32_t what; /* target, kind and register of the value; 0: free */
	uint16_t from, to;
};

struct cfi_states {
	struct cfi_state *items; /* moves when a state is added */
	size_t n, cap;
	struct hash_slots slots;
	struct cfi_step *steps; /* what operations made; later ones replace earlier ones */
};

MUST_CHECK bool cfi_states_init(struct cfi_states *set); /* fini is due in either case */
void cfi_states_fini(struct cfi_states *set);

/* The state in which nothing has been said yet, and CFI_NO_STATE. */
uint32_t cfi_states_first(struct cfi_states *set, uint8_t return_column, bool is_signal_frame);
/* Works out a step and remembers it. */
uint32_t cfi_states_step(
	struct cfi_states *set, uint32_t from, uint8_t target, const struct cfi_value *value);

static inline uint32_t cfi_step_what(uint8_t target, const struct cfi_value *value)
{
	return 1u << 24 | (uint32_t)value->reg << 16 | (uint32_t)value->kind << 8 | target;
}

/* Where a step is remembered: one product of all that tells steps apart. */
static inline size_t cfi_step_slot(uint32_t from, uint32_t what, int64_t off)
{
	uint64_t h = ((uint64_t)from << 40 ^ (uint64_t)off << 20 ^ what) * 0x9e3779b97f4a7c15;
	return h >> (64 - CFI_STEP_BITS);
}

/* State `from` with another value of a register or the CFA; value's expression must stay. Inline,
 * because nearly all the time of a table goes through here. */
static inline uint32_t cfi_states_set(
	struct cfi_states *set, uint32_t from, uint8_t target, const struct cfi_value *value)
{
	uint32_t what = cfi_step_what(target, value);
	const struct cfi_step *step = &set->steps[cfi_step_slot(from, what, value->off)];
	if (step->what == what && step->from == from && step->off == value->off)
		return step->to;
	return cfi_states_step(set, from, target, value);
}

#endif
