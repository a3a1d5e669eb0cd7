/*
 * The call tree: see call_tree.h.
 *
 * Behind a node stands a list of *places*, one for each path of the profile that runs through it.
 * Expanding goes one step further from each of them and groups the new places by key. Forward, a
 * place is a step (call_steps.h), which may fork; in reverse it is a leaf and how far it has been
 * read, and each goes on to exactly one place: the caller, at last the thread and the process.
 */
#include "formats/call_tree.h"

#include "formats/array.h"
#include "formats/call_steps.h"
#include "formats/number.h"

#include <string.h>

/* Where a place in reverse can be but in a stack. */
enum {
	AT_START = UINT32_MAX,
	AT_NO_STACK = UINT32_MAX - 1,
	AT_THREAD = UINT32_MAX - 2,
	AT_PROCESS = UINT32_MAX - 3,
	MAX_STACKS = UINT32_MAX - 4
};

struct place {
	uint32_t at;   /* forward: a step; in reverse: a stack, or AT_* */
	uint32_t leaf; /* in reverse: which; forward: unused */
	uint32_t next; /* of the same node; 0: none */
};

/* The node that a key has among the children that are being made, if it has one. */
struct slot {
	uint32_t node;
	uint32_t round;
};

struct call_tree_source {
	struct profile *p;
	const struct call_tree_options *options;
	struct frame_keys keys;
	struct call_leaves leaves;
	struct call_steps steps; /* forward */
	uint32_t no_stack;       /* key */
	struct place *places;    /* places[0] is not used */
	size_t n_places, cap_places;
	struct slot *slots; /* by key */
	uint32_t round;
	size_t cap_nodes;
};

static void source_free(struct call_tree_source *s)
{
	if (!s)
		return;
	frame_keys_fini(&s->keys);
	call_leaves_fini(&s->leaves);
	call_steps_fini(&s->steps);
	free(s->places);
	free(s->slots);
	free(s);
}
DEFINE_AUTO(struct call_tree_source *, source_free);

void call_tree_free(struct call_tree *tree)
{
	if (!tree)
		return;
	source_free(tree->source);
	free(tree->nodes);
	free(tree);
}

static struct call_tree_source *source_new(
	struct profile *p, const struct call_tree_options *options)
{
	AUTO(source_free) struct call_tree_source *s = calloc(1, sizeof *s);
	if (!s || p->n_stacks > MAX_STACKS)
		return NULL;
	s->p = p;
	s->options = options;
	s->n_places = 1;
	if (!frame_keys_init(&s->keys, p, options) || !call_leaves_init(&s->leaves, &s->keys))
		return NULL;
	if (options->reverse)
		s->no_stack = frame_keys_add_no_stack(&s->keys);
	else if (!call_steps_init(&s->steps, &s->keys, &s->leaves))
		return NULL;
	s->slots = calloc(s->keys.n + 1, sizeof *s->slots);
	if (s->no_stack == INTERN_NONE || !s->slots || profile_failed(p))
		return NULL;
	return TAKE(s);
}

/* A path that leads to a child. */
struct found {
	struct place place;
	uint32_t key;
	uint32_t order; /* the paths' own, which settles what is equal otherwise */
	bool is_inlined;
	bool goes_on;
	int64_t self, total;
};

/* The child of node with that key; PROFILE_NONE: no memory. */
static uint32_t child_get(struct call_tree *tree, uint32_t node, const struct found *found)
{
	struct call_tree_source *s = tree->source;
	struct slot *slot = &s->slots[found->key];
	if (slot->round == s->round)
		return slot->node;
	uint32_t id = (uint32_t)tree->n_nodes;
	if (id == PROFILE_NONE - 1 || !ARRAY_ROOM(tree->nodes, s->cap_nodes, tree->n_nodes))
		return PROFILE_NONE;
	const struct frame_key *key = &s->keys.keys[found->key];
	tree->nodes[tree->n_nodes++] = (struct call_node){
		.name = key->name,
		.function = key->function,
		.module = key->module,
		.kind = key->kind,
		.is_inlined = found->is_inlined,
		.parent = node,
		.depth = tree->nodes[node].depth + 1,
		.order = found->order,
	};
	*slot = (struct slot){ id, s->round };
	return id;
}

