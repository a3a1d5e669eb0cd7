/*
 * Functions and inlined calls: see dwarf_scope.h. DWARF 5, 3.3.
 *
 * The entries are walked from the unit downwards, and only where an address was asked about: a
 * function without one is skipped with all that is in it. Functions can hide in others, or in the
 * types declared there (nested functions of C, closures, local classes); as that is rare, a second
 * walk looks there, and only when an address found no function in the first.
 */
#include "report/dwarf_scope.h"

#include <dwarf.h>

enum { MAX_DEPTH = 128 };

struct scope_walk {
	const struct code_ranges *code;
	struct code_query *queries;
	size_t n;
	struct dwarf_budget *budget;
	struct arena *memory;
	bool everywhere; /* the second walk */
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

/* The attributes of an entry that matter here, found in one pass. */
struct entry_facts {
	Dwarf_Attribute low, high, call_file, call_line;
	bool has_low, has_high, has_ranges, has_call_file, has_call_line;
};

static int note_attribute(Dwarf_Attribute *attribute, void *entry_facts)
{
	struct entry_facts *facts = entry_facts;
	switch (dwarf_whatattr(attribute)) {
	case DW_AT_low_pc:
		facts->low = *attribute;
		facts->has_low = true;
		break;
	case DW_AT_high_pc:
		facts->high = *attribute;
		facts->has_high = true;
		break;
	case DW_AT_ranges:
		facts->has_ranges = true;
		break;
	case DW_AT_call_file:
		facts->call_file = *attribute;
		facts->has_call_file = true;
		break;
	case DW_AT_call_line:
		facts->call_line = *attribute;
		facts->has_call_line = true;
		break;
	}
	return DWARF_CB_OK;
}

/* DW_AT_high_pc is an address, or, from DWARF 4 on, a length. */
static bool low_high(struct entry_facts *facts, uint64_t *ret_start, uint64_t *ret_end)
{
	Dwarf_Addr low, high;
	Dwarf_Word length;
	if (!facts->has_low || !facts->has_high || dwarf_formaddr(&facts->low, &low) != 0)
		return false;
	if (dwarf_formaddr(&facts->high, &high) != 0) {
		if (dwarf_formudata(&facts->high, &length) != 0)
			return false;
		high = low + length;
	}
	*ret_start = low;
	*ret_end = high;
	return true;
}

bool dwarf_budget_spend(struct dwarf_budget *budget, uint64_t steps)
{
	if (budget->steps < steps)
		budget->steps = 0;
	else
		budget->steps -= steps;
	return budget->steps != 0;
}

void dwarf_scope_ranges(Dwarf_Die *die, struct dwarf_budget *budget,
	void (*range)(void *ctx, uint64_t start, uint64_t end), void *ctx)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;
	while ((next = dwarf_ranges(die, next, &base, &start, &end)) > 0 &&
		dwarf_budget_spend(budget, 1))
		if (start < end)
			range(ctx, start, end);
}

static void set_call_site(struct dwarf_scope *scope, struct entry_facts *facts)
{
	Dwarf_Word file, line;
	if (facts->has_call_file && dwarf_formudata(&facts->call_file, &file) == 0)
		scope->call_file = file;
	if (facts->has_call_line && dwarf_formudata(&facts->call_line, &line) == 0 &&
		line <= UINT32_MAX)
		scope->call_line = (uint32_t)line;
}

static struct dwarf_scope *new_scope(struct scope_walk *w, Dwarf_Die *die,
	struct entry_facts *facts, struct dwarf_scope *parent, bool is_inlined)
{
	struct dwarf_scope *scope = arena_alloc(w->memory, sizeof(*scope));
	if (!scope) {
		w->no_memory = true;
		return NULL;
	}
	scope->parent = is_inlined ? parent : NULL;
	scope->die = *die;
	scope->depth = parent ? parent->depth + 1 : 0;
	scope->is_inlined = is_inlined;
	set_call_site(scope, facts);
	return scope;
}

/* An entry's ranges, being looked up in the queries. */
struct scope_painter {
	struct scope_walk *walk;
	Dwarf_Die *die;
	struct entry_facts facts;
	struct dwarf_scope *parent, *scope; /* scope: made for the first query that is hit */
	bool is_block;                      /* makes no scope */
	bool is_inlined;
	bool is_hit;
};

