/*
 * --require: conditions on a profile's quality, for scripts. "complete>=95,lost<=1".
 */
#ifndef REPORT_REQUIRE_H
#define REPORT_REQUIRE_H

#include "common/err.h"
#include "formats/profile.h"

/* The syntax alone; err says what is wrong with it. */
MUST_CHECK bool require_check_syntax(const char *conditions, struct err *err);

/* False: some condition does not hold, and err names it with the value found. */
MUST_CHECK bool require_holds(
	const char *conditions, const struct profile_health *health, struct err *err);

#endif
