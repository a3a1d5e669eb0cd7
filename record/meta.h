/* How and where a trace is made: fills struct trace_meta and keeps its strings. */
#ifndef RECORD_META_H
#define RECORD_META_H

#include "common/buf.h"
#include "common/trace_event.h"
#include "record/perf_attr.h"

struct meta {
	struct trace_meta trace;
	char host[65 + 1];
	char kernel[2 * 65 + 2];
	char cpu_model[128];
	struct buf command;
};

/*
 * Everything but the times and the target's pid. options: those of ddrec record that say what is
 * recorded, or ""; argv: the command, or NULL.
 */
MUST_CHECK bool meta_init(struct meta *m, const struct perf_plan *plan, const char *options,
	char *const argv[], struct err *err);
void meta_fini(struct meta *m);

/* Appends the words, separated by blanks, quoted for sh(1) where they need it. */
void meta_quote_command(struct buf *b, char *const argv[]);

#endif
