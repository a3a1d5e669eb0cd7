/*
 * A profile as pprof sees it: tables of strings, functions, locations, stacks of locations, and
 * label sets, all interned and numbered by first use. So equal profiles make equal files, also when
 * one has been read from the other's file.
 *
 * A location is a place in the code: one address, and a line for each function that is inlined
 * there, the innermost first, the function itself last. Frames without an address have locations
 * too. Functions are told apart by name, linkage name and source file.
 */
#ifndef FORMATS_PPROF_TABLES_H
#define FORMATS_PPROF_TABLES_H

#include "common/buf.h"
#include "common/err.h"
#include "formats/intern.h"
#include "formats/profile.h"
#include "formats/string_table.h"

struct pprof_function {
	uint32_t name, system_name, file; /* strings of the tables */
};

struct pprof_line {
	uint32_t function;
	uint32_t line; /* 0: unknown */
};

struct pprof_location {
	uint64_t pc;     /* run-time address, 0: unknown */
	uint32_t module; /* of the profile; PROFILE_NONE */
	uint32_t first_line, n_lines;
	bool has_symbol, has_file, has_line;
};

struct pprof_stack {
	uint32_t parent; /* PROFILE_NO_STACK: none */
	uint32_t location;
};

/* What a sample's labels say of its thread: strings, and 0 where nothing is known. */
struct pprof_thread {
	uint32_t name, process_name;
	uint32_t pid, tid;
};

struct pprof_tables {
	const struct profile *p;
	bool no_inline;
	struct string_table strings;
	struct pprof_function *functions;
	struct pprof_line *lines;
	struct pprof_location *locations;
	struct pprof_stack *stacks;
	struct pprof_thread *threads;
	size_t n_functions, n_lines, n_locations, n_stacks, n_threads;
	size_t cap_functions, cap_lines, cap_locations, cap_stacks, cap_threads;
	struct intern function_index, location_index, stack_index, thread_index;
	/* what the profile's records became, each and 1; 0: not yet */
	uint32_t *of_string, *of_stack, *of_thread;
	uint32_t *path; /* stacks on the way to one that is known */
	size_t cap_path;
	struct buf text;   /* a string at work */
	uint32_t no_stack; /* the stack of samples without one, and 1 */
	bool failed;       /* no memory */
};

/* false: no memory */
MUST_CHECK bool pprof_tables_init(struct pprof_tables *t, const struct profile *p, bool no_inline);
void pprof_tables_fini(struct pprof_tables *t);

/* Numbers; when memory fails they are 0, and t->failed. Strings are cleaned (utf8.h). */
uint32_t pprof_add_string(struct pprof_tables *t, const char *str);
uint32_t pprof_string(struct pprof_tables *t, uint32_t string); /* one of the profile's */
uint32_t pprof_stack(struct pprof_tables *t, uint32_t stack);   /* also PROFILE_NO_STACK */
uint32_t pprof_thread(struct pprof_tables *t, uint32_t thread); /* also an unknown one */

#endif
