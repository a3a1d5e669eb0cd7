/*
 * The end of every text format: the buffer it filled goes to the file, and errors come to light.
 */
#ifndef FORMATS_OUTPUT_H
#define FORMATS_OUTPUT_H

#include "common/buf.h"
#include "common/err.h"

#include <stdio.h>

/* Writes what is there and empties the buffer, for outputs too big to be held. */
MUST_CHECK bool output_pass(struct buf *b, FILE *out, struct err *err);

/* Writes and flushes; the file stays open. A failed buffer is an error (out of memory). */
MUST_CHECK bool output_write(const struct buf *b, FILE *out, struct err *err);

#endif
