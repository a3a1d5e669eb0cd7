/*
 * gzip, by zlib: a stream to a file, and whole files into memory.
 *
 *	struct gzip_writer w;
 *	if (!gzip_open(&w, out, err))
 *		return false;
 *	bool ok = gzip_pass(&w, &buf, err) && ...;
 *	return gzip_close(&w, ok, err);
 *
 * The header holds no time and no name, so that equal contents make equal files.
 */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

#include "common/buf.h"
#include "common/err.h"

#include <stdio.h>
#include <zlib.h>

struct gzip_writer {
	FILE *out;
	z_stream stream;
	uint8_t packed[1 << 16];
};

MUST_CHECK bool gzip_open(struct gzip_writer *w, FILE *out, struct err *err);
/* Writes what is in the buffer and empties it; a failed buffer is an error. */
MUST_CHECK bool gzip_pass(struct gzip_writer *w, struct buf *b, struct err *err);
/* Frees; where ok, ends and flushes the file before, which stays open. Returns ok and that. */
MUST_CHECK bool gzip_close(struct gzip_writer *w, bool ok, struct err *err);

/* What gunzip_file() gives out at most: a gigabyte; and, of what is above the first 16 MiB, 250
 * times of what it has read, for real profiles shrink to a third or a twentieth. */
enum { GUNZIP_MAX_BYTES = 1 << 30, GUNZIP_FREE_BYTES = 1 << 24, GUNZIP_MAX_RATIO = 250 };

/* Whether data that begins so is gzip or zlib: by its first two bytes. */
bool gunzip_knows(const uint8_t *start, size_t n);
/* As much of the start as it takes to fill out, or as there is; returns how much. */
size_t gunzip_start(const uint8_t *start, size_t n, uint8_t *out, size_t size_bytes);
/* The file's contents, unpacked if it is gzip or zlib; name is for messages. */
MUST_CHECK bool gunzip_file(
	int fd, uint64_t file_bytes, const char *name, struct buf *ret, struct err *err);

#endif
