/*
 * The samples of an analysis: either one by one, or summed up where thread and stack are equal. In
 * the order in which each first came.
 */
#ifndef REPORT_SAMPLE_SET_H
#define REPORT_SAMPLE_SET_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct analysis_sample {
	uint64_t period;  /* sum */
	uint64_t time_ns; /* of a single sample; summed up, of the first */
	uint32_t count;   /* samples that this stands for */
	uint32_t thread;  /* index */
	uint32_t cpu;     /* as time_ns */
	uint32_t node;    /* of the stack tree */
};

struct sample_set {
	bool keeps_times; /* one by one */
	struct analysis_sample *samples;
	size_t n, cap;
	uint32_t *buckets; /* index + 1; NULL while keeps_times */
	size_t n_buckets;
	uint64_t multiplier; /* of the hash; odd */
};

void sample_set_init(struct sample_set *set, bool keeps_times);
void sample_set_fini(struct sample_set *set);

/* False: no memory. */
MUST_CHECK bool sample_set_add(struct sample_set *set, const struct analysis_sample *sample);
/* Gives the samples out, fitted to their number, and empties the set for the next ones. */
struct analysis_sample *sample_set_take(struct sample_set *set, size_t *ret_n);

#endif
