/*
 * Which records of a table an output needs, and their numbers in it: what filters left unused is
 * not written. New numbers rise with the old ones, so a parent still precedes its children.
 *
 *	renumber_init(&r, p->n_frames);
 *	renumber_use(&r, frame);
 *	renumber_finish(&r);
 *	json_put_u64(w, r.to[frame]);
 */
#ifndef FORMATS_RENUMBER_H
#define FORMATS_RENUMBER_H

#include "common/defs.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RENUMBER_UNUSED = UINT32_MAX };

struct renumber {
	uint32_t *to; /* by old number: the new one, RENUMBER_UNUSED for none */
	size_t n, n_used;
};

/* false: no memory; fini is needed all the same. */
MUST_CHECK static inline bool renumber_init(struct renumber *r, size_t n)
{
	*r = (struct renumber){ .to = malloc((n + 1) * sizeof *r->to), .n = n };
	if (r->to)
		memset(r->to, 0xff, n * sizeof *r->to);
	return r->to;
}

static inline void renumber_fini(struct renumber *r)
{
	free(r->to);
	*r = (struct renumber){ 0 };
}

static inline bool renumber_is_used(const struct renumber *r, uint32_t id)
{
	return r->to[id] != RENUMBER_UNUSED;
}

static inline void renumber_use(struct renumber *r, uint32_t id)
{
	r->to[id] = 0;
}

/* When all uses are told. */
static inline void renumber_finish(struct renumber *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->to[i] != RENUMBER_UNUSED)
			r->to[i] = (uint32_t)r->n_used++;
}

#endif
