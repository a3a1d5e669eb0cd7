/*
 * What a table consists of. Private to unwind_table*.c.
 *
 * Built and loaded tables differ only in whose memory it is. A loaded one's arrays are in the
 * mapped file and nothing in them was checked, so the search checks what it takes from them: a row
 * index against n_rows, a rule number against n_rules. Rules and values are few, and checked
 * copies.
 */
#ifndef REPORT_UNWIND_TABLE_INTERNAL_H
#define REPORT_UNWIND_TABLE_INTERNAL_H

#include "report/cache.h"
#include "report/rule_set.h"
#include "report/unwind_table.h"

struct unwind_table {
	uint64_t base; /* vaddr of the first row */
	uint64_t span; /* bytes from the base to the last row, which is a gap without end */
	const uint32_t *row_off;
	const uint16_t *row_rule; /* RULE_NONE: a gap */
	size_t n_rows;
	const uint32_t *function_off; /* where FDEs start, rising */
	size_t n_functions;
	const uint32_t
		*bucket_row; /* [i]: the row in force at i << bucket_shift; one more at the end */
	size_t n_buckets;    /* without that one */
	unsigned bucket_shift;
	struct rule_set rules; /* a loaded one's expressions are in the file */
	size_t n_fdes, n_bad_fdes;
	bool is_loaded;
	struct cache_entry entry; /* of a loaded one; empty: somebody else's memory */
};

#endif
