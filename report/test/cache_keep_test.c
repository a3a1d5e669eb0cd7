/*
 * What the cache keeps: what was used last, below its limit, and nothing half, whoever uses it at
 * the same time and however a writer ends.
 */
#include "report/test/cache_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static void set_used(const char *name, int64_t seconds_ago)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = time(NULL) - seconds_ago } };
	assert_int_equal(utimensat(AT_FDCWD, at(name), times, 0), 0);
}

static int64_t seconds_unused(const char *name)
{
	struct stat st;
	return stat(at(name), &st) == 0 ? time(NULL) - st.st_mtim.tv_sec : -1;
}

static void loading_tells_that_a_file_is_used(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	(void)state;
	store(cache, &key, "x");
	set_used("cache/" FILE_0, 1000); /* not worth a write */
	assert_true(holds(cache, &key, "x"));
	assert_true(seconds_unused("cache/" FILE_0) >= 1000);
	set_used("cache/" FILE_0, 100000);
	assert_true(holds(cache, &key, "x"));
	assert_true(seconds_unused("cache/" FILE_0) < 1000);
	set_used("cache/" FILE_0, -100000); /* the clock was wrong */
	assert_true(holds(cache, &key, "x"));
	assert_true(seconds_unused("cache/" FILE_0) >= 0);
}

static void count_file(void *ctx, const struct cache_file *file)
{
	(void)file;
	++*(int *)ctx;
}

static int n_files(struct cache *cache)
{
	struct err err = { 0 };
	int n = 0;
	assert_true(cache_list(cache, count_file, &n, &err));
	return n;
}

static void clear(struct cache *cache)
{
	struct err err = { 0 };
	uint64_t n, bytes;
	assert_true(cache_clear(cache, NULL, NULL, &n, &bytes, &err));
	assert_int_equal(n_files(cache), 0);
}

static void what_was_used_least_recently_goes(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	static const int ages[] = { 500, 300, 900, 100, 700 };
	char data[10000] = "", path[128];
	struct err err = { 0 };
	(void)state;
	clear(cache);
	for (uint32_t i = 0; i < ARRAY_LEN(ages); i++) {
		struct cache_key key = key_of(i << 24);
		cache_store(cache, &key, data, sizeof(data));
		snprintf(path, sizeof(path), "cache/ab/000000%02x" REST_OF_ID ".unwind", i);
		set_used(path, ages[i]);
	}
	assert_true(cache_set_limit(cache, 35000, &err));
	cache_trim(cache);
	for (uint32_t i = 0; i < ARRAY_LEN(ages); i++) {
		struct cache_key key = key_of(i << 24);
		struct cache_entry entry;
		assert_int_equal(cache_load(cache, &key, &entry), ages[i] <= 500);
		cache_entry_fini(&entry);
	}
	/* The limit stays, and keeps out what is larger. */
	AUTO(cache_close) struct cache *later = open_cache();
	struct cache_key key = key_of(9);
	char large[40000] = "";
	assert_int_equal(cache_limit_bytes(later), 35000);
	cache_store(later, &key, large, sizeof(large));
	assert_int_equal(cache_counts(later).n_not_stored, 1);
	assert_true(cache_set_limit(cache, 1000000000, &err));
}

static bool is_of_symbols(void *ctx, const struct cache_file *file)
{
	(void)ctx;
	return strcmp(file->kind, "symbols") == 0;
}

static void check_file(void *ctx, const struct cache_file *file)
{
	(void)ctx;
	assert_false(file->is_damaged);
	assert_string_equal(file->kind, "unwind");
	assert_string_equal(file->name, "/usr/bin/example");
	assert_string_equal(file->path, FILE_0);
	assert_int_equal(file->build_id.len, 20);
	assert_true(file->size_bytes > 1 && file->size_bytes < 1000);
	assert_true(file->used_ns / 1000000000 - time(NULL) < 100);
}

static void files_are_listed_and_cleared(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0), symbols = key_of(0);
	struct err err = { 0 };
	uint64_t n, bytes;
	(void)state;
	clear(cache);
	symbols.kind = "symbols";
	store(cache, &key, "x");
	store(cache, &symbols, "y");
	assert_int_equal(n_files(cache), 2);
	assert_true(cache_clear(cache, is_of_symbols, NULL, &n, &bytes, &err));
	assert_int_equal(n, 1);
	assert_true(bytes > 1);
	assert_true(cache_list(cache, check_file, NULL, &err));
	assert_int_equal(n_files(cache), 1);
	clear(cache);
	assert_int_equal(rmdir(at("cache/ab")), -1); /* went with its last file */
}

/* A payload that tells its own length and seed. */
static void fill(uint8_t *data, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(seed + i * 7);
}

