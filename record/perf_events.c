/* Opens events and maps their rings, giving in where the kernel refuses; see perf_events.h. */
#include "record/perf_events.h"

#include "common/array.h"
#include "record/perf_settle.h"
#include "record/permissions.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

/* A few descriptors per CPU may be more than the soft limit has; the hard one is ours to use. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_rings(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++) {
		ring_unmap(&events->rings[i]);
		if (events->ring_fds[i] >= 0)
			close(events->ring_fds[i]);
		events->ring_fds[i] = -1;
	}
}

static size_t sideband_ring_bytes(size_t sample_bytes)
{
	return MIN(SIDEBAND_RING_BYTES, MAX(sample_bytes / 4, 16384));
}

/* Keeper i and its ring; else errno says why not. *ret_open tells what failed. */
static bool open_ring(struct perf_events *events, const struct perf_plan *plan, size_t sample_bytes,
	uint32_t i, bool *ret_open)
{
	struct perf_event_attr attr;
	struct ring *ring = &events->rings[i];
	ring->of_sideband = i >= events->n_cpus;
	ring->scratch = events->scratch;
	size_t bytes = ring->of_sideband ? sideband_ring_bytes(sample_bytes) : sample_bytes;
	perf_attr_keeper(ring->of_sideband ? 0 : plan->wakeup_bytes, &attr);
	events->ring_fds[i] = perf_settle_open(&attr, 0, events->cpus[i % events->n_cpus]);
	*ret_open = events->ring_fds[i] >= 0;
	return *ret_open && ring_map(ring, events->ring_fds[i], bytes);
}

/* The size also goes into the events: the mark that wakes us, the room for a snapshot. */
static bool open_rings(struct perf_events *events, struct perf_plan *plan, struct err *err)
{
	bool open = true;
	for (size_t bytes = events->ring_wished_bytes;; bytes /= 2) {
		uint32_t i = 0;
		plan->stack.limit_bytes = stack_request_limit(&plan->stack, bytes);
		plan->wakeup_bytes = perf_plan_wakeup_bytes(plan, bytes);
		while (i < 2 * events->n_cpus && open_ring(events, plan, bytes, i, &open))
			i++;
		events->ring_bytes = bytes;
		if (i == 2 * events->n_cpus)
			return true;
		int error = errno;
		struct permissions permissions = permissions_read();
		close_rings(events);
		if (!open)
			return permissions_explain_open(&permissions, plan, 0, error, err);
		if ((error != EPERM && error != ENOMEM) || bytes == RING_MIN_BYTES)
			return permissions_explain_ring(&permissions, error, err);
	}
}

static size_t largest_power_of_two(uint64_t at_most)
{
	size_t power = RING_MIN_BYTES;
	while (power * 2 <= at_most && power < RING_MAX_BYTES)
		power *= 2;
	return power;
}

static bool allocate(struct perf_events *events, const struct cpu_list *cpus, uint64_t ring_bytes,
	struct err *err)
{
	uint64_t share = RINGS_TOTAL_BYTES / cpus->n;
	uint64_t wish = ring_bytes ? ring_bytes : MIN(share, RING_DEFAULT_BYTES);
	events->ring_wished_bytes = largest_power_of_two(wish);
	events->cpus = calloc(cpus->n, sizeof(*events->cpus));
	events->ring_fds = calloc(2 * cpus->n, sizeof(*events->ring_fds));
	events->rings = calloc(2 * cpus->n, sizeof(*events->rings));
	events->scratch = malloc(RING_RECORD_MAX);
	if (!events->cpus || !events->ring_fds || !events->rings || !events->scratch)
		return err_errno(err, "memory for events on %u CPUs", cpus->n);
	events->n_cpus = cpus->n;
	for (uint32_t i = 0; i < 2 * cpus->n; i++) {
		events->cpus[i % cpus->n] = cpus->cpus[i % cpus->n];
		events->ring_fds[i] = -1;
	}
	return true;
}

