/*
 * What makes two frames "the same" for the call tree and the flat table: the function's name,
 * module and kind; by module, the module alone. Addresses, lines and linkage names do not count.
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
	bool is_inlined; /* not part of the key */
};

/* The key of the frame at the leaf of stack. */
struct frame_key frame_key_of(
	struct profile *p, const struct call_tree_options *options, uint32_t stack);
/* The key for samples without a stack. */
struct frame_key frame_key_no_stack(struct profile *p);

/* Whether no_inline leaves this frame out. An inlined frame that nothing contains stays. */
static inline bool frame_key_skips(
	const struct profile *p, const struct call_tree_options *options, uint32_t stack)
{
	const struct profile_stack *s = &p->stacks[stack];
	return options->no_inline && s->parent != PROFILE_NO_STACK &&
		p->frames[s->frame].is_inlined;
}

static inline uint64_t frame_key_hash(const struct frame_key *key)
{
	return intern_mix((uint64_t)key->name << 32 | key->module, key->kind);
}

/* The value of entry i; without such a value type, the samples that it stands for. */
static inline int64_t frame_key_sample_value(
	const struct profile *p, const struct call_tree_options *options, size_t i)
{
	if (options->value >= p->n_value_types)
		return profile_sample_count(p, i);
	return p->values[i * p->n_value_types + options->value];
}

#endif
