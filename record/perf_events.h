/*
 * The open events of a recording: on every CPU a sampling event and a sideband event, each with its
 * own ring, so that a flood of samples cannot push out a mapping.
 *
 * Opening finds out what this kernel, this machine and this user may have: it changes the plan
 * (features, event, kernel part) until an event opens on one CPU, and opens the others like it.
 * CPUs that go offline meanwhile are left out. The rings' size begins with what was wished and is
 * halved until the kernel lets us lock the memory.
 *
 *	perf_events_open(&plan, pid, wished_ring_bytes, &events, err);
 *	perf_events_note_heads(&events);                  // samples first: the rule of order
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

struct perf_events {
	uint32_t n_cpus;
	int *fds;           /* 2 per CPU: the sampling events, then the sideband events */
	struct ring *rings; /* one per descriptor, in the same order */
	size_t ring_bytes;  /* of a sample ring, as it came out */
	size_t ring_wished_bytes;
	uint8_t *scratch;
	uint64_t sample_type; /* of the sampling events */
};

/* wished_ring_bytes 0: the default. plan is changed to what was granted; event_is_default says
 * that another event may take its place. */
MUST_CHECK bool perf_events_open(struct perf_plan *plan, bool event_is_default, pid_t pid,
	uint64_t wished_ring_bytes, struct perf_events *ret_events, struct err *err);
void perf_events_close(struct perf_events *events);

/* Notes the heads of the sample rings, and then of the sideband rings: a sample before a noted head
 * has every mapping that it needs before the other one. */
void perf_events_note_heads(struct perf_events *events);
void perf_events_disable(struct perf_events *events);
/* Samples (or sideband records) that found no room, as the kernel counts them; 0 where it does
 * not. */
uint64_t perf_events_lost(
	const struct perf_events *events, const struct perf_plan *plan, bool of_sideband);

#endif