bool perf_events_open(const struct perf_events_config *config, struct perf_plan *plan,
	struct perf_events *ret_events, struct err *err)
{
	struct perf_events events = { 0 };
	struct perf_event_attr attr;
	raise_descriptor_limit();
	if (!perf_settle(plan, config->event_is_default, config->pids, config->n_pids,
		    config->cpus->cpus[0], err))
		return false;
	if (!allocate(&events, config->cpus, config->ring_bytes, err) ||
		!open_rings(&events, plan, err)) {
		perf_events_close(&events);
		return false;
	}
	perf_attr_sampling(plan, &attr);
	events.sample_type = attr.sample_type;
	*ret_events = events;
	return true;
}

/* One event of a task, into the ring of that number. */
static bool add_event(struct perf_events *events, struct perf_event_attr *attr, pid_t pid,
	uint32_t ring, struct perf_fds *fds)
{
	if (!ARRAY_ROOM(fds->fds, fds->cap, fds->n))
		return false;
	int fd = perf_settle_open(attr, pid, events->cpus[ring % events->n_cpus]);
	if (fd < 0)
		return false;
	fds->fds[fds->n++] = fd;
	return !ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, events->ring_fds[ring]);
}

/* The sideband comes first: it tells of the threads that the sampling events go on into. */
static bool add_on_cpu(
	struct perf_events *events, const struct perf_plan *plan, pid_t pid, uint32_t cpu)
{
	struct perf_event_attr sampling, sideband;
	perf_attr_sampling(plan, &sampling);
	perf_attr_sideband(plan, &sideband);
	return add_event(events, &sideband, pid, events->n_cpus + cpu, &events->sideband) &&
		add_event(events, &sampling, pid, cpu, &events->sampling);
}

bool perf_events_add(
	struct perf_events *events, const struct perf_plan *plan, pid_t pid, struct err *err)
{
	for (uint32_t cpu = 0; cpu < events->n_cpus; cpu++) {
		if (add_on_cpu(events, plan, pid, cpu))
			continue;
		int error = errno;
		if (error == ESRCH)
			break; /* the task has ended */
		if (error == ENODEV)
			continue; /* the CPU went offline: do without it */
		struct permissions permissions = permissions_read();
		permissions_explain_open(&permissions, plan, pid, error, err);
		errno = error;
		return false;
	}
	return true;
}

static void close_all(struct perf_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		close(fds->fds[i]);
	free(fds->fds);
}

void perf_events_close(struct perf_events *events)
{
	close_rings(events);
	close_all(&events->sampling);
	close_all(&events->sideband);
	free(events->cpus);
	free(events->ring_fds);
	free(events->rings);
	free(events->scratch);
	*events = (struct perf_events){ 0 };
}

static void control_all(const struct perf_fds *fds, unsigned long request)
{
	for (size_t i = 0; i < fds->n; i++)
		ioctl(fds->fds[i], request, 0);
}

void perf_events_enable(const struct perf_events *events)
{
	control_all(&events->sampling, PERF_EVENT_IOC_ENABLE);
}

void perf_events_disable(const struct perf_events *events)
{
	control_all(&events->sampling, PERF_EVENT_IOC_DISABLE);
	control_all(&events->sideband, PERF_EVENT_IOC_DISABLE);
}

void perf_events_note_heads(struct perf_events *events)
{
	for (uint32_t i = 0; i < 2 * events->n_cpus; i++)
		ring_note_head(&events->rings[i]);
}

/* Sums up by attr.read_format: the count, the time it ran, and what was lost. */
static void sum_up(const struct perf_fds *fds, bool counts_lost, uint64_t *lost, uint64_t *running)
{
	for (size_t i = 0; i < fds->n; i++) {
		uint64_t values[3] = { 0 };
		if (read(fds->fds[i], values, sizeof(values)) < 16)
			continue;
		*running += values[1];
		*lost += counts_lost ? values[2] : 0;
	}
}

struct perf_totals perf_events_totals(
	const struct perf_events *events, const struct perf_plan *plan)
{
	struct perf_totals totals = { 0 };
	bool counts_lost = plan->features & PERF_FEATURE_LOST_COUNT;
	uint64_t of_sideband = 0;
	sum_up(&events->sampling, counts_lost, &totals.lost_samples, &totals.running_ns);
	sum_up(&events->sideband, counts_lost, &totals.lost_sideband, &of_sideband);
	return totals;
}
