/* The command that ddrec launches, with its threads and children, from its exec to its end. */
#include "common/clock.h"
#include "record/target.h"

#include <sys/resource.h>

static bool open_command(struct target *t, struct perf_events_config *config,
	struct perf_plan *plan, struct perf_events *events, struct err *err)
{
	config->pids = &t->command.pid;
	config->n_pids = 1;
	return perf_events_open(config, plan, events, err) &&
		perf_events_add(events, plan, t->command.pid, err);
}

/* A command that has been waited for: of it and the children that it waited for. */
static struct target_cpu cpu(const struct target *t, const struct perf_totals *totals)
{
	struct rusage children;
	if (t->command.pid)
		return (struct target_cpu){ 0, totals->running_ns };
	getrusage(RUSAGE_CHILDREN, &children);
	return (struct target_cpu){ clock_timeval_ns(children.ru_utime),
		clock_timeval_ns(children.ru_stime) };
}

static void write_options(const struct target *t UNUSED, struct buf *b UNUSED)
{
}

const struct target_kind target_command = {
	.name = "command",
	.scope = { .from_exec = true, .inherit = true },
	.is_command = true,
	.open = open_command,
	.cpu = cpu,
	.write_options = write_options,
};
