/*
 * The byte buffer: see buf.h.
 */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_BYTES = 4096 }; /* the smallest that any machine has */

/* The compiler would make one calloc of malloc and memset, and that touches nothing. */
static void touch(volatile uint8_t *data, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i += PAGE_BYTES)
		data[i] = 0;
}

bool buf_init_fixed(struct buf *b, size_t cap_bytes)
{
	*b = (struct buf){ .data = calloc(1, cap_bytes), .cap = cap_bytes, .fixed = true };
	if (!b->data)
		return false;
	touch(b->data, cap_bytes);
	return true;
}

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

static bool grow(struct buf *b, size_t size_bytes)
{
	size_t cap = b->cap ? b->cap : 256;
	while (cap - b->len < size_bytes && cap < SIZE_MAX / 2)
		cap *= 2;
	uint8_t *data = b->fixed || cap - b->len < size_bytes ? NULL : realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *buf_reserve(struct buf *b, size_t size_bytes)
{
	if (b->failed)
		return NULL;
	if ((!b->data || b->cap - b->len < size_bytes) && !grow(b, size_bytes))
		return NULL;
	return b->data + b->len;
}

void buf_bytes(struct buf *b, const void *data, size_t size_bytes)
{
	uint8_t *at = buf_reserve(b, size_bytes);
	if (!at || !size_bytes)
		return;
	memcpy(at, data, size_bytes);
	b->len += size_bytes;
}

static void little_endian(struct buf *b, uint64_t v, unsigned size_bytes)
{
	uint8_t *at = buf_reserve(b, size_bytes);
	if (!at)
		return;
	for (unsigned i = 0; i < size_bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
	b->len += size_bytes;
}

void buf_u8(struct buf *b, uint8_t v)
{
	little_endian(b, v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
	little_endian(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
	little_endian(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
	little_endian(b, v, 8);
}

void buf_uleb(struct buf *b, uint64_t v)
{
	uint8_t *at = buf_reserve(b, 10);
	if (!at)
		return;
	size_t n = 0;
	while (v >= 0x80) {
		at[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	at[n++] = (uint8_t)v;
	b->len += n;
}

void buf_zigzag(struct buf *b, int64_t v)
{
	buf_uleb(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void buf_str(struct buf *b, const char *str)
{
	buf_bytes(b, str, strlen(str));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	uint8_t *at = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1);
	if (!at)
		return;
	va_start(args, fmt);
	vsnprintf((char *)at, (size_t)len + 1, fmt, args);
	va_end(args);
	b->len += (size_t)len;
}
