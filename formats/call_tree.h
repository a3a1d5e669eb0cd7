/*
 * The call tree: samples of a profile summed by stack, for the formats that show sums (text,
 * folded, flame graph). A node is a function (not an address) in one calling context.
 *
 *	total = self + the totals of the children; the root's total is the sum of all samples.
 *
 * Nodes are made when they are asked for: a node gets its children by being expanded. So who shows
 * only what is large (call_tree_build with min_percent) pays for little more than that, and who
 * walks through all of it (folded) needs not hold it all:
 *
 *	call_tree_open(p, &options, &tree, err);
 *	struct call_tree_mark mark = call_tree_mark(tree);
 *	call_tree_expand(tree, 0, CALL_TREE_ANY_ORDER, err);
 *	...the root's children are nodes[0].first_child and the n_children - 1 behind it...
 *	call_tree_release(tree, mark);
 *
 * Also the flat table, where a function's total counts each sample once, however often the
 * function recurs in its stack.
 */
#ifndef FORMATS_CALL_TREE_H
#define FORMATS_CALL_TREE_H

#include "common/err.h"
#include "formats/profile.h"

enum call_tree_by { CALL_TREE_BY_PROCESS, CALL_TREE_BY_THREAD, CALL_TREE_BY_MODULE };

struct call_tree_options {
	size_t value; /* index of the value type that is summed; see profile_main_value() */
	/* By process, the process's name stands at the root; by thread, below it "name (tid N)"; by
	 * module, each run of frames of one module is one frame below the process. */
	enum call_tree_by by;
	bool no_inline; /* leave inlined frames out; their cost goes to the containing function */
	/* Leaf first: the hot functions are the children of the root and their callers grow from
	 * them; thread and process come last, so that each stack reads exactly backwards. A
	 * node's total is then what its *function at the top* spent called by this path, and self
	 * is above 0 only where a whole stack has been read. */
	bool reverse;
};

/* Of siblings. The first is by falling total, then by name. */
enum call_tree_order { CALL_TREE_HEAVIEST_FIRST, CALL_TREE_BY_NAME, CALL_TREE_ANY_ORDER };

struct call_node {
	uint32_t name;     /* string of the profile */
	uint32_t function; /* PROFILE_NONE: a process, thread or module */
	uint32_t module;   /* PROFILE_NONE: none */
	enum profile_kind kind;
	bool is_inlined;      /* every frame summed here was inlined */
	bool has_children;    /* also when they have not been asked for */
	uint32_t parent;      /* node; the root is its own parent */
	uint32_t depth;       /* root 0 */
	uint32_t first_child; /* 0: none, or not expanded */
	uint32_t n_children;
	uint32_t first_place, last_place, order; /* private to call_tree.c */
	int64_t self, total;
};

struct call_tree {
	struct call_node *nodes; /* nodes[0], "all", is the root; a parent precedes its children */
	size_t n_nodes;
	uint32_t max_depth; /* of the nodes made so far */
	struct call_tree_source *source;
};

/* Functions that differ only in what a reader does not see (linkage name, file) are one entry. By
 * module, an entry is a module. */
struct flat_entry {
	uint32_t name;     /* string */
	uint32_t function; /* the first of that name; PROFILE_NONE: a module, or "[no stack]" */
	uint32_t module;   /* PROFILE_NONE: none */
	enum profile_kind kind;
	bool is_inlined; /* every frame counted here was inlined */
	int64_t self, total;
	uint64_t n_self_samples; /* samples whose leaf it is */
	uint64_t n_samples;      /* samples whose stack holds it */
};

/* The root alone. A sample without a stack is one in "[no stack]". Names that the tree makes are
 * added to the profile's strings. The options must live as long as the tree. */
MUST_CHECK bool call_tree_open(struct profile *p, const struct call_tree_options *options,
	struct call_tree **ret_tree, struct err *err);
void call_tree_free(struct call_tree *tree);
DEFINE_AUTO(struct call_tree *, call_tree_free);

/* Makes the node's children, once. Moves nodes[]. */
MUST_CHECK bool call_tree_expand(
	struct call_tree *tree, uint32_t node, enum call_tree_order order, struct err *err);

/* Nodes are given back last in, first out: all that were made since the mark. A parent that stays
 * must not be expanded again. */
struct call_tree_mark {
	size_t n_nodes, n_places;
};
struct call_tree_mark call_tree_mark(const struct call_tree *tree);
void call_tree_release(struct call_tree *tree, struct call_tree_mark mark);

/* With all nodes that have at least min_percent of the whole, and their children; 0: with all. */
MUST_CHECK bool call_tree_build(struct profile *p, const struct call_tree_options *options,
	enum call_tree_order order, double min_percent, struct call_tree **ret_tree,
	struct err *err);
/* How many nodes the tree would have below those that have not been expanded. */
MUST_CHECK bool call_tree_count_hidden(struct call_tree *tree, size_t *ret_n, struct err *err);

/* Sorted by falling self, then total, then name. The caller frees *ret_entries. (flat_table.c) */
MUST_CHECK bool flat_table_build(struct profile *p, const struct call_tree_options *options,
	struct flat_entry **ret_entries, size_t *ret_n, struct err *err);
/* By falling total, then self, then name. */
void flat_table_sort_by_total(const struct profile *p, struct flat_entry *entries, size_t n);

#endif
