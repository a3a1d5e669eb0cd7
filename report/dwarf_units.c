/*
 * Compile units and their addresses: see dwarf_units.h.
 *
 * A unit's addresses are its DW_AT_ranges, or DW_AT_low_pc and DW_AT_high_pc; where it has
 * neither, the sequences of its line table (assemblers of old, and damaged files).
 */
#include "report/dwarf_units.h"

#include "report/plain_elf.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

/* The size of a .dwo file is not known here. No unit has more entries than that. */
enum { SPLIT_UNIT_STEPS = 16 * 1024 * 1024 };
/* libdw takes 1 KiB for each, and a unit can be of 12 bytes. The largest programs have 100,000. */
enum { MAX_UNITS = 1 << 19 };

struct unit_range {
	uint64_t start, end;
	uint32_t unit;
};

struct dwarf_units {
	const struct code_ranges *code;
	struct buf image, alt_image; /* what libdw reads, when not the file itself */
	Elf *image_elf, *alt_elf;
	Dwarf *dwarf, *alt;
	struct line_sections sections;
	Dwarf_Die *units;
	size_t n_units, cap_units;
	struct unit_range *ranges;
	size_t n_ranges, cap_ranges;
	uint64_t file_steps; /* the budget for each call */
	struct dwarf_budget budget;
	bool no_memory;
};

bool dwarf_units_present(struct elf_file *elf)
{
	struct elf_section section;
	struct err ignored = { 0 };
	return elf_file_section(elf, ".debug_info", &section, &ignored) && section.data;
}

/* A libdw handle for elf, through an image of our own where elf's sections are compressed. */
static Dwarf *open_libdw(
	struct elf_file *elf, struct buf *image, Elf **ret_image_elf, struct err *err)
{
	Elf *libelf = elf_file_libelf(elf);
	if (plain_elf_is_needed(elf)) {
		if (!plain_elf_make(elf, image, err))
			return NULL;
		libelf = *ret_image_elf = elf_memory((char *)image->data, image->len);
	}
	Dwarf *dwarf = libelf ? dwarf_begin_elf(libelf, DWARF_C_READ, NULL) : NULL;
	if (!dwarf)
		err_set(err, "%s: debug information: %s", elf_file_name(elf), dwarf_errmsg(-1));
	return dwarf;
}

/* Without a supplementary file libdw would look for one itself, and take any. */
static bool set_alt(
	struct dwarf_units *u, struct elf_file *elf, struct elf_file *alt, struct err *err)
{
	if (alt) {
		u->alt = open_libdw(alt, &u->alt_image, &u->alt_elf, err);
	} else {
		if (!plain_elf_make_empty(elf_file_arch(elf)->elf_machine, &u->alt_image, err))
			return false;
		u->alt_elf = elf_memory((char *)u->alt_image.data, u->alt_image.len);
		u->alt = u->alt_elf ? dwarf_begin_elf(u->alt_elf, DWARF_C_READ, NULL) : NULL;
	}
	if (!u->alt)
		return err->text[0] ? false : err_set(err, "libdw: %s", dwarf_errmsg(-1));
	dwarf_setalt(u->dwarf, u->alt);
	return true;
}

/* A range that the linker threw away, or that lies elsewhere than code, is left out. */
static void add_range(void *dwarf_units, uint64_t start, uint64_t end)
{
	struct dwarf_units *u = dwarf_units;
	if (!code_ranges_find(u->code, start))
		return;
	if (u->n_ranges == u->cap_ranges) {
		size_t cap = u->cap_ranges ? 2 * u->cap_ranges : 256;
		struct unit_range *ranges = reallocarray(u->ranges, cap, sizeof(*ranges));
		if (!ranges) {
			u->no_memory = true;
			return;
		}
		u->ranges = ranges;
		u->cap_ranges = cap;
	}
	u->ranges[u->n_ranges++] = (struct unit_range){ start, end, (uint32_t)u->n_units };
}

/* Rows follow each other: the last range grows. */
static void add_row(void *dwarf_units, uint64_t start, uint64_t end, uint64_t file, uint32_t line)
{
	struct dwarf_units *u = dwarf_units;
	struct unit_range *last = u->n_ranges ? &u->ranges[u->n_ranges - 1] : NULL;
	(void)file;
	(void)line;
	if (last && last->unit == u->n_units && last->end == start)
		last->end = end;
	else
		add_range(u, start, end);
}

