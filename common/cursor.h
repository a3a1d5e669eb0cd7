/*
 * The one bounds-checked reader through which all foreign bytes go: traces, ELF and DWARF
 * sections, perf.data, embedded tables.
 *
 * The first read past the end, or an over-long LEB128, makes the cursor *failed*: from then on
 * every read yields 0 (or NULL) and moves nothing. So a decoder reads a whole record and checks
 * once. No file byte is ever cast to a struct. All multi-byte values are little-endian.
 *
 *	struct cursor c = cursor_make(data, size);
 *	uint32_t n = cursor_u32(&c);
 *	uint64_t len = cursor_uleb(&c);
 *	struct cursor body = cursor_sub(&c, len);
 *	if (c.failed)
 *		return err_set(err, "record cut at offset %zu", cursor_offset(&c));
 */
#ifndef COMMON_CURSOR_H
#define COMMON_CURSOR_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *start;
	const uint8_t *pos;
	const uint8_t *end;
	bool failed;
};

struct cursor cursor_make(const void *data, size_t size_bytes);

size_t cursor_offset(const struct cursor *c); /* bytes read so far; where it failed, if it did */
size_t cursor_left(const struct cursor *c);   /* 0 when failed */
bool cursor_seek(struct cursor *c, size_t offset);
bool cursor_skip(struct cursor *c, size_t size_bytes);

/* Inline where most calls end at once: these read every byte of line programs and the like. */
static inline uint8_t cursor_u8(struct cursor *c)
{
	if (!c->failed && c->pos < c->end)
		return *c->pos++;
	c->failed = true;
	return 0;
}
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
uint64_t cursor_long_uleb(struct cursor *c);         /* cursor_uleb, of any length */
static inline uint64_t cursor_uleb(struct cursor *c) /* DWARF 5, 7.6; more than 64 bits fails */
{
	if (!c->failed && c->pos < c->end && *c->pos < 0x80)
		return *c->pos++;
	return cursor_long_uleb(c);
}
uint32_t cursor_uleb32(struct cursor *c); /* a uleb; 2^32 and more fails */
int64_t cursor_sleb(struct cursor *c);
int64_t cursor_zigzag(struct cursor *c); /* uleb of (v << 1) ^ (v >> 63) */

/* size_bytes bytes in place, or NULL. They live as long as the data under the cursor. */
const uint8_t *cursor_bytes(struct cursor *c, size_t size_bytes);
/* A NUL-terminated string in place, or NULL when no NUL comes before the end. */
const char *cursor_str(struct cursor *c);
/* A cursor over the next size_bytes, and moves past them; failed when they are not there. */
struct cursor cursor_sub(struct cursor *c, size_t size_bytes);

#endif