static size_t size_of_payload(uint32_t number)
{
	return 1000 + number % 13 * 20011;
}

static bool is_whole(const struct cache_entry *entry, uint32_t number)
{
	static uint8_t wanted[1000 + 13 * 20011];
	fill(wanted, sizeof(wanted), number);
	return entry->size_bytes == size_of_payload(number) &&
		memcmp(entry->data, wanted, entry->size_bytes) == 0;
}

static uint32_t next_random(uint32_t *seed)
{
	return *seed = *seed * 1664525 + 1013904223;
}

/* Loads, stores, trims and clears at random. False: something was found that is not whole. */
static bool use_at_random(struct cache *cache, uint32_t seed, int n_steps)
{
	static uint8_t data[1000 + 13 * 20011];
	bool ok = true;
	for (int i = 0; ok && i < n_steps; i++) {
		uint32_t number = (next_random(&seed) >> 16) % 40, dice = next_random(&seed) >> 24;
		struct cache_key key = key_of(number);
		struct cache_entry entry;
		if (cache_load(cache, &key, &entry)) {
			ok = is_whole(&entry, number);
		} else {
			fill(data, sizeof(data), number);
			cache_store(cache, &key, data, size_of_payload(number));
		}
		if (dice < 10)
			cache_trim(cache);
		cache_entry_fini(&entry);
	}
	return ok && cache_counts(cache).n_unusable == 0 && cache_counts(cache).n_not_stored == 0;
}

static void processes_share_a_cache(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct err err = { 0 };
	int status;
	(void)state;
	assert_true(cache_set_limit(cache, 1500000, &err));
	for (uint32_t i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct cache *own = open_cache();
			bool ok = use_at_random(own, i * 77, 800);
			cache_close(own);
			_exit(!ok);
		}
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	cache_trim(cache);
	assert_true(n_files(cache) > 0);
	assert_true(cache_set_limit(cache, 1000000000, &err));
}

static void *use_in_thread(void *cache)
{
	uint8_t data[5000];
	uintptr_t n_wrong = 0;
	for (uint32_t i = 0; i < 300; i++) {
		struct cache_key key = key_of(i % 10);
		struct cache_entry entry;
		fill(data, sizeof(data), i % 10);
		if (!cache_load(cache, &key, &entry))
			cache_store(cache, &key, data, sizeof(data));
		else
			n_wrong += memcmp(entry.data, data, sizeof(data)) != 0;
		cache_entry_fini(&entry);
	}
	return (void *)n_wrong;
}

static void threads_share_a_cache(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	pthread_t threads[4];
	void *n_wrong;
	(void)state;
	clear(cache);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_in_thread, cache), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &n_wrong), 0);
		assert_null(n_wrong);
	}
	struct cache_counts counts = cache_counts(cache);
	assert_int_equal(counts.n_found + counts.n_missing, 4 * 300);
	assert_int_equal(n_files(cache), 10);
}

static int count_temporaries(void)
{
	AUTO_FREE char *command = NULL;
	int n = -1;
	assert_true(asprintf(&command, "ls %s/cache | grep -c ^tmp-", scratch) > 0);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%d", &n), 1);
	pclose(pipe);
	return n;
}

static void a_killed_writer_leaves_nothing_half(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct cache_key key = key_of(0);
	const size_t size_bytes = 8 << 20;
	AUTO_FREE uint8_t *data = malloc(size_bytes);
	char command[256];
	(void)state;
	fill(data, size_bytes, 0);
	clear(cache);
	for (int i = 0; i < 30; i++) {
		struct timespec pause = { .tv_nsec = i * 300000 };
		struct cache_entry entry;
		pid_t pid = fork();
		while (pid == 0)
			cache_store(cache, &key, data, size_bytes);
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (cache_load(cache, &key, &entry))
			assert_memory_equal(entry.data, data, size_bytes);
		cache_entry_fini(&entry);
	}
	assert_int_equal(cache_counts(cache).n_unusable, 0);
	assert_true(count_temporaries() > 0); /* or nothing was killed half-way */
	cache_trim(cache);
	assert_true(count_temporaries() > 0); /* somebody may still be writing them */
	snprintf(command, sizeof(command), "touch -d '2 hours ago' %s/cache/tmp-*", scratch);
	assert_int_equal(system(command), 0);
	cache_trim(cache);
	assert_int_equal(count_temporaries(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loading_tells_that_a_file_is_used),
		cmocka_unit_test(what_was_used_least_recently_goes),
		cmocka_unit_test(files_are_listed_and_cleared),
		cmocka_unit_test(processes_share_a_cache),
		cmocka_unit_test(threads_share_a_cache),
		cmocka_unit_test(a_killed_writer_leaves_nothing_half),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
