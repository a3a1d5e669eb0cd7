/*
 * Answers about addresses, from files: see symbol_reader.h. Here the parts meet: the separate debug
 * files (debug_file), the symbol tables (symtab, plt), the debug information (dwarf_units), and
 * what is made of them (symbol_frames).
 *
 * Addresses are put in groups by the compile unit that holds them. A group is what a thread takes
 * at a time; the largest first, so that the threads end together.
 */
#include "report/symbol_reader.h"

#include "report/debug_file.h"
#include "report/dwarf_units.h"
#include "report/plt.h"
#include "report/symbol_frames.h"
#include "report/workers.h"

#include <stdatomic.h>
#include <string.h>

/* For a file that a small unit refers to. */
static const uint64_t min_steps = 1000000;

struct thread_part { /* of one thread; lives as long as the findings */
	struct arena memory;
	struct unit_reader units;
	struct file_facts facts;
};

struct symbol_reader {
	struct code_ranges code;
	struct elf_file *debug_file, *alt_file; /* NULL: none */
	struct symbol_tables tables;
	struct dwarf_units *units; /* NULL: no debug information */
	struct symbol_notes notes;
	struct err problem;
	unsigned n_threads;
	struct thread_part *parts;
	size_t n_parts;
};

/* The first problem is the one that is told. */
static void note_problem(struct symbol_reader *r, const struct err *problem)
{
	if (problem->text[0] && !r->problem.text[0])
		r->problem = *problem;
	if (r->problem.text[0])
		r->notes.problem = r->problem.text;
}

static void find_debug_files(struct symbol_reader *r, struct elf_file *elf,
	const struct symbol_search *search, struct file_facts *facts)
{
	struct err refused = { 0 }, alt_refused = { 0 };
	bool is_whole = dwarf_units_present(elf);
	if (!is_whole)
		r->debug_file = debug_file_find(elf, search, facts, &refused);
	if (r->debug_file)
		r->notes.debug_file = elf_file_name(r->debug_file);
	else
		note_problem(r, &refused);
	struct elf_file *debug = r->debug_file ? r->debug_file : elf;
	if (debug_file_has_alt(debug))
		r->alt_file = debug_file_find_alt(debug, search, facts, &alt_refused);
	if (!r->alt_file)
		note_problem(r, &alt_refused);
}

static bool read_symbols(struct symbol_reader *r, struct elf_file *elf, struct err *err)
{
	struct err damage = { 0 };
	r->tables.symbols = symtab_new(&r->code, err);
	r->tables.stubs = symtab_new(&r->code, err);
	if (!r->tables.symbols || !r->tables.stubs)
		return false;
	if (!symtab_add_file(r->tables.symbols, elf, &damage))
		note_problem(r, &damage);
	if (r->debug_file && !symtab_add_file(r->tables.symbols, r->debug_file, &damage))
		note_problem(r, &damage);
	if (!symtab_finish(r->tables.symbols, err) ||
		!plt_add_symbols(r->tables.stubs, elf, r->tables.symbols, err) ||
		!symtab_finish(r->tables.stubs, err))
		return false;
	r->notes.has_symbols = symtab_count(r->tables.symbols) > 0;
	return true;
}

static bool has_section(struct elf_file *elf, const char *name)
{
	struct elf_section section;
	struct err ignored = { 0 };
	return elf && elf_file_section(elf, name, &section, &ignored) && section.data;
}

static bool has_symbol_table(const struct symbol_reader *r, struct elf_file *elf)
{
	return has_section(elf, ".symtab") || has_section(elf, ".gnu_debugdata") ||
		has_section(r->debug_file, ".symtab");
}

static void open_units(struct symbol_reader *r, struct elf_file *elf)
{
	struct elf_file *debug = r->debug_file ? r->debug_file : elf;
	struct err damage = { 0 }, err = { 0 };
	if (r->debug_file)
		dwarf_file_unpack(r->debug_file, r->n_threads);
	if (!dwarf_units_present(debug))
		return;
	r->notes.has_debug_info =
		dwarf_units_open(debug, r->alt_file, &r->code, &r->units, &damage, &err);
	note_problem(r, r->units ? &damage : &err);
}

