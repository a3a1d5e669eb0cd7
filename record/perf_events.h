/*
 * The open events of a recording, and their rings: on every CPU one ring for samples and one for
 * the sideband, so that a flood of samples cannot push out a mapping.
 *
 * The rings belong to *keepers*: events of the recorder itself that are never switched on. The
 * events that do the work, a pair for each task and CPU, are put into the keepers' rings. So a ring
 * outlives every task that writes into it, tasks may be added at any time, and what has to be
 * polled does not grow with the tasks. Descriptors: 2 for each CPU, and 2 more for each CPU and
 * task.
 *
 * Opening finds out what may be had (record/perf_settle.h), and halves the rings until the kernel
 * lets us lock the memory. CPUs that go offline are left out.
 *
 *	perf_events_open(&config, &plan, &events, err);
 *	perf_events_add(&events, &plan, pid, &has_ended, err);   // for each task
 *	perf_events_enable(&events);
 *	perf_events_note_heads(&events);                         // samples first: the rule of order
 */
#ifndef RECORD_PERF_EVENTS_H
#define RECORD_PERF_EVENTS_H

#include "record/cpu_list.h"
#include "record/perf_attr.h"
#include "record/ring.h"

#include <sys/types.h>

enum {
	RING_MIN_BYTES = 64 * 1024,
	RING_MAX_BYTES = 64 * 1024 * 1024,
	/* All sample rings together; divided among the CPUs when none was asked for. */
	RINGS_TOTAL_BYTES = 64 * 1024 * 1024,
	/* 64 samples with a whole stack to a quarter of it. */
	RING_DEFAULT_BYTES = 16 * 1024 * 1024,
	SIDEBAND_RING_BYTES = 128 * 1024,
};

struct perf_events_config {
	const struct cpu_list *cpus;
	const pid_t *pids; /* to try the plan on; see perf_settle.h */
	size_t n_pids;
	bool event_is_default;
	uint64_t ring_bytes; /* 0: the default */
};

struct perf_fds {
	int *fds;
	size_t n, cap;
};

struct perf_events {
	uint32_t n_cpus;
	uint32_t *cpus;     /* their numbers */
	int *ring_fds;      /* the keepers', 2 per CPU: for samples, then for the sideband */
	struct ring *rings; /* in the same order */
	struct perf_fds sampling, sideband;
	size_t ring_bytes; /* of a sample ring, as it came out */
	size_t ring_wished_bytes;
	uint8_t *scratch;
	uint64_t sample_type; /* of the sampling events */
};

/* The rings; plan is changed to what was granted. */
MUST_CHECK bool perf_events_open(const struct perf_events_config *config, struct perf_plan *plan,
	struct perf_events *ret_events, struct err *err);
/*
 * Both events of a task (pid -1: of the CPUs) on each CPU. A task that has ended is no error. After
 * a failure errno is the kernel's, and what was opened stays open.
 */
MUST_CHECK bool perf_events_add(
	struct perf_events *events, const struct perf_plan *plan, pid_t pid, struct err *err);
void perf_events_close(struct perf_events *events);

/* Lets the sampling events of all tasks begin, unless an exec does; the sideband runs before. */
void perf_events_enable(const struct perf_events *events);
void perf_events_disable(const struct perf_events *events);

/* Notes the heads of the sample rings, and then of the sideband rings: a sample before a noted head
 * has every mapping that it needs before the other one. */
void perf_events_note_heads(struct perf_events *events);

struct perf_totals {
	/* Records that found no room, as the kernel counts them; 0 where it does not. */
	uint64_t lost_samples, lost_sideband;
	/* CPU time for which sampling events were on: of the tasks and all that inherited them,
	 * whether they still run or not. Of a CPU's events, the time that passed. */
	uint64_t running_ns;
};
struct perf_totals perf_events_totals(
	const struct perf_events *events, const struct perf_plan *plan);

#endif
