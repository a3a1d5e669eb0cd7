/*
 * The symbols of many modules: see module_symbols.h.
 */
#include "report/module_symbols.h"

#include "report/workers.h"

#include <stdatomic.h>

struct job {
	struct module_symbols **modules; /* those with work, the largest first */
	size_t n, n_done;                /* n_done: at its beginning, without work by now */
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
		if (!resolve_from_files(job, job->modules[i], 1, err))
			return false;
	}
}

static int compare_sizes(const void *a, const void *b)
{
	const struct module_symbols *x = *(struct module_symbols *const *)a;
	const struct module_symbols *y = *(struct module_symbols *const *)b;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* A module that would keep one thread busy longer than the others together. */
static bool resolve_large(struct job *job, unsigned n_threads, struct err *err)
{
	size_t left = 0;
	for (size_t i = 0; i < job->n; i++)
		left += job->modules[i]->n;
	for (; job->n_done < job->n; job->n_done++) {
		struct module_symbols *m = job->modules[job->n_done];
		if (m->n <= left / n_threads)
			break;
		show(job, job->n_done);
		if (!resolve_from_files(job, m, n_threads, err))
			return false;
		left -= m->n;
	}
	return true;
}

static bool resolve_rest(struct job *job, unsigned n_threads, struct err *err)
{
	if (job->n)
		qsort(job->modules, job->n, sizeof(*job->modules), compare_sizes);
	if (!resolve_large(job, n_threads, err))
		return false;
	atomic_store(&job->next, job->n_done);
	size_t left = job->n - job->n_done;
	return !left || workers_run((unsigned)MIN((size_t)n_threads, left), work, job, err);
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
	if (!with_work)
		return err_set(err, "no memory for modules");
	for (size_t i = 0; i < n; i++) {
		if (!modules[i].module || !modules[i].module->elf)
			continue;
		if (!resolve_from_cache(&job, &modules[i], err))
			return false;
		if (!modules[i].is_done)
			with_work[job.n++] = &modules[i];
	}
	return resolve_rest(&job, n_threads ? n_threads : workers_default(), err);
}
