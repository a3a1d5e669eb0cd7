/*
 * Turns a recording of any format into a trace: events and samples in the order of time, through
 * the same sieve as the recorder's, and what the report would otherwise take from this machine: the
 * kernel's symbols and the vdso.
 *
 * The sieve knows a process's code from its mappings alone, as the report does.
 */
#ifndef REPORT_CONVERT_H
#define REPORT_CONVERT_H

#include "report/input.h"

struct convert_options {
	const char *event; /* NULL: the first with samples */
	bool keep_all;     /* no sieve: every word of the stacks */
	int fd;            /* the trace goes there */
	const char *name;  /* of it, for messages */
};

struct convert_result {
	uint64_t n_samples, n_events;
	uint64_t words_seen, words_kept;
	uint64_t bytes; /* of the trace */
};

/* in: opened, not read. */
MUST_CHECK bool convert_input(struct input *in, const struct convert_options *options,
	struct convert_result *ret_result, struct err *err);

#endif
