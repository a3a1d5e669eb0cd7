/*
 * The bounds-checked reader: see cursor.h.
 */
#include "common/cursor.h"

#include <endian.h>
#include <string.h>

struct cursor cursor_make(const void *data, size_t size_bytes)
{
	const uint8_t *start = data;
	return (struct cursor){
		.start = start, .pos = start, .end = start ? start + size_bytes : start
	};
}

size_t cursor_offset(const struct cursor *c)
{
	return (size_t)(c->pos - c->start);
}

size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->pos);
}

const uint8_t *cursor_bytes(struct cursor *c, size_t size_bytes)
{
	if (c->failed || !c->start || size_bytes > (size_t)(c->end - c->pos)) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *at = c->pos;
	c->pos += size_bytes;
	return at;
}

bool cursor_skip(struct cursor *c, size_t size_bytes)
{
	cursor_bytes(c, size_bytes);
	return !c->failed;
}

bool cursor_seek(struct cursor *c, size_t offset)
{
	if (c->failed || offset > (size_t)(c->end - c->start)) {
		c->failed = true;
		return false;
	}
	c->pos = c->start + offset;
	return true;
}

/* Inline, so that the size is a constant and the copy a load. */
static inline uint64_t little_endian(struct cursor *c, unsigned size_bytes)
{
	const uint8_t *p = cursor_bytes(c, size_bytes);
	uint64_t v = 0;
	if (p)
		memcpy(&v, p, size_bytes);
	return le64toh(v);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)little_endian(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)little_endian(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return little_endian(c, 8);
}

/*
 * Reads a LEB128 number of at most ten bytes; ret_bits is how many bits its bytes covered.
 * Producers may pad with redundant bytes, but never beyond ten.
 */
static uint64_t leb(struct cursor *c, unsigned *ret_bits, uint8_t *ret_last)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t byte;
	do {
		if (shift >= 70 || c->failed || c->pos == c->end) {
			c->failed = true;
			*ret_bits = 0;
			*ret_last = 0;
			return 0;
		}
		byte = *c->pos++;
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	*ret_bits = shift;
	*ret_last = byte;
	return v;
}

uint64_t cursor_long_uleb(struct cursor *c)
{
	unsigned bits;
	uint8_t last;
	uint64_t v = leb(c, &bits, &last);
	if (bits == 70 && last > 1) {
		c->failed = true;
		return 0;
	}
	return v;
}

uint32_t cursor_uleb32(struct cursor *c)
{
	uint64_t v = cursor_uleb(c);
	if (v > UINT32_MAX) {
		c->failed = true;
		return 0;
	}
	return (uint32_t)v;
}

int64_t cursor_sleb(struct cursor *c)
{
	unsigned bits;
	uint8_t last;
	uint64_t v = leb(c, &bits, &last);
	if (bits < 64 && (last & 0x40))
		v |= ~(uint64_t)0 << bits;
	return (int64_t)v;
}

int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t v = cursor_uleb(c);
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

const char *cursor_str(struct cursor *c)
{
	if (c->failed || !c->start) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *nul = memchr(c->pos, 0, (size_t)(c->end - c->pos));
	if (!nul) {
		c->failed = true;
		return NULL;
	}
	const char *str = (const char *)c->pos;
	c->pos = nul + 1;
	return str;
}

struct cursor cursor_sub(struct cursor *c, size_t size_bytes)
{
	const uint8_t *at = cursor_bytes(c, size_bytes);
	if (!at)
		return (struct cursor){
			.start = c->pos, .pos = c->pos, .end = c->pos, .failed = true
		};
	return cursor_make(at, size_bytes);
}
