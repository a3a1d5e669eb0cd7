/*
 * The functions of one compile unit that hold the addresses asked about, and what was inlined into
 * them. libdw decodes the entries; which of them to look at is decided here.
 */
#ifndef REPORT_DWARF_SCOPE_H
#define REPORT_DWARF_SCOPE_H

#include "common/err.h"
#include "report/arena.h"
#include "report/code_query.h"
#include "report/code_ranges.h"

#include <elfutils/libdw.h>

struct dwarf_scope {                /* a DW_TAG_subprogram or DW_TAG_inlined_subroutine with code */
	struct dwarf_scope *parent; /* what it is inlined into; NULL for a subprogram */
	Dwarf_Die die;
	uint64_t call_file; /* by the unit's line table */
	uint32_t call_line;
	uint16_t depth; /* of nested scopes */
	bool is_inlined;
	bool has_name, name_is_plain; /* see dwarf_name.h */
	const char *name;
};

/* Steps that may yet be taken in the entries and ranges of a file: damaged or hostile ones can
 * refer to each other so that reading them takes forever. */
struct dwarf_budget {
	uint64_t steps;
};

/* False when that was the last step. */
bool dwarf_budget_spend(struct dwarf_budget *budget, uint64_t steps);

/*
 * Sets queries[].scope to the innermost scope that holds the address. unit is the unit's entry;
 * queries are those of the unit, sorted. What does not begin in code is left out: the linker threw
 * it away. The scopes live in memory. False only without memory; a spent budget leaves scopes out.
 */
MUST_CHECK bool dwarf_scope_resolve(Dwarf_Die *unit, const struct code_ranges *code,
	struct code_query *queries, size_t n, struct dwarf_budget *budget, struct arena *memory,
	struct err *err);

/* Calls range for every range of an entry's DW_AT_ranges, or DW_AT_low_pc and DW_AT_high_pc. */
void dwarf_scope_ranges(Dwarf_Die *die, struct dwarf_budget *budget,
	void (*range)(void *ctx, uint64_t start, uint64_t end), void *ctx);

#endif
