/*
 * Finding and reading source files: see source_file.h.
 */
#include "report/source_file.h"

#include "common/array.h"
#include "report/source_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Debug information may name one large file in a thousand ways. */
enum { MAX_FILE_BYTES = 64 << 20, MAX_ALL_BYTES = 128 << 20, MAX_LINES = 1 << 23 };

void source_files_init(struct source_files *s, const struct source_search *search)
{
	*s = (struct source_files){ .search = *search };
}

void source_files_fini(struct source_files *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct source_file *f = s->files[i];
		free(f->path);
		free(f->found);
		free(f->text);
		free(f->starts);
		free(f);
	}
	free(s->files);
	*s = (struct source_files){ 0 };
}

/* -1: not there, or not a file to read. What /proc and /sys make up has no size, and is no source:
 * /proc/self/environ would put the environment into a page. */
static int open_regular(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		st.st_size <= MAX_FILE_BYTES)
		return fd;
	close(fd);
	return -1;
}

/* Without "." and "..", which are resolved as words: a path that would leave the root stays there.
 */
static char *clean_path(const char *path)
{
	char *clean = malloc(strlen(path) + 2), *end = clean;
	if (!clean)
		return NULL;
	while (*path) {
		size_t len = strcspn(path, "/");
		if (len == 2 && memcmp(path, "..", 2) == 0) {
			while (end > clean && *--end != '/')
				;
		} else if (len && !(len == 1 && path[0] == '.')) {
			*end++ = '/';
			end = (char *)memcpy(end, path, len) + len;
		}
		path += len;
		path += *path == '/';
	}
	*end = 0;
	return clean;
}

/* DIR/a/b/x.c, DIR/b/x.c, DIR/x.c. */
static int open_below(const char *dir, const char *clean, char **ret_found)
{
	for (const char *rest = clean; rest && *rest; rest = strchr(rest + 1, '/')) {
		AUTO_FREE char *path = NULL;
		if (asprintf(&path, "%s%s", dir, rest) < 0) {
			path = NULL;
			return -1;
		}
		int fd = open_regular(path);
		if (fd >= 0) {
			*ret_found = TAKE(path);
			return fd;
		}
	}
	return -1;
}

static int open_source(struct source_files *s, struct source_file *f)
{
	AUTO_FREE char *clean = clean_path(f->path);
	for (size_t i = 0; clean && s->search.dirs && s->search.dirs[i]; i++) {
		int fd = open_below(s->search.dirs[i], clean, &f->found);
		if (fd >= 0)
			return fd;
	}
	int fd = f->path[0] == '/' ? open_regular(f->path) : -1;
	if (fd < 0 && s->search.fetch) {
		fd = source_fetch_open(s->search.fetch, &s->search.build_id, f->path);
		f->is_fetched = fd >= 0;
	}
	f->found = fd >= 0 ? strdup(f->path) : NULL;
	return fd;
}

static bool read_all(int fd, struct source_file *f)
{
	size_t cap = 0;
	for (;;) {
		if (f->len + 65536 > cap) {
			cap = cap ? cap * 2 : 131072;
			char *grown = cap <= 2 * (size_t)MAX_FILE_BYTES + 131072
				? realloc(f->text, cap)
				: NULL;
			if (!grown)
				return false;
			f->text = grown;
		}
		ssize_t n = read(fd, f->text + f->len, cap - f->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			f->text[f->len] = 0;
			return n == 0;
		}
		f->len += (size_t)n;
	}
}

static bool find_lines(struct source_file *f)
{
	size_t cap = 0;
	for (size_t at = 0; at < f->len && f->n_lines < MAX_LINES;) {
		if (!ARRAY_ROOM(f->starts, cap, f->n_lines))
			return false;
		f->starts[f->n_lines++] = at;
		const char *newline = memchr(f->text + at, '\n', f->len - at);
		at = newline ? (size_t)(newline - f->text) + 1 : f->len;
	}
	return true;
}

static void read_source(struct source_files *s, struct source_file *f)
{
	struct stat st;
	AUTO_CLOSE int fd = open_source(s, f);
	if (fd < 0)
		return;
	f->is_newer = !f->is_fetched && s->search.program_time && fstat(fd, &st) == 0 &&
		st.st_mtime > s->search.program_time;
	if (s->n_bytes <= MAX_ALL_BYTES && read_all(fd, f) && find_lines(f)) {
		s->n_bytes += f->len + f->n_lines * sizeof(*f->starts);
		return;
	}
	f->n_lines = 0;
	free(TAKE(f->found));
}

const struct source_file *source_files_get(struct source_files *s, const char *path)
{
	for (size_t i = s->n; i-- > 0;)
		if (strcmp(s->files[i]->path, path) == 0)
			return s->files[i];
	if (!ARRAY_ROOM(s->files, s->cap, s->n))
		return NULL;
	struct source_file *f = calloc(1, sizeof(*f));
	char *copy = strdup(path);
	if (!f || !copy) {
		free(f);
		free(copy);
		return NULL;
	}
	f->path = copy;
	s->files[s->n++] = f;
	read_source(s, f);
	return f;
}

const char *source_files_line(
	struct source_files *s, const char *path, uint32_t line, size_t *ret_len)
{
	const struct source_file *f = path && line ? source_files_get(s, path) : NULL;
	if (!f || line > f->n_lines)
		return NULL;
	const char *start = f->text + f->starts[line - 1];
	size_t left = f->len - f->starts[line - 1];
	const char *newline = memchr(start, '\n', left);
	*ret_len = newline ? (size_t)(newline - start) : left;
	return start;
}
