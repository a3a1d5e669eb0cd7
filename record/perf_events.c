/* Opens events and maps their rings, giving in where the kernel refuses; see perf_events.h. */
#include "record/perf_events.h"

#include "record/permissions.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static int open_event(struct perf_event_attr *attr, pid_t pid, uint32_t cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_sampling(const struct perf_plan *plan, pid_t pid, uint32_t cpu)
{
	struct perf_event_attr attr;
	perf_attr_sampling(plan, &attr);
	return open_event(&attr, pid, cpu);
}

static int open_sideband(const struct perf_plan *plan, pid_t pid, uint32_t cpu)
{
	struct perf_event_attr attr;
	perf_attr_sideband(plan, &attr);
	return open_event(&attr, pid, cpu);
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

/* Finds a plan that works, by opening both events on one CPU. */
static bool settle_plan(
	struct perf_plan *plan, bool event_is_default, pid_t pid, uint32_t cpu, struct err *err)
{
	for (;;) {
		AUTO_CLOSE int sampling = open_sampling(plan, pid, cpu);
		AUTO_CLOSE int sideband = sampling < 0 ? -1 : open_sideband(plan, pid, cpu);
		if (sideband >= 0)
			return true;
		int error = errno;
		if (give_in(plan, event_is_default, error))
			continue;
		struct permissions permissions = permissions_read();
		return permissions_explain_open(&permissions, plan, error, err);
	}
}

/* Two descriptors per CPU may be more than the soft limit has; the hard one is ours to use. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Both events of one CPU, or neither: then errno says why. */
static bool open_pair(const struct perf_plan *plan, pid_t pid, uint32_t cpu, int fds[2])
{
	fds[0] = open_sampling(plan, pid, cpu);
	if (fds[0] < 0)
		return false;
	fds[1] = open_sideband(plan, pid, cpu);
	if (fds[1] >= 0)
		return true;
	int error = errno;
	close(fds[0]);
	errno = error;
	return false;
}

/* Opens pairs, and then sorts the descriptors by kind. */
static bool open_on_cpus(const struct perf_plan *plan, const struct cpu_list *cpus, pid_t pid,
	struct perf_events *events, struct err *err)
{
	AUTO_FREE int(*pairs)[2] = calloc(cpus->n, sizeof(*pairs));
	if (!pairs)
		return err_errno(err, "memory for events on %u CPUs", cpus->n);
	bool ok = true;
	uint32_t n = 0;
	for (uint32_t i = 0; i < cpus->n && ok; i++) {
		if (open_pair(plan, pid, cpus->cpus[i], pairs[n]))
			n++;
		else
			ok = errno == ENODEV; /* went offline: do without it */
	}
	int error = errno;
	for (uint32_t i = 0; i < n; i++) {
		events->fds[i] = pairs[i][0];
		events->fds[n + i] = pairs[i][1];
	}
	events->n_cpus = n;
	if (ok && n > 0)
		return true;
	struct permissions permissions = permissions_read();
	return permissions_explain_open(&permissions, plan, error, err);
}

static void unmap_rings(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++)
		ring_unmap(&events->rings[i]);
}

static bool map_rings_of(struct perf_events *events, size_t sample_bytes)
{
	size_t sideband_bytes = MIN(SIDEBAND_RING_BYTES, MAX(sample_bytes / 4, 16384));
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++) {
		struct ring *ring = &events->rings[i];
		ring->of_sideband = i >= events->n_cpus;
		ring->scratch = events->scratch;
		size_t bytes = ring->of_sideband ? sideband_bytes : sample_bytes;
		if (ring_map(ring, events->fds[i], bytes))
			continue;
		int error = errno;
		unmap_rings(events);
		errno = error;
		return false;
	}
	return true;
}

static size_t largest_power_of_two(uint64_t at_most)
{
	size_t power = RING_MIN_BYTES;
	while (power * 2 <= at_most && power < RING_MAX_BYTES)
		power *= 2;
	return power;
}

static void close_events(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++) {
		ring_unmap(&events->rings[i]);
		close(events->fds[i]);
	}
	events->n_cpus = 0;
}

/* The size also goes into the events, as the mark that wakes us and the room for a snapshot, so
 * each try opens them anew. */
static bool open_with_rings(struct perf_plan *plan, const struct cpu_list *cpus, pid_t pid,
	size_t bytes, struct perf_events *events, struct err *err)
{
	for (;; bytes /= 2) {
		plan->stack.limit_bytes = stack_request_limit(&plan->stack, bytes);
		plan->wakeup_bytes = perf_plan_wakeup_bytes(plan, bytes);
		if (!open_on_cpus(plan, cpus, pid, events, err))
			return false;
		events->ring_bytes = bytes;
		if (map_rings_of(events, bytes))
			return true;
		int error = errno;
		close_events(events);
		if ((error == EPERM || error == ENOMEM) && bytes > RING_MIN_BYTES)
			continue;
		struct permissions permissions = permissions_read();
		return permissions_explain_ring(&permissions, error, err);
	}
}

static bool open_all(struct perf_plan *plan, const struct cpu_list *cpus, pid_t pid,
	uint64_t wished_ring_bytes, struct perf_events *events, struct err *err)
{
	uint64_t share = RINGS_TOTAL_BYTES / cpus->n;
	uint64_t wish = wished_ring_bytes ? wished_ring_bytes : MIN(share, RING_DEFAULT_BYTES);
	events->ring_wished_bytes = largest_power_of_two(wish);
	events->fds = calloc(2 * cpus->n, sizeof(*events->fds));
	events->rings = calloc(2 * cpus->n, sizeof(*events->rings));
	events->scratch = malloc(RING_RECORD_MAX);
	if (!events->fds || !events->rings || !events->scratch)
		return err_errno(err, "memory for events on %u CPUs", cpus->n);
	return open_with_rings(plan, cpus, pid, events->ring_wished_bytes, events, err);
}

bool perf_events_open(struct perf_plan *plan, bool event_is_default, pid_t pid,
	uint64_t wished_ring_bytes, struct perf_events *ret_events, struct err *err)
{
	AUTO_CPU_LIST struct cpu_list cpus = { NULL, 0 };
	if (!cpu_list_online(&cpus, err))
		return false;
	raise_descriptor_limit();
	if (!settle_plan(plan, event_is_default, pid, cpus.cpus[0], err))
		return false;
	struct perf_event_attr attr;
	perf_attr_sampling(plan, &attr);
	struct perf_events events = { .sample_type = attr.sample_type };
	if (!open_all(plan, &cpus, pid, wished_ring_bytes, &events, err)) {
		perf_events_close(&events);
		return false;
	}
	*ret_events = events;
	return true;
}

void perf_events_close(struct perf_events *events)
{
	close_events(events);
	free(events->fds);
	free(events->rings);
	free(events->scratch);
	*events = (struct perf_events){ 0 };
}

void perf_events_note_heads(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++)
		ring_note_head(&events->rings[i]);
}

void perf_events_disable(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++)
		ioctl(events->fds[i], PERF_EVENT_IOC_DISABLE, 0);
}

uint64_t perf_events_lost(
	const struct perf_events *events, const struct perf_plan *plan, bool of_sideband)
{
	uint64_t lost = 0;
	if (!(plan->features & PERF_FEATURE_LOST_COUNT))
		return 0;
	const int *fds = events->fds + (of_sideband ? events->n_cpus : 0);
	for (uint32_t i = 0; i < events->n_cpus; i++) {
		uint64_t values[2]; /* the count, and what was lost */
		if (read(fds[i], values, sizeof(values)) == sizeof(values))
			lost += values[1];
	}
	return lost;
}
