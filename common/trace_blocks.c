/*
 * The way through the blocks of a trace: see trace_blocks.h.
 */
#include "common/trace_blocks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SCAN_BYTES = 64 << 10 };

void trace_blocks_rewind(struct trace_blocks *b)
{
	b->damage = (struct trace_damage){ 0 };
	b->position = 0;
	b->next_number = 0;
	b->at_end = false;
}

void trace_blocks_goto(struct trace_blocks *b, const struct trace_block *block)
{
	b->position = block->file_off;
	b->next_number = block->number;
	b->at_end = false;
}

void trace_blocks_note(struct trace_blocks *b, uint64_t at, const char *fmt, ...)
{
	if (b->damage.why[0] && b->damage.why_at <= at)
		return;
	b->damage.why_at = at;
	va_list args;
	va_start(args, fmt);
	vsnprintf(b->damage.why, sizeof(b->damage.why), fmt, args);
	va_end(args);
}

static void end_by_cut(struct trace_blocks *b, const char *why)
{
	b->damage.is_cut = true;
	b->damage.cut_at = b->position;
	trace_blocks_note(b, b->position, "%s at offset %" PRIu64, why, b->position);
	b->at_end = true;
}

/* The first offset in data at which a whole, right header stands, or size_bytes. */
static size_t find_in(const uint8_t *data, size_t size_bytes, uint64_t file_off)
{
	size_t i = 0;
	while (i < size_bytes) {
		const uint8_t *at = memchr(data + i, TRACE_FRAME_MAGIC & 0xff, size_bytes - i);
		if (!at)
			return size_bytes;
		i = (size_t)(at - data);
		struct trace_frame frame;
		enum trace_frame_status status =
			trace_frame_decode(at, size_bytes - i, file_off + i, &frame);
		if (status == TRACE_FRAME_OK || status == TRACE_FRAME_FOOTER)
			return i;
		i++;
	}
	return size_bytes;
}

/* Moves to the first header from `from` on, or to the end of the file. */
static bool find_header(struct trace_blocks *b, uint64_t from, struct err *err)
{
	AUTO_FREE uint8_t *chunk = malloc(SCAN_BYTES);
	if (!chunk)
		return err_set(err, "%s: not enough memory", b->input.name);
	for (;;) {
		size_t n;
		if (!trace_input_read(&b->input, from, chunk, SCAN_BYTES, &n, err))
			return false;
		size_t found = find_in(chunk, n, from);
		if (found < n || n < SCAN_BYTES) {
			b->position = from + found;
			return true;
		}
		/* A header may begin in this chunk and end in the next. */
		from += SCAN_BYTES - TRACE_MAX_PREFIX_BYTES;
	}
}

/* No header stands at the current position: goes on at the next one. */
static bool resynchronise(struct trace_blocks *b, struct err *err)
{
	uint64_t bad = b->position;
	if (!find_header(b, bad + 1, err))
		return false;
	if (b->position < b->input.bytes) {
		trace_blocks_note(b, bad, "damaged block header at offset %" PRIu64, bad);
		return true;
	}
	b->position = bad;
	end_by_cut(b, "there is no whole block");
	return true;
}

static void add_bad_blocks(struct trace_blocks *b, uint32_t n)
{
	b->damage.n_bad_blocks += MIN(n, UINT32_MAX - b->damage.n_bad_blocks);
}

/* Counts the blocks that the numbers say are missing before this one. */
static void count_missing(struct trace_blocks *b, uint32_t number)
{
	if (number > b->next_number) {
		uint32_t missing = number - b->next_number;
		trace_blocks_note(b, b->position,
			"%u blocks are missing before block %u at offset %" PRIu64, missing, number,
			b->position);
		add_bad_blocks(b, missing);
	}
	b->next_number = number + 1;
}

/* The meta block is the first; elsewhere its kind is as good as unknown. */
static bool is_known_kind(const struct trace_block *block)
{
	if (block->kind == TRACE_BLOCK_META)
		return block->file_off == 0;
	return block->kind > TRACE_BLOCK_META && block->kind <= TRACE_BLOCK_INDEX;
}

/* Moves past the block. True if it is all there and of a known kind. */
static bool pass_block(struct trace_blocks *b, const struct trace_frame *frame)
{
	const struct trace_block *block = &frame->block;
	uint64_t end = b->position + frame->prefix_bytes + block->compressed_bytes;
	if (end > b->input.bytes) {
		end_by_cut(b, "the file ends in the block");
		return false;
	}
	count_missing(b, block->number);
	b->position = end;
	if (is_known_kind(block))
		return true;
	if (frame->flags & TRACE_FLAG_MUST_UNDERSTAND) {
		add_bad_blocks(b, 1);
		trace_blocks_note(b, block->file_off,
			"block %u at offset %" PRIu64 " is of %s kind %u", block->number,
			block->file_off,
			block->kind == TRACE_BLOCK_META ? "the misplaced" : "the unknown",
			block->kind);
	}
	return false;
}

static void pass_footer(struct trace_blocks *b, const struct trace_frame *frame)
{
	b->position += frame->prefix_bytes;
	b->at_end = true;
	if (b->position < b->input.bytes)
		trace_blocks_note(b, b->position,
			"%" PRIu64 " bytes follow the end of the trace at offset %" PRIu64,
			b->input.bytes - b->position, b->position);
}

/* One step forward. *ret_found: *ret_frame is the block that was passed. */
static bool step(
	struct trace_blocks *b, struct trace_frame *ret_frame, bool *ret_found, struct err *err)
{
	uint8_t prefix[TRACE_MAX_PREFIX_BYTES];
	size_t n;
	if (!trace_input_read(&b->input, b->position, prefix, sizeof(prefix), &n, err))
		return false;
	if (!n) {
		end_by_cut(b, "the file ends without its index");
		return true;
	}
	switch (trace_frame_decode(prefix, n, b->position, ret_frame)) {
	case TRACE_FRAME_OK:
		*ret_found = pass_block(b, ret_frame);
		return true;
	case TRACE_FRAME_FOOTER:
		pass_footer(b, ret_frame);
		return true;
	case TRACE_FRAME_SHORT:
		end_by_cut(b, "the file ends in a block header");
		return true;
	default:
		return resynchronise(b, err);
	}
}

bool trace_blocks_next(struct trace_blocks *b, struct trace_frame *ret_frame, struct err *err)
{
	bool found = false;
	err->text[0] = 0;
	while (!found && !b->at_end)
		if (!step(b, ret_frame, &found, err))
			return false;
	return found;
}
