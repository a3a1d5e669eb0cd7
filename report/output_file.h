/*
 * The file that a view is written to, or standard output.
 *
 *	struct output_file out;
 *	output_file_open(&out, "profile.html", "trace.zst", err);
 *	bool ok = write(..., out.file, err);
 *	output_file_close(&out, ok, err)
 */
#ifndef REPORT_OUTPUT_FILE_H
#define REPORT_OUTPUT_FILE_H

#include "common/err.h"

#include <stdio.h>

struct output_file {
	const char *name; /* the caller's; for messages */
	FILE *file;
	bool is_stdout;
};

/* name NULL or "-": standard output. The file at input_path was read, and is not overwritten. */
MUST_CHECK bool output_file_open(
	struct output_file *o, const char *name, const char *input_path, struct err *err);

/* ok: all was written; what remains may fail. If not, err has the reason, and the file is removed:
 * half an output would pass for a whole one. */
MUST_CHECK bool output_file_close(struct output_file *o, bool ok, struct err *err);

#endif
