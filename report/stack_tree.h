/*
 * The tree of all stacks of an analysis, before symbols: a node is (parent, module, address). Equal
 * stacks are one node, so that what comes later costs per distinct stack, not per sample.
 */
#ifndef REPORT_STACK_TREE_H
#define REPORT_STACK_TREE_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STACK_TREE_ROOT = 0, STACK_NO_MODULE = UINT32_MAX };

struct stack_node {
	uint32_t parent; /* the caller; always a smaller number. The root is its own parent */
	uint32_t module; /* id in the module table, or STACK_NO_MODULE */
	uint64_t vaddr;  /* in the module's file; without a module the run-time address */
	bool is_guessed;
};

struct stack_tree {
	size_t max_nodes;         /* the embedder's; SIZE_MAX at first */
	struct stack_node *nodes; /* nodes[0] is the root: no frame */
	size_t n_nodes, cap;
	uint32_t *buckets;
	size_t n_buckets;
	uint64_t multiplier; /* random, odd: of the hash */
};

MUST_CHECK bool stack_tree_init(struct stack_tree *tree);
void stack_tree_fini(struct stack_tree *tree);

/* The child of parent with these values, made if need be; STACK_TREE_ROOT: no
 * memory, or max_nodes are there. */
uint32_t stack_tree_add(struct stack_tree *tree, const struct stack_node *node);

#endif
