/*
 * Memory that is given back all at once: names, paths and frames that live as long as their owner.
 * A zeroed arena is an empty one. Not for use by several threads.
 */
#ifndef REPORT_ARENA_H
#define REPORT_ARENA_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *last;
	size_t used_bytes, cap_bytes; /* of the last chunk */
};

/* Zeroed, aligned for any type. NULL without memory. */
MUST_CHECK void *arena_alloc(struct arena *a, size_t size_bytes);
/* a, b and c joined; each may be "". NULL without memory. */
MUST_CHECK char *arena_join(struct arena *a, const char *s1, const char *s2, const char *s3);
void arena_fini(struct arena *a);

#endif
