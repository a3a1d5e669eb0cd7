/*
 * Work on all cores: the same function on several threads, until all have returned.
 *
 * What is shared is the caller's matter: usually an atomic counter or a queue behind a lock from
 * which each thread takes its next piece. Results must not depend on who took what.
 *
 *	static bool work(void *ctx, unsigned worker, struct err *err);
 *	workers_run(workers_default(), work, &state, err);
 */
#ifndef REPORT_WORKERS_H
#define REPORT_WORKERS_H

#include "common/defs.h"
#include "common/err.h"

enum { WORKERS_MAX = 64 };

/* CPUs that this process may run on, at most WORKERS_MAX. */
unsigned workers_default(void);

/*
 * Calls work with worker = 0 to n_threads - 1, number 0 on the caller's thread. Where the system
 * refuses a thread, fewer run: nobody may wait for a certain one. False when one of them failed;
 * *err is that of the lowest number.
 */
MUST_CHECK bool workers_run(unsigned n_threads,
	bool (*work)(void *ctx, unsigned worker, struct err *err), void *ctx, struct err *err);

#endif
