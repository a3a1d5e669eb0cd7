/*
 * Processes, threads and mappings over time: see replay.h.
 *
 * The events lie in one array, sorted by time, their strings in a table; both live as long as the
 * replay, so names may be pointed at. A process whose last thread has exited is kept for a
 * while (EXITED_KEPT), because a sample taken just before may come just after.
 */
#include "report/replay.h"

#include "formats/string_table.h"
#include "report/id_map.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum {
	EXITED_KEPT = 256,
	MAX_MAPPINGS = 1 << 15,     /* of a process; Linux allows 65,530, executable or not */
	MAX_ALL_MAPPINGS = 8 << 20, /* 10,000 processes with 800 executable mappings each */
};

struct process {
	uint32_t pid;
	uint32_t n_threads; /* alive */
	bool replaced;      /* a newer process has its pid */
	bool in_exited;
	struct process *next, *prev; /* in the list of all */
	const char *name;
	struct address_space space;
};

struct thread {
	uint32_t tid;
	uint32_t incarnation;
	const char *name;
	struct process *process;
};

struct stored_event {
	struct trace_event event;
	size_t order; /* in which it was added: decides between equal times */
};

struct replay {
	struct module_table *modules;
	struct stored_event *events;
	size_t n_events, cap_events;
	size_t next;               /* the first event not yet applied */
	uint64_t bytes, max_bytes; /* of events and their strings */
	struct string_table strings;
	size_t n_mappings; /* of all processes */
	struct id_map processes, threads;
	struct process *all;
	struct process *exited[EXITED_KEPT];
	size_t next_exited;
	uint32_t n_incarnations;
	struct replay_counts counts;
};

struct replay *replay_new(struct module_table *modules)
{
	struct replay *r = calloc(1, sizeof(*r));
	if (r)
		*r = (struct replay){ .modules = modules, .max_bytes = UINT64_MAX };
	return r;
}

void replay_limit(struct replay *r, uint64_t max_bytes)
{
	r->max_bytes = max_bytes;
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
	string_table_fini(&r->strings);
	free(r->events);
	free(r);
}

static const char *keep_string(struct replay *r, const char *str)
{
	size_t n_before = r->strings.n;
	uint32_t id = string_table_add(&r->strings, str, strlen(str));
	if (id == INTERN_NONE)
		return NULL;
	if (r->strings.n > n_before)
		r->bytes += r->strings.entries[id].len;
	return r->strings.entries[id].str;
}

/* The string that an event carries, if it is of a kind that does. */
static const char **event_string(struct trace_event *event)
{
	switch (event->kind) {
	case TRACE_MMAP:
		return &event->mmap.path;
	case TRACE_COMM:
		return &event->comm.name;
	case TRACE_BUILD_ID:
		return &event->build_id.path;
	default:
		return NULL;
	}
}

bool replay_add_event(struct replay *r, const struct trace_event *event, struct err *err)
{
	r->bytes += sizeof(struct stored_event);
	if (r->bytes > r->max_bytes) {
		r->counts.n_left_out++;
		return true;
	}
	if (r->n_events == r->cap_events) {
		size_t cap = r->cap_events ? r->cap_events * 2 : 1024;
		struct stored_event *events = realloc(r->events, cap * sizeof(*events));
		if (!events)
			return err_set(err, "no memory for %zu events", cap);
		r->events = events;
		r->cap_events = cap;
	}
	struct stored_event *copy = &r->events[r->n_events];
	*copy = (struct stored_event){ *event, r->n_events };
	const char **str = event_string(&copy->event);
	if (str && !(*str = keep_string(r, *str)))
		return err_set(err, "no memory for the names of events");
	r->n_events++;
	return true;
}

