/*
 * The distinct addresses of a stack tree, sorted by module and address: what is symbolized. Nodes
 * of one address have the same frames.
 */
#ifndef REPORT_FRAME_ADDRESSES_H
#define REPORT_FRAME_ADDRESSES_H

#include "report/stack_tree.h"

struct frame_address {
	uint64_t vaddr; /* as the node's, like module */
	uint32_t module;
	uint32_t first_frame, n_frames; /* the embedder's, as is_nameless */
	bool is_guessed;
	bool is_nameless;
};

struct frame_addresses {
	struct frame_address *v; /* in the order of the nodes that have them first */
	uint32_t *sorted;        /* v's indexes, by module and vaddr */
	uint32_t *of_node;
	size_t n, cap;
};

/* False: no memory. */
MUST_CHECK bool frame_addresses_init(struct frame_addresses *a, const struct stack_tree *tree);
void frame_addresses_fini(struct frame_addresses *a);

static inline struct frame_address *frame_address_at(const struct frame_addresses *a, size_t i)
{
	return &a->v[a->sorted[i]];
}

static inline const struct frame_address *frame_address_of_node(
	const struct frame_addresses *a, uint32_t node)
{
	return &a->v[a->of_node[node]];
}

#endif
