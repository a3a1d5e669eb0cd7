/*
 * What the cache holds and for how long: listing, clearing, and keeping it below its limit.
 *
 * A file's modification time is when it was used last, about: load sets it, since access times are
 * switched off on many systems. Anything in the directory that is not named as our files are is
 * left alone.
 */
#include "report/cache_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t temporary_lives_s = 3600;

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdef") == n;
}

/* "cdef....unwind" */
static bool is_file_name(const char *name)
{
	size_t n_hex = strspn(name, "0123456789abcdef");
	size_t n_kind =
		name[n_hex] == '.' ? strspn(name + n_hex + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
	return n_kind > 0 && n_kind <= CACHE_KIND_MAX && n_hex <= 2 * TRACE_BUILD_ID_MAX &&
		!name[n_hex + 1 + n_kind];
}

struct found {
	char path[CACHE_PATH_MAX];
	uint64_t size_bytes;
	int64_t used_ns;
};

struct found_files {
	struct found *items;
	size_t n, cap;
};

static void found_files_fini_ptr(struct found_files *files)
{
	free(files->items);
}

static bool add_found(struct found_files *files, const struct found *found)
{
	if (files->n == files->cap) {
		size_t cap = files->cap ? files->cap * 2 : 256;
		struct found *bigger = reallocarray(files->items, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		files->items = bigger;
		files->cap = cap;
	}
	files->items[files->n++] = *found;
	return true;
}

static void closedir_ptr(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *open_dir(int at_fd, const char *name)
{
	int fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* A file that vanishes meanwhile was somebody's to remove. */
static bool find_in_subdir(const struct cache *cache, const char *subdir, struct found_files *files)
{
	__attribute__((cleanup(closedir_ptr))) DIR *dir = open_dir(cache->fd, subdir);
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		struct found found;
		struct stat st;
		if (!is_file_name(entry->d_name) ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		snprintf(found.path, sizeof(found.path), "%.2s/%.100s", subdir, entry->d_name);
		found.size_bytes = (uint64_t)st.st_size;
		found.used_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
		if (!add_found(files, &found))
			return false;
	}
	return true;
}

static void remove_old_temporary(const struct cache *cache, const char *name)
{
	struct stat st;
	if (fstatat(cache->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		time(NULL) - st.st_mtim.tv_sec > temporary_lives_s)
		(void)unlinkat(cache->fd, name, 0);
}

static bool find_files(const struct cache *cache, struct found_files *ret_files, struct err *err)
{
	__attribute__((cleanup(closedir_ptr))) DIR *dir = open_dir(cache->fd, ".");
	struct dirent *entry;
	if (!dir)
		return err_errno(err, "cannot list %s", cache->dir);
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		if (strncmp(name, CACHE_TEMPORARY, strlen(CACHE_TEMPORARY)) == 0)
			remove_old_temporary(cache, name);
		else if (is_hex(name, 2) && !name[2] && !find_in_subdir(cache, name, ret_files))
			return err_set(err, "no memory");
	}
	return true;
}

/* head has the bytes that ret_file's strings stay in. */
static struct cache_file describe(
	const struct cache *cache, const struct found *found, uint8_t head[CACHE_HEADER_MAX])
{
	struct cache_file file = { .name = "",
		.path = found->path,
		.size_bytes = found->size_bytes,
		.used_ns = found->used_ns,
		.is_damaged = true };
	struct cache_header h;
	AUTO_CLOSE int fd =
		openat(cache->fd, found->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, CACHE_HEADER_MAX, 0);
	if (n <= 0 || !cache_header_read(head, (size_t)n, found->size_bytes, &h))
		return file;
	memcpy(file.kind, h.kind, sizeof(file.kind));
	file.build_id = h.build_id;
	file.name = h.name;
	file.is_damaged = false;
	return file;
}

bool cache_list(struct cache *cache, void (*take)(void *ctx, const struct cache_file *file),
	void *ctx, struct err *err)
{
	__attribute__((cleanup(found_files_fini_ptr))) struct found_files files = { 0 };
	uint8_t head[CACHE_HEADER_MAX];
	if (!find_files(cache, &files, err))
		return false;
	for (size_t i = 0; i < files.n; i++) {
		struct cache_file file = describe(cache, &files.items[i], head);
		take(ctx, &file);
	}
	return true;
}

static bool remove_file(const struct cache *cache, const struct found *found)
{
	char subdir[3] = { found->path[0], found->path[1], 0 };
	if (unlinkat(cache->fd, found->path, 0) != 0)
		return errno == ENOENT;
	(void)unlinkat(cache->fd, subdir, AT_REMOVEDIR); /* succeeds if that was the last */
	return true;
}

bool cache_clear(struct cache *cache, bool (*is_wanted)(void *ctx, const struct cache_file *file),
	void *ctx, uint64_t *ret_n, uint64_t *ret_bytes, struct err *err)
{
	__attribute__((cleanup(found_files_fini_ptr))) struct found_files files = { 0 };
	uint8_t head[CACHE_HEADER_MAX];
	uint64_t n = 0, bytes = 0;
	if (!find_files(cache, &files, err))
		return false;
	for (size_t i = 0; i < files.n; i++) {
		struct cache_file file = describe(cache, &files.items[i], head);
		if (is_wanted && !is_wanted(ctx, &file))
			continue;
		if (!remove_file(cache, &files.items[i]))
			return err_errno(err, "cannot remove %s/%s", cache->dir, file.path);
		n++;
		bytes += file.size_bytes;
	}
	*ret_n = n;
	*ret_bytes = bytes;
	return true;
}

static int by_use(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->used_ns != y->used_ns)
		return x->used_ns < y->used_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

void cache_trim(struct cache *cache)
{
	__attribute__((cleanup(found_files_fini_ptr))) struct found_files files = { 0 };
	struct err ignored;
	uint64_t bytes = 0;
	if (!cache || !find_files(cache, &files, &ignored) || !files.n)
		return;
	for (size_t i = 0; i < files.n; i++)
		bytes += files.items[i].size_bytes;
	qsort(files.items, files.n, sizeof(*files.items), by_use);
	for (size_t i = 0; i < files.n && bytes > cache->limit_bytes; i++) {
		if (remove_file(cache, &files.items[i]))
			bytes -= files.items[i].size_bytes;
	}
}
