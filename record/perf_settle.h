/*
 * Finds out what this kernel, this machine and this user may have: changes a plan (features, event,
 * kernel part) until both of its events open on one task and CPU. Nothing stays open.
 */
#ifndef RECORD_PERF_SETTLE_H
#define RECORD_PERF_SETTLE_H

#include "record/perf_attr.h"

#include "common/err.h"

#include <sys/types.h>

/* perf_event_open(2) with no group and with close-on-exec; errno is the kernel's. */
int perf_settle_open(struct perf_event_attr *attr, pid_t pid, uint32_t cpu);

/* Whether events of whole CPUs may be opened: asks the kernel, as capabilities may be those of a
 * user namespace. */
bool perf_settle_may_watch_cpus(void);

/*
 * pids: tasks to try, in this order, as some may have ended; or -1, for the CPU itself.
 * event_is_default says that another event may take the plan's place.
 */
MUST_CHECK bool perf_settle(struct perf_plan *plan, bool event_is_default, const pid_t *pids,
	size_t n_pids, uint32_t cpu, struct err *err);

#endif
