/*
 * Builds the call tree: see call_tree.h.
 *
 * First the samples are summed by (root, stack): a root is what stands above the stack (process, or
 * process and thread). Then each such *leaf* gets its node. Forward, the node of a stack is found
 * from the node of its parent stack, which is remembered per root, so the cost is one look-up per
 * distinct stack. In reverse nothing is shared above the leaf, and each leaf costs its depth.
 *
 * Nothing recurses: stacks may be thousands of frames deep.
 */
#include "formats/call_tree.h"

#include "formats/array.h"
#include "formats/frame_key.h"
#include "formats/intern.h"

#include <stdio.h>

struct root {
	uint32_t process, thread; /* strings; PROFILE_NONE: no thread level */
};

struct leaf {
	uint32_t root, stack;
	int64_t value;
};

struct builder {
	struct profile *p;
	const struct call_tree_options *options;
	struct call_tree *tree;
	size_t cap_nodes;
	struct intern node_index;
	struct root *roots;
	uint32_t *root_of_thread; /* the last entry: samples of an unknown thread */
	size_t n_roots;
	struct leaf *leaves;
	size_t n_leaves, cap_leaves;
	struct intern leaf_index;
	uint32_t *node_of_stack; /* valid where seen_for[stack] == the root's number + 1 */
	uint32_t *seen_for;
	uint32_t *path; /* the stacks from a leaf upward; as long as the deepest */
};

static void builder_fini(struct builder *b)
{
	call_tree_free(b->tree);
	intern_fini(&b->node_index);
	free(b->roots);
	free(b->root_of_thread);
	free(b->leaves);
	intern_fini(&b->leaf_index);
	free(b->node_of_stack);
	free(b->seen_for);
	free(b->path);
}

static void auto_builder_ptr(struct builder *b)
{
	builder_fini(b);
}

void call_tree_free(struct call_tree *tree)
{
	if (!tree)
		return;
	free(tree->nodes);
	free(tree);
}

static size_t deepest_stack(const struct profile *p)
{
	size_t deepest = 0;
	for (size_t i = 0; i < p->n_stacks; i++)
		deepest = MAX(deepest, p->stacks[i].depth);
	return deepest;
}

static bool builder_init(struct builder *b)
{
	const struct profile *p = b->p;
	b->tree = calloc(1, sizeof *b->tree);
	b->roots = calloc(p->n_threads + 1, sizeof *b->roots);
	b->root_of_thread = calloc(p->n_threads + 1, sizeof *b->root_of_thread);
	b->node_of_stack = calloc(p->n_stacks + 1, sizeof *b->node_of_stack);
	b->seen_for = calloc(p->n_stacks + 1, sizeof *b->seen_for);
	b->path = calloc(deepest_stack(p) + 1, sizeof *b->path);
	return b->tree && b->roots && b->root_of_thread && b->node_of_stack && b->seen_for &&
		b->path;
}

static struct root thread_root(struct builder *b, size_t thread)
{
	struct profile *p = b->p;
	if (thread >= p->n_threads)
		return (struct root){ profile_add_string(p, "[unknown process]"), PROFILE_NONE };
	const struct profile_thread *t = &p->threads[thread];
	struct root root = { .process = t->process_name, .thread = PROFILE_NONE };
	if (!*profile_string(p, root.process))
		root.process = profile_add_string(p, "[unknown process]");
	if (b->options->by == CALL_TREE_BY_THREAD) {
		char name[256];
		snprintf(name, sizeof name, "%s (tid %u)", profile_string(p, t->name), t->tid);
		root.thread = profile_add_string(p, name);
	}
	return root;
}

/* Numbers the distinct roots and says which one each thread has. */
static bool make_roots(struct builder *b)
{
	struct intern index = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i <= b->p->n_threads; i++) {
		struct root root = thread_root(b, i);
		uint32_t hash = (uint32_t)intern_mix(root.process, root.thread);
		size_t at;
		uint32_t id = intern_first(&index, hash, &at);
		while (id != INTERN_NONE &&
			(b->roots[id].process != root.process ||
				b->roots[id].thread != root.thread))
			id = intern_next(&index, hash, &at);
		if (id == INTERN_NONE) {
			id = (uint32_t)b->n_roots++;
			b->roots[id] = root;
			ok = intern_add(&index, hash, id);
		}
		b->root_of_thread[i] = id;
	}
	intern_fini(&index);
	return ok;
}

