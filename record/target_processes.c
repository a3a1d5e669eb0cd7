/*
 * Processes that run already, with all their threads and descendants, and what these start later.
 *
 * Every thread gets events of its own, which are inherited by the threads and children that it
 * creates from then on. While that is done others appear: those whose creator had its events
 * inherit them, and the sideband tells of them by a fork record; the others need events too. So the
 * threads are listed until no unknown one turns up. As the kernel shows a thread a few microseconds
 * before it writes the record, a moment is left for that: two pairs of events would count a thread
 * twice.
 *
 * What remains: a thread whose clone(2) is under way just while its creator's events are opened may
 * have a record without having inherited, and is missed.
 */
#include "common/clock.h"
#include "record/perf_record.h"
#include "record/proc_tasks.h"
#include "record/target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

enum {
	MAX_LISTINGS = 30,
	PAUSE_US = 2000, /* for a thread's creator to write its record */
	SPARE_FDS = 32,  /* for all else that is open */
};

/* The work of opening. */
struct attaching {
	struct target *target;
	struct perf_events *events;
	const struct perf_plan *plan;
	struct pid_set known; /* have events, or inherited them */
	size_t n_opened;      /* threads */
};

/* The threads of the processes that were asked for, and of their descendants. */
static bool list_threads(const struct target *t, struct pid_list *threads, struct err *err)
{
	AUTO_PID_LIST struct pid_list pids = { 0 };
	bool ok = proc_tasks_tree(&t->pids, &pids, err);
	for (size_t i = 0; ok && i < pids.n; i++)
		ok = proc_tasks_threads(pids.pids[i], threads, err);
	return ok;
}

/* Looks at the sideband's records without taking them: the drain comes later. */
static void note_inherited(struct attaching *a)
{
	struct perf_events *events = a->events;
	for (uint32_t i = events->n_cpus; i < 2 * events->n_cpus; i++) {
		struct ring ring = events->rings[i];
		const struct perf_event_header *record;
		ring_note_head(&ring);
		while ((record = ring_peek(&ring))) {
			struct trace_event event;
			struct perf_record_origin sideband = { .of_sideband = true };
			if (perf_record_event(record, sideband, &event) && event.kind == TRACE_FORK)
				pid_set_add(&a->known, (pid_t)event.tid);
			ring.tail += record->size;
		}
	}
}

static bool check_descriptors(const struct attaching *a, size_t n_more, struct err *err)
{
	struct rlimit limit;
	uint64_t n_threads = a->n_opened + n_more;
	uint64_t needed = 2 * (n_threads + 1) * a->events->n_cpus + SPARE_FDS;
	if (getrlimit(RLIMIT_NOFILE, &limit) || needed <= limit.rlim_cur)
		return true;
	return err_set(err,
		"%" PRIu64 " threads on %u CPUs need %" PRIu64
		" file descriptors, and the limit is "
		"%" PRIu64 "; raise it (ulimit -Hn %" PRIu64
		"), choose CPUs with -C, or record the "
		"machine with -a",
		n_threads, a->events->n_cpus, needed, (uint64_t)limit.rlim_cur, needed);
}

/* A descendant may be another user's, as with sudo; a process that was asked for must be ours. */
static bool open_thread(struct attaching *a, pid_t tid, struct err *err)
{
	a->n_opened++;
	if (perf_events_add(a->events, a->plan, tid, err))
		return true;
	if ((errno != EACCES && errno != EPERM) ||
		pid_list_has(&a->target->pids, proc_tasks_process_of(tid)))
		return false;
	a->target->denied++;
	return true;
}

static void keep_unknown(struct attaching *a, struct pid_list *threads)
{
	size_t n = 0;
	note_inherited(a);
	for (size_t i = 0; i < threads->n; i++)
		if (!pid_set_has(&a->known, threads->pids[i]))
			threads->pids[n++] = threads->pids[i];
	threads->n = n;
}

static bool open_threads(struct attaching *a, const struct pid_list *threads, struct err *err)
{
	if (!check_descriptors(a, threads->n, err))
		return false;
	for (size_t i = 0; i < threads->n; i++) {
		pid_set_add(&a->known, threads->pids[i]);
		if (!open_thread(a, threads->pids[i], err))
			return false;
	}
	return true;
}

/* Opens what came meanwhile; *ret_n is how many threads that were. */
static bool open_unknown(struct attaching *a, size_t *ret_n, struct err *err)
{
	AUTO_PID_LIST struct pid_list threads = { 0 };
	if (!list_threads(a->target, &threads, err))
		return false;
	keep_unknown(a, &threads);
	if (threads.n) {
		usleep(PAUSE_US);
		keep_unknown(a, &threads);
	}
	*ret_n = threads.n;
	return open_threads(a, &threads, err);
}

static bool open_all(struct attaching *a, const struct pid_list *first, struct err *err)
{
	size_t n_unknown = 1;
	if (!open_threads(a, first, err))
		return false;
	for (int i = 1; n_unknown && i < MAX_LISTINGS; i++)
		if (!open_unknown(a, &n_unknown, err))
			return false;
	a->target->unsure = n_unknown;
	return true;
}

static bool open_processes(struct target *t, struct perf_events_config *config,
	struct perf_plan *plan, struct perf_events *events, struct err *err)
{
	struct attaching a = { .target = t, .events = events, .plan = plan };
	AUTO_PID_LIST struct pid_list first = { 0 };
	if (!list_threads(t, &first, err))
		return false;
	config->pids = first.pids;
	config->n_pids = first.n;
	bool ok = perf_events_open(config, plan, events, err) && pid_set_init(&a.known, err) &&
		open_all(&a, &first, err);
	pid_set_fini(&a.known);
	return ok;
}

static bool describe(struct target *t, struct drain *drain, struct err *err)
{
	return describe_processes(&t->pids, drain, &t->described, err);
}

static struct target_cpu cpu(const struct target *t UNUSED, const struct perf_totals *totals)
{
	return (struct target_cpu){ 0, totals->running_ns };
}

const struct target_kind target_processes = {
	.name = "processes",
	.scope = { .inherit = true },
	.open = open_processes,
	.describe = describe,
	.cpu = cpu,
	.write_options = target_write_pids,
	.write_what = target_write_attached,
};
