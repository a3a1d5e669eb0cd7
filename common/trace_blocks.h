/*
 * The way through the blocks of a trace: where the next one is, and what was wrong on the way. Only
 * headers are looked at. Where no header with a right checksum stands, the search goes on behind
 * it; what is missing or cut is put into the account of damage, which others add to with
 * trace_blocks_note.
 */
#ifndef COMMON_TRACE_BLOCKS_H
#define COMMON_TRACE_BLOCKS_H

#include "common/trace_frame.h"
#include "common/trace_input.h"

struct trace_blocks {
	struct trace_input input;
	struct trace_damage damage;
	uint64_t position; /* file offset where the next block is expected */
	uint32_t next_number;
	bool at_end;
};

/* To the first block, with nothing known of any damage. input stays open. */
void trace_blocks_rewind(struct trace_blocks *b);

/* The next whole block of a known kind. False at the end (err->text[0] == 0), or when reading
 * failed. */
MUST_CHECK bool trace_blocks_next(
	struct trace_blocks *b, struct trace_frame *ret_frame, struct err *err);

/* Puts a problem into words; the first one stays. */
void trace_blocks_note(struct trace_blocks *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
