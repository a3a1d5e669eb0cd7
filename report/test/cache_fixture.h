/*
 * What the tests of the cache share: a scratch folder with a cache in it, keys of ELF files that do
 * not exist, and short texts as payloads.
 */
#ifndef REPORT_TEST_CACHE_FIXTURE_H
#define REPORT_TEST_CACHE_FIXTURE_H

#include "common/defs.h"
#include "report/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char scratch[64];

static inline int make_scratch(void **state)
{
	(void)state;
	strcpy(scratch, "/tmp/ddrec-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int remove_scratch(void **state)
{
	char command[256];
	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", scratch, scratch);
	return system(command);
}

/* A path below the scratch folder. */
static inline const char *at(const char *name)
{
	static char paths[4][256];
	static unsigned n;
	char *path = paths[n++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static inline struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	struct err err = { 0 };
	if (!cache_open(at("cache"), &cache, &err))
		fail_msg("%s", err.text);
	return cache;
}

/* Of the ELF file number n. */
static inline struct cache_key key_of(uint32_t n)
{
	struct cache_key key = { .kind = "unwind", .version = 1, .name = "/usr/bin/example" };
	key.build_id.len = 20;
	memset(key.build_id.bytes, 0xab, sizeof(key.build_id.bytes));
	memcpy(key.build_id.bytes + 1, &n, sizeof(n));
	return key;
}

#define REST_OF_ID "ababababababababababababababab"
#define FILE_0 "ab/00000000" REST_OF_ID ".unwind"

static inline bool holds(struct cache *cache, const struct cache_key *key, const char *text)
{
	struct cache_entry entry;
	bool found = cache_load(cache, key, &entry);
	bool same = found && entry.size_bytes == strlen(text) &&
		memcmp(entry.data, text, entry.size_bytes) == 0;
	cache_entry_fini(&entry);
	return same;
}

static inline void store(struct cache *cache, const struct cache_key *key, const char *text)
{
	cache_store(cache, key, text, strlen(text));
}

#endif
