/*
 * The elements of an xctrace export, from the first to the last, into a profile. What each element
 * means is in a table of const structs in xctrace_elements.c; here is what they share.
 *
 * An element has a value: a number, or the index of what it describes. Its children hand theirs to
 * it, it hands its own to the element around it, and a ref hands on the value of the element that
 * has that id. A row in the end has all that makes a sample.
 */
#ifndef FORMATS_XCTRACE_TABLE_H
#define FORMATS_XCTRACE_TABLE_H

#include "common/buf.h"
#include "formats/xctrace_ids.h"
#include "formats/xctrace_sax.h"
#include "formats/xctrace_stacks.h"
#include "formats/xctrace_threads.h"

enum { XCTRACE_DEPTH_MAX = 32, XCTRACE_TEXT_MAX = 1 << 20 };

struct xctrace_table;

struct xctrace_element {
	const char *name;
	bool has_text;
	/* Each may be NULL. Reads the attributes; unless the element is a ref. */
	bool (*open)(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err);
	/* The value; unless the element is a ref. */
	bool (*close)(struct xctrace_table *t, uint64_t *ret_value, struct err *err);
	bool (*give)(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
		struct err *err);
};

struct xctrace_level {
	const struct xctrace_element *element; /* NULL: of no interest */
	bool has_id, is_ref;
	uint64_t id;
	uint64_t value;     /* of a ref */
	size_t first_frame; /* of a backtrace */
};

/* What a sample weighs: the element that says so, or none. */
enum xctrace_weight { XCTRACE_NO_WEIGHT, XCTRACE_NS, XCTRACE_CYCLES, XCTRACE_EVENTS };

/* A run of addresses, to be referred to. */
struct xctrace_list {
	size_t first, n;
};

struct xctrace_table {
	struct profile *p;
	struct xctrace_ids ids;
	struct xctrace_stacks stacks;
	struct xctrace_threads threads;
	struct xctrace_level levels[XCTRACE_DEPTH_MAX];
	unsigned depth;
	struct buf text;
	struct xctrace_list *lists;
	uint32_t *listed; /* frames */
	size_t n_lists, n_listed, cap_lists, cap_listed;

	/* The tables in the document. */
	bool is_taken;   /* one has been found */
	bool is_shown;   /* and it is the one that is being read */
	bool has_schema; /* the one that is being read says what it is */
	uint64_t n_tables_left_out;
	bool is_weight_column;
	uint32_t event; /* string: what the weight column is called; 0: nothing special */

	/* What is being read; strings are the profile's. */
	struct {
		uint64_t time_ns, core, weight;
		uint32_t thread, process, stack;
		bool has_time, has_stack;
		enum xctrace_weight kind;
	} row;
	struct {
		uint32_t fmt, tid, process;
	} thread;
	struct {
		uint32_t fmt, pid;
	} process;
	struct {
		uint32_t name, binary, path, line;
		uint64_t pc;
	} frame;
	struct {
		uint32_t path, line;
	} source;
	uint32_t binary;    /* its index */
	uint32_t leaf_name; /* of a backtrace of addresses; 0: unknown */
	uint32_t tagged;    /* the stack that a tagged-backtrace was given */

	/* The samples. */
	enum xctrace_weight kind; /* of all that have a weight */
	bool has_value_types;
	uint64_t max_name_bytes; /* refs must not make much of a small file */
	uint64_t last_ns, n_untimed, n_unweighted;
	int64_t total;
	bool failed; /* no memory */
};

/* NULL: none of interest. */
const struct xctrace_element *xctrace_element_find(const char *name);

/* Adds the row as a sample, if it is one. (xctrace_rows.c) */
MUST_CHECK bool xctrace_rows_add(struct xctrace_table *t, struct err *err);
/* When all is read: the meta data, the health, or that there was nothing to read. */
MUST_CHECK bool xctrace_rows_finish(
	struct xctrace_table *t, const struct import_input *in, struct err *err);

#endif
