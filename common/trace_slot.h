/*
 * Where a stack snapshot and the one before it in the same slot lie over each other. Both sides of
 * the format compute it, and the ranges on disk are given relative to it.
 */
#ifndef COMMON_TRACE_SLOT_H
#define COMMON_TRACE_SLOT_H

#include "common/defs.h"

#include <stdint.h>

/* The address range of a slot's last snapshot in the block. */
struct trace_slot_state {
	uint64_t sp;
	uint32_t n_words; /* 0: no snapshot in this block yet */
};

/* Of the snapshot of n_words words at sp, the words [*ret_from, *ret_to) have addresses that the
 * slot's last snapshot holds, too. An empty range when none, or if 8 does not divide the way. */
static inline void trace_slot_shared(const struct trace_slot_state *slot, uint64_t sp,
	uint32_t n_words, uint32_t *ret_from, uint32_t *ret_to)
{
	int64_t up_bytes = (int64_t)(slot->sp - sp);
	int64_t up = up_bytes / 8;
	*ret_from = *ret_to = 0;
	if (up_bytes % 8 != 0 || up >= (int64_t)n_words || -up >= (int64_t)slot->n_words)
		return;
	*ret_from = (uint32_t)MAX(up, 0);
	*ret_to = (uint32_t)MIN(up + (int64_t)slot->n_words, (int64_t)n_words);
}

#endif
