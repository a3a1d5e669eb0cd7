/*
 * The payload of a file block (tagged fields, see trace_fields.h) and the encoding of a kernel
 * symbol table, which is the data of such a file.
 */
#ifndef COMMON_TRACE_FILE_CODEC_H
#define COMMON_TRACE_FILE_CODEC_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/trace_event.h"

enum { TRACE_MAX_FILE_HEAD_BYTES = 4096 + 128 }; /* everything but the data */

void trace_file_encode(const struct trace_file *file, struct buf *b);
/* name is copied to the growing buffer `name`; data stays in the payload. */
MUST_CHECK bool trace_file_decode(struct cursor c, struct trace_file *ret, struct buf *name);

enum { TRACE_MAX_SYMBOL_BYTES = 2 * 4096 + 32 };

/* last: the symbol that was appended before to the same table, or NULL. */
void trace_symbol_encode(const struct trace_kernel_symbol *symbol,
	const struct trace_kernel_symbol *last, struct buf *b);
/* symbol: the one before, all zero and module "" at first; becomes the next one. False at the end,
 * or (c->failed) at a malformed one. Names stay in the payload. */
MUST_CHECK bool trace_symbol_decode(struct cursor *c, struct trace_kernel_symbol *symbol);

#endif
