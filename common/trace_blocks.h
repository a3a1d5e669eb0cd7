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

/* To the block whose header stands at block->file_off, as trace_blocks_next gave it before. */
void trace_blocks_goto(struct trace_blocks *b, const struct trace_block *block);

/* Puts a problem at a file offset into words; the one with the lowest offset stays. */
void trace_blocks_note(struct trace_blocks *b, uint64_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
