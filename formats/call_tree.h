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
	struct call_node *nodes; /* nodes[0], "all", is the root; a parent precedes its children */
	size_t n_nodes;
	uint32_t max_depth;
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

/* A sample without a stack is one in "[no stack]". Names that the tree makes are added to the
 * profile's strings. */
MUST_CHECK bool call_tree_build(struct profile *p, const struct call_tree_options *options,
	struct call_tree **ret_tree, struct err *err);
void call_tree_free(struct call_tree *tree);
DEFINE_AUTO(struct call_tree *, call_tree_free);

/* Sorted by falling self, then total, then name. The caller frees *ret_entries. (flat_table.c) */
MUST_CHECK bool flat_table_build(struct profile *p, const struct call_tree_options *options,
	struct flat_entry **ret_entries, size_t *ret_n, struct err *err);

#endif
