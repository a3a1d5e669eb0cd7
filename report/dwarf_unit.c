/*
 * Unit headers: see dwarf_unit.h.
 */
#include "report/dwarf_unit.h"

#include "report/workers.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* A unit can be of 12 bytes, and takes 200 here. The largest programs have 100,000. */
enum { MAX_UNITS = 1 << 19 };

struct unpacking {
	struct elf_file *elf;
	atomic_size_t next;
};

static bool unpack(void *ctx, unsigned worker, struct err *err)
{
	/* The largest first, mostly. */
	static const char *const names[] = { ".debug_info", ".debug_str", ".debug_line",
		".debug_ranges", ".debug_rnglists", ".debug_line_str", ".debug_abbrev",
		".debug_addr", ".debug_str_offsets" };
	struct unpacking *u = ctx;
	(void)worker;
	(void)err;
	for (size_t i; (i = atomic_fetch_add(&u->next, 1)) < ARRAY_LEN(names);)
		elf_file_cursor(u->elf, names[i]);
	return true;
}

void dwarf_file_unpack(struct elf_file *elf, unsigned n_threads)
{
	struct unpacking u = { .elf = elf };
	struct err ignored = { 0 };
	if (n_threads > 1 && !workers_run(n_threads, unpack, &u, &ignored))
		return;
}

static bool take_section(struct elf_file *elf, const char *name, enum dwarf_file_kind kind,
	struct cursor *ret_section, struct err *err)
{
	struct elf_section section;
	char full[64];
	snprintf(full, sizeof(full), "%s%s", name, kind == DWARF_FILE_SPLIT ? ".dwo" : "");
	*ret_section = cursor_make("", 0);
	if (elf_file_section(elf, full, &section, err)) {
		if (section.data)
			*ret_section = cursor_make(section.data, section.size_bytes);
		return true;
	}
	return err->text[0] == 0;
}

static bool take_sections(
	struct elf_file *elf, enum dwarf_file_kind kind, struct dwarf_file *f, struct err *err)
{
	return take_section(elf, ".debug_info", kind, &f->info, err) &&
		take_section(elf, ".debug_abbrev", kind, &f->abbrev, err) &&
		take_section(elf, ".debug_str", kind, &f->str, err) &&
		take_section(elf, ".debug_str_offsets", kind, &f->str_offsets, err) &&
		take_section(elf, ".debug_rnglists", kind, &f->rnglists, err) &&
		take_section(elf, ".debug_line_str", DWARF_FILE_WHOLE, &f->line_str, err) &&
		take_section(elf, ".debug_ranges", DWARF_FILE_WHOLE, &f->ranges, err) &&
		take_section(elf, ".debug_addr", DWARF_FILE_WHOLE, &f->addr, err);
}

/* Reads the header at c, which ends with the unit. False: of a kind that is not known. */
static bool read_header(struct cursor *c, struct dwarf_unit *unit)
{
	unit->version = cursor_u16(c);
	unit->type = DW_UT_compile;
	uint8_t address_bytes = 0;
	bool is_wide = unit->sizes.offset_bytes == 8;
	if (unit->version == 5) {
		unit->type = cursor_u8(c);
		address_bytes = cursor_u8(c);
	}
	unit->abbrev_off = is_wide ? cursor_u64(c) : cursor_u32(c);
	if (unit->version < 5)
		address_bytes = cursor_u8(c);
	if (unit->type == DW_UT_skeleton || unit->type == DW_UT_split_compile)
		unit->dwo_id = cursor_u64(c);
	else if (unit->type == DW_UT_type || unit->type == DW_UT_split_type)
		cursor_skip(c, 8 + unit->sizes.offset_bytes);
	unit->sizes.ref_addr_bytes = unit->version == 2 ? 8 : unit->sizes.offset_bytes;
	unit->first_entry = cursor_offset(c);
	return !c->failed && unit->version >= 2 && unit->version <= 5 && address_bytes == 8;
}

bool dwarf_unit_entry(
	const struct dwarf_unit *unit, struct dwarf_abbrevs *scratch, struct dwarf_entry *ret_entry)
{
	struct cursor c = dwarf_unit_cursor(unit, unit->first_entry), peeked = c;
	uint64_t code = cursor_uleb(&peeked);
	return code &&
		dwarf_abbrevs_read(
			scratch, unit->file->abbrev, unit->abbrev_off, unit->sizes, code) &&
		dwarf_entry_read(unit, scratch, &c, ret_entry);
}

/* Where the tables that indexes refer to begin, when the unit does not tell: after their headers
 * (DWARF 5, 7.26 and 7.28); GNU's split DWARF 4 has no headers. */
static void set_default_bases(struct dwarf_unit *unit)
{
	if (unit->version < 5)
		return;
	bool is_wide = unit->sizes.offset_bytes == 8;
	unit->str_offsets_base = is_wide ? 16 : 8;
	unit->addr_base = is_wide ? 16 : 8;
	unit->rnglists_base = is_wide ? 20 : 12;
}

