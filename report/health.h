/*
 * How good an analysis is, in the profile's health lists: losses, incomplete stacks and why,
 * missing files and symbols, damage of the trace. Nothing that degraded the result stays unsaid.
 */
#ifndef REPORT_HEALTH_H
#define REPORT_HEALTH_H

#include "common/err.h"
#include "formats/profile.h"
#include "report/analysis.h"

/* samples' nodes must be those of p's samples, in order; call when all samples are in the profile.
 */
MUST_CHECK bool health_fill(const struct analysis *a, struct profile *p, struct err *err);

#endif
