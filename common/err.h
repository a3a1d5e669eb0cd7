/*
 * What went wrong, in words for the person at the terminal.
 *
 * A fallible function takes `struct err *err` last and returns false or NULL after filling it.
 * The text is written once, where the failure happened, with the name and the offset it concerns;
 * callers add what they were doing with err_prefix. Only the programs' main files print it.
 *
 *	struct err err = {0};
 *	if (!trace_reader_open(path, &reader, &err))
 *		die("%s", err.text);
 *
 * err is never NULL.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include "common/defs.h"

#include <stdbool.h>

struct err {
	char text[512]; /* one line, no newline; longer texts are cut */
};

/* Both return false, so that a caller can write `return err_set(err, ...);`. */
bool err_set(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As err_set, and appends ": " and the text of errno as it was on entry. */
bool err_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts "<fmt>: " in front of the text that is there. */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
