/*
 * Opening the cache, loading from it and storing in it: see cache.h. What it keeps, and for how
 * long, is in cache_keep.c.
 *
 * DIR/ab/cdef....unwind: the build-id in hex, cut behind its first byte as git and debug
 * directories do it. Nothing is synced to disk: after a power cut a file may be short or full of
 * zeros, which the checksum finds, and it is made again. Files are never changed in place, and
 * nobody else may write there, so what is mapped does not shrink under us.
 */
#include "report/cache_internal.h"

#include "common/write_fully.h"
#include "report/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

static const uint64_t default_limit_bytes = 1000000000;
static const int64_t touch_after_s = 3600;

/* A home directory that does not exist (that of a service's user) is not for us to make. */
static bool is_usable_home(const char *home)
{
	struct stat st;
	return home && home[0] == '/' && stat(home, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *default_dir(struct err *err)
{
	const char *cache_home = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;
	int n = -1;
	/* The XDG base directory specification: a path that is not absolute is to be ignored. */
	if (cache_home && cache_home[0] == '/')
		n = asprintf(&dir, "%s/ddrec", cache_home);
	else if (is_usable_home(home))
		n = asprintf(&dir, "%s/.cache/ddrec", home);
	else
		return err_set(err, "neither XDG_CACHE_HOME nor HOME names a directory"), NULL;
	return n < 0 ? (err_set(err, "no memory"), NULL) : dir;
}

/* What root makes (by sudo) in the home of somebody else, its owner could not use any more; so root
 * makes directories only in its own. *owner is that of the directory above, then of this. */
static bool make_dir(const char *dir, uid_t *owner, struct err *err)
{
	struct stat st;
	if (stat(dir, &st) == 0) {
		*owner = st.st_uid;
		return true;
	}
	if (errno != ENOENT)
		return err_errno(err, "%s", dir);
	if (geteuid() == 0 && *owner != 0)
		return err_set(err, "%s is missing, and its place is another user's", dir);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_errno(err, "cannot make %s", dir);
	*owner = geteuid();
	return true;
}

static bool make_dirs(const char *dir, struct err *err)
{
	AUTO_FREE char *part = strdup(dir);
	uid_t owner = 0;
	if (!part)
		return err_set(err, "no memory");
	for (char *slash = strchr(part + (part[0] == '/'), '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (!make_dir(part, &owner, err))
			return false;
		*slash = '/';
	}
	return make_dir(dir, &owner, err);
}

/* Who could write there could make us show whatever he likes. */
static bool check_owner(const struct cache *cache, struct err *err)
{
	struct stat st;
	if (fstat(cache->fd, &st) != 0)
		return err_errno(err, "%s", cache->dir);
	if (st.st_uid != geteuid())
		return err_set(err, "%s is another user's", cache->dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, "%s can be written by others", cache->dir);
	return true;
}

static void read_limit(struct cache *cache)
{
	char text[32] = "";
	uint64_t limit_bytes;
	AUTO_CLOSE int fd =
		openat(cache->fd, CACHE_LIMIT_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	cache->limit_bytes = default_limit_bytes;
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		sscanf(text, "%" SCNu64, &limit_bytes) == 1)
		cache->limit_bytes = limit_bytes;
}

bool cache_open(const char *dir, struct cache **ret_cache, struct err *err)
{
	AUTO(cache_close) struct cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return err_set(err, "no memory");
	cache->fd = -1;
	cache->dir = dir ? strdup(dir) : default_dir(err);
	if (!cache->dir)
		return dir ? err_set(err, "no memory") : false;
	if (!make_dirs(cache->dir, err))
		return false;
	cache->fd = open(cache->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cache->fd < 0)
		return err_errno(err, "%s", cache->dir);
	if (!check_owner(cache, err))
		return false;
	read_limit(cache);
	*ret_cache = TAKE(cache);
	return true;
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	if (cache->n_stored)
		cache_trim(cache);
	if (cache->fd >= 0)
		close(cache->fd);
	free(cache->dir);
	free(cache);
}

static bool has_identity(const struct cache_key *key)
{
	return key->build_id.len || key->file.inode;
}

struct cache_key cache_key_of(const char *kind, uint32_t version, const struct elf_file *elf)
{
	struct cache_key key = { .kind = kind, .version = version, .name = elf_file_name(elf) };
	struct stat st;
	key.build_id = *elf_file_build_id(elf);
	if (key.build_id.len || !elf_file_stat(elf, &st))
		return key;
	key.file = (struct cache_file_id){
		.dev = st.st_dev,
		.inode = st.st_ino,
		.size_bytes = (uint64_t)st.st_size,
		.mtime_ns =
			(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
	};
	return key;
}

/* Where the key's file is, below the cache's directory. */
static void path_of(const struct cache_key *key, char path[CACHE_PATH_MAX])
{
	struct build_id id = key->build_id;
	char hex[BUILD_ID_HEX_MAX];
	if (!id.len) {
		uint64_t hash = cache_hash(0, &key->file, sizeof(key->file));
		id.len = sizeof(hash);
		memcpy(id.bytes, &hash, sizeof(hash));
	}
	build_id_hex(&id, hex);
	snprintf(path, CACHE_PATH_MAX, "%.2s/%s.%.*s", hex, hex + 2, CACHE_KIND_MAX, key->kind);
}

static bool same_file(const struct cache_file_id *a, const struct cache_file_id *b)
{
	return a->dev == b->dev && a->inode == b->inode && a->size_bytes == b->size_bytes &&
		a->mtime_ns == b->mtime_ns;
}

static bool is_wanted(const struct cache_header *h, const struct cache_key *key)
{
	return strncmp(h->kind, key->kind, sizeof(h->kind)) == 0 && h->version == key->version &&
		h->variant == key->variant && build_id_equal(&h->build_id, &key->build_id) &&
		(key->build_id.len || same_file(&h->file, &key->file));
}

/* So that the file's time tells when it was used last, about. */
static void touch(int fd, const struct stat *st)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	int64_t age_s = time(NULL) - st->st_mtim.tv_sec;
	if (age_s > touch_after_s || age_s < 0)
		(void)futimens(fd, times);
}

static bool map_file(int fd, const struct stat *st, struct cache_entry *ret_entry)
{
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_size <= 0 ||
		st->st_size > (off_t)CACHE_PAYLOAD_MAX + CACHE_HEADER_MAX)
		return false;
	void *map = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	ret_entry->map = map;
	ret_entry->map_bytes = (size_t)st->st_size;
	return true;
}

enum verdict { FOUND, MISSING, UNUSABLE };

static enum verdict load(
	const struct cache *cache, const struct cache_key *key, struct cache_entry *ret_entry)
{
	char path[CACHE_PATH_MAX];
	struct cache_header h;
	struct stat st;
	path_of(key, path);
	AUTO_CLOSE int fd =
		openat(cache->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return errno == ENOENT ? MISSING : UNUSABLE;
	if (!map_file(fd, &st, ret_entry))
		return UNUSABLE;
	size_t head_bytes = MIN(ret_entry->map_bytes, (size_t)CACHE_HEADER_MAX);
	if (!cache_header_read(ret_entry->map, head_bytes, ret_entry->map_bytes, &h))
		return UNUSABLE;
	if (!is_wanted(&h, key))
		return MISSING;
	ret_entry->data = (const uint8_t *)ret_entry->map + h.payload_off;
	ret_entry->size_bytes = h.payload_bytes;
	if (cache_hash(0, ret_entry->data, ret_entry->size_bytes) != h.payload_hash)
		return UNUSABLE;
	touch(fd, &st);
	return FOUND;
}

bool cache_load(struct cache *cache, const struct cache_key *key, struct cache_entry *ret_entry)
{
	*ret_entry = (struct cache_entry){ 0 };
	if (!cache || !has_identity(key))
		return false;
	enum verdict verdict = load(cache, key, ret_entry);
	if (verdict == FOUND) {
		cache->n_found++;
		return true;
	}
	cache_entry_fini(ret_entry);
	if (verdict == MISSING)
		cache->n_missing++;
	else
		cache->n_unusable++;
	return false;
}

void cache_entry_fini(struct cache_entry *entry)
{
	if (entry->map)
		munmap(entry->map, entry->map_bytes);
	*entry = (struct cache_entry){ 0 };
}

void cache_reject(struct cache *cache, struct cache_entry *entry)
{
	if (cache && entry->map) {
		cache->n_found--;
		cache->n_unusable++;
	}
	cache_entry_fini(entry);
}

/* Writing beyond `ulimit -f` would end us with a signal. */
static bool may_write(size_t size_bytes)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) != 0 || size_bytes <= limit.rlim_cur;
}

/* Its directory may be missing, and whoever trims the cache may take an empty one away again. */
static bool rename_into_place(const struct cache *cache, const char *temporary, const char *path)
{
	const char *slash = strchr(path, '/');
	char subdir[CACHE_PATH_MAX];
	snprintf(subdir, sizeof(subdir), "%.*s", slash ? (int)(slash - path) : 0, path);
	for (int tries = 0; tries < 10; tries++) {
		if (renameat(cache->fd, temporary, cache->fd, path) == 0)
			return true;
		if (errno != ENOENT || !slash ||
			(mkdirat(cache->fd, subdir, 0700) != 0 && errno != EEXIST))
			return false;
	}
	return false;
}

/* Writes a file whole, or leaves things as they are. */
static bool write_file(const struct cache *cache, const char *path, const struct buf *head,
	const void *data, size_t size_bytes)
{
	char temporary[32];
	uint64_t number;
	if (head->failed || !may_write(head->len + size_bytes) ||
		getrandom(&number, sizeof(number), 0) != sizeof(number))
		return false;
	snprintf(temporary, sizeof(temporary), CACHE_TEMPORARY "%016" PRIx64, number);
	AUTO_CLOSE int fd = openat(
		cache->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool ok = write_fully(fd, head->data, head->len) && write_fully(fd, data, size_bytes) &&
		rename_into_place(cache, temporary, path);
	if (!ok)
		(void)unlinkat(cache->fd, temporary, 0);
	return ok;
}

void cache_store(
	struct cache *cache, const struct cache_key *key, const void *data, size_t size_bytes)
{
	AUTO_BUF struct buf head = BUF_INIT;
	char path[CACHE_PATH_MAX];
	if (!cache || !has_identity(key))
		return;
	path_of(key, path);
	cache_header_write(&head, key, data, size_bytes);
	if (size_bytes <= CACHE_PAYLOAD_MAX && size_bytes <= cache->limit_bytes &&
		write_file(cache, path, &head, data, size_bytes))
		cache->n_stored++;
	else
		cache->n_not_stored++;
}

struct cache_counts cache_counts(struct cache *cache)
{
	if (!cache)
		return (struct cache_counts){ 0 };
	return (struct cache_counts){ cache->n_found, cache->n_missing, cache->n_unusable,
		cache->n_stored, cache->n_not_stored };
}

const char *cache_dir(const struct cache *cache)
{
	return cache->dir;
}

uint64_t cache_limit_bytes(const struct cache *cache)
{
	return cache->limit_bytes;
}

bool cache_set_limit(struct cache *cache, uint64_t limit_bytes, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	buf_fmt(&text, "%" PRIu64 "\n", limit_bytes);
	if (!write_file(cache, CACHE_LIMIT_FILE, &text, NULL, 0))
		return err_errno(err, "cannot write %s/" CACHE_LIMIT_FILE, cache->dir);
	cache->limit_bytes = limit_bytes;
	return true;
}
