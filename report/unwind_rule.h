/*
 * An unwind rule: what the walkers execute. Rules are made by rule_set from CFI rows, shared by all
 * addresses of a file that need the same, and immutable.
 *
 * The head of a rule is all that the fast walker looks at: CFA from sp or fp, where fp and the
 * return address are. When a head says EXACT, its values describe every register, and the exact
 * walker evaluates them: values[0] is the CFA, values[1] the return address, then come the
 * registers of which something is said.
 */
#ifndef REPORT_UNWIND_RULE_H
#define REPORT_UNWIND_RULE_H

#include <stdint.h>

enum unwind_cfa {
	UNWIND_CFA_SP, /* sp + cfa_off */
	UNWIND_CFA_FP, /* fp + cfa_off */
	/* x86-64 PLT entries push one word half-way: sp + 8 + ((pc & 15) >= cfa_off ? 8 : 0) */
	UNWIND_CFA_PLT,
	UNWIND_CFA_EXACT,
};

enum unwind_place {            /* of fp or the return address */
	UNWIND_PLACE_SAME,     /* unchanged; the return address: in the link register */
	UNWIND_PLACE_AT_CFA,   /* the word at CFA + off */
	UNWIND_PLACE_UNKNOWN,  /* lost; the return address: this is the first frame of the stack */
	UNWIND_PLACE_NOT_SAID, /* the return address only: the file does not tell */
	UNWIND_PLACE_EXACT,
};

enum unwind_rule_flags {
	UNWIND_RULE_SIGNAL = 1, /* a signal trampoline: the caller was interrupted, not calling */
};

struct unwind_rule {
	uint8_t cfa; /* enum unwind_cfa */
	uint8_t fp;  /* enum unwind_place */
	uint8_t ra;  /* enum unwind_place */
	uint8_t flags;
	int32_t cfa_off, fp_off, ra_off;
	uint32_t first_value; /* index into the set's values */
	uint32_t n_values;
};

struct unwind_table;

/* As struct cfi_value, with the expression in the set. */
struct unwind_value {
	uint8_t kind;    /* enum cfi_kind; CFI_UNSPECIFIED only for the return address */
	uint8_t reg;     /* the register that CFI_REGISTER reads */
	uint8_t for_reg; /* whose value this is; ARCH_NO_REG for values[0] and [1] */
	uint16_t expr_bytes;
	int64_t off; /* or the expression's offset in the set */
};

/* The rule's values, n_values of them; and the code of a value that is an expression. */
const struct unwind_value *unwind_table_values(
	const struct unwind_table *table, const struct unwind_rule *rule);
const uint8_t *unwind_table_expression(
	const struct unwind_table *table, const struct unwind_value *value);

#endif
