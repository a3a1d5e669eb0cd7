/*
 * The functions of one compile unit that hold the addresses asked about, and what was inlined into
 * them.
 */
#ifndef REPORT_DWARF_SCOPE_H
#define REPORT_DWARF_SCOPE_H

#include "common/err.h"
#include "report/arena.h"
#include "report/code_query.h"
#include "report/code_ranges.h"
#include "report/dwarf_entry.h"

struct dwarf_scope {                /* a DW_TAG_subprogram or DW_TAG_inlined_subroutine with code */
	struct dwarf_scope *parent; /* what it is inlined into; NULL for a subprogram */
	uint64_t offset;            /* of its entry, in the unit asked about */
	uint64_t call_file;         /* by the unit's line table */
	uint32_t call_line;
	uint16_t depth; /* of nested scopes */
	bool is_inlined;
	bool has_name, name_is_plain; /* see dwarf_name.h */
	const char *name;
};

/*
 * Sets queries[].scope to the innermost scope that holds the address, and cuts the queries' ranges
 * to where that does not change. queries are those of the unit, sorted. What does not begin in code
 * is left out: the linker threw it away. The answer for an address does not depend on what else is
 * asked. The scopes live in memory. *ret_is_damaged: not all entries could be read. False only
 * without memory; a spent budget leaves scopes out.
 */
MUST_CHECK bool dwarf_scope_resolve(const struct dwarf_unit *unit,
	const struct dwarf_abbrevs *abbrevs, const struct code_ranges *code,
	struct code_query *queries, size_t n, struct dwarf_budget *budget, struct arena *memory,
	bool *ret_is_damaged, struct err *err);

#endif
