/*
 * Makes the call graph of a profile: see callgrind_graph.h.
 *
 * As in the flat table (flat_table.c), samples are summed by stack, sums carried up the stack tree,
 * and one walk over the tree meets each stack once, with the functions above it on its path.
 */
#include "formats/callgrind_graph.h"

#include "common/array.h"
#include "formats/stack_walk.h"

#include <string.h>

struct builder {
	struct callgrind_graph *g;
	struct profile *p;
	bool no_inline;
	struct stack_walk walk;
	/* by stack: */
	uint32_t *root;
	int64_t *totals; /* n_values each */
	/* of the walk: the shown stacks above, and how often they hold each function */
	uint32_t *path, *on_path;
	size_t n_path;
};

static void auto_builder_ptr(struct builder *b)
{
	stack_walk_fini(&b->walk);
	free(b->root);
	free(b->totals);
	free(b->path);
	free(b->on_path);
}

void callgrind_graph_fini(struct callgrind_graph *g)
{
	string_table_fini(&g->texts);
	intern_fini(&g->function_index);
	intern_fini(&g->cost_index);
	free(g->functions);
	free(g->of_frame);
	free(g->of_thread);
	free(g->costs);
	free(g->values);
	*g = (struct callgrind_graph){ 0 };
}

/* A line of another file than the function's is unknown: readers that are told of that file (fi=)
 * take what lies there for another function. */
static uint32_t line_of_stack(const struct builder *b, uint32_t stack)
{
	const struct profile_frame *frame = &b->p->frames[b->p->stacks[stack].frame];
	uint32_t frame_id = b->p->stacks[stack].frame;
	uint32_t source = b->g->functions[b->g->of_frame[frame_id]].source;
	if (!frame->file || frame->file == source ||
		!strcmp(basename(profile_string(b->p, frame->file)),
			basename(profile_string(b->p, source))))
		return frame->line;
	return 0;
}

static uint32_t cost_find(
	const struct callgrind_graph *g, uint32_t hash, const struct callgrind_cost *cost)
{
	size_t at;
	uint32_t id = intern_first(&g->cost_index, hash, &at);
	for (; id != INTERN_NONE; id = intern_next(&g->cost_index, hash, &at)) {
		const struct callgrind_cost *known = &g->costs[id];
		if (known->function == cost->function && known->line == cost->line &&
			known->callee == cost->callee)
			return id;
	}
	return id;
}

static bool make_cost(struct callgrind_graph *g, uint32_t hash, const struct callgrind_cost *cost)
{
	size_t first = g->n_costs * g->n_values;
	while (g->cap_values < first + g->n_values)
		if (!ARRAY_ROOM(g->values, g->cap_values, g->cap_values))
			return false;
	if (first + g->n_values >= UINT32_MAX || !ARRAY_ROOM(g->costs, g->cap_costs, g->n_costs) ||
		!intern_add(&g->cost_index, hash, (uint32_t)g->n_costs))
		return false;
	memset(g->values + first, 0, g->n_values * sizeof *g->values);
	g->costs[g->n_costs] = *cost;
	g->costs[g->n_costs++].values = (uint32_t)first;
	return true;
}

static bool add_cost(
	struct callgrind_graph *g, const struct callgrind_cost *cost, const int64_t *values)
{
	uint64_t hash = intern_mix((uint64_t)cost->function << 32 | cost->callee, cost->line);
	uint32_t id = cost_find(g, (uint32_t)hash, cost);
	if (id == INTERN_NONE) {
		id = (uint32_t)g->n_costs;
		if (!make_cost(g, (uint32_t)hash, cost))
			return false;
	}
	for (size_t i = 0; i < g->n_values; i++)
		g->values[g->costs[id].values + i] += values[i];
	return true;
}

static bool is_left_out(const struct builder *b, uint32_t stack)
{
	const struct profile_stack *s = &b->p->stacks[stack];
	return b->no_inline && s->parent != PROFILE_NO_STACK && b->p->frames[s->frame].is_inlined;
}

static uint32_t function_of_stack(const struct builder *b, uint32_t stack)
{
	return b->g->of_frame[b->p->stacks[stack].frame];
}

/* What the sample's innermost function took itself, and the call by its process. */
static bool add_sample(struct builder *b, size_t i)
{
	const struct profile *p = b->p;
	struct callgrind_graph *g = b->g;
	uint32_t stack = p->samples[i].stack, leaf = stack;
	const int64_t one = 1, *values = p->n_value_types ? p->values + i * g->n_values : &one;
	struct callgrind_cost self = { .function = g->no_stack, .callee = CALLGRIND_SELF };
	struct callgrind_cost call = {
		.function = g->of_thread[MIN((size_t)p->samples[i].thread, p->n_threads)],
		.callee = g->no_stack
	};
	if (stack != PROFILE_NO_STACK) {
		while (is_left_out(b, leaf))
			leaf = p->stacks[leaf].parent;
		self.function = function_of_stack(b, leaf);
		self.line = line_of_stack(b, leaf);
		call.callee = function_of_stack(b, b->root[stack]);
		stack_walk_use(&b->walk, stack);
		for (size_t v = 0; v < g->n_values; v++)
			b->totals[stack * g->n_values + v] += values[v];
	}
	return add_cost(g, &self, values) && add_cost(g, &call, values);
}

