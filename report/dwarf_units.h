/*
 * The debug information of one file, and which of its compile units has which addresses. The
 * index is our own: libdw's needs .debug_aranges, which clang does not write.
 */
#ifndef REPORT_DWARF_UNITS_H
#define REPORT_DWARF_UNITS_H

#include "report/dwarf_line.h"
#include "report/dwarf_name.h"
#include "report/dwarf_scope.h"

struct dwarf_units;

/* Whether elf has .debug_info of its own. */
bool dwarf_units_present(struct elf_file *elf);

/*
 * elf, alt (the supplementary file, or NULL) and code must outlive the units. False when nothing
 * can be used; where only some units cannot, damage says so, and is "" otherwise.
 */
MUST_CHECK bool dwarf_units_open(struct elf_file *elf, struct elf_file *alt,
	const struct code_ranges *code, struct dwarf_units **ret_units, struct err *damage,
	struct err *err);
void dwarf_units_close(struct dwarf_units *u);
DEFINE_AUTO(struct dwarf_units *, dwarf_units_close);

/* Sets queries[].unit. Sorted by address. */
void dwarf_units_assign(struct dwarf_units *u, struct code_query *queries, size_t n);

/* What was read of one unit. */
struct unit_reading {
	struct line_table lines;
	bool has_lines;
	struct dwarf_names names;
};
void unit_reading_fini(struct unit_reading *reading);
static inline void unit_reading_fini_ptr(struct unit_reading *reading)
{
	unit_reading_fini(reading);
}

/* Fills in scope, file and line of the queries of one unit, sorted by address. What they point to
 * lives in memory, and as long as the units. damage as above; false only without memory. */
MUST_CHECK bool dwarf_units_read(struct dwarf_units *u, uint32_t unit, struct code_query *queries,
	size_t n, struct arena *memory, struct unit_reading *ret_reading, struct err *damage,
	struct err *err);

#endif
