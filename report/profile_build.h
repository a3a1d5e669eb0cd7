/*
 * From stacks of addresses to a profile: symbolizes every distinct address once, lays inlined
 * functions out as frames, and sums up how good the result is.
 */
#ifndef REPORT_PROFILE_BUILD_H
#define REPORT_PROFILE_BUILD_H

#include "common/err.h"
#include "formats/profile.h"
#include "report/analysis.h"
#include "report/symbol_source.h"

struct profile_build_options {
	bool no_demangle;
	bool with_times;     /* false: a profile of sums */
	bool with_addresses; /* false: frames are functions alone, without address and line */
	struct symbol_search search;
	struct analysis_progress progress;
	/* Called for each module that has been symbolized; notes is NULL without a file. May be
	 * NULL. */
	void (*module)(void *ctx, const struct module *m, const struct symbol_notes *notes);
	void *module_ctx;
};

MUST_CHECK bool profile_build(struct analysis *a, const struct profile_build_options *options,
	struct profile **ret_profile, struct err *err);

#endif