static bool add_place(struct call_tree *tree, uint32_t node, const struct found *found)
{
	struct call_tree_source *s = tree->source;
	uint32_t child = child_get(tree, node, found), at = (uint32_t)s->n_places;
	if (child == PROFILE_NONE || at == UINT32_MAX ||
		!ARRAY_ROOM(s->places, s->cap_places, s->n_places))
		return false;
	s->places[s->n_places++] = found->place;
	struct call_node *c = &tree->nodes[child];
	if (c->last_place)
		s->places[c->last_place].next = at;
	else
		c->first_place = at;
	c->last_place = at;
	c->is_inlined &= found->is_inlined;
	c->has_children |= found->goes_on;
	c->order = MIN(c->order, found->order);
	c->self += found->self;
	c->total += found->total;
	return true;
}

static bool add_steps(struct call_tree *tree, uint32_t node, const struct place *from)
{
	const struct call_step *steps = tree->source->steps.steps;
	for (uint32_t i = steps[from->at].first_child; i; i = steps[i].next_sibling) {
		struct found found = { .place.at = i,
			.key = steps[i].key,
			.order = i,
			.is_inlined = steps[i].is_inlined,
			.goes_on = steps[i].first_child,
			.self = call_steps_self(steps, i),
			.total = steps[i].total };
		if (!add_place(tree, node, &found))
			return false;
	}
	return true;
}

static uint32_t key_at(const struct call_tree_source *s, uint32_t at, const struct call_root *root)
{
	switch (at) {
	case AT_NO_STACK:
		return s->no_stack;
	case AT_THREAD:
		return root->thread;
	case AT_PROCESS:
		return root->process;
	default:
		return frame_keys_of_stack(&s->keys, at);
	}
}

/* From a place in a leaf's path to the next one that is shown. */
static uint32_t next_place(
	const struct call_tree_source *s, const struct call_leaf *leaf, uint32_t at)
{
	uint32_t stack = PROFILE_NO_STACK, above = INTERN_NONE;
	if (at == AT_START && leaf->stack == PROFILE_NO_STACK)
		return AT_NO_STACK;
	if (at == AT_START) {
		stack = leaf->stack;
	} else if (at < s->p->n_stacks) {
		stack = s->p->stacks[at].parent;
		above = frame_keys_of_stack(&s->keys, at);
	}
	while (stack != PROFILE_NO_STACK &&
		(frame_keys_skips(&s->keys, stack) || frame_keys_continues(&s->keys, stack, above)))
		stack = s->p->stacks[stack].parent;
	if (stack != PROFILE_NO_STACK)
		return stack;
	bool has_thread = s->leaves.roots[leaf->root].thread != INTERN_NONE;
	return has_thread && at != AT_THREAD ? AT_THREAD : AT_PROCESS;
}

static bool add_caller(struct call_tree *tree, uint32_t node, uint32_t leaf_id, uint32_t from)
{
	const struct call_tree_source *s = tree->source;
	const struct call_leaf *leaf = &s->leaves.leaves[leaf_id];
	if (from == AT_PROCESS)
		return true;
	uint32_t at = next_place(s, leaf, from);
	struct found found = { .place = { .at = at, .leaf = leaf_id },
		.key = key_at(s, at, &s->leaves.roots[leaf->root]),
		.order = leaf_id,
		.is_inlined = at < s->p->n_stacks && frame_keys_is_inlined(&s->keys, at),
		.goes_on = at != AT_PROCESS,
		.self = at == AT_PROCESS ? leaf->value : 0,
		.total = leaf->value };
	return add_place(tree, node, &found);
}

static bool add_innermost(struct call_tree *tree)
{
	for (size_t i = 0; i < tree->source->leaves.n_leaves; i++)
		if (!add_caller(tree, 0, (uint32_t)i, AT_START))
			return false;
	return true;
}

static bool add_children(struct call_tree *tree, uint32_t node)
{
	struct call_tree_source *s = tree->source;
	s->round++;
	if (!node)
		return s->options->reverse ? add_innermost(tree)
					   : add_steps(tree, 0, &(struct place){ .at = 0 });
	for (uint32_t i = tree->nodes[node].first_place; i; i = s->places[i].next) {
		struct place place = s->places[i];
		if (!(s->options->reverse ? add_caller(tree, node, place.leaf, place.at)
					  : add_steps(tree, node, &place)))
			return false;
	}
	return true;
}

static int compare_names(const void *left, const void *right, void *profile)
{
	const struct call_node *a = left, *b = right;
	int by_name = strcmp(profile_string(profile, a->name), profile_string(profile, b->name));
	return by_name ? by_name : (a->order > b->order) - (a->order < b->order);
}

static int compare_totals(const void *left, const void *right, void *profile)
{
	const struct call_node *a = left, *b = right;
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	return compare_names(left, right, profile);
}

