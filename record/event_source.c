/* The table of event sources. Add a line to add an event. */
#include "record/event_source.h"

#include "common/buf.h"

#include <linux/perf_event.h>
#include <string.h>

#define HARDWARE(event) .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_##event
#define SOFTWARE(event) .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_##event

const struct event_source event_sources[] = {
	{
		.name = "cycles",
		.help = "CPU cycles; needs a hardware counter, which most virtual machines lack",
		HARDWARE(CPU_CYCLES),
		.by_default = true,
	},
	{
		.name = "cpu-clock",
		.help = "CPU time, by a timer per CPU; works everywhere",
		SOFTWARE(CPU_CLOCK),
		.is_time = true,
		.by_default = true,
	},
	{
		.name = "task-clock",
		.help = "CPU time, as the scheduler counts it for the task",
		SOFTWARE(TASK_CLOCK),
		.is_time = true,
	},
	{
		.name = "instructions",
		.help = "instructions retired",
		HARDWARE(INSTRUCTIONS),
	},
	{
		.name = "cache-misses",
		.help = "last-level cache misses",
		HARDWARE(CACHE_MISSES),
	},
	{
		.name = "branch-misses",
		.help = "mispredicted branches",
		HARDWARE(BRANCH_MISSES),
	},
	{
		.name = "page-faults",
		.help = "page faults",
		SOFTWARE(PAGE_FAULTS),
		.period = 100,
	},
	{
		.name = "context-switches",
		.help = "context switches",
		SOFTWARE(CONTEXT_SWITCHES),
		.in_kernel = true,
		.period = 1,
	},
	{
		.name = "cpu-migrations",
		.help = "moves of a thread to another CPU",
		SOFTWARE(CPU_MIGRATIONS),
		.in_kernel = true,
		.period = 1,
	},
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
