/*
 * The samples' paths from the root down, before equal functions are merged: one step for each stack
 * of the profile that samples go through, and above the stacks one for each process and thread.
 *
 * A step knows its key and its sums; frames that no_inline leaves out, and a module's frames below
 * the first of a run, have no step of their own. Steps are numbered in the order in which the
 * leaves come to them, a parent before its children. Private to call_*.c.
 */
#ifndef FORMATS_CALL_STEPS_H
#define FORMATS_CALL_STEPS_H

#include "formats/call_leaves.h"

struct call_step {
	uint32_t key : 31;
	uint32_t is_inlined : 1;
	uint32_t parent;
	uint32_t first_child;  /* 0: none */
	uint32_t next_sibling; /* 0: none; ascending */
	int64_t total;
};

struct call_steps {
	struct call_step *steps; /* steps[0] is the root, without a key */
	size_t n, cap;
};

/* false: no memory, and fini is not needed */
MUST_CHECK bool call_steps_init(
	struct call_steps *s, struct frame_keys *keys, const struct call_leaves *leaves);
void call_steps_fini(struct call_steps *s);

/* What ends in the step itself. */
static inline int64_t call_steps_self(const struct call_step *steps, uint32_t step)
{
	int64_t self = steps[step].total;
	for (uint32_t i = steps[step].first_child; i; i = steps[i].next_sibling)
		self -= steps[i].total;
	return self;
}

#endif
