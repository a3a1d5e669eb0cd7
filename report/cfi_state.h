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
};

struct cfi_step;

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
/* State `from` with another value of a register or the CFA; value's expression must stay. */
uint32_t cfi_states_set(
	struct cfi_states *set, uint32_t from, uint8_t target, const struct cfi_value *value);

#endif
