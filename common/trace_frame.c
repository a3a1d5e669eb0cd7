/*
 * Block header and footer: see trace_frame.h, and docs/trace-format.md for the byte tables.
 */
#include "common/trace_frame.h"
#include "common/buf.h"
#include "common/cursor.h"

#include <string.h>

/* Four bits at a time: a table of 16 words that a reader of the code can check by hand. */
static const uint32_t crc_table[16] = {
	0x00000000,
	0x1db71064,
	0x3b6e20c8,
	0x26d930ac,
	0x76dc4190,
	0x6b6b51f4,
	0x4db26158,
	0x5005713c,
	0xedb88320,
	0xf00f9344,
	0xd6d6a3e8,
	0xcb61b38c,
	0x9b64c2b0,
	0x86d3d2d4,
	0xa00ae278,
	0xbdbdf21c,
};

uint32_t trace_crc32(const void *data, size_t size_bytes)
{
	const uint8_t *p = data;
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < size_bytes; i++) {
		crc = crc_table[(crc ^ p[i]) & 15] ^ crc >> 4;
		crc = crc_table[(crc ^ p[i] >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* A buffer over the caller's array; it is exactly as large as what is written to it. */
static struct buf over(uint8_t *bytes, size_t size_bytes)
{
	return (struct buf){ .data = bytes, .cap = size_bytes, .fixed = true };
}

static void begin(struct buf *b, uint32_t content_bytes, uint32_t magic)
{
	buf_u32(b, TRACE_FRAME_MAGIC);
	buf_u32(b, content_bytes);
	buf_u32(b, magic);
	buf_u8(b, TRACE_VERSION_MAJOR);
	buf_u8(b, TRACE_VERSION_MINOR);
}

/* The checksum covers the skippable frame's content before it. */
static void end(struct buf *b)
{
	buf_u32(b, trace_crc32(b->data + TRACE_FRAME_BYTES, b->len - TRACE_FRAME_BYTES));
}

void trace_frame_encode(const struct trace_frame *frame, uint8_t ret[TRACE_PREFIX_BYTES])
{
	const struct trace_block *block = &frame->block;
	struct buf b = over(ret, TRACE_PREFIX_BYTES);
	begin(&b, TRACE_HEADER_BYTES, TRACE_BLOCK_MAGIC);
	buf_u16(&b, frame->flags);
	buf_u32(&b, block->kind);
	buf_u32(&b, block->number);
	buf_u64(&b, block->file_off);
	buf_u32(&b, block->compressed_bytes);
	buf_u32(&b, block->raw_bytes);
	buf_u32(&b, block->n_records);
	buf_u32(&b, 0);
	buf_u64(&b, block->first_ns);
	buf_u64(&b, block->last_ns);
	end(&b);
}

void trace_footer_encode(uint64_t index_off, uint64_t footer_off, uint8_t ret[TRACE_TAIL_BYTES])
{
	struct buf b = over(ret, TRACE_TAIL_BYTES);
	begin(&b, TRACE_FOOTER_BYTES, TRACE_FOOTER_MAGIC);
	buf_u16(&b, 0);
	buf_u64(&b, index_off);
	buf_u32(&b, (uint32_t)(footer_off - index_off));
	end(&b);
}

static bool sizes_are_possible(const struct trace_block *block)
{
	return block->raw_bytes <= TRACE_MAX_RAW_BYTES &&
		block->compressed_bytes <= TRACE_MAX_BLOCK_BYTES && block->compressed_bytes > 0 &&
		block->n_records <= block->raw_bytes;
}

static enum trace_frame_status decode_header(
	struct cursor *c, uint64_t file_off, struct trace_frame *ret)
{
	struct trace_block *block = &ret->block;
	ret->flags = cursor_u16(c);
	block->kind = cursor_u32(c);
	block->number = cursor_u32(c);
	block->file_off = cursor_u64(c);
	block->compressed_bytes = cursor_u32(c);
	block->raw_bytes = cursor_u32(c);
	block->n_records = cursor_u32(c);
	cursor_u32(c);
	block->first_ns = cursor_u64(c);
	block->last_ns = cursor_u64(c);
	bool good = !c->failed && block->file_off == file_off && sizes_are_possible(block);
	return good ? TRACE_FRAME_OK : TRACE_FRAME_BAD;
}

static enum trace_frame_status decode_footer(
	struct cursor *c, uint64_t file_off, struct trace_frame *ret)
{
	cursor_u16(c);
	ret->block.file_off = cursor_u64(c);
	uint32_t distance = cursor_u32(c);
	bool good =
		!c->failed && distance <= file_off && ret->block.file_off == file_off - distance;
	return good ? TRACE_FRAME_FOOTER : TRACE_FRAME_BAD;
}

enum trace_frame_status trace_frame_decode(
	const uint8_t *data, size_t size_bytes, uint64_t file_off, struct trace_frame *ret)
{
	struct cursor c = cursor_make(data, size_bytes);
	uint32_t skippable = cursor_u32(&c);
	uint32_t content_bytes = cursor_u32(&c);
	uint32_t magic = cursor_u32(&c);
	*ret = (struct trace_frame){ .major = cursor_u8(&c), .minor = cursor_u8(&c) };
	if (c.failed)
		return TRACE_FRAME_SHORT;
	if (skippable != TRACE_FRAME_MAGIC ||
		(magic != TRACE_BLOCK_MAGIC && magic != TRACE_FOOTER_MAGIC))
		return TRACE_FRAME_BAD;
	if (ret->major > TRACE_VERSION_MAJOR)
		return TRACE_FRAME_NEWER;
	if (ret->major != TRACE_VERSION_MAJOR)
		return TRACE_FRAME_BAD;
	if (content_bytes < TRACE_FOOTER_BYTES || content_bytes > TRACE_MAX_HEADER_BYTES)
		return TRACE_FRAME_BAD;
	if (content_bytes > size_bytes - TRACE_FRAME_BYTES)
		return TRACE_FRAME_SHORT;
	struct cursor sum = cursor_make(data + TRACE_FRAME_BYTES + content_bytes - 4, 4);
	if (cursor_u32(&sum) != trace_crc32(data + TRACE_FRAME_BYTES, content_bytes - 4))
		return TRACE_FRAME_BAD;
	ret->prefix_bytes = TRACE_FRAME_BYTES + content_bytes;
	c.end = data + ret->prefix_bytes - 4;
	return magic == TRACE_BLOCK_MAGIC ? decode_header(&c, file_off, ret)
					  : decode_footer(&c, file_off, ret);
}
