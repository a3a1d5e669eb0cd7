/*
 * Keeps the samples that a user asked for. All conditions given must hold.
 */
#ifndef FORMATS_PROFILE_FILTER_H
#define FORMATS_PROFILE_FILTER_H

#include "common/err.h"
#include "formats/profile.h"

struct profile_filter {
	const char *comm; /* thread or process name, POSIX extended regex that must match all of it;
			     NULL: any */
	const char *pids; /* "12,34"; NULL: any */
	const char *tids;
	const char *focus;  /* extended regex; some frame's function name matches; NULL: any */
	const char *ignore; /* extended regex; no frame's function name matches */
	const char *time; /* "FROM-TO" in seconds since the start ("1.5-3", "-10", "2-") or percent
			     ("10%-20%"); FROM belongs to it, TO does not */
};

/* Errors: a bad regex, number or range, named with the option it came from ("--focus: ..."). */
MUST_CHECK bool profile_filter_apply(
	struct profile *p, const struct profile_filter *filter, struct err *err);

#endif
