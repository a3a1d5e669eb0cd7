/*
 * The value dictionary of a samples block, as the writer builds it: the 64-bit values (code
 * addresses, mostly) that the block's samples refer to by number. A value is stored once, and where
 * it occurs first the reference is 0, "the next new value"; later it is the value's number + 1.
 *
 * Memory is fixed: TRACE_DICT_VALUES values and a hash table twice as large, at open addressing.
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
	TRACE_DICT_SLOTS = 65536,
	TRACE_DICT_SHIFT = 64 - 16, /* keeps the top bits of the hash */
};

struct trace_value_dict {
	uint64_t *values;
	uint32_t *table; /* number + 1, 0 = free */
	uint32_t n;
};

MUST_CHECK bool trace_value_dict_init(struct trace_value_dict *d);
void trace_value_dict_fini(struct trace_value_dict *d);
void trace_value_dict_clear(struct trace_value_dict *d);

/* The reference to write for value. The caller sees to it that the dictionary does not fill up. */
static inline uint32_t trace_value_dict_ref(struct trace_value_dict *d, uint64_t value)
{
	uint32_t at = (uint32_t)(value * 0x9e3779b97f4a7c15 >> TRACE_DICT_SHIFT);
	for (; d->table[at]; at = (at + 1) % TRACE_DICT_SLOTS)
		if (d->values[d->table[at] - 1] == value)
			return d->table[at];
	d->values[d->n++] = value;
	d->table[at] = d->n;
	return 0;
}

/* The largest that the columns of the dictionary can be: in bytes for each value. */
enum { TRACE_DICT_LOW_BYTES = 2, TRACE_DICT_PAGE_REF_BYTES = 3, TRACE_DICT_PAGE_BYTES = 6 };

/* Appends the dictionary's three columns to one buffer each. d must be cleared afterwards. */
void trace_value_dict_encode(
	struct trace_value_dict *d, struct buf *low, struct buf *page_refs, struct buf *pages);

#endif
