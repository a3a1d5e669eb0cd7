/*
 * Keeps the samples that a user asked for. All conditions given must hold.
 */
#ifndef FORMATS_PROFILE_FILTER_H
#define FORMATS_PROFILE_FILTER_H

#include "common/err.h"
#include "formats/profile.h"

struct profile_filter {
	const char *comm; /* POSIX extended regex that is found in the name of the thread or of its
			     process; NULL: any */
	const char *pids; /* "12,34"; NULL: any */
	const char *tids;
	const char *focus;  /* extended regex, found in some frame's function name; NULL: any */
	const char *ignore; /* extended regex, found in no frame's function name */
	const char *time;   /* needs a profile with times. "FROM-TO" in seconds since the start
			       ("1.5-3", "-10", "2-") or percent
			       ("10%-20%"); FROM belongs to it, TO does not */
};

/* Whether the conditions can be understood, which needs no profile. */
MUST_CHECK bool profile_filter_check(const struct profile_filter *filter, struct err *err);

/* Errors: a bad regex, number or range, named with the option it came from ("--focus: ..."). */
MUST_CHECK bool profile_filter_apply(
	struct profile *p, const struct profile_filter *filter, struct err *err);

#endif
