/*
 * A chained hash of processes over two fixed pools; indexes instead of pointers, free lists through
 * the entries. Range tables carry a generation that no two states share, so that whoever remembers
 * a generation notices any change, and also that a process got another table.
 *
 * Table 0 is always empty and shared by every process without ranges.
 */
#include "common/process_table.h"

#include "common/defs.h"

#include <string.h>
#include <sys/mman.h>

enum { NONE = 0xffffffff, N_BUCKETS = 8192, EMPTY_TABLE = 0 };

struct process {
	uint32_t pid;
	uint32_t table;
	uint32_t n_threads;
	uint32_t next; /* in the hash chain, or in the free list */
	uint64_t last_use;
	bool used;
};

struct process_table {
	uint32_t free_process;
	uint32_t n_tables; /* ever used; tables from here on are untouched memory */
	uint32_t n_free_tables;
	uint64_t uses;
	uint64_t generations;
	struct process_table_counts counts;
	uint32_t buckets[N_BUCKETS];
	uint32_t free_tables[PROCESS_TABLE_TABLES];
	struct process processes[PROCESS_TABLE_PROCESSES];
	struct range_table tables[PROCESS_TABLE_TABLES];
};

static uint32_t *bucket_of(struct process_table *t, uint32_t pid)
{
	return &t->buckets[pid & (N_BUCKETS - 1)];
}

static struct process *find_process(struct process_table *t, uint32_t pid)
{
	for (uint32_t i = *bucket_of(t, pid); i != NONE; i = t->processes[i].next)
		if (t->processes[i].pid == pid)
			return &t->processes[i];
	return NULL;
}

static void unref_table(struct process_table *t, uint32_t table)
{
	if (table != EMPTY_TABLE && --t->tables[table].refs == 0)
		t->free_tables[t->n_free_tables++] = table;
}

static void remove_process(struct process_table *t, struct process *p)
{
	uint32_t index = (uint32_t)(p - t->processes);
	uint32_t *link = bucket_of(t, p->pid);
	while (*link != index)
		link = &t->processes[*link].next;
	*link = p->next;
	unref_table(t, p->table);
	p->used = false;
	p->next = t->free_process;
	t->free_process = index;
}

/* Linear, but only when a pool is full. With only_with_table, of those that hold a table. */
static void evict_oldest(struct process_table *t, const struct process *except, bool with_table)
{
	struct process *oldest = NULL;
	for (uint32_t i = 0; i < PROCESS_TABLE_PROCESSES; i++) {
		struct process *p = &t->processes[i];
		if (!p->used || p == except || (with_table && p->table == EMPTY_TABLE))
			continue;
		if (!oldest || p->last_use < oldest->last_use)
			oldest = p;
	}
	if (!oldest)
		return;
	t->counts.evicted_processes++;
	remove_process(t, oldest);
}

static struct process *add_process(struct process_table *t, uint32_t pid)
{
	if (t->free_process == NONE)
		evict_oldest(t, NULL, false);
	uint32_t index = t->free_process;
	struct process *p = &t->processes[index];
	t->free_process = p->next;
	*p = (struct process){
		.pid = pid,
		.table = EMPTY_TABLE,
		.n_threads = 1,
		.next = *bucket_of(t, pid),
		.last_use = ++t->uses,
		.used = true,
	};
	*bucket_of(t, pid) = index;
	return p;
}

static struct process *get_process(struct process_table *t, uint32_t pid, bool *ret_is_new)
{
	struct process *p = find_process(t, pid);
	*ret_is_new = !p;
	if (!p) {
		t->counts.unknown_processes++;
		p = add_process(t, pid);
	}
	p->last_use = ++t->uses;
	return p;
}

/* An unused table. Several processes may share the evicted one's, hence the loop. */
static uint32_t take_table(struct process_table *t, const struct process *for_process)
{
	if (t->n_tables < PROCESS_TABLE_TABLES)
		return t->n_tables++;
	while (t->n_free_tables == 0)
		evict_oldest(t, for_process, true);
	return t->free_tables[--t->n_free_tables];
}

