/*
 * The call tree of the JSON report: a flat list of nodes, each with the index of its parent, for
 * stacks are deeper than readers of JSON like to nest. A parent precedes its children, and the
 * heaviest of siblings comes first.
 *
 * The tree is made and given back as it is walked through, so only the path to the node at hand is
 * held, with the siblings along it.
 */
#include "formats/json_report.h"

#include "common/array.h"
#include "formats/number.h"

/* Children that are being walked through. */
struct level {
	uint32_t at, end;
	uint64_t parent;            /* index in the list */
	struct call_tree_mark mark; /* before they were made */
};

struct tree_writer {
	struct json_report *r;
	struct call_tree *tree;
	double min_percent;
	uint64_t n_written;
	struct level *levels;
	size_t n_levels, cap_levels;
};

static void auto_tree_writer_ptr(struct tree_writer *t)
{
	call_tree_free(t->tree);
	free(t->levels);
}

static const char *role_of(const struct call_node *node)
{
	if (!node->depth)
		return "root";
	return node->function == PROFILE_NONE ? "group" : "function";
}

static void add_node(struct tree_writer *t, const struct call_node *node, uint64_t parent)
{
	struct json_writer *w = &t->r->w;
	json_put_object(w);
	json_put_key(w, "parent");
	if (node->depth)
		json_put_u64(w, parent);
	else
		json_put_null(w);
	json_put_key(w, "depth"), json_put_u64(w, node->depth);
	json_put_key(w, "role"), json_put_string(w, role_of(node));
	json_report_string(t->r, "name", node->name);
	json_put_key(w, "module"), json_put_string(w, profile_module_label(t->r->p, node->module));
	json_report_kind(t->r, node->kind);
	json_put_key(w, "inlined"), json_put_bool(w, node->is_inlined);
	json_put_key(w, "self"), json_put_i64(w, node->self);
	json_put_key(w, "total"), json_put_i64(w, node->total);
	json_put_end(w);
	t->n_written++;
}

static bool push_level(struct tree_writer *t, uint32_t node, struct err *err)
{
	struct level level = { .mark = call_tree_mark(t->tree),
		.at = (uint32_t)t->tree->n_nodes,
		.parent = t->n_written - 1 };
	if (!ARRAY_ROOM(t->levels, t->cap_levels, t->n_levels))
		return err_set(err, "JSON: out of memory");
	if (!call_tree_expand(t->tree, node, CALL_TREE_HEAVIEST_FIRST, err))
		return false;
	level.end = (uint32_t)t->tree->n_nodes;
	t->levels[t->n_levels++] = level;
	return true;
}

static bool is_shown(const struct tree_writer *t, const struct call_node *node)
{
	return node->total && number_share(node->total, t->r->total) >= t->min_percent;
}

static bool add_nodes(struct tree_writer *t, struct err *err)
{
	add_node(t, &t->tree->nodes[0], 0);
	if (!push_level(t, 0, err))
		return false;
	while (t->n_levels) {
		struct level *level = &t->levels[t->n_levels - 1];
		if (level->at == level->end) {
			call_tree_release(t->tree, level->mark);
			t->n_levels--;
			continue;
		}
		uint32_t id = level->at++;
		if (!is_shown(t, &t->tree->nodes[id]))
			continue;
		add_node(t, &t->tree->nodes[id], level->parent);
		if (t->tree->nodes[id].has_children && !push_level(t, id, err))
			return false;
	}
	return true;
}

bool json_report_tree(struct json_report *r, struct err *err)
{
	AUTO(auto_tree_writer)
	struct tree_writer t = { .r = r,
		.min_percent = r->options->min_percent > 0 ? r->options->min_percent : 0.5 };
	if (!call_tree_open(r->p, &r->options->tree, &t.tree, err))
		return false;
	json_put_key(&r->w, "tree"), json_put_array(&r->w);
	if (!add_nodes(&t, err))
		return false;
	json_put_end(&r->w);
	return true;
}
