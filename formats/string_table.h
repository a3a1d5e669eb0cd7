/*
 * Interned strings: the same bytes have the same id. The bytes never move, so a pointer into the
 * table lives as long as the table.
 */
#ifndef FORMATS_STRING_TABLE_H
#define FORMATS_STRING_TABLE_H

#include "formats/intern.h"

struct string_table_entry {
	const char *str;
	size_t len;
};

struct string_table {
	struct intern index;
	struct string_table_entry *entries;
	size_t n, cap;
	uint64_t seed;                     /* of the hash; 0: not chosen yet */
	struct string_table_chunk *chunks; /* where the bytes are; the newest first */
};

void string_table_fini(struct string_table *t);
/* The id, or INTERN_NONE: no memory. The bytes hold no NUL; what follows one is cut. */
uint32_t string_table_add(struct string_table *t, const char *str, size_t len);

#endif
