/*
 * The arena: see arena.h. A list of chunks; a request too large for the usual chunk gets its own.
 */
#include "report/arena.h"

#include <stdint.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
	struct arena_chunk *before;
	_Alignas(ALIGNMENT) uint8_t data[];
};

static bool add_chunk(struct arena *a, size_t min_bytes)
{
	size_t cap = MAX((size_t)CHUNK_BYTES, min_bytes);
	if (cap > SIZE_MAX - sizeof(struct arena_chunk))
		return false;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + cap);
	if (!chunk)
		return false;
	chunk->before = a->last;
	*a = (struct arena){ .last = chunk, .cap_bytes = cap };
	return true;
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
	if (size_bytes > SIZE_MAX - ALIGNMENT)
		return NULL;
	size_t size = (size_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (a->cap_bytes - a->used_bytes < size && !add_chunk(a, size))
		return NULL;
	void *p = a->last->data + a->used_bytes;
	a->used_bytes += size;
	return p;
}

char *arena_join(struct arena *a, const char *s1, const char *s2, const char *s3)
{
	char *joined = arena_alloc(a, strlen(s1) + strlen(s2) + strlen(s3) + 1);
	if (joined)
		stpcpy(stpcpy(stpcpy(joined, s1), s2), s3);
	return joined;
}

void arena_fini(struct arena *a)
{
	while (a->last) {
		struct arena_chunk *before = a->last->before;
		free(a->last);
		a->last = before;
	}
	*a = (struct arena){ 0 };
}
