/*
 * The addresses that somebody asks about, while they are being answered. They are sorted, and
 * whatever the debug information says of a range of addresses is looked up in them, not the other
 * way round: so nothing is kept of the ranges that nobody asks about, which are most.
 */
#ifndef REPORT_CODE_QUERY_H
#define REPORT_CODE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwarf_scope;

enum { CODE_QUERY_NO_UNIT = UINT32_MAX };

struct code_query {
	uint64_t vaddr;
	uint32_t number;           /* in the caller's arrays */
	uint32_t unit;             /* of the debug information, or CODE_QUERY_NO_UNIT */
	uint64_t unit_bytes;       /* length of the unit's range that holds vaddr */
	struct dwarf_scope *scope; /* innermost, or NULL */
	uint64_t file;             /* by the unit's line table */
	uint32_t line;
	bool has_line;
	bool is_padding; /* no symbol holds it, though others have symbols: not worth a search */
};

/* The first query at or after vaddr; n when there is none. */
static inline size_t code_query_first(const struct code_query *queries, size_t n, uint64_t vaddr)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (queries[mid].vaddr < vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

#endif