static bool open_lines(struct dwarf_units *u, Dwarf_Die *unit, struct arena *memory,
	struct line_table *ret_table, struct err *err)
{
	Dwarf_Attribute attribute;
	Dwarf_Word offset;
	if (!u->budget.steps || !dwarf_attr(unit, DW_AT_stmt_list, &attribute) ||
		dwarf_formudata(&attribute, &offset) != 0)
		return false;
	const char *comp_dir = NULL;
	if (dwarf_attr(unit, DW_AT_comp_dir, &attribute))
		comp_dir = dwarf_formstring(&attribute);
	if (!line_table_open(&u->sections, offset, comp_dir, memory, ret_table, err))
		return false;
	/* Many units can claim one large table. */
	return dwarf_budget_spend(&u->budget, ret_table->size_bytes);
}

static void add_ranges_of_lines(struct dwarf_units *u, Dwarf_Die *unit)
{
	struct arena memory = { 0 };
	struct line_table table;
	struct err ignored = { 0 };
	if (open_lines(u, unit, &memory, &table, &ignored))
		line_table_run(&table, u->code, add_row, u);
	arena_fini(&memory);
}

static void add_unit(struct dwarf_units *u, Dwarf_Die *unit)
{
	if (u->n_units == u->cap_units) {
		size_t cap = u->cap_units ? 2 * u->cap_units : 64;
		Dwarf_Die *units = reallocarray(u->units, cap, sizeof(*units));
		if (!units) {
			u->no_memory = true;
			return;
		}
		u->units = units;
		u->cap_units = cap;
	}
	u->units[u->n_units] = *unit;
	dwarf_scope_ranges(unit, &u->budget, add_range, u);
	bool has_ranges = dwarf_hasattr(unit, DW_AT_ranges) || dwarf_hasattr(unit, DW_AT_high_pc);
	if (!has_ranges)
		add_ranges_of_lines(u, unit);
	u->n_units++;
}

/* Partial units hold what several units share, type units types; neither has code. */
static bool is_compile_unit(uint8_t unit_type, Dwarf_Die *unit)
{
	if (unit_type != DW_UT_compile && unit_type != DW_UT_skeleton)
		return false;
	int tag = dwarf_tag(unit);
	return tag == DW_TAG_compile_unit || tag == DW_TAG_skeleton_unit;
}

static bool index_units(struct dwarf_units *u, struct err *damage, struct err *err)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t unit_type;
	size_t n = 0;
	int more;
	while ((more = dwarf_get_units(u->dwarf, cu, &cu, NULL, &unit_type, &die, NULL)) == 0) {
		if (is_compile_unit(unit_type, &die))
			add_unit(u, &die);
		if (u->no_memory)
			return err_set(err, "debug information: no memory");
		if (++n == MAX_UNITS) {
			err_set(damage, "debug information has more than %d units", MAX_UNITS);
			return true;
		}
	}
	if (more < 0)
		err_set(damage, "debug information is damaged after %zu units: %s", u->n_units,
			dwarf_errmsg(-1));
	return true;
}

/* Every byte may be looked at a few times: entries in two walks and for the scopes of names,
 * ranges for the index and for functions. */
static uint64_t count_steps(struct elf_file *elf)
{
	static const char *const sections[] = { ".debug_info", ".debug_ranges", ".debug_rnglists",
		".debug_line" };
	uint64_t steps = 1000000;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct cursor section = elf_file_cursor(elf, sections[i]);
		steps += 4 * (uint64_t)cursor_left(&section);
	}
	return steps;
}

bool dwarf_units_open(struct elf_file *elf, struct elf_file *alt, const struct code_ranges *code,
	struct dwarf_units **ret_units, struct err *damage, struct err *err)
{
	AUTO(dwarf_units_close) struct dwarf_units *u = calloc(1, sizeof(*u));
	if (!u)
		return err_set(err, "debug information: no memory");
	u->code = code;
	u->sections.line = elf_file_cursor(elf, ".debug_line");
	u->sections.line_str = elf_file_cursor(elf, ".debug_line_str");
	u->sections.str = elf_file_cursor(elf, ".debug_str");
	u->file_steps = count_steps(elf) + (alt ? count_steps(alt) : 0);
	u->budget.steps = u->file_steps;
	u->dwarf = open_libdw(elf, &u->image, &u->image_elf, err);
	if (!u->dwarf || !set_alt(u, elf, alt, err) || !index_units(u, damage, err))
		return err_prefix(err, "%s", elf_file_name(elf));
	*ret_units = TAKE(u);
	return true;
}

