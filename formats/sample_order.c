/*
 * Entries in the order of time: see sample_order.h.
 */
#include "formats/sample_order.h"

#include <stdlib.h>

static int compare_times(const void *left, const void *right, void *profile)
{
	const struct profile *p = profile;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	if (p->samples[a].time_ns != p->samples[b].time_ns)
		return p->samples[a].time_ns < p->samples[b].time_ns ? -1 : 1;
	return a < b ? -1 : a > b;
}

void sample_order_sort(const struct profile *p, uint32_t *entries, size_t n)
{
	size_t i = 1;
	if (!p->has_times)
		return;
	/* Most are: recordings are by time. */
	while (i < n && p->samples[entries[i - 1]].time_ns <= p->samples[entries[i]].time_ns)
		i++;
	if (i < n)
		qsort_r(entries, n, sizeof *entries, compare_times, (void *)p);
}

uint32_t *sample_order_new(const struct profile *p)
{
	uint32_t *entries =
		p->n_samples < UINT32_MAX ? calloc(p->n_samples + 1, sizeof *entries) : NULL;
	if (!entries)
		return NULL;
	for (size_t i = 0; i < p->n_samples; i++)
		entries[i] = (uint32_t)i;
	sample_order_sort(p, entries, p->n_samples);
	return entries;
}
