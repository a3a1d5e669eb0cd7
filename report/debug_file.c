/*
 * Separate debug files: see debug_file.h. The places and their order are gdb's ("Debugging
 * Information in Separate Files"); those of dwz files are gdb's and libdw's.
 */
#include "report/debug_file.h"

#include "common/buf.h"
#include "common/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

/* What a module says of the file it wants, and what became of the candidates. */
struct wanted {
	struct build_id id; /* len 0: unknown */
	bool has_crc;
	uint32_t crc;
	const char *not_this; /* the path of the asking file */
	struct file_facts *facts;
	struct err *refused;
};

static const char *const default_dirs[] = { "/usr/lib/debug", NULL };

static const char *const *search_dirs(const struct symbol_search *search)
{
	return search && search->debug_dirs ? search->debug_dirs : default_dirs;
}

static bool file_crc(const char *path, uint32_t *ret_crc)
{
	struct stat st;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	*ret_crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, (size_t)st.st_size);
	munmap(data, (size_t)st.st_size);
	return true;
}

static bool refuse(const struct wanted *wanted, const char *path, const char *why)
{
	if (!wanted->refused->text[0])
		err_set(wanted->refused, "debug file %s: %s", path, why);
	return false;
}

static bool belongs(const struct wanted *wanted, struct elf_file *candidate, const char *path)
{
	const struct build_id *id = elf_file_build_id(candidate);
	if (wanted->id.len && id->len)
		return (id->len && build_id_equal(&wanted->id, id)) ||
			refuse(wanted, path, "build-id differs");
	if (!wanted->has_crc)
		return refuse(wanted, path, "has no build-id");
	uint32_t crc;
	if (!file_crc(path, &crc))
		return refuse(wanted, path, "cannot be read");
	return crc == wanted->crc || refuse(wanted, path, "CRC differs");
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat a_st, b_st;
	return !stat(a, &a_st) && !stat(b, &b_st) && a_st.st_dev == b_st.st_dev &&
		a_st.st_ino == b_st.st_ino;
}

static struct elf_file *try_path(const struct wanted *wanted, const char *path)
{
	AUTO(elf_file_close) struct elf_file *candidate = NULL;
	struct err err = { 0 };
	file_facts_note(wanted->facts, path);
	if (access(path, F_OK) != 0 || is_same_file(path, wanted->not_this))
		return NULL;
	if (!elf_file_open(path, &candidate, &err)) {
		if (!wanted->refused->text[0])
			err_set(wanted->refused, "debug file %s", err.text);
		return NULL;
	}
	return belongs(wanted, candidate, path) ? TAKE(candidate) : NULL;
}

/* Joins up to four parts; the longest path that anybody uses is PATH_MAX, the rest is not tried. */
static struct elf_file *try_join(
	const struct wanted *wanted, const char *s1, const char *s2, const char *s3, const char *s4)
{
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s%s%s%s", s1, s2, s3, s4);
	return len > 0 && (size_t)len < sizeof(path) ? try_path(wanted, path) : NULL;
}

static struct elf_file *try_build_id(const struct wanted *wanted, const char *const *dirs)
{
	char hex[BUILD_ID_HEX_MAX], name[BUILD_ID_HEX_MAX + 1];
	if (wanted->id.len < 2)
		return NULL;
	build_id_hex(&wanted->id, hex);
	snprintf(name, sizeof(name), "%.2s/%s", hex, hex + 2);
	struct elf_file *found = NULL;
	for (size_t i = 0; dirs[i] && !found; i++)
		found = try_join(wanted, dirs[i], "/.build-id/", name, ".debug");
	return found;
}

/* The absolute path of the folder that file is in, without a slash at its end ("" for the root);
 * "." when it cannot be told. */
static char *folder_of(const char *file)
{
	char *path = realpath(file, NULL);
	char *slash = path ? strrchr(path, '/') : NULL;
	if (!slash) {
		free(path);
		return strdup(".");
	}
	*slash = 0;
	return path;
}

