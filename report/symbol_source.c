/*
 * Answers about addresses: see symbol_source.h. Here the parts meet: the separate debug files
 * (debug_file), the symbol tables (symtab, plt), and the debug information (dwarf_units).
 *
 * The debug information tells lines and inlined calls, and the function's linkage name. The symbol
 * table names what the debug information does not know, what it names only in part (a C++ or Rust
 * function without a linkage name), and what it knows by an internal name only (malloc, which it
 * calls __GI___libc_malloc).
 */
#include "report/symbol_source.h"

#include "report/debug_file.h"
#include "report/dwarf_units.h"
#include "report/plt.h"
#include "report/symtab.h"

#include <string.h>

enum { MAX_INLINE_DEPTH = 128 };

struct symbol_source {
	struct code_ranges code;
	struct elf_file *debug_file, *alt_file; /* NULL: none */
	struct symtab *symbols, *stubs;
	struct dwarf_units *units; /* NULL: no debug information */
	struct arena memory;       /* of the answers */
	struct symbol_notes notes;
	struct err problem;
};

/* The first problem is the one that is told. */
static void note_problem(struct symbol_source *s, const struct err *problem)
{
	if (problem->text[0] && !s->problem.text[0])
		s->problem = *problem;
	if (s->problem.text[0])
		s->notes.problem = s->problem.text;
}

static void find_debug_files(
	struct symbol_source *s, struct elf_file *elf, const struct symbol_search *search)
{
	struct err refused = { 0 }, alt_refused = { 0 };
	bool is_whole = dwarf_units_present(elf);
	if (!is_whole)
		s->debug_file = debug_file_find(elf, search, &refused);
	if (s->debug_file)
		s->notes.debug_file = elf_file_name(s->debug_file);
	else
		note_problem(s, &refused);
	struct elf_file *debug = s->debug_file ? s->debug_file : elf;
	if (debug_file_has_alt(debug))
		s->alt_file = debug_file_find_alt(debug, search, &alt_refused);
	if (!s->alt_file)
		note_problem(s, &alt_refused);
}

static bool read_symbols(struct symbol_source *s, struct elf_file *elf, struct err *err)
{
	struct err damage = { 0 };
	s->symbols = symtab_new(&s->code, err);
	s->stubs = symtab_new(&s->code, err);
	if (!s->symbols || !s->stubs)
		return false;
	if (!symtab_add_file(s->symbols, elf, &damage))
		note_problem(s, &damage);
	if (s->debug_file && !symtab_add_file(s->symbols, s->debug_file, &damage))
		note_problem(s, &damage);
	if (!symtab_finish(s->symbols, err) || !plt_add_symbols(s->stubs, elf, s->symbols, err) ||
		!symtab_finish(s->stubs, err))
		return false;
	s->notes.has_symbols = symtab_count(s->symbols) > 0;
	return true;
}

static bool has_section(struct elf_file *elf, const char *name)
{
	struct elf_section section;
	struct err ignored = { 0 };
	return elf && elf_file_section(elf, name, &section, &ignored) && section.data;
}

static bool has_symbol_table(const struct symbol_source *s, struct elf_file *elf)
{
	return has_section(elf, ".symtab") || has_section(elf, ".gnu_debugdata") ||
		has_section(s->debug_file, ".symtab");
}

static void open_units(struct symbol_source *s, struct elf_file *elf)
{
	struct elf_file *debug = s->debug_file ? s->debug_file : elf;
	struct err damage = { 0 }, err = { 0 };
	if (!dwarf_units_present(debug))
		return;
	s->notes.has_debug_info =
		dwarf_units_open(debug, s->alt_file, &s->code, &s->units, &damage, &err);
	note_problem(s, s->units ? &damage : &err);
}

bool symbol_source_open(struct elf_file *elf, const struct symbol_search *search,
	struct symbol_source **ret_source, struct err *err)
{
	AUTO(symbol_source_close) struct symbol_source *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, "symbols: no memory");
	find_debug_files(s, elf, search);
	if (!code_ranges_init(&s->code, elf, err) || !read_symbols(s, elf, err))
		return false;
	open_units(s, elf);
	s->notes.is_stripped = !s->notes.has_debug_info && !has_symbol_table(s, elf);
	*ret_source = TAKE(s);
	return true;
}

void symbol_source_close(struct symbol_source *source)
{
	if (!source)
		return;
	dwarf_units_close(source->units);
	symtab_free(source->symbols);
	symtab_free(source->stubs);
	code_ranges_fini(&source->code);
	elf_file_close(source->alt_file);
	elf_file_close(source->debug_file);
	arena_fini(&source->memory);
	free(source);
}

static const char *table_name(const struct symbol_source *s, uint64_t vaddr)
{
	const struct symtab_symbol *symbol = symtab_find(s->symbols, vaddr);
	if (!symbol)
		symbol = symtab_find(s->stubs, vaddr);
	return symbol ? symbol->name : NULL;
}

/* Compilers mark the parts and variants of a function in its symbol, ".cold" or ".isra.0"; the
 * debug information's names have no such marks. */
static const char *without_clone_mark(struct symbol_source *s, const char *name)
{
	static const char *const marks[] = { ".cold", ".part.", ".isra.", ".constprop.",
		".lto_priv.", ".llvm." };
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *mark = strstr(name, marks[i]);
		if (mark && mark != name)
			len = MIN(len, (size_t)(mark - name));
	}
	if (!name[len])
		return name;
	char *cut = arena_alloc(&s->memory, len + 1);
	return cut ? memcpy(cut, name, len) : name;
}

