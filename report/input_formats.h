/*
 * The formats of recordings that can be read; input.c lists them.
 */
#ifndef REPORT_INPUT_FORMATS_H
#define REPORT_INPUT_FORMATS_H

#include "report/input.h"

extern const struct input_format input_trace; /* of ddrec record */
extern const struct input_format input_perf;  /* perf.data, of perf record */

#endif
