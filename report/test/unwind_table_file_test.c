/*
 * Tables as bytes and in the cache: a loaded table answers as the built one does, for the files
 * that this machine has; and bytes that nobody wrote lead no search and no walk astray.
 */
#include "report/cache_internal.h"
#include "report/elf_file.h"
#include "report/test/mini_cfi.h"
#include "report/test/mini_elf.h"
#include "report/test/table_use.h"
#include "report/unwind_rule.h"
#include "report/unwind_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command);
}

static struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	struct err err = { 0 };
	char dir[80];
	snprintf(dir, sizeof(dir), "%s/cache", scratch);
	assert_true(cache_open(dir, &cache, &err));
	return cache;
}

static bool same_value(const struct unwind_table *a, const struct unwind_value *x,
	const struct unwind_table *b, const struct unwind_value *y)
{
	if (x->kind != y->kind || x->reg != y->reg || x->for_reg != y->for_reg ||
		x->expr_bytes != y->expr_bytes || x->off != y->off)
		return false;
	return !x->expr_bytes ||
		memcmp(unwind_table_expression(a, x), unwind_table_expression(b, y),
			x->expr_bytes) == 0;
}

static bool same_rule(const struct unwind_table *a, const struct unwind_rule *x,
	const struct unwind_table *b, const struct unwind_rule *y)
{
	if (!x || !y)
		return x == y;
	if (x->cfa != y->cfa || x->fp != y->fp || x->ra != y->ra || x->flags != y->flags ||
		x->cfa_off != y->cfa_off || x->fp_off != y->fp_off || x->ra_off != y->ra_off ||
		x->n_values != y->n_values)
		return false;
	for (uint32_t i = 0; i < x->n_values; i++) {
		if (!same_value(a, unwind_table_values(a, x) + i, b, unwind_table_values(b, y) + i))
			return false;
	}
	return true;
}

/* Row by row, and what both find around each row. */
static void assert_same_tables(const struct unwind_table *a, const struct unwind_table *b)
{
	struct unwind_table_summary x = unwind_table_summary(a), y = unwind_table_summary(b);
	const struct unwind_rule *rule_a, *rule_b;
	uint64_t vaddr_a, vaddr_b, start_a = 0, start_b = 0;
	assert_memory_equal(&x, &y, sizeof(x));
	for (size_t i = 0; unwind_table_row(a, i, &vaddr_a, &rule_a); i++) {
		assert_true(unwind_table_row(b, i, &vaddr_b, &rule_b));
		assert_int_equal(vaddr_a, vaddr_b);
		if (!same_rule(a, rule_a, b, rule_b))
			fail_msg("the rules of row %zu differ", i);
		for (uint64_t vaddr = vaddr_a - 1; vaddr != vaddr_a + 1; vaddr++) {
			if (!same_rule(
				    a, unwind_table_find(a, vaddr), b, unwind_table_find(b, vaddr)))
				fail_msg("the rules at %#llx differ", (long long)vaddr);
			assert_int_equal(unwind_table_function(a, vaddr, &start_a),
				unwind_table_function(b, vaddr, &start_b));
			assert_int_equal(start_a, start_b);
		}
	}
	assert_false(unwind_table_row(b, x.n_rows, &vaddr_b, &rule_b));
}

/* Builds, stores and loads the file's table. False: it has none. */
static bool check_file(struct cache *cache, const char *path)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *built = NULL;
	AUTO(unwind_table_free) struct unwind_table *stored = NULL;
	AUTO(unwind_table_free) struct unwind_table *loaded = NULL;
	struct err err = { 0 };
	if (!elf_file_open(path, &elf, &err) || !unwind_table_build(elf, &built, &err))
		return false;
	assert_true(unwind_table_open(elf, cache, &stored, &err));
	struct cache_counts before = cache_counts(cache);
	assert_true(unwind_table_open(elf, cache, &loaded, &err));
	assert_int_equal(cache_counts(cache).n_found, before.n_found + 1);
	assert_same_tables(built, loaded);
	return true;
}

