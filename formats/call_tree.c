/*
 * The call tree: see call_tree.h.
 *
 * Behind a node stands a list of places, one for each path of the profile that runs through it
 * (call_paths.h). Expanding goes one step further from each of them and groups the new places by
 * key.
 */
#include "formats/call_tree.h"

#include "common/array.h"
#include "formats/call_paths.h"
#include "formats/number.h"

#include <string.h>

struct node_place {
	struct call_place place;
	uint32_t next; /* of the same node; 0: none */
};

/* The node that a key has among the children that are being made, if it has one. */
struct slot {
	uint32_t node;
	uint32_t round;
};

struct call_tree_source {
	struct call_paths paths;
	struct node_place *places; /* places[0] is not used */
	size_t n_places, cap_places;
	struct slot *slots; /* by key */
	uint32_t round;
	size_t cap_nodes;
};

static void source_free(struct call_tree_source *s)
{
	if (!s)
		return;
	call_paths_fini(&s->paths);
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
	if (!s || !call_paths_init(&s->paths, p, options))
		return NULL;
	s->n_places = 1;
	s->slots = calloc(s->paths.keys.n, sizeof *s->slots);
	return s->slots ? TAKE(s) : NULL;
}

/* The child of node with that key; PROFILE_NONE: no memory. */
static uint32_t child_get(struct call_tree *tree, uint32_t node, const struct call_branch *branch)
{
	struct call_tree_source *s = tree->source;
	struct slot *slot = &s->slots[branch->key];
	if (slot->round == s->round)
		return slot->node;
	uint32_t id = (uint32_t)tree->n_nodes;
	if (id == PROFILE_NONE - 1 || !ARRAY_ROOM(tree->nodes, s->cap_nodes, tree->n_nodes))
		return PROFILE_NONE;
	const struct frame_key *key = &s->paths.keys.keys[branch->key];
	tree->nodes[tree->n_nodes++] = (struct call_node){
		.name = key->name,
		.function = key->function,
		.module = key->module,
		.kind = key->kind,
		.is_inlined = branch->is_inlined,
		.parent = node,
		.depth = tree->nodes[node].depth + 1,
		.order = branch->order,
	};
	*slot = (struct slot){ id, s->round };
	return id;
}

static bool add_place(struct call_tree *tree, uint32_t node, const struct call_branch *branch)
{
	struct call_tree_source *s = tree->source;
	uint32_t child = child_get(tree, node, branch), at = (uint32_t)s->n_places;
	if (child == PROFILE_NONE || at == UINT32_MAX ||
		!ARRAY_ROOM(s->places, s->cap_places, s->n_places))
		return false;
	s->places[s->n_places++] = (struct node_place){ .place = branch->place };
	struct call_node *c = &tree->nodes[child];
	if (c->last_place)
		s->places[c->last_place].next = at;
	else
		c->first_place = at;
	c->last_place = at;
	c->is_inlined &= branch->is_inlined;
	c->has_children |= branch->goes_on;
	c->order = MIN(c->order, branch->order);
	c->self += branch->self;
	c->total += branch->total;
	return true;
}

/* above: NULL for the root. */
static bool add_places(struct call_tree *tree, uint32_t node, const struct call_place *above)
{
	const struct call_paths *paths = &tree->source->paths;
	struct call_branch branch;
	for (bool more = call_paths_first(paths, above, &branch); more;
		more = call_paths_next(paths, above, &branch))
		if (!add_place(tree, node, &branch))
			return false;
	return true;
}

static bool add_children(struct call_tree *tree, uint32_t node)
{
	struct call_tree_source *s = tree->source;
	s->round++;
	if (!node)
		return add_places(tree, 0, NULL);
	for (uint32_t i = tree->nodes[node].first_place; i; i = s->places[i].next) {
		struct call_place place = s->places[i].place;
		if (!add_places(tree, node, &place))
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
			tree->source->paths.p);
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
	const struct call_leaves *leaves = &tree->source->paths.leaves;
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
