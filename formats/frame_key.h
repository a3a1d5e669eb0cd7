/*
 * What makes two frames "the same" for the call tree and the flat table: the function's name,
 * module and kind; by module, the module alone. Addresses, lines and linkage names do not count.
 *
 * Keys are numbered from 0, so that what is counted by key is counted in arrays. All frames of the
 * profile have theirs from the start; names of processes and threads are added.
 */
#ifndef FORMATS_FRAME_KEY_H
#define FORMATS_FRAME_KEY_H

#include "formats/call_tree.h"
#include "formats/intern.h"

struct frame_key {
	uint32_t name;     /* string */
	uint32_t function; /* one of that name; not part of the key */
	uint32_t module;
	enum profile_kind kind;
};

enum { FRAME_KEYS_MAX = INT32_MAX }; /* a key goes into 31 bits */

struct frame_keys {
	struct profile *p;
	const struct call_tree_options *options;
	struct frame_key *keys;
	size_t n, cap;
	struct intern index;
	uint32_t *of_frame;
};

/* false: no memory */
MUST_CHECK bool frame_keys_init(
	struct frame_keys *keys, struct profile *p, const struct call_tree_options *options);
void frame_keys_fini(struct frame_keys *keys);

/* The key of what is no function, such as a process; INTERN_NONE: no memory. */
uint32_t frame_keys_add_name(struct frame_keys *keys, uint32_t name);
/* The key for samples without a stack; INTERN_NONE: no memory. */
uint32_t frame_keys_add_no_stack(struct frame_keys *keys);

static inline uint32_t frame_keys_of_stack(const struct frame_keys *keys, uint32_t stack)
{
	return keys->of_frame[keys->p->stacks[stack].frame];
}

static inline bool frame_keys_is_inlined(const struct frame_keys *keys, uint32_t stack)
{
	return keys->options->by != CALL_TREE_BY_MODULE &&
		keys->p->frames[keys->p->stacks[stack].frame].is_inlined;
}

/* Whether no_inline leaves this frame out. An inlined frame that nothing contains stays. */
static inline bool frame_keys_skips(const struct frame_keys *keys, uint32_t stack)
{
	const struct profile_stack *s = &keys->p->stacks[stack];
	return keys->options->no_inline && s->parent != PROFILE_NO_STACK &&
		keys->p->frames[s->frame].is_inlined;
}

/* The stack, or the nearest above it that is not left out. */
static inline uint32_t frame_keys_shown(const struct frame_keys *keys, uint32_t stack)
{
	while (stack != PROFILE_NO_STACK && frame_keys_skips(keys, stack))
		stack = keys->p->stacks[stack].parent;
	return stack;
}

/* String: the source file of the frame's function, as far as it is known; else that of the line. */
static inline uint32_t frame_keys_file(const struct frame_keys *keys, uint32_t frame)
{
	const struct profile_frame *f = &keys->p->frames[frame];
	uint32_t file = keys->p->functions[f->function].file;
	return file ? file : f->file;
}

/* Whether the frame goes on with a run that has that key already: by module, a run is one. */
static inline bool frame_keys_continues(const struct frame_keys *keys, uint32_t stack, uint32_t key)
{
	return keys->options->by == CALL_TREE_BY_MODULE && frame_keys_of_stack(keys, stack) == key;
}

#endif
