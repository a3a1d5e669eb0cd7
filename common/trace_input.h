/*
 * The file under a trace reader: something that can be read at any offset. A pipe or terminal is
 * copied to an unlinked temporary file first. The file is read, never mapped, because it may be cut
 * short by others at any time; then reads simply end early.
 */
#ifndef COMMON_TRACE_INPUT_H
#define COMMON_TRACE_INPUT_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct trace_input {
	int fd;
	char *name; /* for messages */
	uint64_t bytes;
	bool is_copy; /* of a pipe: the file's own times tell nothing */
};

/* path "-": standard input. */
MUST_CHECK bool trace_input_open(struct trace_input *in, const char *path, struct err *err);
/* A descriptor of its own for the same file. */
MUST_CHECK bool trace_input_clone(
	struct trace_input *in, const struct trace_input *from, struct err *err);
void trace_input_close(struct trace_input *in);

/* Reads up to size_bytes at offset; *ret_bytes is less only at the end of the file. */
MUST_CHECK bool trace_input_read(const struct trace_input *in, uint64_t offset, void *to,
	size_t size_bytes, size_t *ret_bytes, struct err *err);

/* An empty, unlinked temporary file to append to; name is for messages. */
MUST_CHECK bool trace_input_temporary(struct trace_input *in, const char *name, struct err *err);
MUST_CHECK bool trace_input_append(
	struct trace_input *in, const void *data, size_t size_bytes, struct err *err);

/* What a file that is no trace looks like from its first bytes: how a message goes on after its
 * name, "is a gzip file; ...". */
const char *trace_input_guess(const uint8_t *data, size_t size_bytes);

#endif
