/*
 * Names of functions in the debug information: see dwarf_name.h.
 *
 * libdw's entries do not know what they are in. So the first name without linkage makes a list of
 * all entries of its unit that can hold functions, or be one, in the order of their offsets, each
 * with its parent.
 */
#include "report/dwarf_name.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ORIGINS = 16, MAX_DEPTH = 64, MAX_NAME_BYTES = 4096, NO_PARENT = UINT32_MAX };

struct context {
	Dwarf_Die die;
	uint32_t parent;        /* in the list, or NO_PARENT */
	const char *whole_name; /* NULL: not yet asked for */
};

struct dwarf_contexts {
	struct dwarf_contexts *next;
	struct Dwarf_CU *cu;
	struct context *v;
	size_t n, cap;
};

static bool names_have_scopes(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
	case DW_LANG_Rust:
	case DW_LANG_D:
	case DW_LANG_Swift:
		return true;
	default:
		return false;
	}
}

struct dwarf_names dwarf_names_of(
	Dwarf_Die *unit, struct dwarf_budget *budget, struct arena *memory)
{
	return (struct dwarf_names){
		.have_scopes = names_have_scopes(unit),
		.budget = budget,
		.memory = memory,
	};
}

void dwarf_names_fini(struct dwarf_names *names)
{
	while (names->contexts) {
		struct dwarf_contexts *next = names->contexts->next;
		free(names->contexts->v);
		free(names->contexts);
		names->contexts = next;
	}
}

static bool holds_names(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_subprogram:
		return true;
	default:
		return false;
	}
}

/* The new entry's place in the list, or NO_PARENT without memory. */
static uint32_t add_context(struct dwarf_contexts *c, const Dwarf_Die *die, uint32_t parent)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 256;
		struct context *v = reallocarray(c->v, cap, sizeof(*v));
		if (!v || cap >= NO_PARENT)
			return NO_PARENT;
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n] = (struct context){ *die, parent, NULL };
	return (uint32_t)c->n++;
}

/* Blocks are passed through: they have no names, but local classes in them do. */
static void list_children(struct dwarf_contexts *c, Dwarf_Die *die, uint32_t parent, int depth,
	struct dwarf_budget *budget)
{
	Dwarf_Die child;
	if (depth >= MAX_DEPTH || dwarf_child(die, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);
		if (holds_names(tag))
			list_children(c, &child, add_context(c, &child, parent), depth + 1, budget);
		else if (tag == DW_TAG_lexical_block)
			list_children(c, &child, parent, depth + 1, budget);
	} while (dwarf_budget_spend(budget, 1) && dwarf_siblingof(&child, &child) == 0);
}

static struct dwarf_contexts *contexts_of(struct dwarf_names *names, Dwarf_Die *die)
{
	for (struct dwarf_contexts *c = names->contexts; c; c = c->next)
		if (c->cu == die->cu)
			return c;
	struct dwarf_contexts *c = calloc(1, sizeof(*c));
	Dwarf_Die unit;
	if (!c)
		return NULL;
	c->cu = die->cu;
	c->next = names->contexts;
	names->contexts = c;
	if (dwarf_diecu(die, &unit, NULL, NULL))
		list_children(c, &unit, NO_PARENT, 0, names->budget);
	return c;
}

/* Entries of one unit lie in one buffer, in the order of the walk. */
static uint32_t find_context(const struct dwarf_contexts *c, const Dwarf_Die *die)
{
	size_t low = 0, high = c->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (c->v[mid].die.addr < die->addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->n && c->v[low].die.addr == die->addr ? (uint32_t)low : NO_PARENT;
}

static const char *string_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	return dwarf_attr(die, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

/* A type without a name is told apart from others by its line: "{lambda:42}". For it, the text is
 * in buffer. */
static const char *context_name(Dwarf_Die *die, const char *inner, char *buffer, size_t size)
{
	const char *name = string_attribute(die, DW_AT_name);
	int line;
	if (name)
		return name;
	if (dwarf_tag(die) == DW_TAG_namespace)
		return "(anonymous namespace)";
	const char *what = strncmp(inner, "operator()", 10) ? "unnamed" : "lambda";
	if (dwarf_decl_line(die, &line) == 0 && line > 0)
		snprintf(buffer, size, "{%s:%d}", what, line);
	else
		snprintf(buffer, size, "{%s}", what);
	return buffer;
}

/* Puts "text::" (or, as the last part, "text") in front of *start, if there is room. */
static bool prepend(const char *buffer, char **start, const char *text, const char *separator)
{
	size_t room = *start - buffer, len = strnlen(text, room), more = len + strlen(separator);
	if (more > room)
		return false;
	*start -= more;
	memcpy(mempcpy(*start, text, len), separator, strlen(separator));
	return true;
}

/* name with the scopes around die in front; with the inner ones only, when it gets too long. */
static const char *with_scopes(struct dwarf_names *names, Dwarf_Die *die, const char *name)
{
	char buffer[MAX_NAME_BYTES], *start = buffer + sizeof(buffer) - 1, unnamed[32];
	struct dwarf_contexts *contexts = contexts_of(names, die);
	uint32_t self = contexts ? find_context(contexts, die) : NO_PARENT;
	if (self == NO_PARENT)
		return name;
	if (contexts->v[self].whole_name)
		return contexts->v[self].whole_name;
	*start = 0;
	bool fits = prepend(buffer, &start, name, "");
	const char *inner = name;
	for (uint32_t at = contexts->v[self].parent; at != NO_PARENT && fits;
		at = contexts->v[at].parent) {
		inner = context_name(&contexts->v[at].die, inner, unnamed, sizeof(unnamed));
		fits = prepend(buffer, &start, inner, "::");
	}
	const char *whole = *start ? arena_join(names->memory, start, "", "") : NULL;
	contexts->v[self].whole_name = whole ? whole : name;
	return contexts->v[self].whole_name;
}

static bool follow(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Die target;
	if (!dwarf_attr(die, name, &attribute) || !dwarf_formref_die(&attribute, &target))
		return false;
	*die = target;
	return true;
}

/* An inlined or out-of-line instance names its abstract instance, and a definition its
 * declaration (DWARF 5, 2.13 and 3.3.8); the names are somewhere along that chain, and the
 * scopes around its end. */
static const char *find_name(struct dwarf_names *names, Dwarf_Die die, bool *ret_is_plain)
{
	const char *plain = NULL;
	for (int i = 0; i < MAX_ORIGINS; i++) {
		const char *linkage = string_attribute(&die, DW_AT_linkage_name);
		if (!linkage)
			linkage = string_attribute(&die, DW_AT_MIPS_linkage_name);
		*ret_is_plain = !linkage;
		if (linkage)
			return linkage;
		if (!plain)
			plain = string_attribute(&die, DW_AT_name);
		if (!follow(&die, DW_AT_abstract_origin) && !follow(&die, DW_AT_specification))
			break;
	}
	return plain && names->have_scopes ? with_scopes(names, &die, plain) : plain;
}

const char *dwarf_name(struct dwarf_names *names, struct dwarf_scope *scope, bool *ret_is_plain)
{
	if (!scope->has_name)
		scope->name = find_name(names, scope->die, &scope->name_is_plain);
	scope->has_name = true;
	*ret_is_plain = scope->name_is_plain;
	return scope->name;
}
