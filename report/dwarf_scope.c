/*
 * Functions and inlined calls: see dwarf_scope.h. DWARF 5, 3.3.
 *
 * The entries are walked from the unit downwards, and only where an address was asked about: a
 * function without one is skipped with all that is in it. Functions can hide in others, or in the
 * types declared there (nested functions of C, closures, local classes); as that is rare, a second
 * walk looks there, for the addresses that found no function in the first.
 */
#include "report/dwarf_scope.h"

#include <dwarf.h>

enum { MAX_DEPTH = 128 };

struct scope_walk {
	const struct dwarf_unit *unit;
	const struct dwarf_abbrevs *abbrevs;
	const struct code_ranges *code;
	struct cursor c;
	struct code_query *queries;
	size_t n, hint;
	struct dwarf_budget *budget;
	struct arena *memory;
	bool everywhere; /* the second walk */
	bool is_damaged;
	bool no_memory;
};

enum entry_kind {
	ENTRY_OTHER,
	ENTRY_FUNCTION, /* has code of its own, or describes some */
	ENTRY_INLINED,
	ENTRY_BLOCK,     /* part of a function's code */
	ENTRY_NAMESPACE, /* holds functions */
	ENTRY_TYPE,      /* might hold functions */
};

static enum entry_kind entry_kind(int tag)
{
	switch (tag) {
	case DW_TAG_subprogram:
	case DW_TAG_entry_point:
		return ENTRY_FUNCTION;
	case DW_TAG_inlined_subroutine:
		return ENTRY_INLINED;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
		return ENTRY_BLOCK;
	case DW_TAG_namespace:
	case DW_TAG_module:
		return ENTRY_NAMESPACE;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type:
		return ENTRY_TYPE;
	default:
		return ENTRY_OTHER;
	}
}

/* An entry that the walk is in, and the scope made of it once it or one in it is hit. */
struct place {
	struct place *around; /* NULL: the unit */
	const struct dwarf_entry *entry;
	struct dwarf_scope *scope;
	uint16_t depth;
	bool is_inlined;
	bool is_hit;
};

static void set_call_site(struct dwarf_scope *scope, const struct dwarf_entry *e)
{
	uint64_t line;
	dwarf_entry_number(e, SLOT_CALL_FILE, &scope->call_file);
	if (dwarf_entry_number(e, SLOT_CALL_LINE, &line) && line <= UINT32_MAX)
		scope->call_line = (uint32_t)line;
}

/* NULL: no memory. */
static struct dwarf_scope *scope_of(struct scope_walk *w, struct place *place)
{
	if (place->scope)
		return place->scope;
	struct dwarf_scope *scope = arena_alloc(w->memory, sizeof(*scope));
	if (!scope) {
		w->no_memory = true;
		return NULL;
	}
	scope->offset = place->entry->offset;
	scope->depth = place->depth;
	scope->is_inlined = place->is_inlined;
	if (place->is_inlined && place->around)
		scope->parent = scope_of(w, place->around);
	set_call_site(scope, place->entry);
	place->scope = scope;
	return scope;
}

struct painter {
	struct scope_walk *walk;
	struct place *place;
};

/*
 * The deepest scope wins, and of equally deep ones (folded functions) the first. In the first walk
 * a scope counts only where the one around it does, too: else it would depend on the other
 * addresses asked about whether it is looked at.
 */
static bool is_better(const struct scope_walk *w, const struct place *place, size_t i)
{
	const struct dwarf_scope *old = w->queries[i].scope;
	if (!w->everywhere)
		return old == (place->around ? place->around->scope : NULL);
	return !old || old->depth < place->depth;
}

static void paint_range(void *painter, uint64_t start, uint64_t end)
{
	struct scope_walk *w = ((struct painter *)painter)->walk;
	struct place *place = ((struct painter *)painter)->place;
	size_t i = code_query_first(w->queries, w->n, start, w->hint);
	w->hint = i;
	if (!code_ranges_find(w->code, start))
		return;
	code_query_cut(w->queries, w->n, i, start);
	for (; i < w->n && w->queries[i].vaddr < end; i++) {
		struct dwarf_scope *scope = is_better(w, place, i) ? scope_of(w, place) : NULL;
		if (scope) {
			w->queries[i].scope = scope;
			place->is_hit = true;
		}
		if (!dwarf_budget_spend(w->budget, 1))
			return;
	}
	code_query_cut(w->queries, w->n, i, end);
	w->hint = i;
}