static bool add_to_leaf(struct builder *b, uint32_t root, uint32_t stack, int64_t value)
{
	uint32_t hash = (uint32_t)intern_mix(root, stack);
	size_t at;
	for (uint32_t id = intern_first(&b->leaf_index, hash, &at); id != INTERN_NONE;
		id = intern_next(&b->leaf_index, hash, &at)) {
		struct leaf *leaf = &b->leaves[id];
		if (leaf->stack == stack && leaf->root == root) {
			leaf->value += value;
			return true;
		}
	}
	if (!ARRAY_ROOM(b->leaves, b->cap_leaves, b->n_leaves))
		return false;
	b->leaves[b->n_leaves] = (struct leaf){ root, stack, value };
	return intern_add(&b->leaf_index, hash, (uint32_t)b->n_leaves++);
}

static int compare_leaves(const void *left, const void *right)
{
	const struct leaf *a = left, *b = right;
	if (a->root != b->root)
		return a->root < b->root ? -1 : 1;
	return a->stack < b->stack ? -1 : a->stack > b->stack;
}

static bool sum_leaves(struct builder *b)
{
	const struct profile *p = b->p;
	for (size_t i = 0; i < p->n_samples; i++) {
		size_t thread = MIN((size_t)p->samples[i].thread, p->n_threads);
		int64_t value = frame_key_sample_value(p, b->options, i);
		if (!add_to_leaf(b, b->root_of_thread[thread], p->samples[i].stack, value))
			return false;
	}
	if (b->n_leaves)
		qsort(b->leaves, b->n_leaves, sizeof *b->leaves, compare_leaves);
	return true;
}

static bool node_is(const struct call_node *node, uint32_t parent, const struct frame_key *key)
{
	return node->parent == parent && node->name == key->name && node->module == key->module &&
		node->kind == key->kind;
}

/* The child of parent with that key, made if need be; PROFILE_NONE: no memory. */
static uint32_t child_get(struct builder *b, uint32_t parent, const struct frame_key *key)
{
	struct call_tree *tree = b->tree;
	uint32_t hash = (uint32_t)intern_mix(frame_key_hash(key), parent);
	size_t at;
	for (uint32_t id = intern_first(&b->node_index, hash, &at); id != INTERN_NONE;
		id = intern_next(&b->node_index, hash, &at))
		if (node_is(&tree->nodes[id], parent, key)) {
			tree->nodes[id].is_inlined &= key->is_inlined;
			return id;
		}
	uint32_t id = (uint32_t)tree->n_nodes;
	if (id == PROFILE_NONE - 1 || !ARRAY_ROOM(tree->nodes, b->cap_nodes, id) ||
		!intern_add(&b->node_index, hash, id))
		return PROFILE_NONE;
	tree->nodes[tree->n_nodes++] = (struct call_node){
		.name = key->name,
		.function = key->function,
		.module = key->module,
		.kind = key->kind,
		.is_inlined = key->is_inlined,
		.parent = parent,
		.depth = tree->nodes[parent].depth + 1,
	};
	tree->max_depth = MAX(tree->max_depth, tree->nodes[id].depth);
	return id;
}

static bool add_tree_root(struct builder *b)
{
	if (!ARRAY_ROOM(b->tree->nodes, b->cap_nodes, 0))
		return false;
	b->tree->nodes[b->tree->n_nodes++] = (struct call_node){
		.name = profile_add_string(b->p, "all"),
		.function = PROFILE_NONE,
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
	};
	return true;
}

/* The node that the stack's leaf frame has below node: node itself when the frame is left out or
 * goes on with a run of one module. */
static uint32_t descend(struct builder *b, uint32_t node, uint32_t stack)
{
	if (frame_key_skips(b->p, b->options, stack))
		return node;
	struct frame_key key = frame_key_of(b->p, b->options, stack);
	if (b->options->by == CALL_TREE_BY_MODULE &&
		node_is(&b->tree->nodes[node], b->tree->nodes[node].parent, &key))
		return node;
	return child_get(b, node, &key);
}

static uint32_t descend_named(struct builder *b, uint32_t node, uint32_t name)
{
	if (name == PROFILE_NONE || node == PROFILE_NONE)
		return node;
	struct frame_key key = { .name = name,
		.function = PROFILE_NONE,
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER };
	return child_get(b, node, &key);
}

