/*
 * The progress line: see progress.h.
 */
#include "report/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 500, EVERY_MS = 100 };

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct progress progress_start(bool quiet)
{
	return (struct progress){
		.enabled = !quiet && isatty(STDERR_FILENO),
		.next_ns = now_ns() + FIRST_MS * 1000000u,
	};
}

void progress_show(void *ctx, const char *what, double done)
{
	struct progress *progress = ctx;
	if (!progress->enabled || now_ns() < progress->next_ns)
		return;
	progress->next_ns = now_ns() + EVERY_MS * 1000000u;
	progress->shown = true;
	fprintf(stderr, "\r\033[Kddrec: %s %3.0f %%", what, 100 * done);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
