/*
 * The progress line: see progress.h.
 */
#include "report/progress.h"

#include "common/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { FIRST_MS = 500, EVERY_MS = 100 };

struct progress progress_start(bool quiet)
{
	return (struct progress){
		.enabled = !quiet && isatty(STDERR_FILENO),
		.next_ns = clock_now_ns(CLOCK_MONOTONIC) + FIRST_MS * 1000000u,
	};
}

void progress_show(void *ctx, const char *what, double done)
{
	struct progress *progress = ctx;
	if (!progress->enabled || clock_now_ns(CLOCK_MONOTONIC) < progress->next_ns)
		return;
	progress->next_ns = clock_now_ns(CLOCK_MONOTONIC) + EVERY_MS * 1000000u;
	progress->shown = true;
	fprintf(stderr, "\r\033[Kddrec: %s %3.0f %%", what, 100 * done);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
