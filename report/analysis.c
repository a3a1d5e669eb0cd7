/*
 * From a recording to stacks of addresses: see analysis.h. The threads' parts (stack_worker.c) are
 * put together here: batch by batch, each sample's stack and thread get their final number when
 * they come for the first time.
 */
#include "report/analysis.h"

#include "report/replay.h"
#include "report/stack_worker.h"
#include "report/workers.h"

#include <string.h>

enum {
	SAMPLES_PER_WORKER = 500,   /* less than a millisecond's work */
	MAPPINGS_OF_ALL = 16 << 20, /* in all replays; 32 bytes each */
};

enum { ANALYSIS_MAX_DEPTH = UNWIND_MAX_FRAMES + TRACE_MAX_CHAIN + 1 };

struct crew {
	struct stack_worker workers[WORKERS_MAX];
	unsigned n;
};

/* Puts the parts together. */
struct merger {
	struct analysis *a;
	struct crew *crew;
	const struct stack_batch **batches; /* of all workers, by number */
	size_t n_batches;
	struct sample_set samples;
	struct thread_set threads;
	uint32_t *nodes[WORKERS_MAX];      /* by the worker's node: ours; 0: not there yet */
	uint32_t *threads_of[WORKERS_MAX]; /* by the worker's thread: ours + 1; 0: not there yet */
	uint32_t *path;                    /* of nodes that are new here, the leaf first */
};

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	free(a->threads);
	free(a->samples);
	stack_tree_fini(&a->tree);
	free(a);
}

static int compare_batches(const void *a, const void *b)
{
	const struct stack_batch *const *left = a, *const *right = b;
	return ((*left)->number > (*right)->number) - ((*left)->number < (*right)->number);
}

static bool sort_batches(struct merger *m)
{
	size_t n = 0;
	for (unsigned i = 0; i < m->crew->n; i++)
		n += m->crew->workers[i].n_batches;
	m->batches = calloc(n + 1, sizeof(const struct stack_batch *));
	if (!m->batches)
		return false;
	for (unsigned i = 0; i < m->crew->n; i++) {
		const struct stack_worker *w = &m->crew->workers[i];
		for (size_t k = 0; k < w->n_batches; k++)
			m->batches[m->n_batches++] = &w->batches[k];
	}
	qsort(m->batches, n, sizeof(const struct stack_batch *), compare_batches);
	return true;
}

/* Our node for the worker's: made, with its callers, if it is new here. Where the tree is full it
 * is the innermost caller that is in, and *ret_cut is true. */
static uint32_t map_node(
	struct merger *m, const struct stack_worker *w, uint32_t leaf, bool *ret_cut)
{
	uint32_t *map = m->nodes[w->number];
	size_t n = 0;

	for (; leaf != STACK_TREE_ROOT && !map[leaf]; leaf = w->tree.nodes[leaf].parent)
		m->path[n++] = leaf;
	uint32_t ours = leaf == STACK_TREE_ROOT ? STACK_TREE_ROOT : map[leaf];
	while (n-- > 0) {
		struct stack_node added = w->tree.nodes[m->path[n]];
		added.parent = ours;
		uint32_t child = stack_tree_add(&m->a->tree, &added);
		*ret_cut = child == STACK_TREE_ROOT;
		if (*ret_cut)
			return ours;
		ours = map[m->path[n]] = child;
	}
	return ours;
}

static bool map_thread(
	struct merger *m, const struct stack_worker *w, uint32_t thread, uint32_t *ret_thread)
{
	uint32_t *map = m->threads_of[w->number];
	if (!map[thread]) {
		if (!thread_set_add(&m->threads, &w->threads.threads[thread], ret_thread))
			return false;
		map[thread] = *ret_thread + 1;
	}
	*ret_thread = map[thread] - 1;
	return true;
}

static bool merge_batch(struct merger *m, const struct stack_batch *batch)
{
	const struct stack_worker *w = &m->crew->workers[batch->worker];
	struct analysis *a = m->a;

	for (size_t i = 0; i < batch->n_samples; i++) {
		struct analysis_sample sample = batch->samples[i];
		bool is_cut = false;
		sample.node = map_node(m, w, sample.node, &is_cut);
		if (is_cut && a->tree.n_nodes < a->tree.max_nodes)
			return false;
		if (is_cut)
			a->stacks.n_cut += sample.count;
		if (!map_thread(m, w, sample.thread, &sample.thread) ||
			!sample_set_add(&m->samples, &sample))
			return false;
	}
	return true;
}

/* With one worker its numbers are the final ones: they were given in the same order. */
static bool adopt_batch(struct merger *m, const struct stack_batch *batch)
{
	for (size_t i = 0; i < batch->n_samples; i++) {
		if (!sample_set_add(&m->samples, &batch->samples[i]))
			return false;
	}
	return true;
}

static bool merge_batches(
	struct merger *m, bool (*merge)(struct merger *, const struct stack_batch *))
{
	for (size_t i = 0; i < m->n_batches; i++) {
		if (!merge(m, m->batches[i]))
			return false;
	}
	return true;
}

static bool merge_many(struct merger *m)
{
	struct analysis *a = m->a;
	if (!stack_tree_init(&a->tree))
		return false;
	a->tree.max_nodes = m->crew->workers[0].tree.max_nodes;
	m->path = calloc(ANALYSIS_MAX_DEPTH, sizeof(*m->path));
	if (!m->path)
		return false;
	for (unsigned i = 0; i < m->crew->n; i++) {
		const struct stack_worker *w = &m->crew->workers[i];
		m->nodes[i] = calloc(w->tree.n_nodes, sizeof(*m->nodes[i]));
		m->threads_of[i] = calloc(w->threads.n + 1, sizeof(*m->threads_of[i]));
		if (!m->nodes[i] || !m->threads_of[i])
			return false;
	}
	return merge_batches(m, merge_batch);
}