static struct elf_file *try_debuglink(const struct wanted *wanted, const char *file,
	const char *link_name, const char *const *dirs)
{
	AUTO_FREE char *folder = folder_of(file);
	if (!folder)
		return NULL;
	struct elf_file *found = try_join(wanted, folder, "/", link_name, "");
	if (!found)
		found = try_join(wanted, folder, "/.debug/", link_name, "");
	for (size_t i = 0; dirs[i] && !found; i++)
		found = try_join(wanted, dirs[i], folder, "/", link_name);
	return found;
}

/* .gnu_debuglink: a name, padding up to a multiple of 4, the CRC-32 of the file. */
static const char *read_debuglink(struct elf_file *elf, uint32_t *ret_crc)
{
	struct elf_section section;
	struct err ignored = { 0 };
	if (!elf_file_section(elf, ".gnu_debuglink", &section, &ignored) || !section.data)
		return NULL;
	struct cursor c = cursor_make(section.data, section.size_bytes);
	const char *name = cursor_str(&c);
	cursor_seek(&c, (cursor_offset(&c) + 3) & ~(size_t)3);
	*ret_crc = cursor_u32(&c);
	return !c.failed && name[0] && !strchr(name, '/') ? name : NULL;
}

struct elf_file *debug_file_find(struct elf_file *elf, const struct symbol_search *search,
	struct file_facts *facts, struct err *refused)
{
	const char *file = elf_file_name(elf);
	const char *const *dirs = search_dirs(search);
	struct wanted wanted = {
		.id = *elf_file_build_id(elf),
		.not_this = file,
		.facts = facts,
		.refused = refused,
	};
	struct elf_file *found = try_build_id(&wanted, dirs);
	if (found)
		return found;
	const char *link_name = read_debuglink(elf, &wanted.crc);
	wanted.has_crc = link_name != NULL;
	return link_name ? try_debuglink(&wanted, file, link_name, dirs) : NULL;
}

/*
 * .gnu_debugaltlink: a name, then the build-id (dwz). .debug_sup: version, a flag that is 0 in
 * the referring file, a name, a counted checksum, which dwz fills with the build-id (DWARF 5,
 * 7.3.6).
 */
static const char *read_altlink(struct elf_file *debug, struct build_id *ret_id)
{
	struct elf_section section;
	struct err ignored = { 0 };
	struct cursor c = { .failed = true };
	uint64_t id_bytes = 0;
	const char *name = NULL;
	if (elf_file_section(debug, ".gnu_debugaltlink", &section, &ignored) && section.data) {
		c = cursor_make(section.data, section.size_bytes);
		name = cursor_str(&c);
		id_bytes = cursor_left(&c);
	} else if (elf_file_section(debug, ".debug_sup", &section, &ignored) && section.data) {
		c = cursor_make(section.data, section.size_bytes);
		bool is_known = cursor_u16(&c) == 5 && cursor_u8(&c) == 0;
		name = is_known ? cursor_str(&c) : NULL;
		id_bytes = cursor_uleb(&c);
	}
	id_bytes = MIN(id_bytes, (uint64_t)TRACE_BUILD_ID_MAX);
	const uint8_t *id = cursor_bytes(&c, id_bytes);
	if (!name || !id)
		return NULL;
	memcpy(ret_id->bytes, id, id_bytes);
	ret_id->len = (uint8_t)id_bytes;
	return name;
}

bool debug_file_has_alt(struct elf_file *debug)
{
	struct build_id ignored = { 0 };
	return read_altlink(debug, &ignored) != NULL;
}

struct elf_file *debug_file_find_alt(struct elf_file *debug, const struct symbol_search *search,
	struct file_facts *facts, struct err *refused)
{
	const char *file = elf_file_name(debug);
	const char *const *dirs = search_dirs(search);
	struct wanted wanted = { .not_this = file, .facts = facts, .refused = refused };
	const char *name = read_altlink(debug, &wanted.id);
	AUTO_FREE char *folder = folder_of(file);
	if (!name || !folder || !wanted.id.len)
		return NULL;
	struct elf_file *found =
		name[0] == '/' ? try_path(&wanted, name) : try_join(&wanted, folder, "/", name, "");
	if (!found)
		found = try_build_id(&wanted, dirs);
	for (size_t i = 0; dirs[i] && !found; i++)
		found = try_join(&wanted, dirs[i], "/.dwz/", basename(name), "");
	if (!found && !refused->text[0])
		err_set(refused, "supplementary debug file %s: not found", name);
	return found;
}
