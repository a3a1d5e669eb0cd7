/*
 * What the cache's files share: the open cache, and the header of a kept file. Private to cache*.c.
 *
 * A file is the header, the ELF file's name, zeros up to a multiple of 64, the payload. The header
 * has a checksum of its own, which also covers the name; that of the payload is in it.
 */
#ifndef REPORT_CACHE_INTERNAL_H
#define REPORT_CACHE_INTERNAL_H

#include "common/buf.h"
#include "report/cache.h"

#include <stdatomic.h>
#include <sys/stat.h>

enum {
	CACHE_KIND_MAX = 15,
	CACHE_PATH_MAX = 128,        /* "ab/cdef...unwind", with its NUL */
	CACHE_PAYLOAD_MAX = 1 << 30, /* a sparse file could keep us summing zeros for hours */
	CACHE_HEADER_MAX = 8192,
	CACHE_ALIGN = 64,
};

#define CACHE_LIMIT_FILE "limit"
#define CACHE_TEMPORARY "tmp-" /* how names of files that are being written begin */

struct cache {
	char *dir;
	int fd; /* of dir */
	_Atomic uint64_t limit_bytes;
	_Atomic uint64_t n_found, n_missing, n_unusable, n_stored, n_not_stored;
};

struct cache_header {
	char kind[CACHE_KIND_MAX + 1];
	uint32_t version;
	struct build_id build_id;
	struct cache_file_id file;
	uint64_t variant;
	uint64_t payload_off, payload_bytes, payload_hash;
	const char *name; /* in what was read, or the key's */
};

/* Appends the header of a file with this payload, up to where the payload goes. */
void cache_header_write(
	struct buf *out, const struct cache_key *key, const void *data, size_t size_bytes);
/* From the first bytes of a file of file_bytes. False: not a whole file of ours. */
bool cache_header_read(
	const void *data, size_t size_bytes, uint64_t file_bytes, struct cache_header *ret_header);

#endif
