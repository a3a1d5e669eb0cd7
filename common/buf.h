/*
 * A byte buffer to append to: the writing side's counterpart of the cursor.
 *
 * A growing buffer (BUF_INIT or zeroed) allocates as it needs; a fixed one (buf_init_fixed) has
 * all its memory from the start and never allocates, which is what the recorder's drain loop
 * uses. Running out of memory or of room makes the buffer *failed*; later appends do nothing, so
 * that a writer appends a whole record and checks once. Multi-byte values are little-endian.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool fixed;
	bool failed;
};

#define BUF_INIT ((struct buf){ 0 })

/* Allocates cap_bytes at once, touches them, and never grows. */
MUST_CHECK bool buf_init_fixed(struct buf *b, size_t cap_bytes);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* len = 0, failed = false; keeps the memory */

/* Room for size_bytes more; returns where they go, without changing len. NULL when failed. */
uint8_t *buf_reserve(struct buf *b, size_t size_bytes);

void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_uleb(struct buf *b, uint64_t v);
void buf_zigzag(struct buf *b, int64_t v);
void buf_bytes(struct buf *b, const void *data, size_t size_bytes);
void buf_str(struct buf *b, const char *str); /* the characters, without a NUL */
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline void auto_buf_ptr(struct buf *b)
{
	buf_fini(b);
}
#define AUTO_BUF AUTO(auto_buf)

#endif
