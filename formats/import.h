/*
 * Profiles that other tools wrote, read as profiles: each format is a const struct in a file beside
 * its writer, listed in import.c. What is read is foreign: every size is limited before it is used.
 *
 *	const struct import_format *format = import_find(start, n);
 *	struct profile *p = profile_new();
 *	format->read(&(struct import_input){ .fd = fd, .name = "profile.pb.gz" }, p, err)
 *
 * A reader fills the tables, the meta data and health.is_untold with n_samples (n_shown follows
 * by itself). What a file leaves out, it leaves out: no times (has_times = false), one thread
 * without a name, frames without addresses. What it passes over, it notes (profile_add_note).
 */
#ifndef FORMATS_IMPORT_H
#define FORMATS_IMPORT_H

#include "common/err.h"
#include "formats/profile.h"

enum { IMPORT_SNIFF_BYTES = 4096 }; /* of the file's start, to recognise it by */

struct import_input {
	int fd;           /* the caller's; a regular file, read from its start with pread */
	uint64_t bytes;   /* its size */
	const char *name; /* for messages */
};

struct import_format {
	const char *name; /* "pprof", "folded stacks", "xctrace export" */
	bool (*is_mine)(const uint8_t *start, size_t n);
	bool (*read)(const struct import_input *in, struct profile *p, struct err *err);
};

extern const struct import_format import_pprof;
extern const struct import_format import_xctrace;
extern const struct import_format import_folded; /* the last: it is told by its lines alone */

/* NULL: none of them. */
const struct import_format *import_find(const uint8_t *start, size_t n);

#endif
