/*
 * The same processes as in record/target_processes.c, by events of the CPUs, where one may have
 * those: the drain takes what is of the processes and drops the rest unread.
 *
 * An event of a thread's own is stopped and started by the kernel whenever the thread leaves a CPU
 * or gets one, with the timer behind it; on a virtual machine that took 5 us for each switch, 5 %
 * of the throughput of a server that switches 10,000 times a second on each CPU (perf record -p
 * too), while events of the CPUs run through. They also need no descriptors for threads, and no
 * thread can be missed. In return all that runs is sampled: 0.3 % of a busy CPU at 199 Hz.
 */
#include "record/proc_tasks.h"
#include "record/target.h"

static bool open_cpus(struct target *t, struct perf_events_config *config, struct perf_plan *plan,
	struct perf_events *events, struct err *err)
{
	return target_machine.open(t, config, plan, events, err);
}

/* CPU time of the processes, and of those that they waited for. */
static bool sum_ticks(
	const struct target *t, struct drain *admit_to, uint64_t *ret_ticks, struct err *err)
{
	AUTO_PID_LIST struct pid_list pids = { 0 };
	if (!proc_tasks_tree(&t->pids, &pids, err))
		return false;
	*ret_ticks = 0;
	for (size_t i = 0; i < pids.n; i++) {
		*ret_ticks += proc_tasks_stat(pids.pids[i]).ticks;
		if (admit_to)
			drain_admit(admit_to, (uint32_t)pids.pids[i]);
	}
	return true;
}

static bool describe(struct target *t, struct drain *drain, struct err *err)
{
	return sum_ticks(t, drain, &t->ticks, err) &&
		describe_processes(&t->pids, drain, &t->described, err);
}

/* Not known when one has ended: its parent may know what it took, or nobody. */
static struct target_cpu cpu(const struct target *t, const struct perf_totals *totals UNUSED)
{
	struct err ignored;
	uint64_t ticks;
	for (size_t i = 0; i < t->n_processes; i++)
		if (t->processes[i].ended)
			return (struct target_cpu){ 0, 0 };
	if (!sum_ticks(t, NULL, &ticks, &ignored) || ticks < t->ticks)
		return (struct target_cpu){ 0, 0 };
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return (struct target_cpu){ 0, (ticks - t->ticks) * tick_ns };
}

const struct target_kind target_processes_by_cpu = {
	.name = "processes by CPU",
	.scope = { .whole_cpu = true },
	.members_only = true,
	.open = open_cpus,
	.describe = describe,
	.cpu = cpu,
	.write_options = target_write_pids,
	.write_what = target_write_attached,
};