bool symbol_reader_open(struct elf_file *elf, const struct symbol_search *search,
	struct file_facts *facts, struct symbol_reader **ret_reader, struct err *err)
{
	AUTO(symbol_reader_close) struct symbol_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, "symbols: no memory");
	symbol_reader_use_threads(r, search ? search->n_threads : 1);
	dwarf_file_unpack(elf, r->n_threads);
	find_debug_files(r, elf, search, facts);
	if (!code_ranges_init(&r->code, elf, err) || !read_symbols(r, elf, err))
		return false;
	open_units(r, elf);
	r->notes.is_stripped = !r->notes.has_debug_info && !has_symbol_table(r, elf);
	*ret_reader = TAKE(r);
	return true;
}

void symbol_reader_use_threads(struct symbol_reader *r, unsigned n_threads)
{
	r->n_threads = MAX(1u, MIN(n_threads, (unsigned)WORKERS_MAX));
}

static void free_parts(struct symbol_reader *r)
{
	for (size_t i = 0; i < r->n_parts; i++) {
		unit_reader_fini(&r->parts[i].units);
		arena_fini(&r->parts[i].memory);
		file_facts_fini(&r->parts[i].facts);
	}
	free(r->parts);
}

void symbol_reader_close(struct symbol_reader *r)
{
	if (!r)
		return;
	free_parts(r);
	dwarf_units_close(r->units);
	symtab_free(r->tables.symbols);
	symtab_free(r->tables.stubs);
	code_ranges_fini(&r->code);
	elf_file_close(r->alt_file);
	elf_file_close(r->debug_file);
	free(r);
}

const struct symbol_notes *symbol_reader_notes(const struct symbol_reader *r)
{
	return &r->notes;
}

/* Groups. */

struct group { /* queries of one unit */
	size_t first, n;
	uint64_t cost;
	uint64_t steps;
	bool without_lines;
};

struct job {
	struct symbol_reader *reader;
	struct code_query *queries; /* by group */
	struct group *groups;
	size_t n_groups;
	atomic_size_t next;
	struct symbol_finding *findings;
};

static const char *keep_problem(struct arena *memory, const struct err *damage)
{
	return damage->text[0] ? arena_join(memory, damage->text, "", "") : NULL;
}

static bool find_group(struct job *job, const struct group *group, struct thread_part *part,
	struct unit_reading *unit, struct err *err)
{
	struct symbol_reader *r = job->reader;
	struct code_query *queries = job->queries + group->first;
	struct err damage = { 0 };
	bool has_unit = queries->unit != CODE_QUERY_NO_UNIT;
	if (has_unit &&
		!dwarf_units_read(r->units, queries->unit, group->without_lines, queries, group->n,
			group->steps, &part->units, unit, &damage, err))
		return false;
	const char *problem = keep_problem(&part->memory, &damage);
	for (size_t i = 0; i < group->n; i++) {
		const struct code_query *q = &queries[i];
		struct symbol_finding *f = &job->findings[q->number];
		*f = (struct symbol_finding){
			.start = q->start, .end = q->end, .problem = problem
		};
		if (has_unit ? !symbol_frames_by_unit(&r->tables, unit, q, f)
			     : !symbol_frames_by_tables(&r->tables, &part->memory, q, f))
			return err_set(err, "symbols: no memory");
	}
	bool gave_up = has_unit && (!unit->budget.steps || group->without_lines);
	for (size_t i = 0; i < group->n && gave_up; i++)
		job->findings[queries[i].number].is_partial = true;
	return true;
}

static bool work(void *ctx, unsigned worker, struct err *err)
{
	struct job *job = ctx;
	struct thread_part *part = &job->reader->parts[worker];
	AUTO_FREE struct unit_reading *unit = calloc(1, sizeof(*unit));
	if (!unit)
		return err_set(err, "symbols: no memory");
	for (;;) {
		size_t i = atomic_fetch_add(&job->next, 1);
		if (i >= job->n_groups)
			return true;
		bool ok = find_group(job, &job->groups[i], part, unit, err);
		unit_reading_fini(unit);
		if (!ok)
			return false;
	}
}

