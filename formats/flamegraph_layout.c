/*
 * The boxes of a flame graph: see flamegraph_layout.h.
 */
#include "formats/flamegraph_layout.h"

#include "formats/number.h"

void flamegraph_layout_fini(struct flamegraph_layout *layout)
{
	free(layout->boxes);
	free(layout->rows);
	*layout = (struct flamegraph_layout){ 0 };
}

/* Appends the boxes over box, which may be invalid when this returns. */
static void add_children(struct flamegraph_layout *layout, const struct call_tree *tree,
	double min_percent, struct flamegraph_box below)
{
	const struct call_node *node = &tree->nodes[below.node];
	double x = below.x;
	for (uint32_t i = 0; i < node->n_children; i++) {
		uint32_t child = node->first_child + i;
		double width = number_share(tree->nodes[child].total, tree->nodes[0].total);
		if (width <= 0 || width < min_percent)
			continue;
		layout->boxes[layout->n_boxes++] =
			(struct flamegraph_box){ .node = child, .x = x, .width = width };
		x += width;
	}
}

bool flamegraph_layout_init(struct flamegraph_layout *layout, const struct call_tree *tree,
	double min_percent, struct err *err)
{
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
			add_children(layout, tree, min_percent, layout->boxes[from]);
	}
	layout->rows[layout->n_rows] = layout->n_boxes;
	return true;
}
