/*
 * The processes being recorded and their executable ranges, kept up to date by the sideband:
 * exec empties a process's ranges, fork shares the parent's, an mmap adds one, the exit of the
 * last thread frees the process.
 *
 * Memory is fixed: PROCESS_TABLE_PROCESSES entries and PROCESS_TABLE_TABLES range tables, taken at
 * the start (about 9 MiB; pages are touched only when used). Processes share a range table until
 * one of them changes it. When either pool is full, the least recently used process loses its
 * entry; it is found again, and counted as unknown, if it turns up once more.
 *
 *	process_table_new(&table, err);
 *	process_table_add(table, target_pid);
 *	process_table_event(table, &event);
 *	sieve.ranges = process_table_get_ranges(table, sample.pid);
 */
#ifndef COMMON_PROCESS_TABLE_H
#define COMMON_PROCESS_TABLE_H

#include "common/err.h"
#include "common/trace_event.h"
#include "common/range_table.h"

enum { PROCESS_TABLE_PROCESSES = 8192, PROCESS_TABLE_TABLES = 1024 };

struct process_table;

/* How often the table knew less than it should. */
struct process_table_counts {
	uint64_t unknown_processes; /* met without having seen them begin */
	uint64_t coarse_tables;     /* that had to join ranges */
	uint64_t evicted_processes;
};

MUST_CHECK bool process_table_new(struct process_table **ret_table, struct err *err);
void process_table_free(struct process_table *t);
DEFINE_AUTO(struct process_table *, process_table_free);

/* A process that begins now, with no ranges. */
void process_table_add(struct process_table *t, uint32_t pid);
/* A process that runs already, with so many threads; its ranges follow as mappings. */
void process_table_begin(struct process_table *t, uint32_t pid, uint32_t n_threads);
void process_table_event(struct process_table *t, const struct trace_event *event);

/*
 * Never NULL, valid until the next event. A process that was never heard of is entered without
 * ranges and counted; *ret_is_new is then true, so that the caller may learn its ranges elsewhere.
 */
const struct range_table *process_table_get_ranges(
	struct process_table *t, uint32_t pid, bool *ret_is_new);

const struct process_table_counts *process_table_counts(const struct process_table *t);

#endif
