/*
 * Compile units and their addresses: see dwarf_units.h.
 *
 * A unit's addresses are its DW_AT_ranges, or DW_AT_low_pc and DW_AT_high_pc; where it has
 * neither, the sequences of its line table (assemblers of old, and damaged files).
 */
#include "report/dwarf_units.h"

#include <dwarf.h>
#include <inttypes.h>
#include <string.h>

/* The size of a .dwo file is not known here. No unit has more entries than that. */
enum { SPLIT_UNIT_STEPS = 16 * 1024 * 1024 };

struct unit_range {
	uint64_t start, end;
	uint32_t unit;
};

struct dwarf_units {
	const struct code_ranges *code;
	const char *file_name;
	struct dwarf_file file, alt;
	struct line_sections sections;
	struct unit_range *ranges;
	size_t n_ranges, cap_ranges;
	struct dwarf_budget budget; /* for the index */
	uint32_t unit;              /* that is being put into the index */
	bool no_memory;
};

bool dwarf_units_present(struct elf_file *elf)
{
	struct elf_section section;
	struct err ignored = { 0 };
	return elf_file_section(elf, ".debug_info", &section, &ignored) && section.data;
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
	u->ranges[u->n_ranges++] = (struct unit_range){ start, end, u->unit };
}

/* Rows follow each other: the last range grows. */
static uint64_t add_row(
	void *dwarf_units, uint64_t start, uint64_t end, uint64_t file, uint32_t line)
{
	struct dwarf_units *u = dwarf_units;
	struct unit_range *last = u->n_ranges ? &u->ranges[u->n_ranges - 1] : NULL;
	(void)file;
	(void)line;
	if (last && last->unit == u->unit && last->end == start)
		last->end = end;
	else
		add_range(u, start, end);
	return 0;
}

static bool open_lines(const struct dwarf_units *u, const struct dwarf_unit *unit,
	struct arena *memory, struct line_table *ret_table, struct err *err)
{
	return unit->has_stmt_list &&
		line_table_open(
			&u->sections, unit->stmt_list, unit->comp_dir, memory, ret_table, err);
}

/* Many units can claim one large table. */
static void add_ranges_of_lines(struct dwarf_units *u, const struct dwarf_unit *unit)
{
	struct arena memory = { 0 };
	struct line_table table;
	struct err ignored = { 0 };
	if (u->budget.steps && open_lines(u, unit, &memory, &table, &ignored) &&
		dwarf_budget_spend(&u->budget, table.size_bytes))
		line_table_run(&table, u->code, add_row, u);
	arena_fini(&memory);
}

/* Type units and partial units, which hold what several units share, have no code. */
static bool index_units(struct dwarf_units *u, struct err *err)
{
	struct dwarf_abbrevs scratch = { 0 };
	struct dwarf_entry e;
	for (size_t i = 0; i < u->file.n_units && !u->no_memory; i++) {
		const struct dwarf_unit *unit = &u->file.units[i];
		if (unit->type != DW_UT_compile && unit->type != DW_UT_skeleton)
			continue;
		u->unit = (uint32_t)i;
		if (!unit->has_ranges)
			add_ranges_of_lines(u, unit);
		else if (u->budget.steps && dwarf_unit_entry(unit, &scratch, &e) &&
			dwarf_budget_spend(&u->budget, scratch.read_bytes))
			dwarf_entry_ranges(unit, &e, &u->budget, add_range, u);
	}
	dwarf_abbrevs_fini(&scratch);
	return !u->no_memory || err_set(err, "debug information: no memory");
}

struct unit_size dwarf_units_total(const struct dwarf_units *u)
{
	return (struct unit_size){
		.entry_bytes = dwarf_file_bytes(&u->file) + dwarf_file_bytes(&u->alt),
		.line_bytes = cursor_left(&u->sections.line),
	};
}

struct unit_size dwarf_units_size(const struct dwarf_units *u, uint32_t unit)
{
	const struct dwarf_unit *of = &u->file.units[unit];
	struct unit_size size = { .entry_bytes = of->end - of->offset };
	struct cursor line = u->sections.line;
	if (of->has_stmt_list && cursor_seek(&line, of->stmt_list)) {
		uint32_t line_bytes = cursor_u32(&line);
		size.line_bytes = line_bytes == UINT32_MAX ? cursor_u64(&line) : line_bytes;
		size.line_bytes = MIN(size.line_bytes, (uint64_t)cursor_left(&line));
	}
	return size;
}

/* Every byte of the ranges may be looked at a few times for the index, and the abbreviations of the
 * units too. */
bool dwarf_units_open(struct elf_file *elf, struct elf_file *alt, const struct code_ranges *code,
	struct dwarf_units **ret_units, struct err *damage, struct err *err)
{
	AUTO(dwarf_units_close) struct dwarf_units *u = calloc(1, sizeof(*u));
	struct err alt_damage = { 0 };
	if (!u)
		return err_set(err, "debug information: no memory");
	u->code = code;
	u->file_name = elf_file_name(elf);
	if (!dwarf_file_open(elf, DWARF_FILE_WHOLE, &u->alt, &u->file, damage, err) ||
		(alt && !dwarf_file_open(alt, DWARF_FILE_WHOLE, NULL, &u->alt, &alt_damage, err)))
		return err_prefix(err, "%s", elf_file_name(elf));
	if (damage->text[0])
		err_prefix(damage, "%s", elf_file_name(elf));
	u->sections.line = elf_file_cursor(elf, ".debug_line");
	u->sections.line_str = u->file.line_str;
	u->sections.str = u->file.str;
	struct unit_size total = dwarf_units_total(u);
	u->budget.steps = 1000000 + 4 * (total.entry_bytes + total.line_bytes) +
		16 * (uint64_t)cursor_left(&u->file.abbrev);
	if (!index_units(u, err))
		return err_prefix(err, "%s", elf_file_name(elf));
	*ret_units = TAKE(u);
	return true;
}

