/*
 * The cache on disk: what is stored is found again, by one report and by several at once; nothing
 * that a file in it holds is believed; and no trouble with its place disturbs a report.
 */
#include "report/cache.h"

#include "common/buf.h"
#include "common/defs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

static char scratch[64];

static int make_scratch(void **state)
{
	(void)state;
	strcpy(scratch, "/tmp/ddrec-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int remove_scratch(void **state)
{
	char command[256];
	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", scratch, scratch);
	return system(command);
}

/* A path below the scratch folder. */
static const char *at(const char *name)
{
	static char paths[4][256];
	static unsigned n;
	char *path = paths[n++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	struct err err = { 0 };
	if (!cache_open(at("cache"), &cache, &err))
		fail_msg("%s", err.text);
	return cache;
}

/* Of the ELF file number n. */
static struct cache_key key_of(uint32_t n)
{
	struct cache_key key = { .kind = "unwind", .version = 1, .name = "/usr/bin/example" };
	key.build_id.len = 20;
	memset(key.build_id.bytes, 0xab, sizeof(key.build_id.bytes));
	memcpy(key.build_id.bytes + 1, &n, sizeof(n));
	return key;
}

#define FILE_0 "ab/00000000abababababababababababababababab.unwind"

static bool holds(struct cache *cache, const struct cache_key *key, const char *text)
{
	struct cache_entry entry;
	bool found = cache_load(cache, key, &entry);
	bool same = found && entry.size_bytes == strlen(text) &&
		memcmp(entry.data, text, entry.size_bytes) == 0;
	cache_entry_fini(&entry);
	return same;
}

static void store(struct cache *cache, const struct cache_key *key, const char *text)
{
	cache_store(cache, key, text, strlen(text));
}

static void what_is_stored_is_found(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	struct cache_entry entry;
	(void)state;
	assert_false(cache_load(cache, &key, &entry));
	assert_null(entry.data);
	store(cache, &key, "a table");
	assert_true(cache_load(cache, &key, &entry));
	assert_int_equal((uintptr_t)entry.data % 64, 0);
	assert_memory_equal(entry.data, "a table", entry.size_bytes);
	store(cache, &key, "another");
	assert_memory_equal(entry.data, "a table", entry.size_bytes); /* what is mapped stays */
	cache_entry_fini(&entry);
	assert_true(holds(cache, &key, "another"));
	struct cache_counts counts = cache_counts(cache);
	assert_int_equal(counts.n_found, 2);
	assert_int_equal(counts.n_missing, 1);
	assert_int_equal(counts.n_stored, 2);
	assert_int_equal(counts.n_unusable + counts.n_not_stored, 0);
}

static void an_empty_payload_is_one(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(1);
	(void)state;
	cache_store(cache, &key, NULL, 0);
	assert_true(holds(cache, &key, ""));
}

static void every_part_of_the_key_counts(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key keys[6];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = key_of(2);
	keys[1].kind = "symbols";
	keys[2].version = 2;
	keys[3].variant = 7;
	keys[4].build_id.len = 19;
	keys[5].build_id.bytes[19] ^= 1;
	store(cache, &keys[0], "x");
	assert_true(holds(cache, &keys[0], "x"));
	for (size_t i = 1; i < ARRAY_LEN(keys); i++)
		assert_false(holds(cache, &keys[i], "x"));
	/* The kind and the build-id make another file, version and variant a replacement. */
	store(cache, &keys[1], "y");
	assert_true(holds(cache, &keys[0], "x"));
	store(cache, &keys[3], "z");
	assert_true(holds(cache, &keys[3], "z"));
	assert_false(holds(cache, &keys[0], "x"));
}

static void a_file_without_build_id_is_known_by_its_inode(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = { .kind = "unwind", .version = 1 }, nothing = key;
	(void)state;
	key.file = (struct cache_file_id){ 1, 2, 3, 4 };
	struct cache_key others[] = { key, key, key, key };
	others[0].file.dev++;
	others[1].file.inode++;
	others[2].file.size_bytes++;
	others[3].file.mtime_ns++;
	store(cache, &key, "x");
	assert_true(holds(cache, &key, "x"));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(holds(cache, &others[i], "x"));
	store(cache, &nothing, "x");
	assert_false(holds(cache, &nothing, "x"));
}

static void no_cache_holds_nothing(void **state)
{
	struct cache_key key = key_of(0);
	(void)state;
	store(NULL, &key, "x");
	assert_false(holds(NULL, &key, "x"));
	assert_int_equal(cache_counts(NULL).n_missing, 0);
	cache_trim(NULL);
	cache_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stored_is_found),
		cmocka_unit_test(an_empty_payload_is_one),
		cmocka_unit_test(every_part_of_the_key_counts),
		cmocka_unit_test(a_file_without_build_id_is_known_by_its_inode),
		cmocka_unit_test(no_cache_holds_nothing),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
