/*
 * One round of draining: from the kernel's rings, through process table and sieve, to the writer.
 * The heart of the recorder, and all of what it costs.
 *
 * The rule of order: a round notes the time, then the heads of all sample rings, then the heads of
 * all sideband rings, and takes the records up to that time in the order of time. So a mapping is
 * known before any sample that needs it. What is later stays for the next round.
 *
 * Nothing here allocates, formats text, or looks at symbols.
 *
 * What runs already comes from elsewhere (record/describe.h), between rounds.
 *
 *	drain_new(&config, &drain, err);
 *	drain_round(drain, err);                       // many times
 *	drain_all(drain, err);                         // once, when the events are disabled
 */
#ifndef RECORD_DRAIN_H
#define RECORD_DRAIN_H

#include "common/trace_writer.h"
#include "common/address_set.h"
#include "record/perf_events.h"
#include "record/pid_list.h"
#include "common/process_table.h"
#include "record/unidentified.h"

struct drain;

struct drain_config {
	struct perf_events *events;
	const struct perf_plan *plan;
	struct trace_writer *writer;
	bool members_only;   /* of what comes, take what is of processes that were admitted */
	uint32_t target_pid; /* of a command that was forked; 0: none */
};

struct drain_counts {
	uint64_t samples;
	uint64_t lost_samples; /* as the records say; perf_events_lost may know of more */
	uint64_t lost_sideband;
	uint64_t throttled;
	/* Snapshots of main threads that filled their limit. Of other threads that tells nothing:
	 * the kernel copies on into what is mapped above their stack. */
	uint64_t truncated_stacks;
	uint64_t words_seen;
	uint64_t words_kept;
	uint64_t words_reused;
	uint64_t rounds;
	uint64_t malformed_records;
};

MUST_CHECK bool drain_new(
	const struct drain_config *config, struct drain **ret_drain, struct err *err);
void drain_free(struct drain *d);
DEFINE_AUTO(struct drain *, drain_free);

/* With members_only: a process to record; its children become members by their forks. */
void drain_admit(struct drain *d, uint32_t pid);
/* What is described: first all records up to its time, then the process, then its events. */
MUST_CHECK bool drain_until(struct drain *d, uint64_t time_ns, struct err *err);
/* Admits it, too. */
void drain_begin_process(struct drain *d, uint32_t pid, uint32_t n_threads);
MUST_CHECK bool drain_event(struct drain *d, const struct trace_event *event, struct err *err);

MUST_CHECK bool drain_round(struct drain *d, struct err *err);
MUST_CHECK bool drain_all(struct drain *d, struct err *err);

const struct drain_counts *drain_counts(const struct drain *d);
const struct process_table_counts *drain_process_counts(const struct drain *d);
/* What the end of the recording works on. */
struct address_set *drain_kernel_addresses(struct drain *d);
const struct unidentified *drain_unidentified(const struct drain *d);

#endif
