/* The table of event sources. Add a line to add an event. */
#include "record/event_source.h"

#include "common/buf.h"

#include <linux/perf_event.h>
#include <string.h>

const struct event_source event_sources[] = {
	{ "cycles", "CPU cycles; needs a hardware counter, which most virtual machines lack",
		PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false, true },
	{ "cpu-clock", "CPU time, by a timer per CPU; works everywhere", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_CPU_CLOCK, true, true },
	{ "task-clock", "CPU time, as the scheduler counts it for the task", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_TASK_CLOCK, true, false },
	{ "instructions", "instructions retired", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS,
		false, false },
	{ "cache-misses", "last-level cache misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES,
		false, false },
	{ "branch-misses", "mispredicted branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES,
		false, false },
	{ "page-faults", "page faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false,
		false },
	{ "context-switches", "context switches", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_CONTEXT_SWITCHES, false, false },
};
const size_t n_event_sources = ARRAY_LEN(event_sources);

static void refuse(const char *name, struct err *err)
{
	AUTO_BUF struct buf names = BUF_INIT;
	for (size_t i = 0; i < n_event_sources; i++)
		buf_fmt(&names, "%s%s", i ? ", " : "", event_sources[i].name);
	buf_u8(&names, '\0');
	err_set(err, "unknown event '%s' (%s)", name, names.failed ? "" : (char *)names.data);
}

const struct event_source *event_source_find(const char *name, struct err *err)
{
	for (size_t i = 0; i < n_event_sources; i++)
		if (!strcmp(event_sources[i].name, name))
			return &event_sources[i];
	refuse(name, err);
	return NULL;
}
