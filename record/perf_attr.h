/*
 * What is asked of the kernel, as attributes of perf_event_open(2): one sampling event and one
 * sideband event, and the keeper of a ring. A *plan* holds the choices; opening may find that the
 * kernel knows less or allows less, and gives up optional features one by one.
 */
#ifndef RECORD_PERF_ATTR_H
#define RECORD_PERF_ATTR_H

#include "record/event_source.h"
#include "record/stack_mode.h"

#include "common/arch.h"

#include <linux/perf_event.h>

/* Features that an older kernel refuses with EINVAL, newest first: given up in this order. */
enum perf_feature {
	PERF_FEATURE_LOST_COUNT = 1,    /* Linux 6.0: read(2) tells the losses */
	PERF_FEATURE_BUILD_ID = 2,      /* Linux 5.12: build-ids in mmap records */
	PERF_FEATURE_EXCLUDE_GUEST = 4, /* not all counters know guests */
};
enum { PERF_FEATURES_ALL = 7 };

enum { PERF_SLACK_MS = 40 };

/* Whom the events are for; each kind of target (record/target.h) has one. */
struct perf_scope {
	bool from_exec; /* all begins with the task's exec; else the sideband begins at once, and
			   the samples when they are told to */
	bool inherit;   /* goes on into later threads and children */
	bool whole_cpu; /* every task that a CPU runs, but not its idle time */
};

struct perf_plan {
	struct perf_scope scope;
	bool delayed; /* samples begin when they are told to, in any case */
	const struct event_source *source;
	struct stack_request stack;
	const struct arch *arch;
	uint32_t frequency_hz; /* 0: a fixed period */
	uint64_t period;       /* events per sample; 0: by frequency */
	uint32_t features;     /* enum perf_feature, still hoped for */
	bool kernel;           /* sample the kernel too */
	uint32_t wakeup_bytes; /* samples in a ring that wake the recorder; 0: half the ring */
};

/*
 * How full a ring of ring_bytes shall wake the recorder: half, or a quarter where the other half
 * would not take the samples of PERF_SLACK_MS. With 200 threads on 2 CPUs at 999 Hz and half a ring
 * of 2 MiB (16 samples), it came too late for 89 of 1,135 samples. To wake costs it some 50 us on a
 * busy machine, as little is left in the caches.
 */
uint32_t perf_plan_wakeup_bytes(const struct perf_plan *plan, size_t ring_bytes);

/*
 * Whether mapping records bring build-ids. Not those of whole CPUs: the kernel (seen in 6.18) marks
 * a record as having one and forgets to take the mark away for the next event that gets it. So
 * every perf record on the machine would take device and inode for a build-id; perf 6.1 aborts on
 * it.
 */
bool perf_plan_has_build_ids(const struct perf_plan *plan);

void perf_attr_sampling(const struct perf_plan *plan, struct perf_event_attr *ret_attr);
void perf_attr_sideband(const struct perf_plan *plan, struct perf_event_attr *ret_attr);
/* An event that only has a ring; wakeup_bytes 0: half of it wakes the recorder. */
void perf_attr_keeper(uint32_t wakeup_bytes, struct perf_event_attr *ret_attr);

#endif
