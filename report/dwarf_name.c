/*
 * Names of functions in the debug information: see dwarf_name.h.
 *
 * Entries do not know what they are in. So the first name without linkage makes a list of all
 * entries of its unit that can hold functions, or be one, in the order of their offsets, each with
 * its parent.
 */
#include "report/dwarf_name.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ORIGINS = 16, MAX_DEPTH = 64, MAX_NAME_BYTES = 4096, NO_PARENT = UINT32_MAX };

struct context {
	uint64_t offset;
	uint32_t parent;        /* in the list, or NO_PARENT */
	const char *whole_name; /* NULL: not yet asked for */
};

struct dwarf_contexts {
	struct dwarf_contexts *next;
	const struct dwarf_unit *unit;
	struct context *v;
	size_t n, cap;
};

static bool has_scopes(uint16_t language)
{
	switch (language) {
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

void dwarf_names_init(struct dwarf_names *names, const struct dwarf_unit *unit,
	struct dwarf_reader *reader, struct dwarf_budget *budget, struct arena *memory)
{
	*names = (struct dwarf_names){
		.unit = unit,
		.reader = reader,
		.have_scopes = has_scopes(unit->language),
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
static uint32_t add_context(struct dwarf_contexts *c, uint64_t offset, uint32_t parent)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 256;
		struct context *v = reallocarray(c->v, cap, sizeof(*v));
		if (!v || cap >= NO_PARENT)
			return NO_PARENT;
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n] = (struct context){ offset, parent, NULL };
	return (uint32_t)c->n++;
}

struct lister {
	struct dwarf_contexts *list;
	const struct dwarf_abbrevs *abbrevs;
	struct cursor c;
	struct dwarf_budget *budget;
};

/* Blocks are passed through: they have no names, but local classes in them do. */
static void list_children(struct lister *l, uint32_t parent, int depth)
{
	const struct dwarf_unit *unit = l->list->unit;
	struct dwarf_entry e;
	while (l->c.pos < l->c.end && dwarf_budget_spend(l->budget, 1)) {
		uint64_t offset = cursor_offset(&l->c);
		const struct dwarf_abbrev *abbrev = dwarf_entry_peek(l->abbrevs, &l->c);
		if (!abbrev)
			return;
		bool is_block = abbrev->tag == DW_TAG_lexical_block;
		if (!is_block && !holds_names(abbrev->tag)) {
			dwarf_entry_skip(unit, l->abbrevs, abbrev, &l->c, l->budget);
			continue;
		}
		uint32_t self = is_block ? parent : add_context(l->list, offset, parent);
		if (!dwarf_entry_finish(unit, l->abbrevs, abbrev, offset, &l->c, &e))
			return;
		if (depth >= MAX_DEPTH)
			dwarf_entry_skip_children(unit, l->abbrevs, &e, &l->c, l->budget);
		else if (e.has_children)
			list_children(l, self, depth + 1);
	}
}

static void list_unit(struct dwarf_names *names, struct dwarf_contexts *list)
{
	struct lister l = { .list = list, .budget = names->budget };
	struct dwarf_entry e;
	l.abbrevs = dwarf_reader_abbrevs(names->reader, list->unit);
	l.c = dwarf_unit_cursor(list->unit, list->unit->first_entry);
	if (dwarf_entry_read(list->unit, l.abbrevs, &l.c, &e) && e.has_children)
		list_children(&l, NO_PARENT, 0);
}

static struct dwarf_contexts *contexts_of(struct dwarf_names *names, const struct dwarf_unit *unit)
{
	for (struct dwarf_contexts *c = names->contexts; c; c = c->next)
		if (c->unit == unit)
			return c;
	struct dwarf_contexts *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->unit = unit;
	c->next = names->contexts;
	names->contexts = c;
	list_unit(names, c);
	return c;
}

static uint32_t find_context(const struct dwarf_contexts *c, uint64_t offset)
{
	size_t low = 0, high = c->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (c->v[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->n && c->v[low].offset == offset ? (uint32_t)low : NO_PARENT;
}

/* A type without a name is told apart from others by its line: "{lambda:42}". For it, the text is
 * in buffer. */
static const char *context_name(struct dwarf_names *names, const struct dwarf_unit *unit,
	uint64_t offset, const char *inner, char *buffer, size_t size)
{
	struct dwarf_entry e = { 0 };
	uint64_t line;
	bool ok = dwarf_entry_at(names->reader, unit, offset, &e);
	const char *name = ok ? dwarf_entry_string(unit, &e, SLOT_NAME) : NULL;
	if (name)
		return name;
	if (ok && e.tag == DW_TAG_namespace)
		return "(anonymous namespace)";
	const char *what = strncmp(inner, "operator()", 10) ? "unnamed" : "lambda";
	if (ok && dwarf_entry_number(&e, SLOT_DECL_LINE, &line) && line > 0 && line <= INT32_MAX)
		snprintf(buffer, size, "{%s:%d}", what, (int)line);
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

/* name with the scopes around the entry in front; with the inner ones only, when it gets too
 * long. */
static const char *with_scopes(
	struct dwarf_names *names, const struct dwarf_unit *unit, uint64_t offset, const char *name)
{
	char buffer[MAX_NAME_BYTES], *start = buffer + sizeof(buffer) - 1, unnamed[32];
	struct dwarf_contexts *contexts = contexts_of(names, unit);
	uint32_t self = contexts ? find_context(contexts, offset) : NO_PARENT;
	if (self == NO_PARENT)
		return name;
	if (contexts->v[self].whole_name)
		return contexts->v[self].whole_name;
	*start = 0;
	bool fits = prepend(buffer, &start, name, "");
	const char *inner = name;
	for (uint32_t at = contexts->v[self].parent; at != NO_PARENT && fits;
		at = contexts->v[at].parent) {
		inner = context_name(
			names, unit, contexts->v[at].offset, inner, unnamed, sizeof(unnamed));
		fits = prepend(buffer, &start, inner, "::");
	}
	const char *whole = *start ? arena_join(names->memory, start, "", "") : NULL;
	contexts->v[self].whole_name = whole ? whole : name;
	return contexts->v[self].whole_name;
}

/* The entry that e names as its abstract instance, or as its declaration. */
static bool next_origin(
	const struct dwarf_unit **unit, const struct dwarf_entry *e, uint64_t *offset)
{
	return dwarf_entry_reference(*unit, e, SLOT_ORIGIN, unit, offset) ||
		dwarf_entry_reference(*unit, e, SLOT_SPECIFICATION, unit, offset);
}

/* An inlined or out-of-line instance names its abstract instance, and a definition its
 * declaration (DWARF 5, 2.13 and 3.3.8); the names are somewhere along that chain, and the
 * scopes around its end. */
static const char *follow_chain(struct dwarf_names *names, const struct dwarf_unit *unit,
	uint64_t offset, bool *ret_is_plain)
{
	const struct dwarf_unit *last_unit = unit;
	uint64_t last = offset;
	const char *plain = NULL;
	struct dwarf_entry e;
	*ret_is_plain = true;
	for (int i = 0; i < MAX_ORIGINS && dwarf_entry_at(names->reader, unit, offset, &e); i++) {
		const char *linkage = dwarf_entry_string(unit, &e, SLOT_LINKAGE_NAME);
		*ret_is_plain = !linkage;
		if (linkage)
			return linkage;
		if (!plain)
			plain = dwarf_entry_string(unit, &e, SLOT_NAME);
		last_unit = unit;
		last = offset;
		if (!next_origin(&unit, &e, &offset))
			break;
	}
	return plain && names->have_scopes ? with_scopes(names, last_unit, last, plain) : plain;
}

/* Names without a name of the scope's own are those of its abstract instance. */
static const char *find_name(struct dwarf_names *names, uint64_t offset, bool *ret_is_plain)
{
	const struct dwarf_unit *unit = names->unit;
	struct dwarf_entry e;
	uint32_t named = 1u << SLOT_NAME | 1u << SLOT_LINKAGE_NAME;
	if (!dwarf_entry_at(names->reader, unit, offset, &e) || e.present & named ||
		!dwarf_entry_reference(unit, &e, SLOT_ORIGIN, &unit, &offset))
		return follow_chain(names, names->unit, offset, ret_is_plain);
	__typeof__(&names->cache[0]) known = &names->cache[offset % DWARF_NAME_CACHE];
	if (known->unit != unit || known->offset != offset) {
		known->name = follow_chain(names, unit, offset, &known->is_plain);
		known->unit = unit;
		known->offset = offset;
	}
	*ret_is_plain = known->is_plain;
	return known->name;
}

const char *dwarf_name(struct dwarf_names *names, struct dwarf_scope *scope, bool *ret_is_plain)
{
	if (!scope->has_name)
		scope->name = find_name(names, scope->offset, &scope->name_is_plain);
	scope->has_name = true;
	*ret_is_plain = scope->name_is_plain;
	return scope->name;
}
