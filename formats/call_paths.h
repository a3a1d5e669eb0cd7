/*
 * The ways from the root of the call tree through the samples of a profile, one place at a time.
 * Forward, a place is a step (call_steps.h), which may fork. In reverse it is a leaf and how far it
 * has been read, and goes on to exactly one place: the caller, at last the thread and the process.
 * Private to call_*.c.
 */
#ifndef FORMATS_CALL_PATHS_H
#define FORMATS_CALL_PATHS_H

#include "formats/call_steps.h"

struct call_paths {
	struct profile *p;
	const struct call_tree_options *options;
	struct frame_keys keys;
	struct call_leaves leaves;
	struct call_steps steps; /* forward */
	uint32_t no_stack;       /* key */
};

struct call_place {
	uint32_t at;   /* forward: a step; in reverse: a stack, or where no stack is */
	uint32_t leaf; /* in reverse: which */
};

/* A place and what is known of it. */
struct call_branch {
	struct call_place place;
	uint32_t key;
	uint32_t order; /* settles the order of what is equal otherwise */
	bool is_inlined;
	bool goes_on;
	int64_t self, total;
};

/* false: no memory, and fini is not needed */
MUST_CHECK bool call_paths_init(
	struct call_paths *paths, struct profile *p, const struct call_tree_options *options);
void call_paths_fini(struct call_paths *paths);

/* The places below one, or below the root (NULL); false: there is none, or no more. */
bool call_paths_first(
	const struct call_paths *paths, const struct call_place *above, struct call_branch *ret);
bool call_paths_next(
	const struct call_paths *paths, const struct call_place *above, struct call_branch *branch);

#endif
