/*
 * The analysis of a trace up to stacks of addresses: replay, unwinding, and the tree of distinct
 * stacks. It holds no names of functions; report/profile_build.h adds those.
 *
 *	analysis_run(rec, &progress, &a, err);
 *	profile_build(a, &options, &profile, err);
 */
#ifndef REPORT_ANALYSIS_H
#define REPORT_ANALYSIS_H

#include "common/err.h"
#include "report/recording.h"
#include "report/stack_tree.h"
#include "report/unwind.h"

struct analysis_thread {
	uint32_t pid, tid;
	const char *name; /* the recording's, as the next */
	const char *process_name;
};

struct analysis_sample {
	uint64_t time_ns;
	uint64_t period; /* of all of them */
	uint32_t thread; /* index */
	uint32_t cpu;
	uint32_t node;  /* of the stack tree */
	uint32_t count; /* of samples that it stands for; above 1, its time and cpu mean nothing */
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
	struct analysis_thread *threads;
	size_t n_threads, cap_threads;
	struct analysis_sample *samples;
	size_t n_samples, cap_samples;
	struct analysis_stacks stacks;
};

/* Called now and then during long work; done goes from 0 to 1. */
struct analysis_progress {
	void (*show)(void *ctx, const char *what, double done);
	void *ctx;
};

MUST_CHECK bool analysis_run(struct recording *rec, const struct analysis_progress *progress,
	struct analysis **ret_analysis, struct err *err);
void analysis_free(struct analysis *a);
DEFINE_AUTO(struct analysis *, analysis_free);

#endif