static size_t check_dir(struct cache *cache, const char *path, size_t max)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;
	while (dir && n < max && (entry = readdir(dir))) {
		char name[512];
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		n += check_file(cache, name);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void loaded_tables_are_the_built_ones(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	(void)state;
	assert_true(check_file(cache, "/proc/self/exe"));
	size_t n = check_dir(cache, "/usr/bin", 20) +
		check_dir(cache, "/usr/lib/x86_64-linux-gnu", 40) +
		check_dir(cache, "/usr/lib64", 20) +
		check_dir(cache, "/usr/aarch64-linux-gnu/lib", 20);
	printf("%zu files\n", n);
	assert_true(n > 5);
	assert_int_equal(cache_counts(cache).n_unusable + cache_counts(cache).n_not_stored, 0);
}

/* A file with every kind of rule in it: sp, fp, a PLT's, another register's, expressions. */
static struct buf make_image(struct buf *eh)
{
	struct mini_section section = { ".eh_frame", SHT_PROGBITS, SHF_ALLOC, NULL, 0 };
	mini_cie(eh, &arch_x86_64, true, "", NULL, 0);
	mini_fde(eh, true, false, MINI_ELF_TEXT, 0x40,
		BYTES(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x50, 0x0c, 7, 8, 0x41, 0x0c, 3, 16));
	mini_fde(eh, true, false, MINI_ELF_TEXT + 0x40, 0x40,
		BYTES(0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22));
	mini_fde(eh, true, false, MINI_ELF_TEXT + 0x90, 0x40,
		BYTES(0x0f, 3, 0x76, 0x78, 6, 0x10, 6, 2, 0x76, 0, 0x16, 3, 2, 0x77, 8));
	section.data = eh->data;
	section.size_bytes = eh->len;
	return mini_elf(EM_X86_64, &section, 1);
}

/* The bytes of that file's table, at an address that is a multiple of 8. */
static void make_bytes(struct buf *bytes)
{
	AUTO_BUF struct buf eh = BUF_INIT;
	AUTO_BUF struct buf image = make_image(&eh);
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	struct err err = { 0 };
	assert_true(elf_file_open_memory(image.data, image.len, "mini", &elf, &err));
	assert_true(unwind_table_build(elf, &table, &err));
	assert_int_equal(unwind_table_summary(table).n_bad_fdes, 0);
	unwind_table_write(table, bytes);
	assert_false(bytes->failed);
}

/* In memory of its own, so that a sanitizer sees a read behind it. */
static bool use_copy(const uint8_t *data, size_t n, const struct arch *arch)
{
	AUTO_FREE uint8_t *copy = malloc(n + !n);
	memcpy(copy, data, n);
	return use_table(copy, n, arch);
}

static void cut_bytes_are_refused(void **state)
{
	AUTO_BUF struct buf bytes = BUF_INIT;
	(void)state;
	make_bytes(&bytes);
	for (size_t n = 0; n < bytes.len; n++)
		assert_false(use_copy(bytes.data, n, &arch_x86_64));
	assert_true(use_copy(bytes.data, bytes.len, &arch_x86_64));
}

static void bytes_for_another_architecture_are_refused(void **state)
{
	AUTO_BUF struct buf bytes = BUF_INIT;
	(void)state;
	make_bytes(&bytes);
	assert_false(use_copy(bytes.data, bytes.len, &arch_aarch64));
}

/* Each byte of the table is set to each of some values; the searches and walks must stay inside. */
static void no_changed_byte_leads_outside(void **state)
{
	static const uint8_t values[] = { 0, 1, 7, 0x7f, 0x80, 0xfe, 0xff };
	AUTO_BUF struct buf bytes = BUF_INIT;
	size_t n_used = 0;
	(void)state;
	make_bytes(&bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t was = bytes.data[i];
		for (size_t k = 0; k < ARRAY_LEN(values); k++) {
			bytes.data[i] = values[k];
			n_used += use_copy(bytes.data, bytes.len, &arch_x86_64);
		}
		bytes.data[i] = was;
	}
	assert_true(n_used > bytes.len); /* most pass, so the searches are what is tested */
}

/* One more than so many is none: the array is empty, and each search would lie behind it. */
static void a_number_of_buckets_that_wraps_is_refused(void **state)
{
	const uint64_t numbers[13] = { EM_X86_64, 0, UINT32_MAX, 0, 0, UINT64_MAX, 4 };
	(void)state;
	assert_false(use_copy((const uint8_t *)numbers, sizeof(numbers), &arch_x86_64));
}

static bool open_table(const char *path, struct cache *cache)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	struct err err = { 0 };
	return elf_file_open(path, &elf, &err) && unwind_table_open(elf, cache, &table, &err);
}

