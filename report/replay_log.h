/*
 * The log of a recording: all its events but samples, in the order of time, with the module of each
 * mapping. Filled once, by one thread; then only read, by the replays of all threads.
 *
 *	replay_log_add(log, &event, err)   for each event, in any order
 *	replay_log_sort(log, err)
 *	replay_new(log) ...
 */
#ifndef REPORT_REPLAY_LOG_H
#define REPORT_REPLAY_LOG_H

#include "common/err.h"
#include "common/trace_event.h"
#include "report/module_table.h"

struct replay_log;

struct replay_event {
	struct trace_event event; /* its strings live as long as the log */
	struct module *module;    /* of an executable mapping; else NULL */
	size_t order;             /* in which it was added: decides between equal times */
};

struct replay_log *replay_log_new(struct module_table *modules); /* NULL: no memory */
void replay_log_free(struct replay_log *log);
DEFINE_AUTO(struct replay_log *, replay_log_free);

/* What events may take in memory, at most; those that come after that are left out, and counted. */
void replay_log_limit(struct replay_log *log, uint64_t max_bytes);
MUST_CHECK bool replay_log_add(
	struct replay_log *log, const struct trace_event *event, struct err *err);
MUST_CHECK bool replay_log_sort(struct replay_log *log, struct err *err);

size_t replay_log_count(const struct replay_log *log);
const struct replay_event *replay_log_at(const struct replay_log *log, size_t index);

struct replay_counts {
	uint64_t n_events, n_mmaps, n_forks, n_execs, n_exits;
	uint64_t lost_samples, lost_sideband, throttled;
	uint64_t n_left_out; /* events beyond what a log holds */
};
const struct replay_counts *replay_log_counts(const struct replay_log *log);

#endif
