/*
 * Where the records of a perf.data file lie: in the file, or, if they were compressed, in a
 * temporary file to which they are decompressed (perf_unpack.h). A *place* is both at once, and the
 * record's size, in 64 bits, so that an index of all samples stays small.
 */
#ifndef REPORT_PERF_SOURCE_H
#define REPORT_PERF_SOURCE_H

#include "common/trace_input.h"

struct perf_source {
	struct trace_input file;
	struct trace_input unpacked; /* fd -1: nothing was compressed */
};

/* Bit 63: in `unpacked`; then 47 bits of offset; then 16 bits of size. Places in one of the two
 * compare as their offsets do. */
typedef uint64_t perf_place;

static const uint64_t perf_max_offset = (UINT64_C(1) << 47) - 1;

static inline perf_place perf_place_of(bool is_unpacked, uint64_t offset, uint32_t size_bytes)
{
	return (uint64_t)is_unpacked << 63 | offset << 16 | (size_bytes & 0xffff);
}

static inline bool perf_place_is_unpacked(perf_place place)
{
	return place >> 63;
}

static inline uint64_t perf_place_offset(perf_place place)
{
	return place >> 16 & perf_max_offset;
}

static inline uint32_t perf_place_size(perf_place place)
{
	return place & 0xffff;
}

static inline const struct trace_input *perf_source_of(
	const struct perf_source *source, perf_place place)
{
	return perf_place_is_unpacked(place) ? &source->unpacked : &source->file;
}

#endif
