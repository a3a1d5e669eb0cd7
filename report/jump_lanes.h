/*
 * Where the arrows of jumps inside a function are drawn: in lanes to the left of the instructions,
 * as few as are needed and never more than LANES_MAX. All jumps to one place share a lane. Short
 * ones are drawn first and nearest to the code, so that inner loops are within outer ones; what
 * finds no free lane, or is longer than anybody can follow, is counted and not drawn.
 *
 *	jump_lanes_init(&lanes, insns, n, shown, max_lanes, err);
 *	uint8_t cell = jump_lanes_cell(&lanes, row, lane);
 */
#ifndef REPORT_JUMP_LANES_H
#define REPORT_JUMP_LANES_H

#include "report/disasm.h"

enum { LANES_MAX = 10 };

/* A cell is a set of these: which of its four sides a line leaves by. */
enum { LANE_UP = 1, LANE_DOWN = 2, LANE_LEFT = 4, LANE_RIGHT = 8, LANE_SIDES = 15 };

enum lane_end { LANE_NO_END, LANE_UNDRAWN_UP, LANE_UNDRAWN_DOWN, LANE_SOURCE, LANE_TARGET };

struct jump_lanes {
	unsigned n_lanes;
	uint8_t *cells; /* n_insns * n_lanes; lane 0 is the leftmost */
	uint8_t *ends;  /* by instruction: enum lane_end of what is drawn */
	size_t n_jumps; /* inside the function, with an end that is shown */
	size_t n_undrawn;
};

/* shown[i]: instruction i has a row; NULL: all have. */
MUST_CHECK bool jump_lanes_init(struct jump_lanes *lanes, const struct insn *insns, size_t n,
	const bool *shown, unsigned max_lanes, struct err *err);
void jump_lanes_fini(struct jump_lanes *lanes);

static inline uint8_t jump_lanes_cell(const struct jump_lanes *l, size_t insn, unsigned lane)
{
	return l->cells[insn * l->n_lanes + lane];
}

/* What stands between the lanes and the instruction: an arrow's head, the end of its line, or just
 * the direction of a jump that is not drawn. */
const char *jump_lanes_end(const struct jump_lanes *l, size_t insn);

/* The character for a cell, as UTF-8: "│", "┌", " ". */
const char *jump_lanes_glyph(uint8_t cell);

#endif