void dwarf_units_close(struct dwarf_units *u)
{
	if (!u)
		return;
	dwarf_file_fini(&u->file);
	dwarf_file_fini(&u->alt);
	free(u->ranges);
	free(u);
}

/* Where units claim the same address, the narrowest range is the most telling. */
void dwarf_units_assign(const struct dwarf_units *u, struct code_query *queries, size_t n)
{
	struct dwarf_budget budget = { 64 * (uint64_t)(u->n_ranges + n) };
	size_t i = 0;
	for (size_t r = 0; r < u->n_ranges && budget.steps; r++) {
		const struct unit_range *range = &u->ranges[r];
		uint64_t unit_bytes = range->end - range->start;
		i = code_query_first(queries, n, range->start, i);
		code_query_cut(queries, n, i, range->start);
		for (; i < n && queries[i].vaddr < range->end && budget.steps; i++) {
			struct code_query *q = &queries[i];
			budget.steps--;
			if (q->unit != CODE_QUERY_NO_UNIT && q->unit_bytes <= unit_bytes)
				continue;
			q->unit = range->unit;
			q->unit_bytes = unit_bytes;
		}
		code_query_cut(queries, n, i, range->end);
	}
	code_query_spread(queries, n);
}

struct line_reader {
	struct code_query *queries;
	size_t n;
	size_t next; /* the first query that does not lie before the last row */
};

/* Rows mostly rise, and so do the queries; where sequences overlap, the first row is kept. */
static uint64_t read_row(
	void *line_reader, uint64_t start, uint64_t end, uint64_t file, uint32_t line)
{
	struct line_reader *r = line_reader;
	size_t i = code_query_first(r->queries, r->n, start, r->next);
	code_query_cut(r->queries, r->n, i, start);
	for (; i < r->n && r->queries[i].vaddr < end; i++) {
		struct code_query *q = &r->queries[i];
		if (q->has_line)
			continue;
		q->file = file;
		q->line = line;
		q->has_line = true;
	}
	code_query_cut(r->queries, r->n, i, end);
	r->next = i;
	return i < r->n ? r->queries[i].vaddr : UINT64_MAX;
}

static void read_lines(const struct dwarf_units *u, const struct dwarf_unit *unit,
	struct code_query *queries, size_t n, struct arena *memory, struct unit_reading *reading,
	struct err *damage)
{
	struct line_reader lines = { .queries = queries, .n = n };
	reading->has_lines = open_lines(u, unit, memory, &reading->lines, damage);
	if (!reading->has_lines)
		return;
	line_table_run(&reading->lines, u->code, read_row, &lines);
	code_query_spread(queries, n);
}

/* The unit, or its split unit (.dwo). */
static const struct dwarf_unit *full_unit(const struct dwarf_units *u,
	const struct dwarf_unit *unit, struct unit_reader *reader, struct dwarf_budget *budget,
	struct err *damage)
{
	if (unit->type != DW_UT_skeleton)
		return unit;
	const struct dwarf_unit *split = dwarf_split_find(&reader->splits, unit, u->file_name);
	if (split)
		budget->steps += SPLIT_UNIT_STEPS;
	else if (!damage->text[0])
		err_set(damage, "split debug information (.dwo) not found");
	return split ? split : unit;
}

bool dwarf_units_read(const struct dwarf_units *u, uint32_t unit, bool without_lines,
	struct code_query *queries, size_t n, uint64_t steps, struct unit_reader *reader,
	struct unit_reading *ret_reading, struct err *damage, struct err *err)
{
	const struct dwarf_unit *skeleton = &u->file.units[unit];
	struct dwarf_budget *budget = &ret_reading->budget;
	budget->steps = steps;
	const struct dwarf_unit *full = full_unit(u, skeleton, reader, budget, damage);
	dwarf_names_init(&ret_reading->names, full, &reader->entries, budget, reader->memory);
	ret_reading->has_lines = false;
	if (!without_lines)
		read_lines(u, skeleton, queries, n, reader->memory, ret_reading, damage);
	const struct dwarf_abbrevs *abbrevs = dwarf_reader_abbrevs(&reader->entries, full);
	bool is_damaged = false;
	if (!dwarf_scope_resolve(
		    full, abbrevs, u->code, queries, n, budget, reader->memory, &is_damaged, err))
		return false;
	if (!budget->steps && !damage->text[0])
		err_set(damage, "debug information is tangled: gave up reading it");
	if (is_damaged && !damage->text[0])
		err_set(damage, "debug information is damaged in the unit at offset %" PRIu64,
			full->offset);
	return true;
}

void unit_reading_fini(struct unit_reading *reading)
{
	dwarf_names_fini(&reading->names);
}

void unit_reader_fini(struct unit_reader *reader)
{
	dwarf_reader_fini(&reader->entries);
	dwarf_splits_fini(&reader->splits);
}
