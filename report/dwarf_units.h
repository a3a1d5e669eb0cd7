/*
 * The debug information of one file, and which of its compile units has which addresses. The
 * index is our own: .debug_aranges is not there in what clang makes.
 *
 * Once open it does not change: several threads may read units at once, each with a reading of its
 * own.
 */
#ifndef REPORT_DWARF_UNITS_H
#define REPORT_DWARF_UNITS_H

#include "report/dwarf_line.h"
#include "report/dwarf_name.h"
#include "report/dwarf_split.h"

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
void dwarf_units_assign(const struct dwarf_units *u, struct code_query *queries, size_t n);

/* How much there is to read of a unit: of its entries, and of its line table. */
struct unit_size {
	uint64_t entry_bytes, line_bytes;
};
struct unit_size dwarf_units_size(const struct dwarf_units *u, uint32_t unit);
/* Of all units. */
struct unit_size dwarf_units_total(const struct dwarf_units *u);

/* What was read of one unit. It must stay where it is. */
struct unit_reading {
	struct line_table lines;
	bool has_lines;
	struct dwarf_names names;
	struct dwarf_budget budget;
};
void unit_reading_fini(struct unit_reading *reading);
static inline void unit_reading_fini_ptr(struct unit_reading *reading)
{
	unit_reading_fini(reading);
}

/* What one thread needs to read units. */
struct unit_reader {
	struct dwarf_reader entries;
	struct dwarf_splits splits;
	struct arena *memory; /* of scopes, names and paths */
};
void unit_reader_fini(struct unit_reader *reader);

/*
 * Fills in scope, file and line of the queries of one unit, sorted by address, and cuts their
 * ranges. What they point to lives in the reader's memory, and as long as the units and the reader.
 * steps limits the work; without_lines: the line table is not read. damage as above; false only
 * without memory.
 */
MUST_CHECK bool dwarf_units_read(const struct dwarf_units *u, uint32_t unit, bool without_lines,
	struct code_query *queries, size_t n, uint64_t steps, struct unit_reader *reader,
	struct unit_reading *ret_reading, struct err *damage, struct err *err);

#endif
