/*
 * What can be sampled (--event): one const struct per event of the kernel. The names are those of
 * perf(1).
 */
#ifndef RECORD_EVENT_SOURCE_H
#define RECORD_EVENT_SOURCE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_source {
	const char *name;
	const char *help;
	uint32_t type; /* PERF_TYPE_* */
	uint64_t config;
	bool is_time;    /* its period counts nanoseconds */
	bool by_default; /* tried, in this order, when no event was asked for */
	bool in_kernel;  /* happens in the kernel only: nothing is left without its part */
	/* A sample each so many events, unless a frequency was asked for; 0: by frequency. For
	 * events that come in bursts, at which the kernel's guesses at the period are far off. */
	uint64_t period;
};

extern const struct event_source event_sources[];
extern const size_t n_event_sources;

/* NULL when there is none of that name; err says which there are. */
const struct event_source *event_source_find(const char *name, struct err *err);

#endif
