/*
 * The frame of a perf.data file: its first bytes, the table of events, the sections behind the
 * data. In a pipe there is only a short header, and all else is records; those up to the first of
 * the kernel's are read here too, so that the events and the machine are known when this is done.
 */
#ifndef REPORT_PERF_FILE_H
#define REPORT_PERF_FILE_H

#include "common/trace_input.h"
#include "common/trace_reader.h"
#include "report/perf_header.h"

struct perf_extent {
	bool is_pipe;
	bool is_unfinished;  /* perf did not get to write the sizes and sections */
	uint64_t start, end; /* of the records */
};

/* Fails if nothing can be used. What cannot be used goes to *damage. */
MUST_CHECK bool perf_file_open(const struct trace_input *file, struct perf_header *h,
	struct perf_extent *ret_extent, struct trace_damage *damage, struct err *err);

/* Notes a problem at this offset of the file, unless one before it is noted. Returns false. */
bool perf_file_damaged(struct trace_damage *damage, uint64_t at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