/* The process's table, which no other process shares. */
static struct range_table *own_table(struct process_table *t, struct process *p)
{
	if (p->table != EMPTY_TABLE && t->tables[p->table].refs == 1)
		return &t->tables[p->table];
	uint32_t shared = p->table;
	uint32_t own = take_table(t, p);
	t->tables[own] = t->tables[shared];
	t->tables[own].refs = 1;
	unref_table(t, shared);
	p->table = own;
	return &t->tables[own];
}

static void add_range(struct process_table *t, struct process *p, uint64_t start, uint64_t end)
{
	struct range_table *table = own_table(t, p);
	bool was_coarse = table->coarse;
	if (range_table_add(table, start, end))
		table->generation = ++t->generations;
	if (table->coarse && !was_coarse)
		t->counts.coarse_tables++;
}

static void clear_ranges(struct process_table *t, struct process *p)
{
	unref_table(t, p->table);
	p->table = EMPTY_TABLE;
}

static void on_new_mapping(struct process_table *t, const struct trace_event *event)
{
	bool is_new;
	struct process *p = get_process(t, event->pid, &is_new);
	uint64_t start = event->mmap.start;
	uint64_t end = start + event->mmap.len;
	add_range(t, p, start, end < start ? UINT64_MAX : end);
}

static void on_new_program(struct process_table *t, const struct trace_event *event)
{
	bool is_new;
	struct process *p = get_process(t, event->pid, &is_new);
	clear_ranges(t, p);
	p->n_threads = 1;
}

static void on_new_task(struct process_table *t, const struct trace_event *event)
{
	bool is_new;
	struct process *parent = get_process(t, event->fork.parent_pid, &is_new);
	if (event->pid == event->fork.parent_pid) {
		parent->n_threads++;
		return;
	}
	uint32_t table = parent->table;
	if (table != EMPTY_TABLE)
		t->tables[table].refs++;
	struct process *stale = find_process(t, event->pid);
	if (stale)
		remove_process(t, stale);
	struct process *child = add_process(t, event->pid);
	child->table = table;
}

static void on_task_exit(struct process_table *t, const struct trace_event *event)
{
	struct process *p = find_process(t, event->pid);
	if (p && --p->n_threads == 0)
		remove_process(t, p);
}

bool process_table_new(struct process_table **ret_table, struct err *err)
{
	struct process_table *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t == MAP_FAILED)
		return err_errno(err, "memory for the process table");
	for (uint32_t i = 0; i < N_BUCKETS; i++)
		t->buckets[i] = NONE;
	for (uint32_t i = 0; i < PROCESS_TABLE_PROCESSES; i++)
		t->processes[i].next = i + 1 < PROCESS_TABLE_PROCESSES ? i + 1 : NONE;
	t->n_tables = 1;
	t->generations = 1;
	t->tables[EMPTY_TABLE].generation = 1;
	*ret_table = t;
	return true;
}

void process_table_free(struct process_table *t)
{
	if (t)
		munmap(t, sizeof(*t));
}

void process_table_add(struct process_table *t, uint32_t pid)
{
	if (!find_process(t, pid))
		add_process(t, pid);
}

void process_table_begin(struct process_table *t, uint32_t pid, uint32_t n_threads)
{
	struct process *p = find_process(t, pid);
	if (!p)
		p = add_process(t, pid);
	p->n_threads = MAX(n_threads, 1);
}

void process_table_event(struct process_table *t, const struct trace_event *event)
{
	switch (event->kind) {
	case TRACE_MMAP:
		on_new_mapping(t, event);
		break;
	case TRACE_COMM:
		if (event->comm.is_exec)
			on_new_program(t, event);
		break;
	case TRACE_FORK:
		on_new_task(t, event);
		break;
	case TRACE_EXIT:
		on_task_exit(t, event);
		break;
	default:
		break;
	}
}

const struct range_table *process_table_get_ranges(
	struct process_table *t, uint32_t pid, bool *ret_is_new)
{
	return &t->tables[get_process(t, pid, ret_is_new)->table];
}

const struct process_table_counts *process_table_counts(const struct process_table *t)
{
	return &t->counts;
}
