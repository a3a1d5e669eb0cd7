/*
 * Replay: processes, threads and mappings as they were at each moment, from the trace's events.
 *
 * Give it all events in any order, then advance through time: replay_advance(t) applies the events
 * up to and including t, so that the lookups answer for t. Time only moves forward.
 *
 *	replay_add_event(replay, &event)   for each event of the trace
 *	replay_start(replay, err)          sorts them
 *	replay_advance(replay, sample.time_ns);
 *	struct replay_thread thread = replay_find_thread(replay, sample.pid, sample.tid);
 *
 * Rules. A fork into another pid copies the mappings; into the same pid it is a thread. An exec
 * empties the address space. A pid seen again in a fork is a new process, whatever the old one's
 * fate. A mapping replaces what it overlaps. A pid that no event told of gets an empty process.
 */
#ifndef REPORT_REPLAY_H
#define REPORT_REPLAY_H

#include "common/err.h"
#include "common/trace_event.h"
#include "report/module_table.h"

struct replay;

struct replay_thread {
	uint32_t pid, tid;
	uint32_t incarnation;     /* differs when a tid is used again, or its name changed */
	const char *name;         /* the thread's; names live as long as the replay */
	const char *process_name; /* of the process's first thread */
	const struct address_space *space;
};

struct replay *replay_new(struct module_table *modules); /* NULL: no memory */
void replay_free(struct replay *replay);
DEFINE_AUTO(struct replay *, replay_free);

/* What events may take in memory, at most; those that come after that are left out, and counted. */
void replay_limit(struct replay *replay, uint64_t max_bytes);
MUST_CHECK bool replay_add_event(
	struct replay *replay, const struct trace_event *event, struct err *err);
MUST_CHECK bool replay_start(struct replay *replay, struct err *err);

MUST_CHECK bool replay_advance(struct replay *replay, uint64_t time_ns, struct err *err);
MUST_CHECK bool replay_find_thread(struct replay *replay, uint32_t pid, uint32_t tid,
	struct replay_thread *ret_thread, struct err *err);

struct replay_counts {
	uint64_t n_events, n_mmaps, n_forks, n_execs, n_exits;
	uint64_t lost_samples, lost_sideband, throttled;
	uint64_t n_left_out; /* events and inherited mappings beyond what a replay holds */
};
const struct replay_counts *replay_counts(const struct replay *replay);

#endif
