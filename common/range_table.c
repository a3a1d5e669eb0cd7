/*
 * Keeps the ranges of range_table.h sorted and disjoint. Adding is rare (an mmap) and may be
 * linear in the table. Asking is done here only where the filter names no single range.
 */
#include "common/range_table.h"

#include "common/defs.h"

#include <string.h>

static uint64_t end_of(const struct range_table *t, uint32_t i)
{
	return t->start[i] + t->len[i];
}

static void remove_range(struct range_table *t, uint32_t i)
{
	size_t rest = t->n - i - 1;
	memmove(&t->start[i], &t->start[i + 1], rest * sizeof(t->start[0]));
	memmove(&t->len[i], &t->len[i + 1], rest * sizeof(t->len[0]));
	t->n--;
}

static void insert_range(struct range_table *t, uint32_t i, uint64_t start, uint64_t end)
{
	size_t rest = t->n - i;
	memmove(&t->start[i + 1], &t->start[i], rest * sizeof(t->start[0]));
	memmove(&t->len[i + 1], &t->len[i], rest * sizeof(t->len[0]));
	t->start[i] = start;
	t->len[i] = end - start;
	t->n++;
}

/* Joins the neighbours that are closest to each other, to make room for one more. */
static void join_nearest(struct range_table *t)
{
	uint32_t best = 0;
	uint64_t best_gap = UINT64_MAX;
	for (uint32_t i = 0; i + 1 < t->n; i++) {
		uint64_t gap = t->start[i + 1] - end_of(t, i);
		if (gap < best_gap) {
			best_gap = gap;
			best = i;
		}
	}
	t->len[best] = end_of(t, best + 1) - t->start[best];
	remove_range(t, best + 1);
	t->coarse = true;
}

/* The first range that ends at or behind start: the one to grow, or the place to insert at. */
static uint32_t find_place(const struct range_table *t, uint64_t start)
{
	uint32_t i = 0;
	while (i < t->n && end_of(t, i) < start)
		i++;
	return i;
}

static void add_to_filter(struct range_table *t, uint32_t i)
{
	uint64_t first = t->start[i] >> RANGE_FILTER_SHIFT;
	uint64_t n = ((end_of(t, i) - 1) >> RANGE_FILTER_SHIFT) - first + 1;
	uint8_t number = (uint8_t)MIN(i + 1, RANGE_FILTER_SEVERAL);
	for (uint64_t at = first; at < first + MIN(n, RANGE_FILTER_SIZE); at++) {
		uint8_t *entry = &t->filter[at % RANGE_FILTER_SIZE];
		*entry = *entry ? RANGE_FILTER_SEVERAL : number;
	}
}

/* Ranges are numbered by their place, which every change shifts, so the filter is made anew. */
static void update_filter(struct range_table *t)
{
	memset(t->filter, 0, sizeof(t->filter));
	for (uint32_t i = 0; i < t->n; i++)
		add_to_filter(t, i);
}

void range_table_clear(struct range_table *t)
{
	t->n = 0;
	t->coarse = false;
	memset(t->filter, 0, sizeof(t->filter));
}

bool range_table_add(struct range_table *t, uint64_t start, uint64_t end)
{
	if (start >= end)
		return false;
	uint32_t i = find_place(t, start);
	if (i < t->n && t->start[i] <= start && end_of(t, i) >= end)
		return false;
	while (i < t->n && t->start[i] <= end) {
		start = MIN(start, t->start[i]);
		end = MAX(end, end_of(t, i));
		remove_range(t, i);
	}
	if (t->n == RANGE_TABLE_MAX) {
		/* The joined pair may now cover what is being added, so look again. */
		join_nearest(t);
		if (!range_table_add(t, start, end))
			update_filter(t);
		return true;
	}
	insert_range(t, i, start, end);
	update_filter(t);
	return true;
}

bool range_table_search(const struct range_table *t, uint64_t addr)
{
	const uint64_t *base = t->start;
	for (uint32_t n = t->n; n > 1;) {
		uint32_t half = n / 2;
		base += base[half] <= addr ? half : 0;
		n -= half;
	}
	return addr - *base < t->len[base - t->start];
}
