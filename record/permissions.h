/*
 * Why the kernel refused, in words that name the one setting or capability that helps.
 *
 * Reads /proc only after a refusal; nothing here decides what to try next.
 */
#ifndef RECORD_PERMISSIONS_H
#define RECORD_PERMISSIONS_H

#include "common/err.h"
#include "record/perf_attr.h"

#include <sys/types.h>

/* What /proc says about the rights to use perf events. */
struct permissions {
	long paranoid; /* kernel.perf_event_paranoid; -2: unreadable, the kernel has no perf */
	long mlock_kb; /* kernel.perf_event_mlock_kb */
	long max_sample_rate; /* kernel.perf_event_max_sample_rate */
	int seccomp;          /* of this process: 0 none, 2 a filter, as in containers */
	bool has_perfmon;     /* CAP_PERFMON or CAP_SYS_ADMIN */
};

struct permissions permissions_read(void);

/* Fills err for a failed perf_event_open on the task pid (-1: a CPU; 0: ddrec itself); error is its
 * errno. Returns false. */
bool permissions_explain_open(const struct permissions *p, const struct perf_plan *plan, pid_t pid,
	int error, struct err *err);
/* Fills err for a failed mmap of a ring. Returns false. */
bool permissions_explain_ring(const struct permissions *p, int error, struct err *err);

#endif
