/*
 * The tree of stacks: see stack_tree.h. One hash over (parent, module, address) finds children.
 */
#include "report/stack_tree.h"

#include <string.h>
#include <sys/random.h>

enum { FIRST_BUCKETS = 8192 };

bool stack_tree_init(struct stack_tree *tree)
{
	*tree = (struct stack_tree){ .max_nodes = SIZE_MAX,
		.n_nodes = 1,
		.cap = FIRST_BUCKETS / 2,
		.n_buckets = FIRST_BUCKETS };
	tree->nodes = malloc(tree->cap * sizeof(*tree->nodes));
	tree->buckets = calloc(tree->n_buckets, sizeof(*tree->buckets));
	if (!tree->nodes || !tree->buckets) {
		stack_tree_fini(tree);
		return false;
	}
	/* As in id_map.c: no trace can choose addresses that all want one place. */
	if (getrandom(&tree->multiplier, sizeof(tree->multiplier), GRND_NONBLOCK) < 0)
		tree->multiplier = 0x9e3779b97f4a7c15;
	tree->multiplier |= 1;
	tree->nodes[0] = (struct stack_node){ .module = STACK_NO_MODULE };
	return true;
}

void stack_tree_fini(struct stack_tree *tree)
{
	free(tree->nodes);
	free(tree->buckets);
	*tree = (struct stack_tree){ 0 };
}

static uint64_t hash_node(const struct stack_tree *tree, const struct stack_node *node)
{
	uint64_t h = node->vaddr * tree->multiplier;
	h ^= (h >> 32) ^ ((uint64_t)node->parent << 32 | node->module) ^ node->is_guessed;
	h *= tree->multiplier;
	h ^= h >> 29;
	return h * 0xbf58476d1ce4e5b9u >> 16;
}

static bool same_node(const struct stack_node *a, const struct stack_node *b)
{
	return a->vaddr == b->vaddr && a->parent == b->parent && a->module == b->module &&
		a->is_guessed == b->is_guessed;
}

static uint32_t *find_bucket(const struct stack_tree *tree, const struct stack_node *node)
{
	size_t mask = tree->n_buckets - 1;
	for (size_t i = hash_node(tree, node) & mask;; i = (i + 1) & mask) {
		uint32_t *bucket = &tree->buckets[i];
		if (!*bucket || same_node(&tree->nodes[*bucket], node))
			return bucket;
	}
}

static bool grow(struct stack_tree *tree)
{
	size_t cap = tree->cap * 2;
	if (cap > UINT32_MAX)
		return false;
	struct stack_node *nodes = realloc(tree->nodes, cap * sizeof(*nodes));
	if (!nodes)
		return false;
	tree->nodes = nodes;
	uint32_t *buckets = calloc(cap * 2, sizeof(*buckets));
	if (!buckets)
		return false;
	free(tree->buckets);
	tree->buckets = buckets;
	tree->n_buckets = cap * 2;
	tree->cap = cap;
	for (size_t i = 1; i < tree->n_nodes; i++)
		*find_bucket(tree, &tree->nodes[i]) = (uint32_t)i;
	return true;
}

uint32_t stack_tree_add(struct stack_tree *tree, const struct stack_node *node)
{
	uint32_t *bucket = find_bucket(tree, node);
	if (*bucket)
		return *bucket;
	if (tree->n_nodes >= tree->max_nodes)
		return STACK_TREE_ROOT;
	if (tree->n_nodes == tree->cap) {
		if (!grow(tree))
			return STACK_TREE_ROOT;
		bucket = find_bucket(tree, node);
	}
	tree->nodes[tree->n_nodes] = *node;
	return *bucket = (uint32_t)tree->n_nodes++;
}
