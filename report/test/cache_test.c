/*
 * The cache on disk: what is stored is found again, nothing that a file in it holds is believed,
 * and no trouble with its place disturbs a report.
 */
#include "common/buf.h"
#include "report/test/cache_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

/* The bytes of the kept file of key 0, which are replaced by n of bytes. */
static size_t read_kept(uint8_t bytes[4096])
{
	AUTO_CLOSE int fd = open(at("cache/" FILE_0), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, 4096);
	assert_true(n > 0 && n < 4096);
	return (size_t)n;
}

static void write_kept(const uint8_t *bytes, size_t n)
{
	unlink(at("cache/" FILE_0)); /* not in place: it may be mapped */
	AUTO_CLOSE int fd =
		open(at("cache/" FILE_0), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, n), n);
}

static void a_cut_file_counts_as_damaged(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	uint8_t bytes[4096];
	(void)state;
	store(cache, &key, "a table of some bytes");
	size_t n = read_kept(bytes);
	for (size_t i = 0; i < n; i++) {
		write_kept(bytes, i);
		assert_false(holds(cache, &key, "a table of some bytes"));
	}
	assert_int_equal(cache_counts(cache).n_unusable, n);
	write_kept(bytes, n + 1);
	assert_false(holds(cache, &key, "a table of some bytes"));
	store(cache, &key, "and now a new one");
	assert_true(holds(cache, &key, "and now a new one"));
}

static void no_changed_byte_goes_unseen(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	const char *text = "a table of some bytes, more than the lanes of the checksum have";
	struct cache_entry entry;
	uint8_t bytes[4096];
	size_t n_padding = 0;
	(void)state;
	store(cache, &key, text);
	size_t n = read_kept(bytes);
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 0x10;
		write_kept(bytes, n);
		bytes[i] ^= 0x10;
		bool found = cache_load(cache, &key, &entry);
		n_padding += found;
		assert_true(!found || memcmp(entry.data, text, strlen(text)) == 0);
		cache_entry_fini(&entry);
	}
	assert_true(n_padding < 64); /* zeros before the payload */
}

static void what_is_no_file_of_ours_is_left_alone(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	uint8_t bytes[4096];
	(void)state;
	store(cache, &key, "x");
	size_t n = read_kept(bytes);
	rename(at("cache/" FILE_0), at("elsewhere"));
	assert_int_equal(symlink(at("elsewhere"), at("cache/" FILE_0)), 0);
	assert_false(holds(cache, &key, "x"));
	unlink(at("cache/" FILE_0));
	assert_int_equal(mkfifo(at("cache/" FILE_0), 0600), 0);
	assert_false(holds(cache, &key, "x"));
	unlink(at("cache/" FILE_0));
	assert_int_equal(mkdir(at("cache/" FILE_0), 0700), 0);
	assert_false(holds(cache, &key, "x"));
	store(cache, &key, "x"); /* a directory cannot be replaced */
	assert_int_equal(cache_counts(cache).n_not_stored, 1);
	rmdir(at("cache/" FILE_0));
	write_kept((const uint8_t *)"#!/bin/sh\n", 10);
	assert_false(holds(cache, &key, "x"));
	write_kept(bytes, n);
	assert_true(holds(cache, &key, "x"));
	assert_int_equal(cache_counts(cache).n_unusable, 4);
}

static void a_huge_claim_is_refused_at_once(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	(void)state;
	store(cache, &key, "x");
	assert_int_equal(truncate(at("cache/" FILE_0), (off_t)1 << 40), 0);
	assert_false(holds(cache, &key, "x"));
}

