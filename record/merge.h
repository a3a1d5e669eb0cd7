/*
 * Takes the records of many rings in the order of their times, up to a moment.
 *
 * At equal times a sideband record comes first. Within one ring the kernel's order is kept, also
 * where an interrupt made two records' times swap.
 *
 *	merge_begin(&merge, now_ns);
 *	while ((record = merge_peek(&merge, &ring))) {
 *		...
 *		merge_advance(&merge);
 *	}
 */
#ifndef RECORD_MERGE_H
#define RECORD_MERGE_H

#include "record/ring.h"

struct merge_item {
	uint64_t time_ns;
	uint32_t ring;
};

struct merge {
	struct ring *rings; /* their heads are noted by the caller */
	uint32_t n_rings;
	uint32_t n_items;
	uint64_t until_ns;
	/* A binary heap of the rings that have a record to give, earliest first. */
	struct merge_item *items; /* n_rings, the caller's */
};

void merge_begin(struct merge *m, uint64_t until_ns);
/* The next record with a time <= until_ns, and its ring; NULL when there is none. */
const struct perf_event_header *merge_peek(struct merge *m, struct ring **ret_ring);
void merge_advance(struct merge *m);

#endif
