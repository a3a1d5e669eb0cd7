/*
 * Several threads load the modules of one table at once, with and without a cache: each module is
 * loaded once, and whoever sees that it is loaded sees what was loaded.
 */
#include "report/cache.h"
#include "report/elf_file.h"
#include "report/module_table.h"
#include "report/unwind_table.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { N_THREADS = 4 };

static const char *const paths[] = { "/bin/sh", "/usr/bin/env", "/bin/ls", "/usr/bin/awk",
	"/proc/self/exe", "/bin/cat", "/bin/sleep", "/nowhere", "/etc/passwd" };

struct loading {
	struct module_table *table;
	unsigned seed;
	size_t n_wrong;
};

static void *load_all(void *arg)
{
	struct loading *loading = arg;
	size_t n = module_table_count(loading->table);
	for (size_t i = 0; i < 3 * n; i++) {
		struct module *m = module_table_at(loading->table, (i * 7 + loading->seed) % n);
		uint64_t vaddr;
		const struct unwind_rule *rule;
		module_table_load(loading->table, m);
		loading->n_wrong += !m->loaded || !m->unwind == !m->problem;
		loading->n_wrong += m->unwind && !unwind_table_row(m->unwind, 0, &vaddr, &rule);
	}
	return NULL;
}

/* Returns how many modules have a table. */
static size_t load_in_threads(struct cache *cache)
{
	AUTO(module_table_free) struct module_table *table = module_table_new();
	struct loading loading[N_THREADS];
	pthread_t threads[N_THREADS];
	size_t n_tables = 0;
	assert_non_null(table);
	module_table_use_cache(table, cache);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_non_null(module_table_get(table, MODULE_FILE, paths[i], NULL));
	for (unsigned i = 0; i < N_THREADS; i++) {
		loading[i] = (struct loading){ .table = table, .seed = i / 2 };
		assert_int_equal(pthread_create(&threads[i], NULL, load_all, &loading[i]), 0);
	}
	for (unsigned i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(loading[i].n_wrong, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		n_tables += module_table_at(table, i)->unwind != NULL;
	return n_tables;
}

static void threads_load_each_module_once(void **state)
{
	(void)state;
	size_t n_tables = load_in_threads(NULL);
	assert_in_range(n_tables, 2, ARRAY_LEN(paths) - 2);
}

static void threads_load_from_a_cache(void **state)
{
	AUTO(cache_close) struct cache *cache = NULL;
	struct err err = { 0 };
	char dir[] = "/tmp/ddrec-test-XXXXXX", command[64];
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(cache_open(dir, &cache, &err));
	size_t n_tables = load_in_threads(cache);
	struct cache_counts cold = cache_counts(cache);
	assert_int_equal(load_in_threads(cache), n_tables);
	struct cache_counts warm = cache_counts(cache);
	assert_true(cold.n_stored >= 2);
	assert_int_equal(warm.n_stored, cold.n_stored);
	assert_int_equal(warm.n_found - cold.n_found, n_tables);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_load_each_module_once),
		cmocka_unit_test(threads_load_from_a_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
