/* Reads the small text files of /proc and /sys. */
#ifndef RECORD_READ_FILE_H
#define RECORD_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The file's text, cut to what fits and NUL-terminated. False when it cannot be read; text is ""
 * then. */
bool read_small_file(const char *path, char *text, size_t text_bytes);
/* The number that the file begins with, or `otherwise`. */
long read_number_file(const char *path, long otherwise);

#endif
