/* The plan that a recording begins with, from what was asked for. What the kernel grants of it
 * comes later; see perf_settle.h. */
#ifndef RECORD_PLAN_H
#define RECORD_PLAN_H

#include "record/recording.h"

/* *ret_wished_hz: the frequency before the kernel's limit; 0 with a fixed period. */
MUST_CHECK bool plan_make(const struct record_settings *settings, struct perf_plan *ret_plan,
	uint32_t *ret_wished_hz, struct err *err);

#endif
