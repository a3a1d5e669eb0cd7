/*
 * Where the boxes of a flame graph lie. Private to flamegraph*.c.
 */
#ifndef FORMATS_FLAMEGRAPH_LAYOUT_H
#define FORMATS_FLAMEGRAPH_LAYOUT_H

#include "formats/call_tree.h"

struct flamegraph_box {
	uint32_t node;
	double x, width; /* percent of the whole */
};

/* Row by row, the root's first, each from left to right; siblings are in the tree's order. */
struct flamegraph_layout {
	struct flamegraph_box *boxes;
	size_t n_boxes;
	size_t *rows; /* row r is boxes rows[r] to rows[r + 1] */
	size_t n_rows;
};

/* Leaves out what is narrower than min_percent, with all above it. */
MUST_CHECK bool flamegraph_layout_init(struct flamegraph_layout *layout,
	const struct call_tree *tree, double min_percent, struct err *err);
void flamegraph_layout_fini(struct flamegraph_layout *layout);

#endif
