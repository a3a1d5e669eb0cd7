/*
 * Processes, threads and mappings over time: see replay.h.
 *
 * A process whose last thread has exited is kept for a while (EXITED_KEPT), because a sample taken
 * just before may come just after.
 */
#include "report/replay.h"

#include "report/id_map.h"

enum {
	EXITED_KEPT = 256,
	MAX_MAPPINGS = 1 << 15,     /* of a process; Linux allows 65,530, executable or not */
	MAX_ALL_MAPPINGS = 8 << 20, /* 10,000 processes with 800 executable mappings each */
	MAX_INHERITED = 1 << 28,    /* by all forks: a million with 250 each, half a second */
};

struct process {
	uint32_t pid;
	uint32_t n_threads; /* alive */
	bool replaced;      /* a newer process has its pid */
	bool in_exited;
	struct process *next, *prev; /* in the list of all */
	const char *name;            /* NULL: unknown */
	uint32_t named_by;           /* as thread.incarnation, of the event that gave the name */
	struct address_space space;
};

struct thread {
	uint32_t tid;
	uint32_t incarnation; /* number, from 1, of the event that made or named it */
	const char *name;
	struct process *process;
};

struct replay {
	const struct replay_log *log;
	size_t next;       /* the first event not yet applied */
	size_t n_mappings; /* of all processes */
	size_t n_inherited;
	struct id_map processes, threads;
	struct process *all;
	struct process *exited[EXITED_KEPT];
	size_t next_exited;
	uint64_t n_left_out;
};

static const struct address_space empty_space;

struct replay *replay_new(const struct replay_log *log)
{
	struct replay *r = calloc(1, sizeof(*r));
	if (r)
		r->log = log;
	return r;
}

static void clear_space(struct replay *r, struct process *process)
{
	r->n_mappings -= process->space.n_mappings;
	address_space_clear(&process->space);
}

static void free_process(struct replay *r, struct process *process)
{
	if (process->next)
		process->next->prev = process->prev;
	if (process->prev)
		process->prev->next = process->next;
	else
		r->all = process->next;
	clear_space(r, process);
	free(process);
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	while (r->all)
		free_process(r, r->all);
	for (size_t i = 0; i < r->threads.cap; i++)
		free(r->threads.entries[i].value);
	id_map_fini(&r->processes);
	id_map_fini(&r->threads);
	free(r);
}

/* Takes a process off the list of the exited, and frees it unless a late event brought it back. */
static void forget(struct replay *r, struct process *process)
{
	process->in_exited = false;
	if (process->n_threads)
		return;
	if (!process->replaced)
		id_map_remove(&r->processes, process->pid);
	free_process(r, process);
}

static void retire(struct replay *r, struct process *process)
{
	if (process->in_exited)
		return;
	if (r->exited[r->next_exited])
		forget(r, r->exited[r->next_exited]);
	r->exited[r->next_exited] = process;
	r->next_exited = (r->next_exited + 1) % EXITED_KEPT;
	process->in_exited = true;
}

static void remove_thread(struct replay *r, uint32_t tid)
{
	struct thread *thread = id_map_find(&r->threads, tid);
	if (!thread)
		return;
	struct process *process = thread->process;
	id_map_remove(&r->threads, tid);
	free(thread);
	if (--process->n_threads == 0)
		retire(r, process);
}

/* The number of the event at work. */
static uint32_t event_number(const struct replay *r)
{
	return (uint32_t)r->next;
}

static struct process *new_process(struct replay *r, uint32_t pid, const char *name)
{
	struct process *process = calloc(1, sizeof(*process));
	struct process **slot = process ? (struct process **)id_map_slot(&r->processes, pid) : NULL;
	if (!slot) {
		free(process);
		return NULL;
	}
	struct process *old = *slot;
	*process = (struct process){
		.pid = pid, .name = name, .named_by = event_number(r), .next = r->all
	};
	if (r->all)
		r->all->prev = process;
	r->all = *slot = process;
	if (old) {
		old->replaced = true;
		retire(r, old);
	}
	return process;
}

static struct process *get_process(struct replay *r, uint32_t pid)
{
	struct process *process = id_map_find(&r->processes, pid);
	return process ? process : new_process(r, pid, NULL);
}

static struct thread *new_thread(
	struct replay *r, struct process *process, uint32_t tid, const char *name)
{
	process->n_threads++; /* first: removing an old thread of it must not retire the process */
	remove_thread(r, tid);
	struct thread *thread = calloc(1, sizeof(*thread));
	struct thread **slot = thread ? (struct thread **)id_map_slot(&r->threads, tid) : NULL;
	if (!slot) {
		free(thread);
		return NULL;
	}
	*thread = (struct thread){ tid, event_number(r), name, process };
	return *slot = thread;
}