static void a_store_that_fails_disturbs_nothing(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(77);
	struct cache_entry entry;
	uint8_t data[8192] = { 0 };
	int status;
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit limit = { 4096, 4096 };
		setrlimit(RLIMIT_FSIZE, &limit);
		cache_store(cache, &key, data, sizeof(data));
		_exit(cache_counts(cache).n_not_stored != 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_false(cache_load(cache, &key, &entry));
}

enum { NOBODY = 65534 };

/* Becomes somebody who is not root, so that permissions count. */
static void drop_root(const char *dir)
{
	if (geteuid() != 0)
		return;
	if (chmod(scratch, 0711) || chown(dir, NOBODY, NOBODY) || setgid(NOBODY) || setuid(NOBODY))
		_exit(9);
}

static int use_read_only(const char *dir)
{
	struct cache *cache = NULL;
	struct cache_key key = key_of(0), other = key_of(1);
	struct err err = { 0 };
	drop_root(dir);
	if (!cache_open(dir, &cache, &err))
		return 1;
	store(cache, &key, "x");
	if (!holds(cache, &key, "x") || chmod(dir, 0500))
		return 2;
	store(cache, &other, "y");
	bool ok = holds(cache, &key, "x") && cache_counts(cache).n_not_stored == 1 &&
		!cache_set_limit(cache, 5, &err);
	cache_close(cache);
	chmod(dir, 0700);
	return ok ? 0 : 3;
}

static void a_read_only_directory_is_read(void **state)
{
	int status;
	(void)state;
	assert_int_equal(mkdir(at("readonly"), 0700), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(use_read_only(at("readonly")));
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool opens(const char *dir, const char *why)
{
	AUTO(cache_close) struct cache *cache = NULL;
	struct err err = { 0 };
	bool ok = cache_open(dir, &cache, &err);
	if (!ok && why)
		assert_non_null(strstr(err.text, why));
	return ok;
}

static void a_directory_that_others_may_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("open"), 0700), 0);
	assert_true(opens(at("open"), NULL));
	chmod(at("open"), 0770);
	assert_false(opens(at("open"), "can be written by others"));
	chmod(at("open"), 0701);
	assert_true(opens(at("open"), NULL));
}

static void a_directory_of_somebody_else_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		assert_false(opens("/usr", "another user's"));
		return;
	}
	assert_int_equal(mkdir(at("theirs"), 0700), 0);
	assert_int_equal(chown(at("theirs"), NOBODY, NOBODY), 0);
	assert_false(opens(at("theirs"), "another user's"));
	assert_false(opens(at("theirs/.cache/ddrec"), "its place is another user's"));
	assert_int_equal(access(at("theirs/.cache"), F_OK), -1);
}

static void the_place_is_that_of_the_environment(void **state)
{
	AUTO(cache_close) struct cache *xdg = NULL;
	AUTO(cache_close) struct cache *home = NULL;
	struct err err = { 0 };
	(void)state;
	setenv("XDG_CACHE_HOME", at("xdg"), 1);
	setenv("HOME", at("home"), 1);
	assert_true(cache_open(NULL, &xdg, &err));
	assert_string_equal(cache_dir(xdg), at("xdg/ddrec"));
	setenv("XDG_CACHE_HOME", "relative", 1);
	assert_false(opens(NULL, "neither"));
	assert_int_equal(access(at("home"), F_OK), -1);
	assert_int_equal(mkdir(at("home"), 0755), 0);
	assert_true(cache_open(NULL, &home, &err));
	assert_string_equal(cache_dir(home), at("home/.cache/ddrec"));
	unsetenv("HOME");
	assert_false(opens(NULL, "neither"));
	assert_false(opens("", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stored_is_found),
		cmocka_unit_test(an_empty_payload_is_one),
		cmocka_unit_test(every_part_of_the_key_counts),
		cmocka_unit_test(a_file_without_build_id_is_known_by_its_inode),
		cmocka_unit_test(no_cache_holds_nothing),
		cmocka_unit_test(a_cut_file_counts_as_damaged),
		cmocka_unit_test(no_changed_byte_goes_unseen),
		cmocka_unit_test(what_is_no_file_of_ours_is_left_alone),
		cmocka_unit_test(a_huge_claim_is_refused_at_once),
		cmocka_unit_test(a_store_that_fails_disturbs_nothing),
		cmocka_unit_test(a_read_only_directory_is_read),
		cmocka_unit_test(a_directory_that_others_may_write_is_refused),
		cmocka_unit_test(a_directory_of_somebody_else_is_refused),
		cmocka_unit_test(the_place_is_that_of_the_environment),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
