/*
 * The trace file. It is opened before the command runs, so that a bad name is told in time, but
 * touched only when the command runs: a command that cannot be executed leaves no trace behind,
 * and an older trace as it was. A new file is for its owner only: it holds the command line, and
 * with --stack full whatever was on the stacks. A file that was there keeps its mode.
 */
#ifndef COMMON_OUTPUT_H
#define COMMON_OUTPUT_H

#include "common/err.h"

struct output {
	int fd;
	const char *name; /* for messages */
	const char *path; /* NULL: standard output */
	bool is_new;      /* made by us */
};

/* path "-": standard output, unless that is a terminal. */
MUST_CHECK bool output_open(const char *path, struct output *ret_output, struct err *err);
/* The command runs: empties the file. */
MUST_CHECK bool output_begin(struct output *o, struct err *err);
/* The command does not run: takes the file away if it is ours. */
void output_discard(struct output *o);
/* Reports what only closing can tell (quota, NFS). */
MUST_CHECK bool output_close(struct output *o, struct err *err);

/* Whether path is the regular file that is read, too; input "-": standard input. */
bool output_is_input(const char *path, const char *input);

#endif