void dwarf_units_close(struct dwarf_units *u)
{
	if (!u)
		return;
	dwarf_end(u->dwarf);
	dwarf_end(u->alt);
	elf_end(u->image_elf);
	elf_end(u->alt_elf);
	buf_fini(&u->image);
	buf_fini(&u->alt_image);
	free(u->units);
	free(u->ranges);
	free(u);
}

/* Where units claim the same address, the narrowest range is the most telling. */
void dwarf_units_assign(struct dwarf_units *u, struct code_query *queries, size_t n)
{
	u->budget.steps = u->file_steps + 64 * (uint64_t)n;
	for (size_t r = 0; r < u->n_ranges && u->budget.steps; r++) {
		const struct unit_range *range = &u->ranges[r];
		uint64_t unit_bytes = range->end - range->start;
		size_t i = code_query_first(queries, n, range->start);
		for (; i < n && queries[i].vaddr < range->end && u->budget.steps; i++) {
			struct code_query *q = &queries[i];
			u->budget.steps--;
			if (q->unit != CODE_QUERY_NO_UNIT && q->unit_bytes <= unit_bytes)
				continue;
			q->unit = range->unit;
			q->unit_bytes = unit_bytes;
		}
	}
}

struct line_reader {
	struct code_query *queries;
	size_t n;
	size_t next; /* the first query that does not lie before the last row */
};

/* Rows mostly rise, and so do the queries; where sequences overlap, the first row is kept. */
static void read_row(void *line_reader, uint64_t start, uint64_t end, uint64_t file, uint32_t line)
{
	struct line_reader *r = line_reader;
	bool is_behind = r->next < r->n && r->queries[r->next].vaddr < start;
	bool is_ahead = r->next && r->queries[r->next - 1].vaddr >= start;
	if (is_behind || is_ahead)
		r->next = code_query_first(r->queries, r->n, start);
	for (; r->next < r->n && r->queries[r->next].vaddr < end; r->next++) {
		struct code_query *q = &r->queries[r->next];
		if (q->has_line)
			continue;
		q->file = file;
		q->line = line;
		q->has_line = true;
	}
}

/* The unit's entry, or that of its split unit (.dwo), where libdw finds it. */
static Dwarf_Die full_unit(const Dwarf_Die *unit, bool *ret_is_missing)
{
	Dwarf_Die split = { 0 };
	uint8_t unit_type = 0;
	*ret_is_missing = false;
	if (dwarf_cu_info(unit->cu, NULL, &unit_type, NULL, &split, NULL, NULL, NULL) != 0 ||
		unit_type != DW_UT_skeleton)
		return *unit;
	*ret_is_missing = split.addr == NULL;
	return *ret_is_missing ? *unit : split;
}

bool dwarf_units_read(struct dwarf_units *u, uint32_t unit, struct code_query *queries, size_t n,
	struct arena *memory, struct unit_reading *ret_reading, struct err *damage, struct err *err)
{
	bool is_missing;
	Dwarf_Die skeleton = u->units[unit];
	Dwarf_Die full = full_unit(&skeleton, &is_missing);
	struct unit_reading reading = { .names = dwarf_names_of(&full, &u->budget, memory) };
	struct line_reader reader = { .queries = queries, .n = n };
	if (full.addr != skeleton.addr)
		u->budget.steps += SPLIT_UNIT_STEPS;
	if (is_missing && !damage->text[0])
		err_set(damage, "split debug information (.dwo) not found");
	reading.has_lines = open_lines(u, &skeleton, memory, &reading.lines, damage);
	if (reading.has_lines)
		line_table_run(&reading.lines, u->code, read_row, &reader);
	if (!dwarf_scope_resolve(&full, u->code, queries, n, &u->budget, memory, err))
		return false;
	if (!u->budget.steps && !damage->text[0])
		err_set(damage, "debug information is tangled: gave up reading it");
	*ret_reading = reading;
	return true;
}

void unit_reading_fini(struct unit_reading *reading)
{
	dwarf_names_fini(&reading->names);
}
