/*
 * The frames of one address, from what symbol tables and debug information say of it.
 */
#ifndef REPORT_SYMBOL_FRAMES_H
#define REPORT_SYMBOL_FRAMES_H

#include "report/dwarf_units.h"
#include "report/symbol_reader.h"
#include "report/symtab.h"

struct symbol_tables {
	struct symtab *symbols, *stubs; /* stubs: what the PLT's code tells */
};

/* Each sets the finding's frames; their strings live as long as the tables, the units and the
 * memory. False: no memory. q has been filled in by dwarf_units_read. */
MUST_CHECK bool symbol_frames_by_unit(const struct symbol_tables *t, struct unit_reading *unit,
	const struct code_query *q, struct symbol_finding *finding);
MUST_CHECK bool symbol_frames_by_tables(const struct symbol_tables *t, struct arena *memory,
	const struct code_query *q, struct symbol_finding *finding);

#endif
