/*
 * The distinct unwind rules of one file. States of CFI go in, rule numbers come out; states that
 * unwind alike get equal numbers. libc's 23,759 rows come to 354 rules, cc1's 480,000 to 743.
 *
 * A state is normalised first: a register "saved" below the state's own stack pointer has been
 * popped already (compilers do not say so in epilogues), so it is unchanged.
 */
#ifndef REPORT_RULE_SET_H
#define REPORT_RULE_SET_H

#include "common/buf.h"
#include "report/cfi_state.h"
#include "report/unwind_rule.h"

enum {
	RULE_SET_MAX = 0xffff,
	RULE_NONE = 0xffff,
	RULE_MAX_VALUES = ARCH_MAX_REGS + 2, /* the CFA's and the return address's too */
};

struct rule_set {
	const struct arch *arch;
	struct unwind_rule *rules;
	size_t n_rules, cap_rules;
	struct unwind_value *values;
	size_t n_values, cap_values;
	struct buf expressions;
	size_t n_expressions; /* rules that need one, other than PLT rules */
	struct hash_slots slots;
};

void rule_set_init(struct rule_set *set, const struct arch *arch);
void rule_set_fini(struct rule_set *set);
/* After the last rule: gives back what only adding needs. */
void rule_set_seal(struct rule_set *set);

/* Fails without memory, and when there are RULE_SET_MAX rules already. */
MUST_CHECK bool rule_set_add(
	struct rule_set *set, const struct cfi_state *state, uint16_t *ret_rule);

#endif
