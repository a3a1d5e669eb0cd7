/*
 * What a function is called in the debug information. The linkage name, where there is one; else
 * its plain name. In languages with scopes that is only the last part of a name, so the scopes
 * around are put in front: gcc gives no linkage names to lambdas and to what is in an anonymous
 * namespace, and "operator()" alone tells nothing.
 */
#ifndef REPORT_DWARF_NAME_H
#define REPORT_DWARF_NAME_H

#include "report/dwarf_scope.h"

struct dwarf_contexts;

enum { DWARF_NAME_CACHE = 256 };

/* The names in one compile unit. */
struct dwarf_names {
	const struct dwarf_unit *unit;
	struct dwarf_reader *reader;
	bool have_scopes;                /* the unit's language has scopes: C++, Rust, ... */
	struct dwarf_contexts *contexts; /* which entry is in which, by unit; made when needed */
	struct dwarf_budget *budget;
	struct arena *memory; /* of the names made here */
	struct {              /* what was found for an abstract instance: many calls share it */
		const struct dwarf_unit *unit;
		uint64_t offset;
		const char *name;
		bool is_plain;
	} cache[DWARF_NAME_CACHE];
};

/* All must outlive the names. */
void dwarf_names_init(struct dwarf_names *names, const struct dwarf_unit *unit,
	struct dwarf_reader *reader, struct dwarf_budget *budget, struct arena *memory);
void dwarf_names_fini(struct dwarf_names *names);

/* NULL: it has none. *ret_is_plain: it is not the linkage name, and might not be complete. Found
 * once and kept in the scope. */
const char *dwarf_name(struct dwarf_names *names, struct dwarf_scope *scope, bool *ret_is_plain);

#endif