static void take_first(void *ctx, uint64_t start, uint64_t end)
{
	struct code_range *first = ctx;
	if (start < end && first->start == first->end)
		*first = (struct code_range){ start, end };
}

/* The name that others know a function by, when `name` is internal; else NULL. Compilers put the
 * part with the entry first among a function's ranges. */
static const char *public_name(struct symbol_source *s, struct unit_reading *unit,
	struct dwarf_scope *scope, const char *name)
{
	struct code_range first = { 0 };
	if (!symtab_name_is_internal(name))
		return NULL;
	dwarf_scope_ranges(&scope->die, unit->names.budget, take_first, &first);
	const struct symtab_symbol *symbol =
		first.end ? symtab_find(s->symbols, first.start) : NULL;
	return symbol && symbol->is_global && symbol->entry == first.start ? symbol->name : NULL;
}

/* The symbol table knows the whole name of the function around, not of what is inlined in it. */
static const char *scope_name(struct symbol_source *s, struct unit_reading *unit,
	const struct code_query *q, struct dwarf_scope *scope)
{
	bool is_plain = false;
	const char *name = dwarf_name(&unit->names, scope, &is_plain);
	if (scope->is_inlined)
		return name;
	if (name && !(is_plain && unit->names.have_scopes)) {
		const char *better = public_name(s, unit, scope, name);
		return better ? better : name;
	}
	const char *whole = table_name(s, q->vaddr);
	return whole ? without_clone_mark(s, whole) : name;
}

static const char *file_path(struct unit_reading *unit, uint64_t file)
{
	return unit->has_lines ? line_table_path(&unit->lines, file) : NULL;
}

static uint32_t count_frames(const struct code_query *q)
{
	uint32_t n = 1;
	const struct dwarf_scope *scope = q->scope;
	for (; scope && scope->is_inlined && n < MAX_INLINE_DEPTH; scope = scope->parent)
		n++;
	return n;
}

/* Every inlined scope tells where its caller called it; a caller that the debug information does
 * not have is the function that the symbol table tells. */
static bool answer_from_unit(struct symbol_source *s, struct unit_reading *unit,
	const struct code_query *q, struct symbol_answer *answer)
{
	uint32_t n = count_frames(q);
	struct symbol_frame *frames = arena_alloc(&s->memory, n * sizeof(*frames));
	if (!frames)
		return false;
	struct dwarf_scope *scope = q->scope;
	frames[0].file = q->has_line ? file_path(unit, q->file) : NULL;
	frames[0].line = q->line;
	for (uint32_t i = 0; i < n; i++) {
		frames[i].raw_name =
			scope ? scope_name(s, unit, q, scope) : table_name(s, q->vaddr);
		frames[i].is_inlined = scope && scope->is_inlined;
		if (!scope || i + 1 == n)
			break;
		frames[i + 1].file = file_path(unit, scope->call_file);
		frames[i + 1].line = scope->call_line;
		scope = scope->parent;
	}
	bool knows = n > 1 || frames[0].raw_name || frames[0].file;
	*answer = (struct symbol_answer){ frames, knows ? n : 0 };
	return true;
}

static bool answer_from_table(
	struct symbol_source *s, const struct code_query *q, struct symbol_answer *answer)
{
	const char *name = table_name(s, q->vaddr);
	*answer = (struct symbol_answer){ 0 };
	if (!name)
		return true;
	struct symbol_frame *frame = arena_alloc(&s->memory, sizeof(*frame));
	if (!frame)
		return false;
	frame->raw_name = name;
	*answer = (struct symbol_answer){ frame, 1 };
	return true;
}

static bool answer_group(struct symbol_source *s, struct code_query *group, size_t n,
	struct symbol_answer *answers, struct err *err)
{
	AUTO(unit_reading_fini) struct unit_reading unit = { 0 };
	struct err damage = { 0 };
	bool has_unit = group->unit != CODE_QUERY_NO_UNIT;
	if (has_unit &&
		!dwarf_units_read(s->units, group->unit, group, n, &s->memory, &unit, &damage, err))
		return false;
	note_problem(s, &damage);
	for (size_t i = 0; i < n; i++) {
		struct symbol_answer *answer = &answers[group[i].number];
		if (has_unit ? !answer_from_unit(s, &unit, &group[i], answer)
			     : !answer_from_table(s, &group[i], answer))
			return err_set(err, "symbols: no memory");
	}
	return true;
}

static int compare_by_unit(const void *a, const void *b)
{
	const struct code_query *x = a, *y = b;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

bool symbol_source_resolve(struct symbol_source *source, const uint64_t *vaddrs, size_t n,
	struct symbol_answer *answers, struct err *err)
{
	AUTO_FREE struct code_query *queries = calloc(n + 1, sizeof(*queries));
	if (!queries || n >= UINT32_MAX)
		return err_set(err, "symbols: no memory for %zu addresses", n);
	for (size_t i = 0; i < n; i++)
		queries[i] = (struct code_query){
			.vaddr = vaddrs[i],
			.number = (uint32_t)i,
			.unit = CODE_QUERY_NO_UNIT,
			.is_padding = source->notes.has_symbols && !table_name(source, vaddrs[i]),
		};
	if (source->units)
		dwarf_units_assign(source->units, queries, n);
	if (n)
		qsort(queries, n, sizeof(*queries), compare_by_unit);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && queries[end].unit == queries[start].unit; end++)
			;
		if (!answer_group(source, &queries[start], end - start, answers, err))
			return false;
	}
	return true;
}

const struct symbol_notes *symbol_source_notes(const struct symbol_source *source)
{
	return &source->notes;
}
