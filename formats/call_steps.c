/*
 * Lays out paths: see call_steps.h.
 *
 * The step of a stack is found from that of its parent stack, which is remembered per root, so the
 * cost is one visit per stack and root. Nothing recurses: stacks may be thousands of frames deep.
 */
#include "formats/call_steps.h"

#include "common/array.h"

struct walker {
	const struct frame_keys *keys;
	struct call_steps *out;
	uint32_t no_stack; /* key */
	uint32_t *step_of; /* by stack; valid where seen_for[stack] is the root's number + 1 */
	uint32_t *seen_for;
	uint32_t *path; /* the stacks from a leaf upward; as long as the deepest */
};

static void auto_walker_ptr(struct walker *w)
{
	free(w->step_of);
	free(w->seen_for);
	free(w->path);
}

void call_steps_fini(struct call_steps *s)
{
	free(s->steps);
	*s = (struct call_steps){ 0 };
}

static size_t deepest_stack(const struct profile *p)
{
	size_t deepest = 0;
	for (size_t i = 0; i < p->n_stacks; i++)
		deepest = MAX(deepest, p->stacks[i].depth);
	return deepest;
}

static bool walker_init(struct walker *w, struct frame_keys *keys)
{
	const struct profile *p = keys->p;
	w->no_stack = frame_keys_add_no_stack(keys);
	w->step_of = calloc(p->n_stacks + 1, sizeof *w->step_of);
	w->seen_for = calloc(p->n_stacks + 1, sizeof *w->seen_for);
	w->path = calloc(deepest_stack(p) + 1, sizeof *w->path);
	return w->no_stack != INTERN_NONE && w->step_of && w->seen_for && w->path;
}

/* INTERN_NONE: no memory */
static uint32_t add_step(struct call_steps *s, uint32_t parent, uint32_t key, bool is_inlined)
{
	if (s->n >= INTERN_NONE || !ARRAY_ROOM(s->steps, s->cap, s->n))
		return INTERN_NONE;
	s->steps[s->n] =
		(struct call_step){ .key = key, .is_inlined = is_inlined, .parent = parent };
	return (uint32_t)s->n++;
}

/* The step that the stack's leaf frame has below another one. */
static uint32_t descend(struct walker *w, uint32_t step, uint32_t stack)
{
	if (frame_keys_skips(w->keys, stack) ||
		frame_keys_continues(w->keys, stack, w->out->steps[step].key))
		return step;
	return add_step(w->out, step, frame_keys_of_stack(w->keys, stack),
		frame_keys_is_inlined(w->keys, stack));
}

/* The step where the leaf's stack begins. */
static uint32_t add_root_steps(struct call_steps *s, const struct call_root *root)
{
	uint32_t process = add_step(s, 0, root->process, false);
	if (process == INTERN_NONE || root->thread == INTERN_NONE)
		return process;
	return add_step(s, process, root->thread, false);
}

static uint32_t leaf_step(struct walker *w, const struct call_leaf *leaf, uint32_t above)
{
	const struct profile *p = w->keys->p;
	uint32_t round = leaf->root + 1, stack = leaf->stack, step = above;
	size_t n = 0;
	if (stack == PROFILE_NO_STACK)
		return add_step(w->out, above, w->no_stack, false);
	for (; stack != PROFILE_NO_STACK && w->seen_for[stack] != round;
		stack = p->stacks[stack].parent)
		w->path[n++] = stack;
	if (stack != PROFILE_NO_STACK)
		step = w->step_of[stack];
	while (n && step != INTERN_NONE) {
		stack = w->path[--n];
		step = descend(w, step, stack);
		w->step_of[stack] = step;
		w->seen_for[stack] = round;
	}
	return step;
}

static bool add_leaves(struct walker *w, const struct call_leaves *l)
{
	uint32_t above = INTERN_NONE;
	for (size_t i = 0; i < l->n_leaves; i++) {
		const struct call_leaf *leaf = &l->leaves[i];
		if (!i || leaf->root != leaf[-1].root)
			above = add_root_steps(w->out, &l->roots[leaf->root]);
		if (above == INTERN_NONE)
			return false;
		uint32_t step = leaf_step(w, leaf, above);
		if (step == INTERN_NONE)
			return false;
		w->out->steps[step].total += leaf->value;
	}
	return true;
}

static void link_steps(struct call_steps *s)
{
	for (size_t i = s->n; i-- > 1;) {
		struct call_step *step = &s->steps[i], *parent = &s->steps[step->parent];
		parent->total += step->total;
		step->next_sibling = parent->first_child;
		parent->first_child = (uint32_t)i;
	}
}

bool call_steps_init(
	struct call_steps *s, struct frame_keys *keys, const struct call_leaves *leaves)
{
	AUTO(auto_walker) struct walker w = { .keys = keys, .out = s };
	/* At most so many, but for stacks that several roots share. */
	*s = (struct call_steps){ .cap = keys->p->n_stacks + 3 * leaves->n_roots + 1 };
	s->steps = malloc(s->cap * sizeof *s->steps);
	if (!s->steps || !walker_init(&w, keys) || add_step(s, 0, 0, false) == INTERN_NONE ||
		!add_leaves(&w, leaves)) {
		call_steps_fini(s);
		return false;
	}
	link_steps(s);
	return true;
}
