/*
 * From a file to a profile, whatever the file is: a recording (a trace, perf.data) is unwound and
 * symbolized; a profile that another tool wrote (pprof, folded stacks, ...) is read.
 *
 *	profile_load("trace.zst", &options, &profile, err);
 */
#ifndef REPORT_PROFILE_LOAD_H
#define REPORT_PROFILE_LOAD_H

#include "common/err.h"
#include "formats/profile.h"
#include "report/verbose.h"

struct profile_load_options {
	const char *event;          /* of a recording with several; NULL: the first with samples */
	const char *debug_dirs[18]; /* after those asked for, the system's; ends with NULL */
	bool no_cache, no_demangle;
	uint32_t n_jobs; /* 0: as many as there are CPUs */
	/* What a view of sums can do without makes the profile smaller. */
	bool keep_times, keep_threads, keep_addresses;
	bool uses_times; /* --time: a recording without times will not do */
	bool quiet;      /* no progress, no notices */
	struct verbose *verbose;
	/* Called for what cannot be seen in the output of every format. */
	void (*notice)(const char *fmt, ...) PRINTF_LIKE(1, 2);
};

MUST_CHECK bool profile_load(const char *path, const struct profile_load_options *options,
	struct profile **ret_profile, struct err *err);

#endif
