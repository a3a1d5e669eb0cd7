/*
 * Lets processes live a little longer in a process table than their events say: a CPU-wide event
 * still samples a thread, with its user stack, after the kernel told of its end (Linux 6.18; seen
 * in do_exit). The replay remembers as many.
 */
#ifndef REPORT_LATE_EXITS_H
#define REPORT_LATE_EXITS_H

#include "common/process_table.h"

enum { LATE_EXITS = 256 };

struct late_exits {
	struct trace_event held[LATE_EXITS]; /* a ring; pid 0: none */
	uint32_t next;
};

/* Takes all events in the order of time, and passes them on to the table in its time. */
void late_exits_event(
	struct late_exits *late, struct process_table *table, const struct trace_event *event);

#endif
