/*
 * A walk over the stack tree that meets each stack with samples below it once, outermost first, and
 * leaves it when all that it called was met. Between the two the path from the root is known.
 *
 *	struct stack_walk w;
 *	stack_walk_init(&w, p)
 *	stack_walk_use(&w, sample's stack);             // for each
 *	stack_walk_start(&w);
 *	for (struct stack_step s; stack_walk_next(&w, &s);)
 *		...s.stack, s.is_left...
 *
 * Takes 9 bytes a stack, and no depth of the C stack.
 */
#ifndef FORMATS_STACK_WALK_H
#define FORMATS_STACK_WALK_H

#include "formats/profile.h"

struct stack_walk {
	const struct profile *p;
	uint32_t *first_child, *next_sibling; /* by stack */
	bool *is_used;
	uint32_t at;
	bool is_left;
};

struct stack_step {
	uint32_t stack;
	bool is_left; /* else entered */
};

/* False: no memory; fini is needed all the same. */
MUST_CHECK bool stack_walk_init(struct stack_walk *w, const struct profile *p);
void stack_walk_fini(struct stack_walk *w);

/* A stack that has samples; PROFILE_NO_STACK is passed over. */
void stack_walk_use(struct stack_walk *w, uint32_t stack);

/* Links what is used, callers included. */
void stack_walk_start(struct stack_walk *w);
bool stack_walk_next(struct stack_walk *w, struct stack_step *ret_step);

#endif
