/*
 * Walks through the samples' stacks: see call_paths.h.
 */
#include "formats/call_paths.h"

/* Where a place in reverse can be but in a stack. */
enum {
	AT_START = UINT32_MAX, /* inside of the leaf */
	AT_NO_STACK = UINT32_MAX - 1,
	AT_THREAD = UINT32_MAX - 2,
	AT_PROCESS = UINT32_MAX - 3,
	MAX_STACKS = UINT32_MAX - 4,
};

bool call_paths_init(
	struct call_paths *paths, struct profile *p, const struct call_tree_options *options)
{
	*paths = (struct call_paths){ .p = p, .options = options };
	if (p->n_stacks <= MAX_STACKS && frame_keys_init(&paths->keys, p, options) &&
		call_leaves_init(&paths->leaves, &paths->keys)) {
		paths->no_stack = frame_keys_add_no_stack(&paths->keys);
		if (paths->no_stack != INTERN_NONE &&
			(options->reverse ||
				call_steps_init(&paths->steps, &paths->keys, &paths->leaves)))
			return true;
	}
	call_paths_fini(paths);
	return false;
}

void call_paths_fini(struct call_paths *paths)
{
	frame_keys_fini(&paths->keys);
	call_leaves_fini(&paths->leaves);
	call_steps_fini(&paths->steps);
}

static bool take_step(const struct call_paths *paths, uint32_t step, struct call_branch *ret)
{
	const struct call_step *s = &paths->steps.steps[step];
	if (!step)
		return false;
	*ret = (struct call_branch){ .place.at = step,
		.key = s->key,
		.order = step,
		.is_inlined = s->is_inlined,
		.goes_on = s->first_child,
		.self = call_steps_self(paths->steps.steps, step),
		.total = s->total };
	return true;
}

static uint32_t key_at(const struct call_paths *paths, uint32_t at, const struct call_root *root)
{
	switch (at) {
	case AT_NO_STACK:
		return paths->no_stack;
	case AT_THREAD:
		return root->thread;
	case AT_PROCESS:
		return root->process;
	default:
		return frame_keys_of_stack(&paths->keys, at);
	}
}

/* From a place in a leaf's path to the next one that is shown. */
static uint32_t caller_of(const struct call_paths *paths, const struct call_leaf *leaf, uint32_t at)
{
	const struct profile_stack *stacks = paths->p->stacks;
	uint32_t stack = PROFILE_NO_STACK, below = INTERN_NONE;
	if (at == AT_START && leaf->stack == PROFILE_NO_STACK)
		return AT_NO_STACK;
	if (at == AT_START) {
		stack = leaf->stack;
	} else if (at < paths->p->n_stacks) {
		stack = stacks[at].parent;
		below = frame_keys_of_stack(&paths->keys, at);
	}
	while (stack != PROFILE_NO_STACK &&
		(frame_keys_skips(&paths->keys, stack) ||
			frame_keys_continues(&paths->keys, stack, below)))
		stack = stacks[stack].parent;
	if (stack != PROFILE_NO_STACK)
		return stack;
	bool has_thread = paths->leaves.roots[leaf->root].thread != INTERN_NONE;
	return has_thread && at != AT_THREAD ? AT_THREAD : AT_PROCESS;
}

static bool take_caller(
	const struct call_paths *paths, uint32_t leaf_id, uint32_t from, struct call_branch *ret)
{
	if (leaf_id >= paths->leaves.n_leaves || from == AT_PROCESS)
		return false;
	const struct call_leaf *leaf = &paths->leaves.leaves[leaf_id];
	uint32_t at = caller_of(paths, leaf, from);
	*ret = (struct call_branch){ .place = { .at = at, .leaf = leaf_id },
		.key = key_at(paths, at, &paths->leaves.roots[leaf->root]),
		.order = leaf_id,
		.is_inlined = at < paths->p->n_stacks && frame_keys_is_inlined(&paths->keys, at),
		.goes_on = at != AT_PROCESS,
		.self = at == AT_PROCESS ? leaf->value : 0,
		.total = leaf->value };
	return true;
}

bool call_paths_first(
	const struct call_paths *paths, const struct call_place *above, struct call_branch *ret)
{
	if (paths->options->reverse)
		return take_caller(
			paths, above ? above->leaf : 0, above ? above->at : AT_START, ret);
	return take_step(paths, paths->steps.steps[above ? above->at : 0].first_child, ret);
}

bool call_paths_next(
	const struct call_paths *paths, const struct call_place *above, struct call_branch *branch)
{
	if (!paths->options->reverse)
		return take_step(paths, paths->steps.steps[branch->place.at].next_sibling, branch);
	return !above && take_caller(paths, branch->place.leaf + 1, AT_START, branch);
}