static uint32_t forward_node(struct builder *b, const struct leaf *leaf)
{
	const struct profile *p = b->p;
	const struct root *root = &b->roots[leaf->root];
	uint32_t above = descend_named(b, descend_named(b, 0, root->process), root->thread);
	if (above != PROFILE_NONE && leaf->stack == PROFILE_NO_STACK) {
		struct frame_key key = frame_key_no_stack(b->p);
		return child_get(b, above, &key);
	}
	uint32_t round = leaf->root + 1, stack = leaf->stack;
	size_t n = 0;
	for (; stack != PROFILE_NO_STACK && b->seen_for[stack] != round;
		stack = p->stacks[stack].parent)
		b->path[n++] = stack;
	uint32_t node = stack == PROFILE_NO_STACK ? above : b->node_of_stack[stack];
	while (n && node != PROFILE_NONE) {
		stack = b->path[--n];
		node = descend(b, node, stack);
		b->node_of_stack[stack] = node;
		b->seen_for[stack] = round;
	}
	return node;
}

static uint32_t reverse_node(struct builder *b, const struct leaf *leaf)
{
	const struct root *root = &b->roots[leaf->root];
	uint32_t node = 0;
	if (leaf->stack == PROFILE_NO_STACK) {
		struct frame_key key = frame_key_no_stack(b->p);
		node = child_get(b, 0, &key);
	}
	for (uint32_t stack = leaf->stack; stack != PROFILE_NO_STACK && node != PROFILE_NONE;
		stack = b->p->stacks[stack].parent)
		node = descend(b, node, stack);
	return descend_named(b, descend_named(b, node, root->thread), root->process);
}

static bool place_leaves(struct builder *b)
{
	for (size_t i = 0; i < b->n_leaves; i++) {
		const struct leaf *leaf = &b->leaves[i];
		uint32_t node = b->options->reverse ? reverse_node(b, leaf) : forward_node(b, leaf);
		if (node == PROFILE_NONE)
			return false;
		b->tree->nodes[node].self += leaf->value;
	}
	return true;
}

static void sum_totals(struct call_tree *tree)
{
	for (size_t i = tree->n_nodes; i-- > 0;) {
		struct call_node *node = &tree->nodes[i];
		node->total += node->self;
		if (i)
			tree->nodes[node->parent].total += node->total;
	}
}

struct sibling_order {
	const struct profile *p;
	const struct call_node *nodes;
};

static int compare_siblings(const void *left, const void *right, void *context)
{
	const struct sibling_order *order = context;
	uint32_t ia = *(const uint32_t *)left, ib = *(const uint32_t *)right;
	const struct call_node *a = &order->nodes[ia], *b = &order->nodes[ib];
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	int by_name = strcmp(profile_string(order->p, a->name), profile_string(order->p, b->name));
	if (by_name)
		return by_name;
	return ia < ib ? -1 : ia > ib;
}

/* children[] is node ids grouped by parent; those of node i end at ends[i]. */
static void link_siblings(
	struct sibling_order *order, struct call_tree *tree, uint32_t *children, const size_t *ends)
{
	for (size_t i = 0; i < tree->n_nodes; i++) {
		size_t from = i ? ends[i - 1] : 0, n = ends[i] - from;
		if (!n)
			continue;
		if (n > 1)
			qsort_r(children + from, n, sizeof *children, compare_siblings, order);
		tree->nodes[i].first_child = children[from];
		for (size_t k = from; k + 1 < ends[i]; k++)
			tree->nodes[children[k]].next_sibling = children[k + 1];
	}
}

static bool link_children(const struct profile *p, struct call_tree *tree)
{
	AUTO_FREE uint32_t *children = calloc(tree->n_nodes, sizeof *children);
	AUTO_FREE size_t *ends = calloc(tree->n_nodes + 1, sizeof *ends);
	if (!children || !ends)
		return false;
	for (size_t i = 1; i < tree->n_nodes; i++)
		ends[tree->nodes[i].parent + 1]++;
	for (size_t i = 1; i < tree->n_nodes; i++)
		ends[i] += ends[i - 1];
	/* ends[i] is now where the children of i start; filling moves it to their end. */
	for (size_t i = 1; i < tree->n_nodes; i++)
		children[ends[tree->nodes[i].parent]++] = (uint32_t)i;
	struct sibling_order order = { p, tree->nodes };
	link_siblings(&order, tree, children, ends);
	return true;
}

bool call_tree_build(struct profile *p, const struct call_tree_options *options,
	struct call_tree **ret_tree, struct err *err)
{
	AUTO(auto_builder) struct builder b = { .p = p, .options = options };
	if (!builder_init(&b) || !make_roots(&b) || !sum_leaves(&b) || !add_tree_root(&b) ||
		!place_leaves(&b) || profile_failed(p))
		return err_set(err, "call tree: out of memory");
	sum_totals(b.tree);
	if (!link_children(p, b.tree))
		return err_set(err, "call tree: out of memory");
	*ret_tree = TAKE(b.tree);
	return true;
}