static int compare_events(const void *a, const void *b)
{
	const struct stored_event *left = a, *right = b;
	if (left->event.time_ns != right->event.time_ns)
		return left->event.time_ns < right->event.time_ns ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static int compare_paths(const void *a, const void *b)
{
	const struct trace_event *const *left = a, *const *right = b;
	return strcmp((*left)->build_id.path, (*right)->build_id.path);
}

static int compare_to_path(const void *key, const void *entry)
{
	const struct trace_event *const *id = entry;
	return strcmp(key, (*id)->build_id.path);
}

/* Gives mappings that came without a build-id the one that the recorder read from the file. */
static bool apply_build_ids(struct replay *r)
{
	AUTO_FREE const struct trace_event **ids = calloc(r->n_events + 1, sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return false;
	for (size_t i = 0; i < r->n_events; i++) {
		if (r->events[i].event.kind == TRACE_BUILD_ID)
			ids[n++] = &r->events[i].event;
	}
	qsort(ids, n, sizeof(*ids), compare_paths);
	for (size_t i = 0; n && i < r->n_events; i++) {
		struct trace_event *e = &r->events[i].event;
		if (e->kind != TRACE_MMAP || e->mmap.build_id.len)
			continue;
		const struct trace_event **id =
			bsearch(e->mmap.path, ids, n, sizeof(*ids), compare_to_path);
		if (id)
			e->mmap.build_id = (*id)->build_id.id;
	}
	return true;
}

bool replay_start(struct replay *r, struct err *err)
{
	if (!apply_build_ids(r))
		return err_set(err, "no memory for the build-ids of files");
	if (r->n_events)
		qsort(r->events, r->n_events, sizeof(*r->events), compare_events);
	return true;
}

/* Takes a process off the list of the exited, and frees it unless a late sample brought it back. */
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

static struct process *new_process(struct replay *r, uint32_t pid, const char *name)
{
	struct process *process = calloc(1, sizeof(*process));
	struct process **slot = process ? (struct process **)id_map_slot(&r->processes, pid) : NULL;
	if (!slot) {
		free(process);
		return NULL;
	}
	struct process *old = *slot;
	*process = (struct process){ .pid = pid, .name = name, .next = r->all };
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
	if (process)
		return process;
	char name[24];
	snprintf(name, sizeof(name), ":%u", pid);
	const char *kept = keep_string(r, name);
	return kept ? new_process(r, pid, kept) : NULL;
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
	*thread = (struct thread){ tid, ++r->n_incarnations, name, process };
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

static bool apply_mmap(struct replay *r, const struct trace_event *event)
{
	const struct trace_mmap *mmap = &event->mmap;
	if (!(mmap->prot & PROT_EXEC) || !mmap->len || mmap->start + mmap->len < mmap->start)
		return true;
	struct process *process = get_process(r, event->pid);
	struct module *module = module_table_get(
		r->modules, module_kind_of_path(mmap->path), mmap->path, &mmap->build_id);
	if (!process || !module)
		return false;
	r->counts.n_mmaps++;
	struct address_space *space = &process->space;
	size_t n_before = space->n_mappings;
	if (n_before >= MAX_MAPPINGS || r->n_mappings >= MAX_ALL_MAPPINGS) {
		r->counts.n_left_out++;
		return true;
	}
	struct mapping mapping = { mmap->start, mmap->start + mmap->len, mmap->file_off, module };
	bool ok = address_space_add(space, &mapping);
	r->n_mappings += space->n_mappings - n_before;
	return ok;
}

static bool apply_comm(struct replay *r, const struct trace_event *event)
{
	struct thread *thread = get_thread(r, event->pid, event->tid);
	if (!thread)
		return false;
	if (event->comm.is_exec) {
		r->counts.n_execs++;
		clear_space(r, thread->process);
	}
	thread->name = event->comm.name;
	thread->incarnation = ++r->n_incarnations;
	if (event->comm.is_exec || event->pid == event->tid)
		thread->process->name = event->comm.name;
	return true;
}

static bool inherit_mappings(struct replay *r, struct process *child, const struct process *parent)
{
	if (r->n_mappings + parent->space.n_mappings > MAX_ALL_MAPPINGS) {
		r->counts.n_left_out++;
		return true;
	}
	if (!address_space_copy(&child->space, &parent->space))
		return false;
	r->n_mappings += child->space.n_mappings;
	return true;
}

static bool apply_fork(struct replay *r, const struct trace_event *event)
{
	struct thread *parent = get_thread(r, event->fork.parent_pid, event->fork.parent_tid);
	if (!parent)
		return false;
	const char *name = parent->name;
	struct process *from = parent->process;
	r->counts.n_forks++;
	if (event->pid == event->fork.parent_pid)
		return new_thread(r, from, event->tid, name) != NULL;
	struct process *process = new_process(r, event->pid, name);
	return process && inherit_mappings(r, process, from) &&
		new_thread(r, process, event->tid, name);
}

static bool apply_exit(struct replay *r, const struct trace_event *event)
{
	r->counts.n_exits++;
	remove_thread(r, event->tid);
	return true;
}

static bool apply_lost(struct replay *r, const struct trace_event *event)
{
	if (event->lost.of_sideband)
		r->counts.lost_sideband += event->lost.count;
	else
		r->counts.lost_samples += event->lost.count;
	return true;
}

static bool apply(struct replay *r, const struct trace_event *event)
{
	r->counts.n_events++;
	switch (event->kind) {
	case TRACE_MMAP:
		return apply_mmap(r, event);
	case TRACE_COMM:
		return apply_comm(r, event);
	case TRACE_FORK:
		return apply_fork(r, event);
	case TRACE_EXIT:
		return apply_exit(r, event);
	case TRACE_LOST:
		return apply_lost(r, event);
	case TRACE_THROTTLE:
		r->counts.throttled += !event->throttle.resumed;
		return true;
	case TRACE_BUILD_ID:
		return true;
	}
	return true;
}

bool replay_advance(struct replay *r, uint64_t time_ns, struct err *err)
{
	while (r->next < r->n_events && r->events[r->next].event.time_ns <= time_ns) {
		if (!apply(r, &r->events[r->next++].event))
			return err_set(err, "no memory for processes and mappings");
	}
	return true;
}

bool replay_find_thread(struct replay *r, uint32_t pid, uint32_t tid,
	struct replay_thread *ret_thread, struct err *err)
{
	const struct thread *thread = get_thread(r, pid, tid);
	if (!thread)
		return err_set(err, "no memory for processes and threads");
	*ret_thread = (struct replay_thread){
		.pid = pid,
		.tid = tid,
		.incarnation = thread->incarnation,
		.name = thread->name,
		.process_name = thread->process->name,
		.space = &thread->process->space,
	};
	return true;
}

const struct replay_counts *replay_counts(const struct replay *r)
{
	return &r->counts;
}
