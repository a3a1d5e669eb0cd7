/*
 * All that the chosen CPUs run, but their idle time: events of the CPUs, not of tasks, so that
 * nothing can be missed, and ddrec itself is in it, as everything is that takes a CPU.
 */
#include "record/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Sums up the lines "cpuN user nice system idle iowait irq softirq steal ..." of /proc/stat. */
static struct target_cpu read_busy(const struct target *t)
{
	struct target_cpu busy = { 0 };
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	char line[512];
	FILE *file = fopen("/proc/stat", "re");
	while (file && fgets(line, sizeof(line), file)) {
		uint64_t user, nice, system, irq, softirq;
		uint32_t cpu;
		if (sscanf(line,
			    "cpu%" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %*s %*s %" SCNu64
			    " %" SCNu64,
			    &cpu, &user, &nice, &system, &irq, &softirq) != 6 ||
			!cpu_list_has(t->cpus, cpu))
			continue;
		busy.user_ns += (user + nice) * tick_ns;
		busy.sys_ns += (system + irq + softirq) * tick_ns;
	}
	if (file)
		fclose(file);
	return busy;
}

static bool open_machine(struct target *t, struct perf_events_config *config,
	struct perf_plan *plan, struct perf_events *events, struct err *err)
{
	static const pid_t all = -1;
	config->pids = &all;
	config->n_pids = 1;
	t->cpus = config->cpus;
	return perf_events_open(config, plan, events, err) &&
		perf_events_add(events, plan, all, err);
}

static bool describe(struct target *t, struct drain *drain, struct err *err)
{
	static const struct pid_list all = { NULL, 0, 0 };
	if (!describe_processes(&all, drain, &t->described, err))
		return false;
	struct target_cpu busy = read_busy(t);
	t->busy_user_ns = busy.user_ns;
	t->busy_sys_ns = busy.sys_ns;
	return true;
}

static struct target_cpu cpu(const struct target *t, const struct perf_totals *totals UNUSED)
{
	struct target_cpu busy = read_busy(t);
	return (struct target_cpu){ busy.user_ns - MIN(busy.user_ns, t->busy_user_ns),
		busy.sys_ns - MIN(busy.sys_ns, t->busy_sys_ns) };
}

static void write_options(const struct target *t UNUSED, struct buf *b)
{
	buf_str(b, "-a");
}

static void write_what(const struct target *t, struct buf *b)
{
	buf_fmt(b, "recorded %u CPU%s with %" PRIu64 " processes at the start", t->cpus->n,
		t->cpus->n == 1 ? "" : "s", t->described.processes);
}

const struct target_kind target_machine = {
	.name = "machine",
	.scope = { .whole_cpu = true },
	.open = open_machine,
	.describe = describe,
	.cpu = cpu,
	.write_options = write_options,
	.write_what = write_what,
};
