/*
 * Fuzz entry: the input is a file in the cache's directory, in the place where a load looks. It is
 * refused, or has a payload that lies within it; the list and the clearing of the cache take it.
 */
#include "report/cache_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cache *cache;
static const struct cache_key key = {
	.kind = "unwind", .version = 1, .build_id = { .bytes = { 0xab, 0xcd, 0xef }, .len = 3 }
};

static void remove_cache(void)
{
	struct err err;
	uint64_t n, bytes;
	(void)!cache_clear(cache, NULL, NULL, &n, &bytes, &err);
	(void)rmdir(cache_dir(cache));
	cache_close(cache);
}

static void open_cache(void)
{
	static char dir[] = "/tmp/ddrec-test-XXXXXX";
	struct err err;
	if (!mkdtemp(dir) || !cache_open(dir, &cache, &err))
		abort();
	atexit(remove_cache);
}

static void put_file(const uint8_t *data, size_t size)
{
	(void)mkdirat(cache->fd, "ab", 0700);
	AUTO_CLOSE int fd =
		openat(cache->fd, "ab/cdef.unwind", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
}

static void take_file(void *ctx, const struct cache_file *file)
{
	*(size_t *)ctx += strlen(file->name) + strlen(file->kind);
}

static void try_file(const uint8_t *data, size_t size)
{
	struct cache_entry entry;
	struct err err;
	volatile uint8_t sum = 0;
	size_t length = 0;
	put_file(data, size);
	if (cache_load(cache, &key, &entry)) {
		if (entry.size_bytes > size)
			abort();
		for (size_t i = 0; i < entry.size_bytes; i++)
			sum += entry.data[i];
	}
	(void)sum;
	cache_entry_fini(&entry);
	(void)!cache_list(cache, take_file, &length, &err);
}

/* Makes the checksums right, which no mutation would: where they are is in cache_header.c. */
static void mend(uint8_t *data, size_t size)
{
	enum { PAYLOAD_HASH = 108, NAME_BYTES = 116, NAME = 120 };
	uint32_t name_bytes;
	if (size < NAME)
		return;
	memcpy(&name_bytes, data + NAME_BYTES, sizeof(name_bytes));
	if (name_bytes > size || size - name_bytes < NAME + 1 + 8)
		return;
	size_t hash_at = NAME + name_bytes + 1;
	size_t payload_at = (hash_at + 8 + CACHE_ALIGN - 1) / CACHE_ALIGN * CACHE_ALIGN;
	uint64_t hash =
		payload_at <= size ? cache_hash(0, data + payload_at, size - payload_at) : 0;
	memcpy(data + PAYLOAD_HASH, &hash, sizeof(hash));
	hash = cache_hash(0, data, hash_at);
	memcpy(data + hash_at, &hash, sizeof(hash));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE uint8_t *copy = malloc(size + !size);
	if (!cache)
		open_cache();
	try_file(data, size);
	if (!copy || !size)
		return 0;
	memcpy(copy, data, size);
	mend(copy, size);
	try_file(copy, size);
	return 0;
}
