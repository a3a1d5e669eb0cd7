/*
 * One thread's part of an analysis: takes batch after batch, unwinds its samples, and keeps the
 * stacks in a tree and the threads in a table of its own. analysis.c puts the parts together.
 */
#ifndef REPORT_STACK_WORKER_H
#define REPORT_STACK_WORKER_H

#include "report/analysis.h"
#include "report/thread_set.h"

/* What became of a batch: samples whose node and thread are the worker's. */
struct stack_batch {
	uint64_t number;
	struct analysis_sample *samples;
	size_t n_samples;
	uint32_t worker;
};

struct stack_worker {
	uint32_t number;
	const struct analysis_options *options;
	struct recording *rec;
	uint32_t kernel; /* module id */
	struct stack_tree tree;
	struct thread_set threads;
	struct stack_batch *batches;
	size_t n_batches, cap_batches;
	struct analysis_stacks stacks;
};

/* False: no memory. */
MUST_CHECK bool stack_worker_init(struct stack_worker *w, uint32_t number, struct recording *rec,
	const struct module *kernel, const struct analysis_options *options);
void stack_worker_fini(struct stack_worker *w);

/* Works until the recording has no more batches. */
MUST_CHECK bool stack_worker_run(struct stack_worker *w, struct err *err);

#endif
