/*
 * The kind of imported code: see import_kind.h.
 */
#include "formats/import_kind.h"

#include <string.h>

static bool begins(const char *str, const char *with)
{
	return !strncmp(str, with, strlen(with));
}

static bool is_kernel(const char *path)
{
	static const char *const names[] = { "[kernel.kallsyms]", "[kernel]", "[guest.kernel",
		"[kernel.vmlinux]" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (begins(path, names[i]))
			return true;
	return begins(basename(path), "vmlinux");
}

/* Names of memory that has no file, by the kernel, perf and others. */
static bool is_generated(const char *path)
{
	static const char *const names[] = { "[anon", "//anon", "[heap]", "[stack", "[JIT]",
		"/memfd:", "/dev/zero", "anon_inode:", PROFILE_JIT_LABEL };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (begins(path, names[i]))
			return true;
	return !*path;
}

enum profile_kind import_kind_of_path(const char *path, uint64_t start)
{
	size_t len = strlen(path);
	if (is_kernel(path) || (*path == '[' && start >> 63) ||
		(len > 3 && !strcmp(path + len - 3, ".ko")))
		return PROFILE_KERNEL;
	if (is_generated(path))
		return PROFILE_JIT;
	return *path == '[' || strstr(path, ".so") ? PROFILE_LIBRARY : PROFILE_USER;
}

enum profile_kind import_kind_of_name(const char *name)
{
	return *name == '[' ? PROFILE_OTHER : PROFILE_USER;
}

uint32_t import_add_module(struct profile *p, const char *path, const char *build_id,
	const struct profile_place *place)
{
	enum profile_kind kind = import_kind_of_path(path, place->start);
	const char *slash = strrchr(path, '/'), *name = path;
	if (kind == PROFILE_KERNEL && is_kernel(path))
		name = "[kernel]";
	else if (kind == PROFILE_JIT && !begins(path, "/memfd:"))
		name = "[anon]";
	else if (slash && slash[1] && kind != PROFILE_JIT)
		name = slash + 1;
	uint32_t module = profile_add_module(p,
		&(struct profile_module){
			.name = profile_add_string(p, name),
			.path = profile_add_string(p, path),
			.build_id = profile_add_string(p, build_id),
			.kind = kind,
		});
	profile_place_module(p, module, place);
	return module;
}
