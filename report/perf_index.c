/*
 * A natural merge sort: runs are what the file has in order. perf's rounds overlap a little or not
 * at all in time, so most merges find the two runs in order already, or move only the part that
 * overlaps.
 */
#include "report/perf_index.h"

#include <string.h>

void perf_index_fini(struct perf_index *index)
{
	free(index->entries);
	*index = (struct perf_index){ 0 };
}

bool perf_index_add(struct perf_index *index, uint64_t time_ns, perf_place place)
{
	if (index->n == index->cap) {
		size_t cap = index->cap ? index->cap * 2 : 1024;
		struct perf_entry *entries = realloc(index->entries, cap * sizeof(*entries));
		if (!entries)
			return false;
		index->entries = entries;
		index->cap = cap;
	}
	if (index->n && time_ns < index->entries[index->n - 1].time_ns)
		index->n_descents++;
	index->entries[index->n++] = (struct perf_entry){ time_ns, place };
	return true;
}

/* The first of n sorted entries that is later than time_ns; or, with or_equal, not earlier. */
static size_t first_after(const struct perf_entry *e, size_t n, uint64_t time_ns, bool or_equal)
{
	size_t low = 0;
	while (n > 0) {
		size_t half = n / 2;
		uint64_t at = e[low + half].time_ns;
		if (at < time_ns || (at == time_ns && !or_equal)) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

/* Merges e[0..middle) and e[middle..n). spare has room for the first of them. */
static void merge(struct perf_entry *e, size_t middle, size_t n, struct perf_entry *spare)
{
	size_t start = first_after(e, middle, e[middle].time_ns, false);
	if (start == middle)
		return;
	size_t end = middle + first_after(e + middle, n - middle, e[middle - 1].time_ns, true);
	size_t n_left = middle - start, left = 0, right = middle, to = start;
	memcpy(spare, e + start, n_left * sizeof(*e));
	while (left < n_left && right < end) {
		bool take_right = e[right].time_ns < spare[left].time_ns;
		e[to++] = take_right ? e[right++] : spare[left++];
	}
	memcpy(e + to, spare + left, (n_left - left) * sizeof(*e));
}

/* Where the run that begins at `start` ends. */
static size_t run_end(const struct perf_entry *e, size_t n, size_t start)
{
	size_t end = start + 1;
	while (end < n && e[end].time_ns >= e[end - 1].time_ns)
		end++;
	return end;
}

bool perf_index_sort(struct perf_index *index)
{
	if (!index->n_descents)
		return true;
	size_t n_runs = index->n_descents + 1;
	AUTO_FREE size_t *starts = calloc(n_runs + 1, sizeof(*starts));
	AUTO_FREE struct perf_entry *spare = malloc(index->n * sizeof(*spare));
	if (!starts || !spare)
		return false;
	for (size_t i = 0; i < n_runs; i++)
		starts[i + 1] = run_end(index->entries, index->n, starts[i]);
	for (; n_runs > 1; n_runs = (n_runs + 1) / 2) {
		for (size_t i = 0; i + 1 < n_runs; i += 2) {
			size_t start = starts[i];
			merge(index->entries + start, starts[i + 1] - start, starts[i + 2] - start,
				spare);
		}
		for (size_t i = 0; i < n_runs; i += 2)
			starts[i / 2] = starts[i];
		starts[(n_runs + 1) / 2] = index->n;
	}
	index->n_descents = 0;
	return true;
}
