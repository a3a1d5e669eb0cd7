/*
 * Evaluates DWARF expressions as they occur in call frame information (DWARF 5, 6.4.2 and 2.5):
 * constants, registers, memory, arithmetic and jumps. What only describes variables (pieces, calls,
 * typed values, ...) is refused. The number of steps is bounded.
 */
#ifndef REPORT_DWARF_EXPR_H
#define REPORT_DWARF_EXPR_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dwarf_expr_result {
	DWARF_EXPR_OK,
	DWARF_EXPR_BAD,        /* malformed, not supported, too long, or of an unknown register */
	DWARF_EXPR_UNREADABLE, /* memory that read does not have; ret_value is its address */
};

struct dwarf_expr {
	const uint8_t *code;
	size_t code_bytes;
	const uint64_t *regs;    /* by DWARF number */
	uint64_t regs_known;     /* mask */
	const uint64_t *initial; /* the value on the stack at the start; NULL: none */
	bool (*read)(void *ctx, uint64_t addr, uint64_t *ret_word);
	void *ctx;
};

MUST_CHECK enum dwarf_expr_result dwarf_expr_eval(
	const struct dwarf_expr *expr, uint64_t *ret_value);

#endif
