/*
 * Imported profiles for tests: bytes as a file, through the reader that knows it.
 */
#ifndef FORMATS_TEST_IMPORT_PROFILE_H
#define FORMATS_TEST_IMPORT_PROFILE_H

#include "formats/format.h"
#include "formats/import.h"

/* NULL: err says why not. Aborts when it does not, or when a profile is read with an error. */
struct profile *import_profile(
	const struct import_format *format, const void *data, size_t n, struct err *err);
/* The same, of what is known to be right: fails the test when it cannot be read. */
struct profile *import_known(const struct import_format *format, const void *data, size_t n);

/* What a format writes of a profile, read back. */
struct profile *import_written(struct profile *p, const struct format *format,
	const struct format_options *options, const struct import_format *reader);

#endif
