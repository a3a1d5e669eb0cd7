/* Gives in, one by one, where the kernel refuses; see perf_settle.h. */
#include "record/perf_settle.h"

#include "record/permissions.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>

int perf_settle_open(struct perf_event_attr *attr, pid_t pid, uint32_t cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

bool perf_settle_may_watch_cpus(void)
{
	struct perf_event_attr attr;
	perf_attr_keeper(0, &attr);
	int cpu = sched_getcpu();
	AUTO_CLOSE int fd = perf_settle_open(&attr, -1, cpu < 0 ? 0 : (uint32_t)cpu);
	return fd >= 0;
}

/* Whether both events open; else errno says why not. */
static bool try_both(const struct perf_plan *plan, pid_t pid, uint32_t cpu)
{
	struct perf_event_attr attr;
	perf_attr_sampling(plan, &attr);
	int sampling = perf_settle_open(&attr, pid, cpu);
	if (sampling < 0)
		return false;
	perf_attr_sideband(plan, &attr);
	int sideband = perf_settle_open(&attr, pid, cpu);
	int error = errno;
	close(sampling);
	if (sideband >= 0)
		close(sideband);
	errno = error;
	return sideband >= 0;
}

static bool give_up_feature(struct perf_plan *plan)
{
	if (!plan->features)
		return false;
	plan->features &= plan->features - 1; /* the lowest bit is the newest feature */
	return true;
}

static bool is_missing(int error)
{
	return error == ENOENT || error == ENODEV || error == EOPNOTSUPP;
}

/* The next source in the table that is tried by default; NULL at the end. */
static const struct event_source *next_default(const struct event_source *source)
{
	const struct event_source *end = event_sources + n_event_sources;
	while (++source < end)
		if (source->by_default)
			return source;
	return NULL;
}

/* Makes the plan smaller after a refusal; false when there is nothing left to give up. */
static bool give_in(struct perf_plan *plan, bool event_is_default, int error)
{
	if (error == EINVAL)
		return give_up_feature(plan);
	if ((error == EACCES || error == EPERM) && plan->kernel && !plan->source->in_kernel) {
		plan->kernel = false;
		return true;
	}
	if (!is_missing(error) || !event_is_default)
		return false;
	const struct event_source *next = next_default(plan->source);
	if (!next)
		return false;
	plan->source = next;
	plan->features = PERF_FEATURES_ALL;
	return true;
}

bool perf_settle(struct perf_plan *plan, bool event_is_default, const pid_t *pids, size_t n_pids,
	uint32_t cpu, struct err *err)
{
	size_t at = 0;
	while (at < n_pids) {
		if (try_both(plan, pids[at], cpu))
			return true;
		int error = errno;
		if (error == ESRCH)
			at++;
		else if (!give_in(plan, event_is_default, error)) {
			struct permissions permissions = permissions_read();
			return permissions_explain_open(&permissions, plan, pids[at], error, err);
		}
	}
	return err_set(err, "nothing is left to record: it has ended");
}
