/*
 * Threads that work side by side: see workers.h.
 */
#include "report/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

struct worker {
	pthread_t thread;
	unsigned number;
	bool (*work)(void *ctx, unsigned worker, struct err *err);
	void *ctx;
	bool ok;
	struct err err;
};

unsigned workers_default(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1; /* more CPUs than the set holds, or no such call */
	int n = CPU_COUNT(&set);
	return n < 1 ? 1 : MIN((unsigned)n, (unsigned)WORKERS_MAX);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	w->ok = w->work(w->ctx, w->number, &w->err);
	return NULL;
}

/* Signals are the main thread's: the new thread starts with all of them blocked. */
static bool start(struct worker *w)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	bool ok = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

bool workers_run(unsigned n_threads, bool (*work)(void *ctx, unsigned worker, struct err *err),
	void *ctx, struct err *err)
{
	struct worker workers[WORKERS_MAX];
	unsigned n = 1;

	for (unsigned i = 0; i < WORKERS_MAX; i++)
		workers[i] = (struct worker){ .number = i, .work = work, .ctx = ctx };
	while (n < MIN(n_threads, (unsigned)WORKERS_MAX) && start(&workers[n]))
		n++;
	run(&workers[0]);
	for (unsigned i = 1; i < n; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned i = 0; i < n; i++) {
		if (!workers[i].ok) {
			*err = workers[i].err;
			return false;
		}
	}
	return true;
}
