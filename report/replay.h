/*
 * Replay: processes, threads and mappings as they were at each moment, by the events of a log.
 *
 * replay_advance(t) applies the events up to and including t, so that the lookups answer for t.
 * Time only moves forward. Lookups change nothing: two replays of one log, each on its own thread,
 * give equal answers for equal times, whatever else they were asked.
 *
 *	struct replay *replay = replay_new(log);
 *	replay_advance(replay, sample.time_ns, err);
 *	struct replay_thread thread = replay_find_thread(replay, sample.pid, sample.tid);
 *
 * Rules. A fork into another pid copies the mappings; into the same pid it is a thread. An exec
 * empties the address space. A pid seen again in a fork is a new process, whatever the old one's
 * fate. A mapping replaces what it overlaps. A thread that no event told of has its process's name;
 * a process that no event told of has no mappings and no name.
 */
#ifndef REPORT_REPLAY_H
#define REPORT_REPLAY_H

#include "common/err.h"
#include "report/replay_log.h"

struct replay;

struct replay_thread {
	uint32_t pid, tid;
	/* With pid and tid it is the thread's identity: differs when a tid is used again, or when
	 * the thread's name changed. */
	uint32_t incarnation;
	const char *name;         /* the thread's; lives as long as the log. NULL: unknown */
	const char *process_name; /* of the process's first thread; NULL: unknown */
	const struct address_space *space;
};

struct replay *replay_new(const struct replay_log *log); /* NULL: no memory */
void replay_free(struct replay *replay);
DEFINE_AUTO(struct replay *, replay_free);

MUST_CHECK bool replay_advance(struct replay *replay, uint64_t time_ns, struct err *err);
struct replay_thread replay_find_thread(const struct replay *replay, uint32_t pid, uint32_t tid);

/* The most mappings that a replay of so many events may come to hold. */
uint64_t replay_max_mappings(uint64_t n_mmaps, uint64_t n_forks);

/* Mappings that were left out so far, because no real program has so many. */
uint64_t replay_left_out(const struct replay *replay);

#endif
