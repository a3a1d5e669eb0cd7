/* See describe.h. */
#include "record/describe.h"

#include "common/clock.h"
#include "record/proc_maps.h"
#include "record/proc_tasks.h"

#include <errno.h>

/* Listings at most; processes that are forked faster than this lists have parents that are known.
 */
enum { MAX_LISTINGS = 8 };

static bool tell_name(struct drain *drain, uint64_t time_ns, pid_t pid, pid_t tid, bool *ret_lives,
	struct err *err)
{
	char name[PROC_NAME_BYTES];
	struct trace_event event = {
		.kind = TRACE_COMM,
		.time_ns = time_ns,
		.pid = (uint32_t)pid,
		.tid = (uint32_t)tid,
		.comm = { .name = name },
	};
	*ret_lives = proc_tasks_name(pid, tid, name);
	return !*ret_lives || drain_event(drain, &event, err);
}

static bool tell_mappings(
	struct drain *drain, uint64_t time_ns, pid_t pid, bool *ret_readable, struct err *err)
{
	struct proc_maps_scratch scratch;
	struct proc_maps maps;
	struct trace_event event = {
		.kind = TRACE_MMAP,
		.time_ns = time_ns,
		.pid = (uint32_t)pid,
		.tid = (uint32_t)pid,
	};
	bool ok = true;
	*ret_readable = proc_maps_open(&maps, (uint32_t)pid, &scratch) ||
		(errno != EACCES && errno != EPERM);
	if (maps.fd < 0)
		return true;
	while (ok && proc_maps_next(&maps, &event.mmap))
		ok = drain_event(drain, &event, err);
	proc_maps_close(&maps);
	return ok;
}

static bool tell_threads(struct drain *drain, uint64_t time_ns, pid_t pid,
	const struct pid_list *threads, struct err *err)
{
	bool ok = true, lives;
	for (size_t i = 0; ok && i < threads->n; i++)
		if (threads->pids[i] != pid)
			ok = tell_name(drain, time_ns, pid, threads->pids[i], &lives, err);
	return ok;
}

static bool describe(pid_t pid, struct drain *drain, struct description *d, struct err *err)
{
	AUTO_PID_LIST struct pid_list threads = { 0 };
	bool lives, readable;
	uint64_t now_ns = clock_now_ns(CLOCK_MONOTONIC);
	if (!drain_until(drain, now_ns, err) || !proc_tasks_threads(pid, &threads, err))
		return false;
	if (!threads.n)
		return true; /* it has ended */
	drain_begin_process(drain, (uint32_t)pid, (uint32_t)threads.n);
	if (!tell_name(drain, now_ns, pid, pid, &lives, err))
		return false;
	d->processes++;
	d->threads += threads.n;
	if (!tell_mappings(drain, now_ns, pid, &readable, err))
		return false;
	d->unreadable += !readable;
	return tell_threads(drain, now_ns, pid, &threads, err);
}

bool describe_processes(
	const struct pid_list *roots, struct drain *drain, struct description *d, struct err *err)
{
	AUTO_PID_SET struct pid_set told = { NULL };
	bool any = true;
	if (!pid_set_init(&told, err))
		return false;
	for (int i = 0; any && i < MAX_LISTINGS; i++) {
		AUTO_PID_LIST struct pid_list pids = { 0 };
		any = false;
		if (!proc_tasks_tree(roots, &pids, err))
			return false;
		for (size_t k = 0; k < pids.n; k++) {
			if (!pid_set_add(&told, pids.pids[k]))
				continue;
			any = true;
			if (!describe(pids.pids[k], drain, d, err))
				return false;
		}
	}
	return true;
}
