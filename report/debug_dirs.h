/*
 * --debug-dir, for the commands that have it: a list of directories that ends with NULL.
 */
#ifndef REPORT_DEBUG_DIRS_H
#define REPORT_DEBUG_DIRS_H

#include "report/profile_load.h"

/* One place is for the system's directory, one ends the list. */
enum { MAX_DEBUG_DIRS = ARRAY_LEN(((struct profile_load_options *)0)->debug_dirs) - 2 };

/* Fits struct option; field is profile_load_options.debug_dirs. */
bool debug_dirs_add(void *field, const char *value, struct err *err);
/* Checks that they are there. The system's debug files come after those that were asked for. */
MUST_CHECK bool debug_dirs_complete(const char **dirs, struct err *err);

#endif