/* The deepest scope wins, and of equally deep ones (folded functions) the first. */
static void paint_range(void *scope_painter, uint64_t start, uint64_t end)
{
	struct scope_painter *p = scope_painter;
	struct scope_walk *w = p->walk;
	size_t i = code_query_first(w->queries, w->n, start);
	if (i == w->n || w->queries[i].vaddr >= end || !code_ranges_find(w->code, start))
		return;
	p->is_hit = true;
	if (p->is_block)
		return;
	if (!p->scope)
		p->scope = new_scope(w, p->die, &p->facts, p->parent, p->is_inlined);
	if (!p->scope)
		return;
	for (; i < w->n && w->queries[i].vaddr < end; i++) {
		const struct dwarf_scope *old = w->queries[i].scope;
		if (!old || old->depth < p->scope->depth)
			w->queries[i].scope = p->scope;
		if (!dwarf_budget_spend(w->budget, 1))
			return;
	}
}

static void paint_entry(struct scope_painter *p)
{
	uint64_t start, end;
	dwarf_getattrs(p->die, note_attribute, &p->facts, 0);
	if (low_high(&p->facts, &start, &end))
		paint_range(p, start, end);
	else if (p->facts.has_ranges)
		dwarf_scope_ranges(p->die, p->walk->budget, paint_range, p);
}

static void walk_children(
	struct scope_walk *w, Dwarf_Die *die, struct dwarf_scope *parent, int depth);

static void visit_function(struct scope_walk *w, Dwarf_Die *die, struct dwarf_scope *parent,
	bool is_inlined, int depth)
{
	struct scope_painter painter = {
		.walk = w,
		.die = die,
		.parent = parent,
		.is_inlined = is_inlined,
	};
	paint_entry(&painter);
	if (painter.scope)
		walk_children(w, die, painter.scope, depth);
	else if (w->everywhere)
		walk_children(w, die, parent, depth);
}

static void visit_block(struct scope_walk *w, Dwarf_Die *die, struct dwarf_scope *parent, int depth)
{
	struct scope_painter painter = { .walk = w, .die = die, .is_block = true };
	paint_entry(&painter);
	bool has_code = painter.facts.has_ranges || painter.facts.has_high;
	if (w->everywhere || !has_code || painter.is_hit)
		walk_children(w, die, parent, depth);
}

static void visit(struct scope_walk *w, Dwarf_Die *die, struct dwarf_scope *parent, int depth)
{
	switch (entry_kind(dwarf_tag(die))) {
	case ENTRY_FUNCTION:
		visit_function(w, die, parent, false, depth);
		break;
	case ENTRY_INLINED:
		visit_function(w, die, parent, true, depth);
		break;
	case ENTRY_BLOCK:
		visit_block(w, die, parent, depth);
		break;
	case ENTRY_NAMESPACE:
		walk_children(w, die, parent, depth);
		break;
	case ENTRY_TYPE:
		if (w->everywhere)
			walk_children(w, die, parent, depth);
		break;
	case ENTRY_OTHER:
		break;
	}
}

static void walk_children(
	struct scope_walk *w, Dwarf_Die *die, struct dwarf_scope *parent, int depth)
{
	Dwarf_Die child;
	if (depth >= MAX_DEPTH || dwarf_child(die, &child) != 0)
		return;
	do {
		visit(w, &child, parent, depth + 1);
	} while (!w->no_memory && dwarf_budget_spend(w->budget, 1) &&
		dwarf_siblingof(&child, &child) == 0);
}

static bool all_have_scopes(const struct code_query *queries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!queries[i].scope && !queries[i].is_padding)
			return false;
	return true;
}

bool dwarf_scope_resolve(Dwarf_Die *unit, const struct code_ranges *code,
	struct code_query *queries, size_t n, struct dwarf_budget *budget, struct arena *memory,
	struct err *err)
{
	struct scope_walk w = {
		.code = code,
		.queries = queries,
		.n = n,
		.budget = budget,
		.memory = memory,
	};
	walk_children(&w, unit, NULL, 0);
	if (!all_have_scopes(queries, n)) {
		w.everywhere = true;
		walk_children(&w, unit, NULL, 0);
	}
	return !w.no_memory || err_set(err, "debug information: no memory");
}