/* Carries the sums to the parents. */
static void sum_stacks(struct builder *b)
{
	size_t n_values = b->g->n_values;
	for (uint32_t s = (uint32_t)b->p->n_stacks; s-- > 0;) {
		uint32_t parent = b->p->stacks[s].parent;
		for (size_t v = 0; parent != PROFILE_NO_STACK && v < n_values; v++)
			b->totals[parent * n_values + v] += b->totals[s * n_values + v];
	}
}

static bool enter(struct builder *b, uint32_t stack)
{
	if (is_left_out(b, stack))
		return true;
	uint32_t function = function_of_stack(b, stack);
	bool is_first = !b->on_path[function]++, ok = true;
	if (b->n_path && is_first) {
		uint32_t caller = b->path[b->n_path - 1];
		struct callgrind_cost call = { .function = function_of_stack(b, caller),
			.line = line_of_stack(b, caller),
			.callee = function };
		ok = add_cost(b->g, &call, b->totals + stack * b->g->n_values);
	}
	b->path[b->n_path++] = stack;
	return ok;
}

static void leave(struct builder *b, uint32_t stack)
{
	if (is_left_out(b, stack))
		return;
	b->on_path[function_of_stack(b, stack)]--;
	b->n_path--;
}

static bool walk(struct builder *b)
{
	stack_walk_start(&b->walk);
	for (struct stack_step step; stack_walk_next(&b->walk, &step);) {
		if (step.is_left)
			leave(b, step.stack);
		else if (!enter(b, step.stack))
			return false;
	}
	return true;
}

/* Who is called and spends nothing, nor in calls that count, is described all the same: readers
 * know a function's object by its own entry. */
static bool add_idle_functions(struct callgrind_graph *g)
{
	AUTO_FREE bool *has_costs = calloc(g->n_functions + 1, sizeof *has_costs);
	AUTO_FREE int64_t *zeros = calloc(g->n_values, sizeof *zeros);
	if (!has_costs || !zeros)
		return false;
	for (size_t i = 0; i < g->n_costs; i++)
		has_costs[g->costs[i].function] = true;
	for (size_t i = 0; i < g->n_costs; i++) {
		uint32_t callee = g->costs[i].callee;
		struct callgrind_cost self = { .function = callee, .callee = CALLGRIND_SELF };
		if (callee != CALLGRIND_SELF && !has_costs[callee] && !add_cost(g, &self, zeros))
			return false;
	}
	return true;
}

static bool add_costs(struct builder *b)
{
	const struct profile *p = b->p;
	for (uint32_t s = 0; s < p->n_stacks; s++)
		b->root[s] =
			p->stacks[s].parent == PROFILE_NO_STACK ? s : b->root[p->stacks[s].parent];
	for (size_t i = 0; i < p->n_samples; i++)
		if (!add_sample(b, i))
			return false;
	sum_stacks(b);
	return walk(b) && add_idle_functions(b->g);
}

static int compare_costs(const void *left, const void *right)
{
	const struct callgrind_cost *a = left, *b = right;
	/* Own costs first: CALLGRIND_SELF is the largest, and one more is the smallest. */
	uint32_t callee_a = a->callee + 1, callee_b = b->callee + 1;
	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	if (!callee_a != !callee_b)
		return callee_a ? 1 : -1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return callee_a < callee_b ? -1 : callee_a > callee_b;
}

static bool builder_init(struct builder *b)
{
	const struct profile *p = b->p;
	size_t n = p->n_stacks + 1, deepest = 0;
	for (size_t i = 0; i < p->n_stacks; i++)
		deepest = MAX(deepest, p->stacks[i].depth);
	b->root = calloc(n, sizeof *b->root);
	b->totals = calloc(n, b->g->n_values * sizeof *b->totals);
	b->path = calloc(deepest + 1, sizeof *b->path);
	return b->root && b->totals && b->path && stack_walk_init(&b->walk, p);
}

bool callgrind_graph_init(struct callgrind_graph *g, struct profile *p,
	const struct call_tree_options *options, struct err *err)
{
	AUTO(auto_builder)
	struct builder b = { .g = g, .p = p, .no_inline = options->no_inline };
	*g = (struct callgrind_graph){ .n_values = MAX(p->n_value_types, (size_t)1) };
	bool ok = builder_init(&b) && callgrind_add_functions(g, p) &&
		(b.on_path = calloc(g->n_functions, sizeof *b.on_path)) && add_costs(&b);
	if (!ok)
		return err_set(err, "callgrind: out of memory");
	if (g->n_costs)
		qsort(g->costs, g->n_costs, sizeof *g->costs, compare_costs);
	return true;
}
