/* What all kinds of target share: the command, and the ends of processes; see target.h. */
#include "record/target.h"

#include "record/perf_settle.h"
#include "record/proc_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

/* The first that fits. */
static const struct target_kind *kind_of(const struct target_request *request)
{
	if (request->machine)
		return &target_machine;
	if (!request->pids)
		return &target_command;
	if (request->per_thread || !perf_settle_may_watch_cpus())
		return &target_processes;
	return &target_processes_by_cpu;
}

static bool find_process(pid_t pid, struct target_process *ret_process, struct err *err)
{
	pid_t process = proc_tasks_process_of(pid);
	if (!process)
		return err_set(err, "there is no process %d", (int)pid);
	if (process != pid)
		return err_set(err, "%d is a thread of process %d; use -p %d", (int)pid,
			(int)process, (int)process);
	if (process == getpid())
		return err_set(err, "%d is ddrec record itself", (int)pid);
	*ret_process = (struct target_process){ .pid = pid, .pidfd = launch_open_pidfd(pid) };
	if (!proc_tasks_name(pid, pid, ret_process->name))
		ret_process->name[0] = '\0';
	return true;
}

static bool find_processes(struct target *t, const char *pids, struct err *err)
{
	if (!pid_list_parse(pids, &t->pids, err))
		return false;
	t->processes = calloc(t->pids.n, sizeof(*t->processes));
	if (!t->processes)
		return err_errno(err, "memory for a list of processes");
	for (; t->n_processes < t->pids.n; t->n_processes++)
		if (!find_process(t->pids.pids[t->n_processes], &t->processes[t->n_processes], err))
			return false;
	return true;
}

bool target_prepare(
	const struct target_request *request, struct target *ret_target, struct err *err)
{
	struct launch_command command = { request->argv, request->mask, request->stdout_is_traces };
	*ret_target = (struct target){
		.kind = kind_of(request),
		.command = { .pidfd = -1, .go_fd = -1, .exec_fd = -1 },
	};
	if (request->machine && request->pids)
		return err_set(err, "-a records all processes; leave out -p");
	if (request->pids && !find_processes(ret_target, request->pids, err))
		return false;
	return !request->argv || launch_fork(&command, &ret_target->command, err);
}

size_t target_max_polled(const struct target *t)
{
	return t->n_processes + 1;
}

nfds_t target_list_polled(const struct target *t, struct pollfd *polled)
{
	nfds_t n = 0;
	if (t->command.pid)
		polled[n++] = (struct pollfd){ t->command.pidfd, POLLIN, 0 };
	for (size_t i = 0; i < t->n_processes; i++)
		if (!t->processes[i].ended)
			polled[n++] = (struct pollfd){ t->processes[i].pidfd, POLLIN, 0 };
	return n;
}

static bool process_has_ended(const struct target_process *p)
{
	struct pollfd polled = { p->pidfd, POLLIN, 0 };
	if (p->pidfd >= 0)
		return poll(&polled, 1, 0) > 0;
	return kill(p->pid, 0) && errno == ESRCH;
}

bool target_has_ended(struct target *t)
{
	size_t n_ended = 0;
	if (t->command.pid && launch_has_ended(&t->command))
		return true;
	for (size_t i = 0; i < t->n_processes; i++) {
		struct target_process *p = &t->processes[i];
		p->ended = p->ended || process_has_ended(p);
		n_ended += p->ended;
	}
	return t->n_processes && n_ended == t->n_processes;
}

pid_t target_pid(const struct target *t)
{
	if (t->n_processes)
		return t->processes[0].pid;
	return t->kind->is_command ? t->command.pid : 0;
}

void target_write_pids(const struct target *t, struct buf *b)
{
	buf_str(b, "-p ");
	for (size_t i = 0; i < t->n_processes; i++)
		buf_fmt(b, "%s%d", i ? "," : "", (int)t->processes[i].pid);
}

void target_write_attached(const struct target *t, struct buf *b)
{
	enum { MAX_NAMED = 8 };
	buf_str(b, "attached to ");
	for (size_t i = 0; i < MIN(t->n_processes, MAX_NAMED); i++)
		buf_fmt(b, "%s%d (%s)", i ? ", " : "", (int)t->processes[i].pid,
			t->processes[i].name);
	if (t->n_processes > MAX_NAMED)
		buf_fmt(b, " and %zu more", t->n_processes - MAX_NAMED);
	if (t->described.processes > t->n_processes)
		buf_fmt(b, " with %" PRIu64 " descendants",
			t->described.processes - t->n_processes);
	buf_fmt(b, ", %" PRIu64 " thread%s", t->described.threads,
		t->described.threads == 1 ? "" : "s");
}

void target_close(struct target *t)
{
	for (size_t i = 0; i < t->n_processes; i++)
		if (t->processes[i].pidfd >= 0)
			close(t->processes[i].pidfd);
	free(t->processes);
	t->processes = NULL;
	t->n_processes = 0;
	pid_list_fini(&t->pids);
	launch_close(&t->command);
}
