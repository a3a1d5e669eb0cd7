/*
 * What a stack snapshot shares with the one before it of the same thread, found by comparing: the
 * words from the outer end inward that are equal, at equal addresses. For the snapshots of one
 * batch, which all lie in memory at the same time; nothing is copied.
 */
#ifndef REPORT_PERF_REUSE_H
#define REPORT_PERF_REUSE_H

#include "common/trace_event.h"

enum { PERF_REUSE_BUCKETS = 2048 }; /* for at most 1024 snapshots, so that one is always free */

struct perf_reuse {
	struct perf_reuse_last {
		uint32_t tid;
		uint32_t slot_plus_1; /* 0: free */
		uint64_t sp;
		const uint64_t *words;
		uint32_t n_words;
	} last[PERF_REUSE_BUCKETS];
	uint32_t n_slots;
};

void perf_reuse_clear(struct perf_reuse *reuse); /* at the start of a batch */

/* Fills slot, reuse_from and reuse_to of sample->stack, which has words. keeps_place: they stay
 * where they are until the end of the batch. */
void perf_reuse_find(
	struct perf_reuse *reuse, uint64_t sp, bool keeps_place, struct trace_sample *sample);

#endif
