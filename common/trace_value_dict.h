/*
 * The value dictionary of a samples block, as the writer builds it: the 64-bit values (code
 * addresses, mostly) that the block's samples refer to by number. A value is stored once, and where
 * it occurs first the reference is 0, "the next new value"; later it is the value's number + 1.
 *
 * Memory is fixed: TRACE_DICT_VALUES values, and a hash table at open addressing. Of the table as
 * much is used as the values need, so that it stays in the processor's cache: a block of gcc's cc1
 * has some 7,000 values.
 */
#ifndef COMMON_TRACE_VALUE_DICT_H
#define COMMON_TRACE_VALUE_DICT_H

#include "common/buf.h"
#include "common/defs.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	TRACE_DICT_VALUES = 49152,
	TRACE_DICT_MIN_BITS = 11,
	TRACE_DICT_MAX_BITS = 16,
};

struct trace_value_dict {
	uint64_t *values;
	uint32_t *table; /* of 2^bits slots: number + 1, 0 = free */
	uint32_t n;
	uint32_t n_grow; /* with so many values the table grows before it takes one more */
	uint8_t bits;
};

MUST_CHECK bool trace_value_dict_init(struct trace_value_dict *d);
void trace_value_dict_fini(struct trace_value_dict *d);
void trace_value_dict_clear(struct trace_value_dict *d);

/* Enters a value that is new; the table's slot `at` is free for it unless the table must grow. */
void trace_value_dict_add(struct trace_value_dict *d, uint64_t value, uint32_t at);

static inline uint32_t trace_value_dict_hash(const struct trace_value_dict *d, uint64_t value)
{
	return (uint32_t)(value * 0x9e3779b97f4a7c15 >> (64 - d->bits));
}

/* The reference to write for value. The caller sees to it that the dictionary does not fill up. */
static inline uint32_t trace_value_dict_ref(struct trace_value_dict *d, uint64_t value)
{
	uint32_t at = trace_value_dict_hash(d, value), mask = (1u << d->bits) - 1;
	for (; d->table[at]; at = (at + 1) & mask)
		if (d->values[d->table[at] - 1] == value)
			return d->table[at];
	trace_value_dict_add(d, value, at);
	return 0;
}

/* The largest that the columns of the dictionary can be: in bytes for each value. */
enum { TRACE_DICT_LOW_BYTES = 2, TRACE_DICT_PAGE_REF_BYTES = 3, TRACE_DICT_PAGE_BYTES = 6 };

/* Appends the dictionary's three columns to one buffer each. d must be cleared afterwards. */
void trace_value_dict_encode(
	struct trace_value_dict *d, struct buf *low, struct buf *page_refs, struct buf *pages);

#endif