static void write_file(const char *path, const void *data, size_t n)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, data, n), n);
}

static void another_file_of_the_same_build_id_gets_its_own_table(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	char command[600], path[128];
	(void)state;
	snprintf(path, sizeof(path), "%s/copy", scratch);
	snprintf(command, sizeof(command), "cp /bin/sh %s && cp %s %s2 && echo >>%s2", path, path,
		path, path);
	assert_int_equal(system(command), 0);
	assert_true(open_table(path, cache));
	struct cache_counts first = cache_counts(cache);
	snprintf(path, sizeof(path), "%s/copy2", scratch);
	assert_true(open_table(path, cache));
	assert_int_equal(cache_counts(cache).n_stored, first.n_stored + 1);
}

static void a_file_without_build_id_is_cached_until_it_changes(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	AUTO_BUF struct buf eh = BUF_INIT;
	AUTO_BUF struct buf image = make_image(&eh);
	char path[128];
	(void)state;
	snprintf(path, sizeof(path), "%s/mini", scratch);
	write_file(path, image.data, image.len);
	assert_true(open_table(path, cache));
	assert_true(open_table(path, cache));
	assert_int_equal(cache_counts(cache).n_stored, 1);
	assert_int_equal(cache_counts(cache).n_found, 1);
	usleep(20000); /* more than the step of a file system's clock */
	write_file(path, image.data, image.len);
	assert_true(open_table(path, cache));
	assert_int_equal(cache_counts(cache).n_found, 1);
	assert_int_equal(cache_counts(cache).n_stored, 2);
}

/* What is stored for the file that is listed, with the payload replaced. */
static void replace_payload(void *ctx, const struct cache_file *file)
{
	struct cache *cache = ctx;
	struct cache_header h;
	uint8_t head[CACHE_HEADER_MAX];
	AUTO_CLOSE int fd = openat(cache->fd, file->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, head, sizeof(head));
	assert_true(n > 0 && cache_header_read(head, (size_t)n, file->size_bytes, &h));
	struct cache_key key = { h.kind, h.version, h.build_id, h.file, h.variant, h.name };
	cache_store(cache, &key, "not a table", 11);
}

static void a_payload_that_is_no_table_is_replaced(void **state)
{
	AUTO(cache_close) struct cache *cache = open_cache();
	struct err err = { 0 };
	uint64_t n, bytes;
	(void)state;
	assert_true(cache_clear(cache, NULL, NULL, &n, &bytes, &err));
	assert_true(open_table("/bin/sh", cache));
	assert_true(cache_list(cache, replace_payload, cache, &err));
	assert_true(open_table("/bin/sh", cache));
	assert_int_equal(cache_counts(cache).n_unusable, 1);
	assert_int_equal(cache_counts(cache).n_found, 0);
	assert_true(open_table("/bin/sh", cache));
	assert_int_equal(cache_counts(cache).n_found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaded_tables_are_the_built_ones),
		cmocka_unit_test(cut_bytes_are_refused),
		cmocka_unit_test(bytes_for_another_architecture_are_refused),
		cmocka_unit_test(no_changed_byte_leads_outside),
		cmocka_unit_test(a_number_of_buckets_that_wraps_is_refused),
		cmocka_unit_test(another_file_of_the_same_build_id_gets_its_own_table),
		cmocka_unit_test(a_file_without_build_id_is_cached_until_it_changes),
		cmocka_unit_test(a_payload_that_is_no_table_is_replaced),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
