/*
 * Events and samples as text, one line a record: what `ddrec script` prints of every input. The
 * lines hold nothing that differs between runs of the same reader.
 */
#ifndef REPORT_PRINT_RECORD_H
#define REPORT_PRINT_RECORD_H

#include "common/trace_event.h"

struct printing {
	const struct arch *arch; /* NULL: unknown; registers by number */
	uint64_t start_ns;       /* times are told from here */
	bool words;              /* stack words too */
};

void print_event(const struct printing *p, const struct trace_event *event);
void print_sample(const struct printing *p, const struct trace_sample *sample);

/* What a terminal would obey, and what is no UTF-8, is shown as \xHH. */
void print_name(const char *name);
void print_build_id(const struct build_id *id);

#endif
