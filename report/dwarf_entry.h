/*
 * The entries (DIEs) of .debug_info, and the compile units that hold them: DWARF 2 to 5, sections
 * 2 and 7.5. Decoded here and not by libdw: of most entries nothing is wanted but where the next
 * one begins, and several threads read one file.
 *
 * A file and its units do not change once they are open. What reading needs besides, the
 * abbreviations, is the reader's, and each thread has its own.
 */
#ifndef REPORT_DWARF_ENTRY_H
#define REPORT_DWARF_ENTRY_H

#include "report/dwarf_abbrev.h"

/* Steps that may yet be taken in the entries and ranges of a file: damaged or hostile ones can
 * refer to each other so that reading them takes forever. */
struct dwarf_budget {
	uint64_t steps;
};

/* False when that was the last step. */
static inline bool dwarf_budget_spend(struct dwarf_budget *budget, uint64_t steps)
{
	budget->steps -= budget->steps < steps ? budget->steps : steps;
	return budget->steps != 0;
}

struct dwarf_unit;

struct dwarf_file { /* whole sections, decompressed; empty where there is none */
	struct cursor info, abbrev, str, line_str, ranges, rnglists, addr, str_offsets;
	const struct dwarf_file *alt; /* the supplementary file (dwz), or NULL */
	struct dwarf_unit *units;     /* by offset */
	size_t n_units, cap_units;
};

struct dwarf_unit {
	const struct dwarf_file *file;
	uint64_t offset, first_entry, end; /* in .debug_info; first_entry: the unit's own */
	uint64_t abbrev_off;
	uint64_t low_pc; /* the base of ranges */
	uint64_t addr_base, str_offsets_base, rnglists_base;
	uint64_t ranges_base; /* what all DW_AT_ranges of a split unit of GNU's kind are from */
	uint64_t dwo_id;
	uint64_t stmt_list;
	uint16_t version, language;
	uint8_t type; /* DW_UT_* */
	struct dwarf_sizes sizes;
	bool has_stmt_list, has_ranges;
	const struct cursor *addr;       /* .debug_addr: of a split unit that of the skeleton */
	const struct cursor *old_ranges; /* .debug_ranges, likewise */
	const char *comp_dir, *dwo_name; /* or NULL */
};

struct dwarf_value {
	uint16_t form;
	uint64_t number; /* as written; for DW_FORM_string its offset in .debug_info */
};

struct dwarf_entry {
	uint64_t offset; /* in .debug_info */
	uint64_t next;   /* where its first child or its sibling begins */
	uint16_t tag;    /* 0: the end of a list of children */
	bool has_children;
	uint32_t present; /* bit set of slots */
	struct dwarf_value values[N_SLOTS];
};

static inline bool dwarf_entry_has(const struct dwarf_entry *e, enum dwarf_slot slot)
{
	return e->present >> slot & 1;
}

enum { DWARF_READER_TABLES = 64 };

struct dwarf_reader {
	struct {
		const struct dwarf_unit *unit; /* NULL: free */
		struct dwarf_abbrevs abbrevs;
	} tables[DWARF_READER_TABLES];
};
void dwarf_reader_fini(struct dwarf_reader *r);

/* The unit's abbreviations, until a unit is asked for that takes their place in the reader. Empty
 * when they are damaged. */
const struct dwarf_abbrevs *dwarf_reader_abbrevs(
	struct dwarf_reader *r, const struct dwarf_unit *unit);

/* A cursor at an offset in .debug_info that ends with the unit; failed outside of it. */
struct cursor dwarf_unit_cursor(const struct dwarf_unit *unit, uint64_t offset);

/* Reads the entry at the cursor; false where it is damaged. After the end of a list tag is 0. */
MUST_CHECK bool dwarf_entry_read(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	struct cursor *c, struct dwarf_entry *ret_entry);
/* The same, for an entry anywhere. */
MUST_CHECK bool dwarf_entry_at(struct dwarf_reader *r, const struct dwarf_unit *unit,
	uint64_t offset, struct dwarf_entry *ret_entry);

/* Only the abbreviation; NULL: the end of a list, or damage, and then the cursor has failed. */
const struct dwarf_abbrev *dwarf_entry_peek(const struct dwarf_abbrevs *abbrevs, struct cursor *c);
/* Reads the rest of an entry, at `offset`, of which the abbreviation has been read. */
MUST_CHECK bool dwarf_entry_finish(const struct dwarf_unit *unit,
	const struct dwarf_abbrevs *abbrevs, const struct dwarf_abbrev *abbrev, uint64_t offset,
	struct cursor *c, struct dwarf_entry *ret_entry);
/* Passes that rest over, and all that is in the entry. */
void dwarf_entry_skip(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct dwarf_abbrev *abbrev, struct cursor *c, struct dwarf_budget *budget);
/* Passes over the children of an entry that has been read. */
void dwarf_entry_skip_children(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct dwarf_entry *entry, struct cursor *c, struct dwarf_budget *budget);

/* Values, by class (DWARF 5, 7.5.5). False or NULL: absent, damaged, or of another class. */
bool dwarf_entry_number(const struct dwarf_entry *e, enum dwarf_slot slot, uint64_t *ret_number);
bool dwarf_entry_address(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	enum dwarf_slot slot, uint64_t *ret_vaddr);
const char *dwarf_entry_string(
	const struct dwarf_unit *unit, const struct dwarf_entry *e, enum dwarf_slot slot);
/* Another entry, of the same file or of its supplementary file. */
bool dwarf_entry_reference(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	enum dwarf_slot slot, const struct dwarf_unit **ret_unit, uint64_t *ret_offset);

/* Calls range for every range of DW_AT_low_pc and DW_AT_high_pc, or of DW_AT_ranges, that is not
 * empty (dwarf_ranges.c). */
void dwarf_entry_ranges(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	struct dwarf_budget *budget, void (*range)(void *ctx, uint64_t start, uint64_t end),
	void *ctx);

#endif
