/*
 * How good an analysis is, in the profile's health lists: losses, incomplete stacks and why,
 * missing files and symbols, damage of the trace. Nothing that degraded the result stays unsaid.
 */
#ifndef REPORT_HEALTH_H
#define REPORT_HEALTH_H

#include "common/err.h"
#include "formats/profile.h"
#include "report/analysis.h"
#include "report/frame_table.h"

/* Call when all samples of the analysis are in the profile, and none has been filtered. */
MUST_CHECK bool health_fill(const struct analysis *a, const struct frame_table *frames,
	struct profile *p, struct err *err);

#endif
