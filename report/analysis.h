/*
 * The analysis of a recording up to stacks of addresses: replay, unwinding, and the tree of
 * distinct stacks. It holds no names of functions; report/profile_build.h adds those.
 *
 * Several threads unwind, each some of the batches with a tree of its own (stack_worker.h); the
 * results are put together in the order of the batches, so that they are the same whatever the
 * number of threads.
 *
 *	analysis_run(rec, &options, &a, err);
 *	profile_build(a, &options, &profile, err);
 */
#ifndef REPORT_ANALYSIS_H
#define REPORT_ANALYSIS_H

#include "common/err.h"
#include "report/recording.h"
#include "report/sample_set.h"
#include "report/stack_tree.h"
#include "report/unwind.h"

/* A thread under one name; one that changed its name is here more than once. Without keep_threads
 * it stands for all threads of its name in processes of that name. */
struct analysis_thread {
	uint32_t pid, tid;
	uint32_t incarnation;
	const char *name; /* the recording's, as the next; NULL: unknown */
	const char *process_name;
};

/* How the user part of the samples' stacks ended. */
struct analysis_stacks {
	uint64_t n_user;       /* samples with something to unwind */
	uint64_t n_guessed;    /* of those, with at least one guessed frame */
	uint64_t n_exact_mode; /* of those, that needed more than sp and fp */
	uint64_t ends[UNWIND_N_ENDS];
	uint64_t n_gone;      /* samples in exec or exit: the stack was not there any more */
	uint64_t n_addresses; /* samples with the sampled address alone */
	uint64_t n_chains;    /* samples with a frame-pointer chain of the kernel's instead */
	uint64_t n_cut;       /* samples whose innermost frames had no place in the tree */
};

struct analysis {
	struct recording *rec; /* the caller's */
	struct module *kernel;
	struct stack_tree tree;
	struct analysis_thread *threads; /* in the order of their first sample */
	size_t n_threads;
	struct analysis_sample *samples;
	size_t n_samples;  /* entries; see recorded */
	uint64_t recorded; /* samples: the sum of the entries' counts */
	uint64_t period;   /* sum of the entries' periods */
	struct analysis_stacks stacks;
};

/* Called now and then during long work; done goes from 0 to 1. */
struct analysis_progress {
	void (*show)(void *ctx, const char *what, double done);
	void *ctx;
};

struct analysis_options {
	bool keep_times;    /* samples one by one, rather than summed up by thread and stack */
	bool keep_threads;  /* rather than one for all that have the same names */
	unsigned n_threads; /* 0: as many as there are CPUs */
	struct analysis_progress progress;
};

MUST_CHECK bool analysis_run(struct recording *rec, const struct analysis_options *options,
	struct analysis **ret_analysis, struct err *err);
void analysis_free(struct analysis *a);
DEFINE_AUTO(struct analysis *, analysis_free);

#endif
