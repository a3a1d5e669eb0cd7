/*
 * A trace taken apart into its blocks, to be changed and put together again with right checksums,
 * numbers and offsets: so that damage gets past them, to where the payloads are decoded.
 *
 *	struct trace_parts parts;
 *	trace_parts_read(&parts, data, size);   // what is no block is left out
 *	parts.list[2].raw[7] ^= 1;
 *	trace_parts_write(&parts, fd);
 *	trace_parts_fini(&parts);
 */
#ifndef REPORT_TEST_TRACE_PARTS_H
#define REPORT_TEST_TRACE_PARTS_H

#include "common/trace_frame.h"
#include "common/trace_output.h"

#include <string.h>
#include <zstd.h>

enum { TRACE_PARTS_MAX = 64, TRACE_PARTS_BYTES = 1 << 20 };

struct trace_part {
	struct trace_block block;
	uint8_t *raw;
	size_t raw_bytes;
};

struct trace_parts {
	struct trace_part list[TRACE_PARTS_MAX];
	size_t n;
};

static inline void trace_parts_remove(struct trace_parts *parts, size_t index)
{
	free(parts->list[index].raw);
	parts->n--;
	memmove(&parts->list[index], &parts->list[index + 1],
		(parts->n - index) * sizeof(parts->list[0]));
}

static inline void trace_parts_fini(struct trace_parts *parts)
{
	while (parts->n)
		trace_parts_remove(parts, parts->n - 1);
}

/* Puts a copy of these bytes at the end; does nothing when there is no place for it. */
static inline void trace_parts_add(struct trace_parts *parts, const struct trace_block *block,
	const void *raw, size_t raw_bytes)
{
	uint8_t *copy = malloc(raw_bytes + 1);
	if (!copy || parts->n == TRACE_PARTS_MAX) {
		free(copy);
		return;
	}
	memcpy(copy, raw, raw_bytes);
	parts->list[parts->n++] = (struct trace_part){ *block, copy, raw_bytes };
}

static inline void trace_parts_read(struct trace_parts *parts, const uint8_t *data, size_t size)
{
	static uint8_t raw[TRACE_PARTS_BYTES];
	struct trace_frame frame;
	parts->n = 0;
	for (size_t at = 0; at < size;) {
		if (trace_frame_decode(data + at, size - at, at, &frame) != TRACE_FRAME_OK)
			return;
		at += frame.prefix_bytes;
		if (frame.block.compressed_bytes > size - at)
			return;
		size_t n =
			ZSTD_decompress(raw, sizeof(raw), data + at, frame.block.compressed_bytes);
		if (!ZSTD_isError(n) && frame.block.kind != TRACE_BLOCK_INDEX)
			trace_parts_add(parts, &frame.block, raw, n);
		at += frame.block.compressed_bytes;
	}
}

static inline bool trace_parts_write(const struct trace_parts *parts, int fd)
{
	struct err err = { 0 };
	struct trace_output o;
	bool ok = trace_output_init(&o, fd, "parts", 1, TRACE_PARTS_BYTES, &err);
	for (size_t i = 0; ok && i < parts->n; i++) {
		const struct trace_part *part = &parts->list[i];
		ok = trace_output_block(&o, &part->block, part->raw, part->raw_bytes, &err);
	}
	ok = ok && trace_output_finish(&o, &err);
	trace_output_fini(&o);
	return ok;
}

#endif
