/*
 * The call graph that callgrind's format holds: functions, and costs by function, line and callee.
 * It is what is left of a profile when stacks are forgotten, and no larger than its tables.
 *
 * A function is told by name and object (module); its readers tell it by name and source file, so
 * files are made different where that would not do. The processes are functions too, the callers of
 * each stack's first function.
 *
 * A call's cost is what samples passed through it to a function that had *not been entered before*
 * in their stack. So the costs of all calls to a function add up to its total, in which a sample
 * counts once however deep it recurses; a call that only ever recurses costs nothing and is left
 * out. Private to callgrind*.c.
 */
#ifndef FORMATS_CALLGRIND_GRAPH_H
#define FORMATS_CALLGRIND_GRAPH_H

#include "formats/format.h"
#include "formats/string_table.h"

enum { CALLGRIND_SELF = UINT32_MAX };

struct callgrind_function {
	uint32_t name, object, file; /* of texts */
	uint32_t source;             /* the file as a string of the profile; 0: unknown */
};

struct callgrind_cost {
	uint32_t function, line; /* line 0: unknown */
	uint32_t callee;         /* a function, or CALLGRIND_SELF */
	uint32_t values;         /* where its values are: a multiple of n_values */
};

struct callgrind_graph {
	struct string_table texts; /* harmless, not empty, without blanks at either end */
	struct callgrind_function *functions;
	size_t n_functions;
	uint32_t *of_frame;           /* functions */
	uint32_t *of_thread;          /* those of processes; the last is for unknown threads */
	uint32_t no_stack;            /* function */
	struct callgrind_cost *costs; /* by function, own costs before calls, line and callee */
	size_t n_costs;
	int64_t *values;
	size_t n_values; /* for each cost: one for each value type of the profile, at least one */
	struct intern function_index, cost_index;
	size_t cap_functions, cap_costs, cap_values;
};

/* Errors: no memory. Fini is needed in any case. */
MUST_CHECK bool callgrind_graph_init(struct callgrind_graph *g, struct profile *p,
	const struct call_tree_options *options, struct err *err);
void callgrind_graph_fini(struct callgrind_graph *g);
static inline void callgrind_graph_fini_ptr(struct callgrind_graph *g)
{
	callgrind_graph_fini(g);
}

/* Texts, functions, of_frame, of_thread and no_stack. (callgrind_functions.c) */
MUST_CHECK bool callgrind_add_functions(struct callgrind_graph *g, struct profile *p);

#endif
