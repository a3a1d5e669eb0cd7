/*
 * The entries of a profile in the order of time, for the formats whose rows are. An entry for
 * several samples becomes as many rows there, and its value is shared out among them.
 */
#ifndef FORMATS_SAMPLE_ORDER_H
#define FORMATS_SAMPLE_ORDER_H

#include "formats/profile.h"

/* Sorts indices of p->samples; those of one time, and all where there are no times, stay. */
void sample_order_sort(const struct profile *p, uint32_t *entries, size_t n);

/* All entries; the caller frees. NULL: no memory. */
uint32_t *sample_order_new(const struct profile *p);

/* What row i of n has of the value: whole numbers whose sum is the value. */
static inline int64_t sample_order_share(int64_t value, int64_t i, int64_t n)
{
	return (int64_t)((__int128)value * (i + 1) / n) - (int64_t)((__int128)value * i / n);
}

#endif
