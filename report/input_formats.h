/*
 * The formats of recordings that can be read; input.c lists them.
 */
#ifndef REPORT_INPUT_FORMATS_H
#define REPORT_INPUT_FORMATS_H

#include "report/input.h"

extern const struct input_format input_trace; /* of ddrec record */
extern const struct input_format input_perf;  /* perf.data, of perf record */

/* The reader under a trace, which stands behind the meta block; the input's own. NULL: the input is
 * none. */
struct trace_reader *input_trace_reader(struct input *in);

#endif
