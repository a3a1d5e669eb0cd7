/*
 * The samples of a profile, summed by what the call tree tells apart: the root (a process, or a
 * thread of one) and the stack. Private to call_*.c.
 */
#ifndef FORMATS_CALL_LEAVES_H
#define FORMATS_CALL_LEAVES_H

#include "formats/frame_key.h"

struct call_root {
	uint32_t process, thread; /* keys; thread is INTERN_NONE but by thread */
};

struct call_leaf {
	uint32_t root, stack;
	int64_t value;
};

struct call_leaves {
	struct call_root *roots;
	size_t n_roots;
	struct call_leaf *leaves; /* by root, then stack; no two have the same of both */
	size_t n_leaves;
};

/* Adds the roots' keys. false: no memory, and fini is not needed. */
MUST_CHECK bool call_leaves_init(struct call_leaves *l, struct frame_keys *keys);
void call_leaves_fini(struct call_leaves *l);

#endif