static int compare_by_unit(const void *a, const void *b)
{
	const struct code_query *x = a, *y = b;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int compare_by_cost(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Every byte may be looked at a few times: entries in two walks and for the scopes of names, ranges
 * for functions. A unit can refer to all others; that is shared out evenly. */
static void set_limits(struct job *job)
{
	const struct symbol_reader *r = job->reader;
	struct unit_size total = r->units ? dwarf_units_total(r->units) : (struct unit_size){ 0 };
	uint64_t lines_left = 4 * total.line_bytes;
	for (size_t i = 0; i < job->n_groups; i++) {
		struct group *g = &job->groups[i];
		uint32_t unit = job->queries[g->first].unit;
		g->cost = g->n;
		if (unit == CODE_QUERY_NO_UNIT)
			continue;
		struct unit_size size = dwarf_units_size(r->units, unit);
		g->cost += size.entry_bytes + size.line_bytes;
		g->steps = min_steps + 8 * size.entry_bytes + 64 * (uint64_t)g->n +
			4 * total.entry_bytes / job->n_groups;
		g->without_lines = size.line_bytes > lines_left;
		lines_left -= MIN(lines_left, size.line_bytes);
	}
}

static bool make_groups(struct job *job, size_t n, struct err *err)
{
	job->groups = calloc(n + 1, sizeof(*job->groups));
	if (!job->groups)
		return err_set(err, "symbols: no memory");
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && job->queries[end].unit == job->queries[start].unit;
			end++)
			;
		job->groups[job->n_groups++] = (struct group){ .first = start, .n = end - start };
	}
	set_limits(job);
	if (job->n_groups)
		qsort(job->groups, job->n_groups, sizeof(*job->groups), compare_by_cost);
	return true;
}

/* Where the symbol tables have the same answer for all, too. */
static struct code_query new_query(const struct symbol_reader *r, uint64_t vaddr, size_t number)
{
	struct code_range named, stub;
	bool has_name = symtab_find_range(r->tables.symbols, vaddr, &named);
	has_name |= symtab_find_range(r->tables.stubs, vaddr, &stub) != NULL;
	return (struct code_query){
		.vaddr = vaddr,
		.start = MAX(named.start, stub.start),
		.end = MIN(named.end, stub.end),
		.number = (uint32_t)number,
		.unit = CODE_QUERY_NO_UNIT,
		.is_padding = r->notes.has_symbols && !has_name,
	};
}

static bool make_parts(struct symbol_reader *r, unsigned n, struct err *err)
{
	free_parts(r);
	r->n_parts = 0;
	r->parts = calloc(n, sizeof(*r->parts));
	if (!r->parts)
		return err_set(err, "symbols: no memory");
	r->n_parts = n;
	for (unsigned i = 0; i < n; i++) {
		r->parts[i].units.memory = &r->parts[i].memory;
		r->parts[i].units.splits.facts = &r->parts[i].facts;
	}
	return true;
}

bool symbol_reader_find(struct symbol_reader *r, const uint64_t *vaddrs, size_t n,
	struct file_facts *facts, struct symbol_finding *ret_findings, struct err *err)
{
	AUTO_FREE struct code_query *queries = calloc(n + 1, sizeof(*queries));
	struct job job = { .reader = r, .queries = queries, .findings = ret_findings };
	if (!queries || n >= UINT32_MAX)
		return err_set(err, "symbols: no memory for %zu addresses", n);
	for (size_t i = 0; i < n; i++)
		queries[i] = new_query(r, vaddrs[i], i);
	if (r->units)
		dwarf_units_assign(r->units, queries, n);
	if (n)
		qsort(queries, n, sizeof(*queries), compare_by_unit);
	if (!make_groups(&job, n, err)) {
		free(job.groups);
		return false;
	}
	unsigned n_threads = (unsigned)MIN((size_t)r->n_threads, job.n_groups);
	bool ok = make_parts(r, MAX(n_threads, 1u), err) && workers_run(n_threads, work, &job, err);
	free(job.groups);
	for (size_t i = 0; i < r->n_parts && facts; i++) {
		const struct buf *text = &r->parts[i].facts.text;
		file_facts_append(facts, cursor_make(text->data, text->len));
	}
	return ok;
}
