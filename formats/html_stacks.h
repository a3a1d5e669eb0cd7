/*
 * The profile's stacks as a page needs them: a tree over functions rather than addresses, only as
 * far as samples use it, with ids of its own. Functions and modules are those of frame_key.h, so
 * that the page counts what the call tree and the flat table count.
 *
 * A parent's id is below its child's. A sample without a stack has one of its own, "[no stack]".
 */
#ifndef FORMATS_HTML_STACKS_H
#define FORMATS_HTML_STACKS_H

#include "formats/frame_key.h"

struct html_stack {
	uint32_t parent; /* PROFILE_NO_STACK for a root */
	uint32_t code;   /* html_functions' id, times two; one more where it is inlined */
};

struct html_function {
	uint32_t key, module; /* keys of the functions and of the modules */
};

struct html_stacks {
	struct profile *p;
	struct call_tree_options by_function, by_module;
	struct frame_keys functions, modules;
	struct html_stack *stacks;
	size_t n_stacks, cap_stacks;
	struct html_function *used; /* the functions that stacks name */
	size_t n_used, cap_used;
	uint32_t *id_of_key;  /* of functions: index of used[]; PROFILE_NONE: not used */
	uint32_t *of_stack;   /* by stack of the profile; PROFILE_NO_STACK: no sample uses it */
	uint32_t of_no_stack; /* PROFILE_NO_STACK: all samples have one */
	struct intern index;
};

/* Fini is needed either way. */
MUST_CHECK bool html_stacks_init(struct html_stacks *s, struct profile *p, struct err *err);
void html_stacks_fini(struct html_stacks *s);

static inline void auto_html_stacks_ptr(struct html_stacks *s)
{
	html_stacks_fini(s);
}

static inline uint32_t html_stacks_of(const struct html_stacks *s, uint32_t stack)
{
	return stack == PROFILE_NO_STACK ? s->of_no_stack : s->of_stack[stack];
}

#endif
