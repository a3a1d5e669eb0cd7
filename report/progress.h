/*
 * One line on the terminal while long work goes on: "unwinding 40 %". Nothing when stderr is not a
 * terminal, or when the work is over within half a second.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool enabled;
	bool shown;
	uint64_t next_ns;
};

struct progress progress_start(bool quiet);
void progress_show(void *progress, const char *what, double done); /* fits analysis_progress */
void progress_end(struct progress *progress);                      /* wipes the line */

#endif