static void take_numbers(struct dwarf_unit *unit, const struct dwarf_entry *e)
{
	uint64_t language = 0;
	set_default_bases(unit);
	dwarf_entry_number(e, SLOT_STR_OFFSETS_BASE, &unit->str_offsets_base);
	dwarf_entry_number(e, SLOT_ADDR_BASE, &unit->addr_base);
	dwarf_entry_number(e, SLOT_RNGLISTS_BASE, &unit->rnglists_base);
	dwarf_entry_number(e, SLOT_DWO_ID, &unit->dwo_id);
	dwarf_entry_number(e, SLOT_LANGUAGE, &language);
	unit->language = language <= UINT16_MAX ? (uint16_t)language : 0;
	unit->has_stmt_list = dwarf_entry_number(e, SLOT_STMT_LIST, &unit->stmt_list);
	dwarf_entry_address(unit, e, SLOT_LOW_PC, &unit->low_pc);
	unit->has_ranges = dwarf_entry_has(e, SLOT_RANGES) || dwarf_entry_has(e, SLOT_HIGH_PC);
}

static void take_entry(struct dwarf_unit *unit, struct dwarf_abbrevs *scratch)
{
	struct dwarf_entry e;
	if (!dwarf_unit_entry(unit, scratch, &e))
		return;
	take_numbers(unit, &e);
	unit->comp_dir = dwarf_entry_string(unit, &e, SLOT_COMP_DIR);
	unit->dwo_name = dwarf_entry_string(unit, &e, SLOT_DWO_NAME);
	/* Partial units hold what several units share; they have no code. */
	if (unit->version < 5 && e.tag != DW_TAG_compile_unit)
		unit->type = DW_UT_partial;
	else if (unit->version < 5 && unit->dwo_name)
		unit->type = DW_UT_skeleton;
	else if (unit->type == DW_UT_compile && e.tag != DW_TAG_compile_unit)
		unit->type = DW_UT_partial;
}

static struct dwarf_unit *new_unit(struct dwarf_file *f)
{
	if (f->n_units == f->cap_units) {
		size_t cap = f->cap_units ? 2 * f->cap_units : 64;
		struct dwarf_unit *units = reallocarray(f->units, cap, sizeof(*units));
		if (!units)
			return NULL;
		f->units = units;
		f->cap_units = cap;
	}
	f->units[f->n_units] =
		(struct dwarf_unit){ .file = f, .addr = &f->addr, .old_ranges = &f->ranges };
	return &f->units[f->n_units];
}

/* A unit's own abbreviation is mostly the first of its table. Where it is behind many others, many
 * units can share that table. */
static bool read_units(struct dwarf_file *f, struct err *damage, struct err *err)
{
	struct dwarf_abbrevs scratch = { 0 };
	struct cursor c = f->info;
	struct dwarf_budget budget = { 1000000 +
		16 * ((uint64_t)cursor_left(&f->info) + cursor_left(&f->abbrev)) };
	while (cursor_left(&c)) {
		struct dwarf_unit *unit = new_unit(f);
		if (!unit) {
			dwarf_abbrevs_fini(&scratch);
			return err_set(err, "debug information: no memory");
		}
		unit->offset = cursor_offset(&c);
		uint64_t unit_bytes = cursor_u32(&c);
		unit->sizes.offset_bytes = unit_bytes == 0xffffffff ? 8 : 4;
		if (unit->sizes.offset_bytes == 8)
			unit_bytes = cursor_u64(&c);
		unit->end = cursor_offset(&c) + unit_bytes;
		struct cursor header = cursor_make(f->info.start, unit->end);
		if (!cursor_skip(&c, unit_bytes)) {
			err_set(damage, "debug information is damaged at offset %" PRIu64,
				unit->offset);
			break;
		}
		if (f->n_units == MAX_UNITS) {
			err_set(damage, "debug information has more than %d units", MAX_UNITS);
			break;
		}
		cursor_seek(&header, cursor_offset(&c) - unit_bytes);
		if (!read_header(&header, unit))
			continue;
		take_entry(&f->units[f->n_units++], &scratch);
		if (!dwarf_budget_spend(&budget, scratch.read_bytes)) {
			err_set(damage,
				"debug information is tangled: gave up reading its units at offset "
				"%" PRIu64,
				unit->offset);
			break;
		}
	}
	dwarf_abbrevs_fini(&scratch);
	return true;
}

bool dwarf_file_open(struct elf_file *elf, enum dwarf_file_kind kind, const struct dwarf_file *alt,
	struct dwarf_file *ret_file, struct err *damage, struct err *err)
{
	*ret_file = (struct dwarf_file){ .alt = alt };
	return take_sections(elf, kind, ret_file, err) && read_units(ret_file, damage, err);
}

void dwarf_file_fini(struct dwarf_file *f)
{
	free(f->units);
	*f = (struct dwarf_file){ 0 };
}

uint64_t dwarf_file_bytes(const struct dwarf_file *f)
{
	return (uint64_t)cursor_left(&f->info) + cursor_left(&f->ranges) +
		cursor_left(&f->rnglists);
}
