/*
 * The addresses that somebody asks about, while they are being answered. They are sorted, and
 * whatever the debug information says of a range of addresses is looked up in them, not the other
 * way round: so nothing is kept of the ranges that nobody asks about, which are most.
 *
 * Each query also learns the range around its address in which the answer is the same: it begins
 * as everything, and wherever something that was looked at begins or ends it is cut. A cut is noted
 * at the two queries beside it, and code_query_spread tells it to those farther away.
 */
#ifndef REPORT_CODE_QUERY_H
#define REPORT_CODE_QUERY_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwarf_scope;

enum { CODE_QUERY_NO_UNIT = UINT32_MAX };

struct code_query {
	uint64_t vaddr;
	uint64_t start, end;       /* where the answer is the same */
	uint32_t number;           /* in the caller's arrays */
	uint32_t unit;             /* of the debug information, or CODE_QUERY_NO_UNIT */
	uint64_t unit_bytes;       /* length of the unit's range that holds vaddr */
	struct dwarf_scope *scope; /* innermost, or NULL */
	uint64_t file;             /* by the unit's line table */
	uint32_t line;
	bool has_line;
	bool is_padding; /* no symbol holds it, though others have symbols: not worth a search */
};

/* The first query at or after vaddr; n when there is none. hint: where it might be. */
static inline size_t code_query_first(
	const struct code_query *queries, size_t n, uint64_t vaddr, size_t hint)
{
	size_t low = 0, high = n;
	if ((!hint || queries[hint - 1].vaddr < vaddr) &&
		(hint == n || queries[hint].vaddr >= vaddr))
		return hint;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (queries[mid].vaddr < vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Something begins or ends at vaddr; first is the first query at or after it. */
static inline void code_query_cut(
	struct code_query *queries, size_t n, size_t first, uint64_t vaddr)
{
	if (first < n)
		queries[first].start = MAX(queries[first].start, vaddr);
	if (first)
		queries[first - 1].end = MIN(queries[first - 1].end, vaddr);
}

static inline void code_query_spread(struct code_query *queries, size_t n)
{
	for (size_t i = 1; i < n; i++)
		queries[i].start = MAX(queries[i].start, queries[i - 1].start);
	for (size_t i = n; i-- > 1;)
		queries[i - 1].end = MIN(queries[i - 1].end, queries[i].end);
}

#endif
