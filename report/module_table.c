/*
 * The table of modules and the loading of their files: see module_table.h.
 */
#include "report/module_table.h"

#include "formats/intern.h"
#include "report/elf_file.h"
#include "report/unwind_table.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Loading a module takes its lock; threads that load different modules seldom meet. */
enum { N_LOCKS = 32 };

struct module_table {
	struct cache *cache;
	pthread_mutex_t locks[N_LOCKS]; /* by module id */
	struct module **modules;        /* by id */
	size_t n, cap;
	uint64_t seed;     /* of the hash */
	uint32_t *buckets; /* id + 1; open addressing, a power of two */
	size_t n_buckets;
	uint8_t *vdso;
	size_t vdso_bytes;
};

struct module_table *module_table_new(void)
{
	struct module_table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->seed = intern_random_seed();
	for (size_t i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&table->locks[i], NULL);
	return table;
}

static void free_module(struct module *m)
{
	unwind_table_free(m->unwind);
	elf_file_close(m->elf);
	free((char *)m->problem);
	free((char *)m->path);
	free(m);
}

void module_table_free(struct module_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n; i++)
		free_module(table->modules[i]);
	free(table->modules);
	free(table->buckets);
	free(table->vdso);
	for (size_t i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&table->locks[i]);
	free(table);
}

static bool starts_with(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

enum module_kind module_kind_of_path(const char *path)
{
	static const char *const anonymous[] = { "//anon", "[heap]", "[stack", "[anon", "/dev/zero",
		"/SYSV", "anon_inode:", "/memfd:", "/anon_hugepage" };

	if (strcmp(path, "[vdso]") == 0)
		return MODULE_VDSO;
	if (!path[0])
		return MODULE_ANON;
	for (size_t i = 0; i < ARRAY_LEN(anonymous); i++) {
		if (starts_with(path, anonymous[i]))
			return MODULE_ANON;
	}
	return path[0] == '/' ? MODULE_FILE : MODULE_SPECIAL;
}

static uint32_t hash_identity(const struct module_table *table, enum module_kind kind,
	const char *path, const struct build_id *build_id)
{
	uint32_t h = intern_hash_bytes(table->seed ^ kind, path, strlen(path));
	return intern_hash_bytes(
		table->seed ^ (uint64_t)h << 32, (const char *)build_id->bytes, build_id->len);
}

/* The bucket that holds the identity, or the empty one where it belongs. */
static uint32_t *find_bucket(const struct module_table *table, enum module_kind kind,
	const char *path, const struct build_id *build_id)
{
	size_t mask = table->n_buckets - 1;
	for (size_t i = hash_identity(table, kind, path, build_id);; i++) {
		uint32_t *bucket = &table->buckets[i & mask];
		if (!*bucket)
			return bucket;
		const struct module *m = table->modules[*bucket - 1];
		if (m->kind == kind && strcmp(m->path, path) == 0 &&
			build_id_equal(&m->build_id, build_id))
			return bucket;
	}
}

static bool grow(struct module_table *table)
{
	size_t n_buckets = table->n_buckets ? table->n_buckets * 2 : 64;
	struct module **modules = realloc(table->modules, n_buckets / 2 * sizeof(*modules));
	if (!modules)
		return false;
	table->modules = modules;
	table->cap = n_buckets / 2;
	uint32_t *buckets = calloc(n_buckets, sizeof(*buckets));
	if (!buckets)
		return false;
	free(table->buckets);
	table->buckets = buckets;
	table->n_buckets = n_buckets;
	for (size_t i = 0; i < table->n; i++) {
		const struct module *m = table->modules[i];
		*find_bucket(table, m->kind, m->path, &m->build_id) = m->id + 1;
	}
	return true;
}

struct module *module_table_get(struct module_table *table, enum module_kind kind, const char *path,
	const struct build_id *build_id)
{
	static const struct build_id none;

	if (!build_id)
		build_id = &none;
	if (table->n == table->cap && !grow(table))
		return NULL;
	uint32_t *bucket = find_bucket(table, kind, path, build_id);
	if (*bucket)
		return table->modules[*bucket - 1];
	struct module *m = calloc(1, sizeof(*m));
	char *copy = strdup(path);
	if (!m || !copy) {
		free(m);
		free(copy);
		return NULL;
	}
	*m = (struct module){
		.id = (uint32_t)table->n, .kind = kind, .path = copy, .build_id = *build_id
	};
	table->modules[table->n++] = m;
	*bucket = m->id + 1;
	return m;
}

void module_table_set_vdso(struct module_table *table, const uint8_t *image, size_t size_bytes)
{
	uint8_t *copy = size_bytes ? malloc(size_bytes) : NULL;
	if (!copy)
		return;
	memcpy(copy, image, size_bytes);
	free(table->vdso);
	table->vdso = copy;
	table->vdso_bytes = size_bytes;
}

static bool open_vdso(const struct module_table *table, struct elf_file **ret_elf, struct err *err)
{
	if (!table->vdso)
		return err_set(err, "the trace holds no image of the vdso");
	return elf_file_open_memory(table->vdso, table->vdso_bytes, "[vdso]", ret_elf, err);
}

static bool open_file(const struct module *m, struct elf_file **ret_elf, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	if (!elf_file_open(m->path, &elf, err))
		return false;
	if (m->build_id.len && !build_id_equal(elf_file_build_id(elf), &m->build_id))
		return err_set(
			err, "%s: not the file that was recorded (its build-id differs)", m->path);
	*ret_elf = TAKE(elf);
	return true;
}

void module_table_use_cache(struct module_table *table, struct cache *cache)
{
	table->cache = cache;
}

static void load(const struct module_table *table, struct module *m)
{
	struct err err = { 0 };
	bool opened = false;
	if (m->kind == MODULE_FILE)
		opened = open_file(m, &m->elf, &err);
	else if (m->kind == MODULE_VDSO)
		opened = open_vdso(table, &m->elf, &err);
	if (opened)
		opened = unwind_table_open(m->elf, table->cache, &m->unwind, &err);
	if (!opened && err.text[0])
		m->problem = strdup(err.text);
}

void module_table_load(void *ctx, struct module *m)
{
	struct module_table *table = ctx;
	pthread_mutex_t *lock = &table->locks[m->id % N_LOCKS];
	if (atomic_load_explicit(&m->loaded, memory_order_acquire))
		return;
	pthread_mutex_lock(lock);
	if (!atomic_load_explicit(&m->loaded, memory_order_relaxed)) {
		load(table, m);
		atomic_store_explicit(&m->loaded, true, memory_order_release);
	}
	pthread_mutex_unlock(lock);
}

size_t module_table_count(const struct module_table *table)
{
	return table->n;
}

struct module *module_table_at(const struct module_table *table, size_t index)
{
	return table->modules[index];
}

const char *module_base_name(const struct module *m)
{
	if (m->kind == MODULE_ANON)
		return strncmp(m->path, "/memfd:", 7) == 0 ? m->path : "[anon]";
	const char *slash = m->kind == MODULE_FILE ? strrchr(m->path, '/') : NULL;
	return slash && slash[1] ? slash + 1 : m->path;
}
