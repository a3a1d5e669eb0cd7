/*
 * The symbols of many modules: see module_symbols.h.
 */
#include "report/module_symbols.h"

#include "report/workers.h"

#include <stdatomic.h>

struct job {
	struct module_symbols **modules; /* those with work: the kernel, then the largest first */
	size_t n;
	size_t n_addresses; /* of all of them */
	unsigned n_threads;
	const uint64_t *vaddrs;
	struct symbol_answer *answers;
	const struct profile_build_options *options;
	atomic_size_t next;
};

void module_symbols_close(struct module_symbols *m)
{
	symbol_source_close(m->source);
	m->source = NULL;
}

/* Looks all up in the cache; where that is not enough, there is work. */
static bool resolve_from_cache(struct job *job, struct module_symbols *m, struct err *err)
{
	const uint64_t *vaddrs = job->vaddrs + m->first;
	m->source = symbol_source_new(m->module->elf, &job->options->search);
	if (!m->source)
		return err_set(err, "no memory for symbols");
	if (!symbol_source_knows(m->source, vaddrs, m->n))
		return true;
	m->is_done = true;
	return symbol_source_resolve(m->source, vaddrs, m->n, job->answers + m->first, err);
}

static bool resolve_from_files(
	const struct job *job, struct module_symbols *m, unsigned n_threads, struct err *err)
{
	symbol_source_use_threads(m->source, n_threads);
	if (!symbol_source_resolve(
		    m->source, job->vaddrs + m->first, m->n, job->answers + m->first, err))
		return err_prefix(err, "%s", m->module->path);
	symbol_source_finish(m->source);
	m->is_done = true;
	return true;
}

static void show(const struct job *job, size_t n_done)
{
	const struct analysis_progress *progress = &job->options->progress;
	if (progress->show)
		progress->show(progress->ctx, "symbolizing", (double)n_done / (double)job->n);
}

static bool work(void *ctx, unsigned worker, struct err *err)
{
	struct job *job = ctx;
	for (;;) {
		size_t i = atomic_fetch_add(&job->next, 1);
		if (i >= job->n)
			return true;
		if (worker == 0)
			show(job, i);
		struct module_symbols *m = job->modules[i];
		unsigned n_threads = m->n > job->n_addresses / job->n_threads ? job->n_threads : 1;
		/* Reading all symbols of a kernel takes as long as those of many files. */
		bool ok = m->kernel_of
			? recording_name_kernel(m->kernel_of, job->vaddrs + m->first, m->n, err)
			: resolve_from_files(job, m, n_threads, err);
		if (!ok)
			return false;
	}
}

static int compare_sizes(const void *a, const void *b)
{
	const struct module_symbols *x = *(struct module_symbols *const *)a;
	const struct module_symbols *y = *(struct module_symbols *const *)b;
	if (!x->kernel_of != !y->kernel_of)
		return x->kernel_of ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

bool module_symbols_resolve(struct module_symbols *modules, size_t n, const uint64_t *vaddrs,
	struct symbol_answer *answers, const struct profile_build_options *options, struct err *err)
{
	AUTO_FREE struct module_symbols **with_work = calloc(n + 1, sizeof(*with_work));
	struct job job = {
		.modules = with_work,
		.vaddrs = vaddrs,
		.answers = answers,
		.options = options,
	};
	unsigned n_threads = options->search.n_threads;
	job.n_threads = n_threads ? n_threads : workers_default();
	if (!with_work)
		return err_set(err, "no memory for modules");
	for (size_t i = 0; i < n; i++) {
		struct module_symbols *m = &modules[i];
		if (m->module && m->module->elf && !resolve_from_cache(&job, m, err))
			return false;
		if ((m->source || m->kernel_of) && !m->is_done) {
			with_work[job.n++] = m;
			job.n_addresses += m->n;
		}
	}
	if (!job.n)
		return true;
	qsort(with_work, job.n, sizeof(*with_work), compare_sizes);
	return workers_run((unsigned)MIN((size_t)job.n_threads, job.n), work, &job, err);
}
