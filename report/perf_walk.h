/*
 * The walk over all records of a perf.data file, in the order of the file: what perf compressed is
 * unpacked on the way (perf_unpack.h), what hangs behind a record is stepped over, and where the
 * records stop to make sense the walk ends and says so.
 */
#ifndef REPORT_PERF_WALK_H
#define REPORT_PERF_WALK_H

#include "report/perf_file.h"
#include "report/perf_source.h"

/* Enough of a sample for its thread, time and id. */
enum { PERF_SAMPLE_HEAD_BYTES = 64 };

struct perf_record {
	uint32_t type;
	uint16_t misc;
	uint16_t size;        /* with its header of 8 bytes */
	perf_place place;     /* where it can be read again */
	const uint8_t *bytes; /* during the call only; header included */
	uint32_t n_bytes;     /* size, or for a sample perhaps only PERF_SAMPLE_HEAD_BYTES */
};

struct perf_walk_sink {
	bool (*record)(void *ctx, const struct perf_record *record, struct err *err);
	void *ctx;
};

/* False when the machine failed, or the sink. */
MUST_CHECK bool perf_walk(struct perf_source *source, const struct perf_extent *extent,
	const struct perf_walk_sink *sink, struct trace_damage *damage, struct err *err);

/* Reads the header of a record of n bytes; false: these are too few, or its size is impossible. */
bool perf_record_parse(const uint8_t *bytes, size_t n, struct perf_record *ret_record);

#endif
