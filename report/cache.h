/*
 * The cache on disk: what was worked out from an ELF file once, kept for the next report. One file
 * for each (kind, ELF file): unwind tables, symbols. It may vanish at any time; a report without it
 * is slower, never different.
 *
 * A kept file is mapped and used in place. The header and a checksum of the payload are verified on
 * load, so what is cut, damaged or foreign counts as not there. The checksum does not keep out a
 * file that somebody made on purpose: the payload's owner must not trust a number in it. Numbers
 * are in this machine's byte order; a file of the other order counts as not there.
 *
 * Several reports may use one cache at once: files appear whole, by rename, and what is mapped
 *stays when its name goes. All functions but close may be called by several threads at once. NULL
 *is a cache too: it holds nothing and takes nothing (--no-cache, no home directory).
 *
 *	struct cache_key key = cache_key_of("unwind", 1, elf);
 *	if (!cache_load(cache, &key, &entry)) {
 *		... work it out ...
 *		cache_store(cache, &key, data, size_bytes);
 *	}
 *	cache_entry_fini(&entry);
 */
#ifndef REPORT_CACHE_H
#define REPORT_CACHE_H

#include "common/err.h"
#include "common/trace_event.h"

#include <stddef.h>
#include <stdint.h>

struct cache;
struct elf_file;

/* NULL as dir: $XDG_CACHE_HOME/ddrec, else $HOME/.cache/ddrec. Made if need be. False: there is no
 * place that is ours alone, and err says why; go on with NULL. */
MUST_CHECK bool cache_open(const char *dir, struct cache **ret_cache, struct err *err);
/* Also brings the cache below its limit, if something was stored. NULL is fine. */
void cache_close(struct cache *cache);
DEFINE_AUTO(struct cache *, cache_close);

struct cache_file_id { /* an ELF file that carries no build-id */
	uint64_t dev, inode, size_bytes, mtime_ns;
};

struct cache_key {
	const char *kind;         /* 1 to 15 of a-z: the file's suffix */
	uint32_t version;         /* of the payload's format */
	struct build_id build_id; /* len 0: file tells which */
	struct cache_file_id file;
	/* What else the payload depends on, as one number (cache_hash); 0: nothing. There is one
	 * file for each kind and ELF file: one with another variant or version gets replaced. */
	uint64_t variant;
	const char *name; /* the ELF file's path, for people only; may be NULL */
};

/* The key of what is made from elf alone. name is elf's. An image that has neither a build-id nor a
 * file gets a key that is never found and never stored. */
struct cache_key cache_key_of(const char *kind, uint32_t version, const struct elf_file *elf);
/* A hash over several GB/s, good against accidents only. Chain: seed is the hash so far, or 0. */
uint64_t cache_hash(uint64_t seed, const void *data, size_t size_bytes);

struct cache_entry {
	const uint8_t *data; /* aligned to 64 bytes; NULL: empty */
	size_t size_bytes;
	void *map;
	size_t map_bytes;
};

/* False: not there, or not usable, which is counted. ret_entry is set in either case. */
bool cache_load(struct cache *cache, const struct cache_key *key, struct cache_entry *ret_entry);
void cache_entry_fini(struct cache_entry *entry);
/* An entry that load gave cannot be used after all: counted, and worth replacing. */
void cache_reject(struct cache *cache, struct cache_entry *entry);
/* Best effort: a failure is counted, and disturbs nothing. */
void cache_store(
	struct cache *cache, const struct cache_key *key, const void *data, size_t size_bytes);

struct cache_counts {
	uint64_t n_found, n_missing, n_unusable, n_stored, n_not_stored;
};
struct cache_counts cache_counts(struct cache *cache);

/* The rest is for `ddrec cache`. */
struct cache_file {
	char kind[16];
	struct build_id build_id; /* len 0: known by device and inode */
	const char *name;         /* the ELF file's path as it was; "": not known */
	const char *path;         /* below the cache's directory */
	uint64_t size_bytes;
	int64_t used_ns; /* since 1970, by the wall clock; at most an hour late */
	bool is_damaged; /* by its header or size; of the rest only path, size and used are set */
};

/* Calls take for each file; order as the directory has it. */
MUST_CHECK bool cache_list(struct cache *cache,
	void (*take)(void *ctx, const struct cache_file *file), void *ctx, struct err *err);
/* Removes the files that is_wanted (NULL: all). *ret_n and *ret_bytes: what went. */
MUST_CHECK bool cache_clear(struct cache *cache,
	bool (*is_wanted)(void *ctx, const struct cache_file *file), void *ctx, uint64_t *ret_n,
	uint64_t *ret_bytes, struct err *err);
/* Removes what was used least recently until the rest is within the limit, and what writers that
 * died left behind. */
void cache_trim(struct cache *cache);

const char *cache_dir(const struct cache *cache);
uint64_t cache_limit_bytes(const struct cache *cache);
/* Kept in the cache's directory, for all reports to come. */
MUST_CHECK bool cache_set_limit(struct cache *cache, uint64_t limit_bytes, struct err *err);

#endif
