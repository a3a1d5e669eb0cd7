/* A hash of paths over an arena of characters; see unidentified.h. */
#include "record/unidentified.h"

#include <string.h>

static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

/* Whether there is a file of that name to read: not "[vdso]", "//anon", "/memfd:x (deleted)". */
static bool names_a_file(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(path);
	if (path[0] != '/' || path[1] == '/')
		return false;
	return len < sizeof(deleted) || strcmp(path + len - (sizeof(deleted) - 1), deleted) != 0;
}

static bool append_path(struct unidentified *u, const char *path, uint32_t *ret_offset)
{
	size_t size = strlen(path) + 1;
	uint32_t offset = u->paths_len ? u->paths_len : 1;
	if (size > UNIDENTIFIED_PATH_BYTES - offset)
		return false;
	memcpy(u->paths + offset, path, size);
	u->paths_len = offset + (uint32_t)size;
	*ret_offset = offset;
	return true;
}

void unidentified_add(struct unidentified *u, const struct trace_mmap *mapping)
{
	if (mapping->build_id.len || !names_a_file(mapping->path))
		return;
	uint32_t i = hash(mapping->path) & (UNIDENTIFIED_BUCKETS - 1);
	while (u->files[i].path && strcmp(u->paths + u->files[i].path, mapping->path) != 0)
		i = (i + 1) & (UNIDENTIFIED_BUCKETS - 1);
	if (u->files[i].path)
		return;
	if (u->n == UNIDENTIFIED_MAX || !append_path(u, mapping->path, &u->files[i].path)) {
		u->n_refused++;
		return;
	}
	u->files[i].inode = mapping->inode;
	u->n++;
}

const char *unidentified_find(const struct unidentified *u, uint32_t i, uint64_t *ret_inode)
{
	if (!u->files[i].path)
		return NULL;
	*ret_inode = u->files[i].inode;
	return u->paths + u->files[i].path;
}
