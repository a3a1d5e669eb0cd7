/*
 * Stacks of functions for the page: see html_stacks.h.
 */
#include "formats/html_stacks.h"

#include "common/array.h"

void html_stacks_fini(struct html_stacks *s)
{
	frame_keys_fini(&s->functions);
	frame_keys_fini(&s->modules);
	intern_fini(&s->index);
	free(s->stacks);
	free(s->used);
	free(s->id_of_key);
	free(s->of_stack);
	*s = (struct html_stacks){ 0 };
}

/* The page's id of a function; PROFILE_NONE: no memory. */
static uint32_t function_id(struct html_stacks *s, uint32_t key, uint32_t module)
{
	if (s->id_of_key[key] != PROFILE_NONE)
		return s->id_of_key[key];
	if (s->n_used >= FRAME_KEYS_MAX || !ARRAY_ROOM(s->used, s->cap_used, s->n_used))
		return PROFILE_NONE;
	s->used[s->n_used] = (struct html_function){ key, module };
	return s->id_of_key[key] = (uint32_t)s->n_used++;
}

/* PROFILE_NO_STACK: no memory. */
static uint32_t add_stack(struct html_stacks *s, const struct html_stack *stack)
{
	uint32_t h = (uint32_t)intern_mix(0, (uint64_t)stack->parent << 32 | stack->code);
	size_t at;
	for (uint32_t id = intern_first(&s->index, h, &at); id != INTERN_NONE;
		id = intern_next(&s->index, h, &at))
		if (s->stacks[id].parent == stack->parent && s->stacks[id].code == stack->code)
			return id;
	if (s->n_stacks >= PROFILE_NO_STACK || !ARRAY_ROOM(s->stacks, s->cap_stacks, s->n_stacks) ||
		!intern_add(&s->index, h, (uint32_t)s->n_stacks))
		return PROFILE_NO_STACK;
	s->stacks[s->n_stacks] = *stack;
	return (uint32_t)s->n_stacks++;
}

static bool add_profile_stack(struct html_stacks *s, uint32_t stack)
{
	const struct profile_stack *from = &s->p->stacks[stack];
	uint32_t function = function_id(
		s, s->functions.of_frame[from->frame], s->modules.of_frame[from->frame]);
	if (function == PROFILE_NONE)
		return false;
	const struct html_stack to = {
		.parent = from->parent == PROFILE_NO_STACK ? PROFILE_NO_STACK
							   : s->of_stack[from->parent],
		.code = function << 1 | s->p->frames[from->frame].is_inlined,
	};
	s->of_stack[stack] = add_stack(s, &to);
	return s->of_stack[stack] != PROFILE_NO_STACK;
}

static bool add_no_stack(struct html_stacks *s, uint32_t key)
{
	uint32_t module = frame_keys_add_name(&s->modules, profile_add_string(s->p, "[other]"));
	uint32_t function = module == INTERN_NONE ? PROFILE_NONE : function_id(s, key, module);
	if (function == PROFILE_NONE)
		return false;
	s->of_no_stack = add_stack(s, &(struct html_stack){ PROFILE_NO_STACK, function << 1 });
	return s->of_no_stack != PROFILE_NO_STACK;
}

/* Marks the stacks of samples and those above them; whether a sample has none. */
static bool mark_used(const struct profile *p, uint8_t *is_used)
{
	bool has_none = false;
	for (size_t i = 0; i < p->n_samples; i++) {
		if (p->samples[i].stack == PROFILE_NO_STACK)
			has_none = true;
		else
			is_used[p->samples[i].stack] = 1;
	}
	for (size_t i = p->n_stacks; i-- > 0;)
		if (is_used[i] && p->stacks[i].parent != PROFILE_NO_STACK)
			is_used[p->stacks[i].parent] = 1;
	return has_none;
}

static bool fill(struct html_stacks *s, uint32_t no_stack_key)
{
	const struct profile *p = s->p;
	AUTO_FREE uint8_t *is_used = calloc(p->n_stacks + 1, 1);
	if (!is_used)
		return false;
	bool has_none = mark_used(p, is_used);
	for (uint32_t i = 0; i < p->n_stacks; i++) {
		s->of_stack[i] = PROFILE_NO_STACK;
		if (is_used[i] && !add_profile_stack(s, i))
			return false;
	}
	return !has_none || add_no_stack(s, no_stack_key);
}

static bool init(struct html_stacks *s)
{
	if (!frame_keys_init(&s->functions, s->p, &s->by_function) ||
		!frame_keys_init(&s->modules, s->p, &s->by_module))
		return false;
	uint32_t no_stack = frame_keys_add_no_stack(&s->functions);
	s->of_stack = calloc(s->p->n_stacks + 1, sizeof *s->of_stack);
	s->id_of_key = calloc(s->functions.n + 1, sizeof *s->id_of_key);
	if (no_stack == INTERN_NONE || !s->of_stack || !s->id_of_key)
		return false;
	for (size_t i = 0; i < s->functions.n; i++)
		s->id_of_key[i] = PROFILE_NONE;
	return fill(s, no_stack);
}

bool html_stacks_init(struct html_stacks *s, struct profile *p, struct err *err)
{
	*s = (struct html_stacks){ .p = p,
		.by_function.by = CALL_TREE_BY_PROCESS,
		.by_module.by = CALL_TREE_BY_MODULE,
		.of_no_stack = PROFILE_NO_STACK };
	return (init(s) && !profile_failed(p)) || err_set(err, "html: out of memory");
}
