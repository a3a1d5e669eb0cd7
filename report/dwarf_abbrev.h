/*
 * Abbreviation tables of .debug_abbrev: what the entries of a compile unit look like (DWARF 5,
 * 7.5.3). Each abbreviation also gets a list of skips: how to get past an entry without looking
 * at it, which is what happens to nearly all entries.
 */
#ifndef REPORT_DWARF_ABBREV_H
#define REPORT_DWARF_ABBREV_H

#include "common/cursor.h"

/* The attributes that somebody here reads. */
enum dwarf_slot {
	SLOT_LOW_PC,
	SLOT_HIGH_PC,
	SLOT_RANGES,
	SLOT_SIBLING,
	SLOT_CALL_FILE,
	SLOT_CALL_LINE,
	SLOT_NAME,
	SLOT_LINKAGE_NAME,
	SLOT_ORIGIN,
	SLOT_SPECIFICATION,
	SLOT_DECL_LINE,
	SLOT_LANGUAGE,
	SLOT_STMT_LIST,
	SLOT_COMP_DIR,
	SLOT_DWO_NAME,
	SLOT_DWO_ID,
	SLOT_ADDR_BASE,
	SLOT_STR_OFFSETS_BASE,
	SLOT_RNGLISTS_BASE,
	SLOT_RANGES_BASE, /* DW_AT_GNU_ranges_base */
	N_SLOTS,
	SLOT_NONE = 0xff,
};

enum { SPEC_VARIES = 0xff, SIBLING_VARIES = 0xffff };

struct dwarf_spec { /* one attribute */
	uint16_t form;
	uint8_t slot;
	uint8_t n_bytes;  /* of its value, or SPEC_VARIES */
	int64_t implicit; /* DW_FORM_implicit_const: the value */
};

enum dwarf_skip_kind { SKIP_BYTES, SKIP_LEB, SKIP_STRING, SKIP_BLOCK, SKIP_FORM };

struct dwarf_skip {
	uint8_t kind;
	uint16_t n; /* SKIP_BYTES: how many; SKIP_FORM: DW_FORM_* */
};

struct dwarf_abbrev {
	uint64_t code;
	uint16_t tag;
	bool has_children;
	bool has_one_size; /* all entries do: bytes, without the code */
	uint16_t size_bytes;
	uint16_t sibling_at; /* where DW_AT_sibling is, as DW_FORM_ref4, after the code; or
				SIBLING_VARIES */
	uint32_t slots;      /* bit set of those that are among the specs */
	uint32_t first_spec, n_specs;
	uint32_t first_skip, n_skips;
};

/* What the sizes of some forms depend on. */
struct dwarf_sizes {
	uint8_t offset_bytes, ref_addr_bytes;
};

struct dwarf_abbrevs {
	struct dwarf_abbrev *v; /* sorted by code */
	size_t n, cap;
	struct dwarf_spec *specs;
	size_t n_specs, cap_specs;
	struct dwarf_skip *skips;
	size_t n_skips, cap_skips;
	size_t read_bytes; /* of the section, for this table */
};

/* section: .debug_abbrev. Until max_code has been found; 0: all. Replaces what the table held, so
 * that its memory serves for unit after unit. False: damaged, or no memory; then it is empty. */
MUST_CHECK bool dwarf_abbrevs_read(struct dwarf_abbrevs *a, struct cursor section, uint64_t offset,
	struct dwarf_sizes sizes, uint64_t max_code);
void dwarf_abbrevs_fini(struct dwarf_abbrevs *a);

/* NULL: no such code. */
const struct dwarf_abbrev *dwarf_abbrevs_search(const struct dwarf_abbrevs *a, uint64_t code);

/* Codes are nearly always 1, 2, 3, ... */
static inline const struct dwarf_abbrev *dwarf_abbrevs_find(
	const struct dwarf_abbrevs *a, uint64_t code)
{
	if (code - 1 < a->n && a->v[code - 1].code == code)
		return &a->v[code - 1];
	return dwarf_abbrevs_search(a, code);
}

/* The size of a value with this form, or -1: it depends on the value. */
int dwarf_form_bytes(uint64_t form, struct dwarf_sizes sizes);

#endif