bool call_tree_expand(
	struct call_tree *tree, uint32_t node, enum call_tree_order order, struct err *err)
{
	size_t first = tree->n_nodes;
	if (!add_children(tree, node))
		return err_set(err, "call tree: out of memory");
	size_t n = tree->n_nodes - first;
	if (!n)
		return true;
	tree->nodes[node].first_child = (uint32_t)first;
	tree->nodes[node].n_children = (uint32_t)n;
	tree->max_depth = MAX(tree->max_depth, tree->nodes[first].depth);
	if (n > 1 && order != CALL_TREE_ANY_ORDER)
		qsort_r(&tree->nodes[first], n, sizeof *tree->nodes,
			order == CALL_TREE_BY_NAME ? compare_names : compare_totals,
			tree->source->p);
	return true;
}

struct call_tree_mark call_tree_mark(const struct call_tree *tree)
{
	return (struct call_tree_mark){ tree->n_nodes, tree->source->n_places };
}

void call_tree_release(struct call_tree *tree, struct call_tree_mark mark)
{
	tree->n_nodes = mark.n_nodes;
	tree->source->n_places = mark.n_places;
}

bool call_tree_open(struct profile *p, const struct call_tree_options *options,
	struct call_tree **ret_tree, struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = calloc(1, sizeof *tree);
	if (!tree || !(tree->source = source_new(p, options)) ||
		!ARRAY_ROOM(tree->nodes, tree->source->cap_nodes, 0))
		return err_set(err, "call tree: out of memory");
	const struct call_leaves *leaves = &tree->source->leaves;
	tree->nodes[tree->n_nodes++] = (struct call_node){
		.name = profile_add_string(p, "all"),
		.function = PROFILE_NONE,
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
		.has_children = leaves->n_leaves,
	};
	for (size_t i = 0; i < leaves->n_leaves; i++)
		tree->nodes[0].total += leaves->leaves[i].value;
	if (profile_failed(p))
		return err_set(err, "call tree: out of memory");
	*ret_tree = TAKE(tree);
	return true;
}

static bool is_shown(const struct call_tree *tree, const struct call_node *node, double min_percent)
{
	return min_percent <= 0 ||
		(node->total && number_share(node->total, tree->nodes[0].total) >= min_percent);
}

bool call_tree_build(struct profile *p, const struct call_tree_options *options,
	enum call_tree_order order, double min_percent, struct call_tree **ret_tree,
	struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	if (!call_tree_open(p, options, &tree, err))
		return false;
	for (uint32_t i = 0; i < tree->n_nodes; i++)
		if ((!i || is_shown(tree, &tree->nodes[i], min_percent)) &&
			!call_tree_expand(tree, i, order, err))
			return false;
	*ret_tree = TAKE(tree);
	return true;
}

/* Children that are being walked through. */
struct level {
	size_t at, end;
	struct call_tree_mark mark; /* before they were made */
};

struct levels {
	struct level *levels;
	size_t n, cap;
};

static bool push_level(
	struct levels *levels, struct call_tree *tree, uint32_t node, struct err *err)
{
	struct level level = { .mark = call_tree_mark(tree), .at = tree->n_nodes };
	if (!ARRAY_ROOM(levels->levels, levels->cap, levels->n))
		return err_set(err, "call tree: out of memory");
	if (!call_tree_expand(tree, node, CALL_TREE_ANY_ORDER, err))
		return false;
	level.end = tree->n_nodes;
	levels->levels[levels->n++] = level;
	return true;
}

static bool count_below(
	struct call_tree *tree, struct levels *levels, uint32_t node, size_t *n, struct err *err)
{
	if (!push_level(levels, tree, node, err))
		return false;
	while (levels->n) {
		struct level *level = &levels->levels[levels->n - 1];
		if (level->at == level->end) {
			*n += level->end - level->mark.n_nodes;
			call_tree_release(tree, level->mark);
			levels->n--;
			continue;
		}
		uint32_t next = (uint32_t)level->at++;
		if (tree->nodes[next].has_children && !push_level(levels, tree, next, err))
			return false;
	}
	return true;
}

bool call_tree_count_hidden(struct call_tree *tree, size_t *ret_n, struct err *err)
{
	struct levels levels = { 0 };
	size_t n = 0, n_nodes = tree->n_nodes;
	uint32_t max_depth = tree->max_depth;
	bool ok = true;
	for (uint32_t i = 0; ok && i < n_nodes; i++) {
		if (tree->nodes[i].first_child || !tree->nodes[i].has_children)
			continue;
		ok = count_below(tree, &levels, i, &n, err);
		tree->nodes[i].first_child = tree->nodes[i].n_children = 0;
	}
	free(levels.levels);
	tree->max_depth = max_depth;
	*ret_n = n;
	return ok;
}