static struct thread *get_thread(struct replay *r, uint32_t pid, uint32_t tid)
{
	struct thread *thread = id_map_find(&r->threads, tid);
	if (thread && thread->process->pid == pid)
		return thread;
	struct process *process = get_process(r, pid);
	return process ? new_thread(r, process, tid, process->name) : NULL;
}

static bool apply_mmap(struct replay *r, const struct replay_event *e)
{
	const struct trace_mmap *mmap = &e->event.mmap;
	if (!e->module)
		return true;
	struct process *process = get_process(r, e->event.pid);
	if (!process)
		return false;
	struct address_space *space = &process->space;
	size_t n_before = space->n_mappings;
	if (n_before >= MAX_MAPPINGS || r->n_mappings >= MAX_ALL_MAPPINGS) {
		r->n_left_out++;
		return true;
	}
	struct mapping mapping = { mmap->start, mmap->start + mmap->len, mmap->file_off,
		e->module };
	bool ok = address_space_add(space, &mapping);
	r->n_mappings += space->n_mappings - n_before;
	return ok;
}

static bool apply_comm(struct replay *r, const struct replay_event *e)
{
	const struct trace_event *event = &e->event;
	struct thread *thread = get_thread(r, event->pid, event->tid);
	if (!thread)
		return false;
	if (event->comm.is_exec)
		clear_space(r, thread->process);
	thread->name = event->comm.name;
	thread->incarnation = event_number(r);
	if (event->comm.is_exec || event->pid == event->tid) {
		thread->process->name = event->comm.name;
		thread->process->named_by = event_number(r);
	}
	return true;
}

static bool inherit_mappings(struct replay *r, struct process *child, const struct process *parent)
{
	size_t n = parent->space.n_mappings;
	if (r->n_mappings + n > MAX_ALL_MAPPINGS || r->n_inherited + n > MAX_INHERITED) {
		r->n_left_out++;
		return true;
	}
	if (!address_space_copy(&child->space, &parent->space))
		return false;
	r->n_mappings += n;
	r->n_inherited += n;
	return true;
}

static bool apply_fork(struct replay *r, const struct replay_event *e)
{
	const struct trace_event *event = &e->event;
	struct thread *parent = get_thread(r, event->fork.parent_pid, event->fork.parent_tid);
	if (!parent)
		return false;
	const char *name = parent->name;
	struct process *from = parent->process;
	if (event->pid == event->fork.parent_pid)
		return new_thread(r, from, event->tid, name) != NULL;
	struct process *process = new_process(r, event->pid, name);
	return process && inherit_mappings(r, process, from) &&
		new_thread(r, process, event->tid, name);
}

static bool apply(struct replay *r, const struct replay_event *e)
{
	switch (e->event.kind) {
	case TRACE_MMAP:
		return apply_mmap(r, e);
	case TRACE_COMM:
		return apply_comm(r, e);
	case TRACE_FORK:
		return apply_fork(r, e);
	case TRACE_EXIT:
		remove_thread(r, e->event.tid);
		return true;
	case TRACE_LOST: /* these are the log's to count */
	case TRACE_THROTTLE:
	case TRACE_BUILD_ID:
		return true;
	}
	return true;
}

bool replay_advance(struct replay *r, uint64_t time_ns, struct err *err)
{
	size_t n = replay_log_count(r->log);
	while (r->next < n && replay_log_at(r->log, r->next)->event.time_ns <= time_ns) {
		if (!apply(r, replay_log_at(r->log, r->next++)))
			return err_set(err, "no memory for processes and mappings");
	}
	return true;
}

struct replay_thread replay_find_thread(const struct replay *r, uint32_t pid, uint32_t tid)
{
	struct replay_thread found = { .pid = pid, .tid = tid, .space = &empty_space };
	const struct process *process = id_map_find(&r->processes, pid);
	if (process) {
		found.incarnation = process->named_by;
		found.name = found.process_name = process->name;
		found.space = &process->space;
	}
	const struct thread *thread = id_map_find(&r->threads, tid);
	if (thread && thread->process == process) {
		found.incarnation = thread->incarnation;
		found.name = thread->name;
	}
	return found;
}

uint64_t replay_max_mappings(uint64_t n_mmaps, uint64_t n_forks)
{
	uint64_t inherited = MIN(n_mmaps, (uint64_t)MAX_MAPPINGS);
	uint64_t all = n_forks > MAX_ALL_MAPPINGS ? MAX_ALL_MAPPINGS : n_forks * inherited;
	return MIN(n_mmaps + all, (uint64_t)MAX_ALL_MAPPINGS);
}

uint64_t replay_left_out(const struct replay *r)
{
	return r->n_left_out;
}