static bool merge_one(struct merger *m)
{
	struct stack_worker *w = &m->crew->workers[0];
	m->a->tree = w->tree;
	w->tree = (struct stack_tree){ 0 };
	thread_set_fini(&m->threads);
	m->threads = w->threads;
	w->threads = (struct thread_set){ 0 };
	return merge_batches(m, adopt_batch);
}

static void add_stacks(struct analysis_stacks *to, const struct analysis_stacks *from)
{
	to->n_user += from->n_user;
	to->n_guessed += from->n_guessed;
	to->n_exact_mode += from->n_exact_mode;
	for (int i = 0; i < UNWIND_N_ENDS; i++)
		to->ends[i] += from->ends[i];
	to->n_gone += from->n_gone;
	to->n_addresses += from->n_addresses;
	to->n_chains += from->n_chains;
	to->n_cut += from->n_cut;
}

/* The sums over all parts. */
static void sum_up(struct analysis *a, const struct crew *crew)
{
	for (unsigned i = 0; i < crew->n; i++)
		add_stacks(&a->stacks, &crew->workers[i].stacks);
	for (size_t i = 0; i < a->n_samples; i++) {
		a->recorded += a->samples[i].count;
		a->period += a->samples[i].period;
	}
}

static void fini_merger(struct merger *m)
{
	for (unsigned i = 0; i < m->crew->n; i++) {
		free(m->nodes[i]);
		free(m->threads_of[i]);
	}
	free(m->path);
	free(m->batches);
	sample_set_fini(&m->samples);
	thread_set_fini(&m->threads);
}

static bool merge(struct analysis *a, struct crew *crew, const struct analysis_options *options,
	struct err *err)
{
	struct merger m = { .a = a, .crew = crew };
	sample_set_init(&m.samples, options->keep_times);
	thread_set_init(&m.threads, !options->keep_threads);
	bool ok = sort_batches(&m) && (crew->n == 1 ? merge_one(&m) : merge_many(&m));
	if (ok) {
		a->samples = sample_set_take(&m.samples, &a->n_samples);
		a->threads = m.threads.threads;
		a->n_threads = m.threads.n;
		m.threads.threads = NULL;
		sum_up(a, crew);
	}
	fini_merger(&m);
	return ok || err_set(err, "no memory for stacks and samples");
}

static bool work(void *ctx, unsigned worker, struct err *err)
{
	struct crew *crew = ctx;
	return stack_worker_run(&crew->workers[worker], err);
}

/*
 * Threads that are worth their while, and their memory: each has a replay of its own, and processes
 * that inherit many mappings, as in a big build or a trace made to harm, fill it.
 */
static unsigned count_workers(const struct recording *rec, unsigned wanted)
{
	const struct replay_counts *counts = recording_counts(rec);
	uint64_t mappings = replay_max_mappings(counts->n_mmaps, counts->n_forks);
	uint64_t n = MIN((uint64_t)wanted, recording_sample_count(rec) / SAMPLES_PER_WORKER + 1);
	n = MIN(n, MAPPINGS_OF_ALL / MAX(mappings, (uint64_t)1) + 1);
	return (unsigned)MIN(n, (uint64_t)WORKERS_MAX);
}

static void dismiss(struct crew *crew)
{
	while (crew->n > 0)
		stack_worker_fini(&crew->workers[--crew->n]);
}

static bool send_out(struct analysis *a, struct crew *crew, unsigned n,
	const struct analysis_options *options, struct err *err)
{
	for (crew->n = 0; crew->n < n; crew->n++) {
		if (!stack_worker_init(
			    &crew->workers[crew->n], crew->n, a->rec, a->kernel, options))
			return err_set(err, "no memory");
	}
	return workers_run(n, work, crew, err);
}

static bool has_full_tree(const struct crew *crew)
{
	for (unsigned i = 0; i < crew->n; i++) {
		if (crew->workers[i].stacks.n_cut)
			return true;
	}
	return false;
}

/* Which stacks are cut where a tree is full depends on what else is in it, so only one thread cuts
 * any. No real recording comes to that. */
static bool run_crew(struct analysis *a, struct crew *crew, const struct analysis_options *options,
	struct err *err)
{
	unsigned n =
		count_workers(a->rec, options->n_threads ? options->n_threads : workers_default());
	if (!send_out(a, crew, n, options, err))
		return false;
	if (n > 1 && has_full_tree(crew)) {
		dismiss(crew);
		if (!recording_rewind(a->rec, err) || !send_out(a, crew, 1, options, err))
			return false;
	}
	return merge(a, crew, options, err);
}

bool analysis_run(struct recording *rec, const struct analysis_options *options,
	struct analysis **ret_analysis, struct err *err)
{
	AUTO(analysis_free) struct analysis *a = calloc(1, sizeof(*a));
	AUTO_FREE struct crew *crew = calloc(1, sizeof(*crew));

	if (!a || !crew)
		return err_set(err, "no memory");
	a->rec = rec;
	a->kernel = module_table_get(rec->modules, MODULE_KERNEL, "[kernel]", NULL);
	if (!a->kernel)
		return err_set(err, "no memory");
	bool ok = run_crew(a, crew, options, err);
	dismiss(crew);
	if (ok)
		*ret_analysis = TAKE(a);
	return ok;
}
