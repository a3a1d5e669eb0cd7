/*
 * The mapped files of which the kernel did not tell the build-id: remembered by path while
 * recording, read at the end. Fixed memory; what does not fit is counted.
 */
#ifndef RECORD_UNIDENTIFIED_H
#define RECORD_UNIDENTIFIED_H

#include "common/trace_event.h"

enum {
	UNIDENTIFIED_BUCKETS = 4096, /* a power of two */
	UNIDENTIFIED_MAX = UNIDENTIFIED_BUCKETS / 2,
	UNIDENTIFIED_PATH_BYTES = 256 * 1024,
};

struct unidentified_file {
	uint32_t path; /* offset into paths; 0: free */
	uint64_t inode;
};

struct unidentified {
	uint32_t n;
	uint32_t paths_len; /* begins at 1 */
	uint64_t n_refused;
	struct unidentified_file files[UNIDENTIFIED_BUCKETS];
	char paths[UNIDENTIFIED_PATH_BYTES];
};

void unidentified_add(struct unidentified *u, const struct trace_mmap *mapping);
/* The path and inode in bucket i < UNIDENTIFIED_BUCKETS; NULL when it is free. */
const char *unidentified_find(const struct unidentified *u, uint32_t i, uint64_t *ret_inode);

#endif
