/*
 * Lines of source files, as the debug information names them: "/build/x/src/a.c". A file is looked
 * for at that path, below the directories that the user gave (with as much of the path as is found
 * there), and, when asked for, at a debuginfod server. It is read when its first line is asked for.
 *
 * Paths come from the file that was profiled. Only regular files are read, of a bounded size each
 * and together, and no path leads out of a directory that the user gave.
 */
#ifndef REPORT_SOURCE_FILE_H
#define REPORT_SOURCE_FILE_H

#include "common/err.h"
#include "common/trace_event.h"

#include <stdint.h>
#include <time.h>

struct source_fetch; /* source_fetch.h */

struct source_search {
	const char *const *dirs;    /* ends with NULL */
	struct source_fetch *fetch; /* NULL: no debuginfod */
	struct build_id build_id;   /* of the program, for debuginfod */
	time_t program_time;        /* when it was last changed; 0: not known */
};

struct source_file {
	char *path;  /* as the debug information has it */
	char *found; /* where it was read; NULL: nowhere */
	char *text;
	size_t len;
	size_t *starts; /* of the lines, in text */
	size_t n_lines;
	bool is_newer; /* than the program: its lines may be others */
	bool is_fetched;
};

struct source_files {
	struct source_search search;
	struct source_file **files;
	size_t n, cap;
	size_t n_bytes; /* of their texts and lines */
};

void source_files_init(struct source_files *s, const struct source_search *search);
void source_files_fini(struct source_files *s);

/* NULL: no memory. */
const struct source_file *source_files_get(struct source_files *s, const char *path);

/* The line, from 1 on, without its newline. NULL: there is none. */
const char *source_files_line(
	struct source_files *s, const char *path, uint32_t line, size_t *ret_len);

#endif
