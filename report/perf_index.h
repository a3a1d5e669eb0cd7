/*
 * The samples of one event, by time and place: 16 bytes each. perf writes what each CPU had in its
 * ring one after the other, so the file is a series of runs in the order of time; sorting merges
 * them. Samples of equal time stay in the order of the file.
 */
#ifndef REPORT_PERF_INDEX_H
#define REPORT_PERF_INDEX_H

#include "common/err.h"
#include "report/perf_source.h"

struct perf_entry {
	uint64_t time_ns;
	perf_place place;
};

struct perf_index {
	struct perf_entry *entries;
	size_t n, cap;
	size_t n_descents; /* entries that come before their predecessor in time */
};

void perf_index_fini(struct perf_index *index);
MUST_CHECK bool perf_index_add(struct perf_index *index, uint64_t time_ns, perf_place place);
/* False: no memory. */
MUST_CHECK bool perf_index_sort(struct perf_index *index);

#endif
