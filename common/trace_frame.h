/*
 * The frame around a block: the header that describes it and the footer that ends a trace, as
 * bytes. Both are zstd skippable frames, so that a zstd program passes over them, and both end in a
 * checksum, so that a reader that lost its way can find the next one with confidence.
 */
#ifndef COMMON_TRACE_FRAME_H
#define COMMON_TRACE_FRAME_H

#include "common/trace_format.h"
#include "common/trace_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TRACE_PREFIX_BYTES = TRACE_FRAME_BYTES + TRACE_HEADER_BYTES,
	TRACE_MAX_PREFIX_BYTES = TRACE_FRAME_BYTES + TRACE_MAX_HEADER_BYTES,
	TRACE_TAIL_BYTES = TRACE_FRAME_BYTES + TRACE_FOOTER_BYTES,
};

struct trace_frame {
	struct trace_block block;
	uint32_t prefix_bytes; /* from the block's first byte to its zstd frame */
	uint8_t major, minor;
	uint16_t flags; /* TRACE_FLAG_* */
};

enum trace_frame_status {
	TRACE_FRAME_OK,
	TRACE_FRAME_FOOTER, /* ret->block.file_off is the offset of the index block */
	TRACE_FRAME_SHORT,  /* may be a header, but its end is not there */
	TRACE_FRAME_NEWER,  /* a header of a newer major version; only major and minor are set */
	TRACE_FRAME_BAD,    /* no header, or one with a wrong checksum, version or size */
};

/* CRC-32 as in zlib, PNG and IEEE 802.3. */
uint32_t trace_crc32(const void *data, size_t size_bytes);

void trace_frame_encode(const struct trace_frame *frame, uint8_t ret[TRACE_PREFIX_BYTES]);
void trace_footer_encode(uint64_t index_off, uint64_t footer_off, uint8_t ret[TRACE_TAIL_BYTES]);

/* What stands at data, which was read from file_off. size_bytes may be more than is needed. */
enum trace_frame_status trace_frame_decode(
	const uint8_t *data, size_t size_bytes, uint64_t file_off, struct trace_frame *ret);

#endif
