/*
 * Frames of an address: see symbol_frames.h.
 *
 * The debug information tells lines and inlined calls, and the function's linkage name. The symbol
 * table names what the debug information does not know, what it names only in part (a C++ or Rust
 * function without a linkage name), and what it knows by an internal name only (malloc, which it
 * calls __GI___libc_malloc).
 */
#include "report/symbol_frames.h"

#include <string.h>

enum { MAX_INLINE_DEPTH = 128 };

/* Names. */

static const char *table_name(const struct symbol_tables *t, uint64_t vaddr)
{
	const struct symtab_symbol *symbol = symtab_find(t->symbols, vaddr);
	if (!symbol)
		symbol = symtab_find(t->stubs, vaddr);
	return symbol ? symbol->name : NULL;
}

/* Compilers mark the parts and variants of a function in its symbol, ".cold" or ".isra.0"; the
 * debug information's names have no such marks. */
static const char *without_clone_mark(struct arena *memory, const char *name)
{
	static const char *const marks[] = { ".cold", ".part.", ".isra.", ".constprop.",
		".lto_priv.", ".llvm." };
	size_t len = strlen(name);
	if (!strchr(name, '.'))
		return name;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *mark = strstr(name, marks[i]);
		if (mark && mark != name)
			len = MIN(len, (size_t)(mark - name));
	}
	if (!name[len])
		return name;
	char *cut = arena_alloc(memory, len + 1);
	return cut ? memcpy(cut, name, len) : name;
}

static void take_first(void *ctx, uint64_t start, uint64_t end)
{
	struct code_range *first = ctx;
	if (first->start == first->end)
		*first = (struct code_range){ start, end };
}

/* The name that others know a function by, when `name` is internal; else NULL. Compilers put the
 * part with the entry first among a function's ranges. */
static const char *public_name(const struct symbol_tables *t, struct unit_reading *unit,
	const struct dwarf_scope *scope, const char *name)
{
	struct code_range first = { 0 };
	struct dwarf_entry e;
	if (!symtab_name_is_internal(name) ||
		!dwarf_entry_at(unit->names.reader, unit->names.unit, scope->offset, &e))
		return NULL;
	dwarf_entry_ranges(unit->names.unit, &e, &unit->budget, take_first, &first);
	const struct symtab_symbol *symbol =
		first.end ? symtab_find(t->symbols, first.start) : NULL;
	return symbol && symbol->is_global && symbol->entry == first.start ? symbol->name : NULL;
}

/* The symbol table knows the whole name of the function around, not of what is inlined in it. */
static const char *scope_name(const struct symbol_tables *t, struct unit_reading *unit,
	const struct code_query *q, struct dwarf_scope *scope)
{
	bool is_plain = false;
	const char *name = dwarf_name(&unit->names, scope, &is_plain);
	if (scope->is_inlined)
		return name;
	if (name && !(is_plain && unit->names.have_scopes)) {
		const char *better = public_name(t, unit, scope, name);
		return better ? better : name;
	}
	const char *whole = table_name(t, q->vaddr);
	return whole ? without_clone_mark(unit->names.memory, whole) : name;
}

static const char *file_path(struct unit_reading *unit, uint64_t file)
{
	return unit->has_lines ? line_table_path(&unit->lines, file) : NULL;
}

/* Frames. */

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
bool symbol_frames_by_unit(const struct symbol_tables *t, struct unit_reading *unit,
	const struct code_query *q, struct symbol_finding *finding)
{
	uint32_t n = count_frames(q);
	struct symbol_frame *frames = arena_alloc(unit->names.memory, n * sizeof(*frames));
	if (!frames)
		return false;
	struct dwarf_scope *scope = q->scope;
	frames[0].file = q->has_line ? file_path(unit, q->file) : NULL;
	frames[0].line = q->line;
	for (uint32_t i = 0; i < n; i++) {
		frames[i].raw_name =
			scope ? scope_name(t, unit, q, scope) : table_name(t, q->vaddr);
		frames[i].is_inlined = scope && scope->is_inlined;
		if (!scope || i + 1 == n)
			break;
		frames[i + 1].file = file_path(unit, scope->call_file);
		frames[i + 1].line = scope->call_line;
		scope = scope->parent;
	}
	bool knows = n > 1 || frames[0].raw_name || frames[0].file;
	finding->frames = frames;
	finding->n_frames = knows ? n : 0;
	return true;
}

bool symbol_frames_by_tables(const struct symbol_tables *t, struct arena *memory,
	const struct code_query *q, struct symbol_finding *finding)
{
	const char *name = table_name(t, q->vaddr);
	if (!name)
		return true;
	struct symbol_frame *frame = arena_alloc(memory, sizeof(*frame));
	if (!frame)
		return false;
	frame->raw_name = name;
	finding->frames = frame;
	finding->n_frames = 1;
	return true;
}
