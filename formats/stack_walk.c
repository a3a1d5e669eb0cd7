/*
 * A walk over the stack tree: see stack_walk.h.
 */
#include "formats/stack_walk.h"

#include <stdlib.h>
#include <string.h>

bool stack_walk_init(struct stack_walk *w, const struct profile *p)
{
	size_t n = p->n_stacks + 1;
	*w = (struct stack_walk){ .p = p, .at = PROFILE_NO_STACK };
	w->first_child = calloc(n, sizeof *w->first_child);
	w->next_sibling = calloc(n, sizeof *w->next_sibling);
	w->is_used = calloc(n, sizeof *w->is_used);
	return w->first_child && w->next_sibling && w->is_used;
}

void stack_walk_fini(struct stack_walk *w)
{
	free(w->first_child);
	free(w->next_sibling);
	free(w->is_used);
	*w = (struct stack_walk){ 0 };
}

void stack_walk_use(struct stack_walk *w, uint32_t stack)
{
	if (stack != PROFILE_NO_STACK)
		w->is_used[stack] = true;
}

void stack_walk_start(struct stack_walk *w)
{
	const struct profile_stack *stacks = w->p->stacks;
	uint32_t first_root = PROFILE_NO_STACK;
	memset(w->first_child, 0xff, w->p->n_stacks * sizeof *w->first_child);
	/* A parent's id is below its child's. */
	for (uint32_t s = (uint32_t)w->p->n_stacks; s-- > 0;) {
		uint32_t parent = stacks[s].parent;
		if (!w->is_used[s])
			continue;
		uint32_t *head = parent == PROFILE_NO_STACK ? &first_root : &w->first_child[parent];
		w->next_sibling[s] = *head;
		*head = s;
		stack_walk_use(w, parent);
	}
	w->at = first_root;
	w->is_left = false;
}

bool stack_walk_next(struct stack_walk *w, struct stack_step *ret_step)
{
	uint32_t stack = w->at;
	if (stack == PROFILE_NO_STACK)
		return false;
	*ret_step = (struct stack_step){ stack, w->is_left };
	uint32_t next = w->is_left ? w->next_sibling[stack] : w->first_child[stack];
	if (next != PROFILE_NO_STACK) {
		w->at = next;
		w->is_left = false;
	} else if (w->is_left) {
		w->at = w->p->stacks[stack].parent;
	} else {
		w->is_left = true;
	}
	return true;
}
