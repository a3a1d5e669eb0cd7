/*
 * Where blocks leave the program: compresses a payload into a zstd frame, puts its header in front,
 * writes both with one call, and keeps the list of blocks for the index.
 *
 * All memory is taken in trace_output_init. The index is a chain: when TRACE_INDEX_ROWS blocks have
 * been written, an index block with their rows follows, and the next index block points back at it.
 * So neither memory nor the length of a recording has to be limited for it.
 */
#ifndef COMMON_TRACE_OUTPUT_H
#define COMMON_TRACE_OUTPUT_H

#include "common/buf.h"
#include "common/err.h"
#include "common/trace_reader.h"

enum { TRACE_INDEX_ROWS = 4096 };

struct trace_output {
	int fd;
	const char *name;
	uint64_t bytes; /* written so far */
	uint32_t n_blocks;
	uint64_t previous_index; /* file offset; 0: none */
	struct buf index;        /* rows of the next index block */
	uint32_t n_rows;
	void *workspace;          /* of the compressor */
	struct ZSTD_CCtx_s *zstd; /* lives in workspace */
	uint8_t *out;             /* header and compressed payload */
	size_t out_cap;
	bool failed;
	struct err first_error; /* repeated by every call after a failure */
};

/* max_raw_bytes: the largest payload that will come. */
MUST_CHECK bool trace_output_init(struct trace_output *o, int fd, const char *name, int zstd_level,
	size_t max_raw_bytes, struct err *err);
void trace_output_fini(struct trace_output *o);

/* Writes one block. kind, n_records, first_ns and last_ns of block are used. */
MUST_CHECK bool trace_output_block(struct trace_output *o, const struct trace_block *block,
	const void *raw, size_t raw_bytes, struct err *err);
/* Writes the last index block and the footer. */
MUST_CHECK bool trace_output_finish(struct trace_output *o, struct err *err);

#endif