static void walk_list(struct scope_walk *w, struct place *around, int depth);

static void walk_children(struct scope_walk *w, const struct dwarf_entry *e, struct place *around,
	bool is_wanted, int depth)
{
	if (!is_wanted || depth >= MAX_DEPTH)
		dwarf_entry_skip_children(w->unit, w->abbrevs, e, &w->c, w->budget);
	else if (e->has_children)
		walk_list(w, around, depth + 1);
}

static void visit_function(struct scope_walk *w, const struct dwarf_entry *e, struct place *around,
	bool is_inlined, int depth)
{
	struct place place = {
		.around = around,
		.entry = e,
		.depth = (uint16_t)(around ? around->depth + 1 : 0),
		.is_inlined = is_inlined,
	};
	struct painter painter = { w, &place };
	dwarf_entry_ranges(w->unit, e, w->budget, paint_range, &painter);
	walk_children(w, e, &place, place.is_hit || w->everywhere, depth);
}

static void visit(struct scope_walk *w, const struct dwarf_abbrev *abbrev, uint64_t offset,
	enum entry_kind kind, struct place *around, int depth)
{
	struct dwarf_entry e;
	if (!dwarf_entry_finish(w->unit, w->abbrevs, abbrev, offset, &w->c, &e))
		return;
	if (kind == ENTRY_FUNCTION || kind == ENTRY_INLINED)
		visit_function(w, &e, around, kind == ENTRY_INLINED, depth);
	else
		walk_children(w, &e, around, true, depth);
}

/* Of a list of children, from its first entry to past its end. */
static void walk_list(struct scope_walk *w, struct place *around, int depth)
{
	while (!w->no_memory && w->c.pos < w->c.end && dwarf_budget_spend(w->budget, 1)) {
		uint64_t offset = cursor_offset(&w->c);
		const struct dwarf_abbrev *abbrev = dwarf_entry_peek(w->abbrevs, &w->c);
		if (!abbrev)
			return;
		enum entry_kind kind = entry_kind(abbrev->tag);
		bool is_wanted = kind != ENTRY_OTHER && (kind != ENTRY_TYPE || w->everywhere);
		if (is_wanted)
			visit(w, abbrev, offset, kind, around, depth);
		else
			dwarf_entry_skip(w->unit, w->abbrevs, abbrev, &w->c, w->budget);
		if (w->c.failed)
			return;
	}
}

static void walk_unit(struct scope_walk *w)
{
	struct dwarf_entry e;
	w->c = dwarf_unit_cursor(w->unit, w->unit->first_entry);
	w->hint = 0;
	if (dwarf_entry_read(w->unit, w->abbrevs, &w->c, &e) && e.has_children)
		walk_list(w, NULL, 1);
	w->is_damaged |= w->c.failed;
	code_query_spread(w->queries, w->n);
}

/* Looks for the others again; they are put together for that, in their order. */
static bool walk_again(struct scope_walk *w, struct code_query *queries, size_t n)
{
	size_t n_left = 0;
	for (size_t i = 0; i < n; i++)
		n_left += !queries[i].scope && !queries[i].is_padding;
	if (!n_left)
		return true;
	AUTO_FREE struct code_query *left = calloc(n_left, sizeof(*left));
	if (!left)
		return false;
	for (size_t i = 0, at = 0; i < n; i++)
		if (!queries[i].scope && !queries[i].is_padding)
			left[at++] = queries[i];
	w->queries = left;
	w->n = n_left;
	w->everywhere = true;
	walk_unit(w);
	for (size_t i = 0, at = 0; i < n; i++)
		if (!queries[i].scope && !queries[i].is_padding)
			queries[i] = left[at++];
	return true;
}

bool dwarf_scope_resolve(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct code_ranges *code, struct code_query *queries, size_t n,
	struct dwarf_budget *budget, struct arena *memory, bool *ret_is_damaged, struct err *err)
{
	struct scope_walk w = {
		.unit = unit,
		.abbrevs = abbrevs,
		.code = code,
		.queries = queries,
		.n = n,
		.budget = budget,
		.memory = memory,
	};
	walk_unit(&w);
	bool ok = walk_again(&w, queries, n);
	*ret_is_damaged = w.is_damaged;
	return (ok && !w.no_memory) || err_set(err, "debug information: no memory");
}
