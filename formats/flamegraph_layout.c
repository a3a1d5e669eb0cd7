/*
 * The boxes of a flame graph: see flamegraph_layout.h.
 */
#include "formats/flamegraph_layout.h"

#include "formats/number.h"

#include <string.h>

void flamegraph_layout_fini(struct flamegraph_layout *layout)
{
	free(layout->boxes);
	free(layout->rows);
	*layout = (struct flamegraph_layout){ 0 };
}

struct sibling_order {
	const struct profile *p;
	const struct call_node *nodes;
	bool widest_first; /* as the tree has them already */
};

static int compare_names(const void *left, const void *right, void *context)
{
	const struct sibling_order *order = context;
	const struct flamegraph_box *a = left, *b = right;
	int by_name = strcmp(profile_string(order->p, order->nodes[a->node].name),
		profile_string(order->p, order->nodes[b->node].name));
	return by_name ? by_name : (a->node > b->node) - (a->node < b->node);
}

/* Appends the boxes over box, which may be invalid when this returns. */
static void add_children(struct flamegraph_layout *layout, struct sibling_order *order,
	double min_percent, struct flamegraph_box below)
{
	const struct call_node *nodes = order->nodes;
	struct flamegraph_box *children = layout->boxes + layout->n_boxes;
	size_t n = 0;
	for (uint32_t c = nodes[below.node].first_child; c; c = nodes[c].next_sibling) {
		double width = number_share(nodes[c].total, nodes[0].total);
		if (width > 0 && width >= min_percent)
			children[n++] = (struct flamegraph_box){ .node = c, .width = width };
	}
	if (n > 1 && !order->widest_first)
		qsort_r(children, n, sizeof *children, compare_names, order);
	double x = below.x;
	for (size_t i = 0; i < n; i++) {
		children[i].x = x;
		x += children[i].width;
	}
	layout->n_boxes += n;
}

bool flamegraph_layout_init(struct flamegraph_layout *layout, const struct profile *p,
	const struct call_tree *tree, bool widest_first, double min_percent, struct err *err)
{
	struct sibling_order order = { p, tree->nodes, widest_first };
	*layout = (struct flamegraph_layout){ 0 };
	layout->boxes = calloc(tree->n_nodes, sizeof *layout->boxes);
	layout->rows = calloc((size_t)tree->max_depth + 3, sizeof *layout->rows);
	if (!layout->boxes || !layout->rows) {
		flamegraph_layout_fini(layout);
		return err_set(err, "flame graph: out of memory");
	}
	layout->boxes[layout->n_boxes++] = (struct flamegraph_box){ .width = 100 };
	for (size_t from = 0; from < layout->n_boxes; layout->n_rows++) {
		size_t to = layout->n_boxes;
		layout->rows[layout->n_rows] = from;
		for (; from < to; from++)
			add_children(layout, &order, min_percent, layout->boxes[from]);
	}
	layout->rows[layout->n_rows] = layout->n_boxes;
	return true;
}
