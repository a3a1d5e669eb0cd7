/*
 * The call tree: samples of a profile summed by stack, for the formats that show sums (text,
 * folded, flame graph). A node is a function (not an address) in one calling context.
 *
 *	total = self + the totals of the children; the root's total is the sum of all samples.
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
	size_t value;         /* index of the value type that is summed */
	enum call_tree_by by; /* what stands at the root: the process's name; "name (tid N)"; or, by
				 module, each run of frames of one module is one frame */
	bool no_inline; /* leave inlined frames out; their cost goes to the containing function */
	bool reverse;   /* leaf first: the roots are the hot functions, callers grow from them */
};

struct call_node {
	uint32_t name;     /* string of the profile */
	uint32_t function; /* PROFILE_NONE: a process, thread or module */
	uint32_t module;   /* PROFILE_NONE: none */
	enum profile_kind kind;
	bool is_inlined;       /* every frame summed here was inlined */
	uint32_t parent;       /* node; the root is its own parent */
	uint32_t first_child;  /* 0: none; children in falling order of total, then by name */
	uint32_t next_sibling; /* 0: none */
	uint32_t depth;        /* root 0 */
	int64_t self, total;
};

struct call_tree {
	struct call_node *nodes; /* nodes[0] is the root; a parent comes before its children */
	size_t n_nodes;
	uint32_t max_depth;
};

struct flat_entry {
	uint32_t function;
	int64_t self, total;
	uint64_t n_samples; /* samples whose stack holds the function */
};

/* Names that the tree makes (thread roots) are added to the profile's strings. */
MUST_CHECK bool call_tree_build(struct profile *p, const struct call_tree_options *options,
	struct call_tree **ret_tree, struct err *err);
void call_tree_free(struct call_tree *tree);
DEFINE_AUTO(struct call_tree *, call_tree_free);

/* Sorted by falling self, then total, then name. The caller frees *ret_entries. */
MUST_CHECK bool flat_table_build(const struct profile *p, const struct call_tree_options *options,
	struct flat_entry **ret_entries, size_t *ret_n, struct err *err);

#endif
