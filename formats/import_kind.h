/*
 * What imported names tell of the kind of code: imported files name files and functions, and
 * nothing else.
 */
#ifndef FORMATS_IMPORT_KIND_H
#define FORMATS_IMPORT_KIND_H

#include "formats/profile.h"

/* Of a mapped file, by its path ("/usr/lib/libc.so.6", "[kernel.kallsyms]_text", "//anon") and, for
 * other names in brackets, by where it lies. "": generated code. */
enum profile_kind import_kind_of_path(const char *path, uint64_t start);
/* Of a function without a module: what is in brackets is no code. */
enum profile_kind import_kind_of_name(const char *name);
/* A module for a path: its base name, "[kernel]" for the kernel's names. */
uint32_t import_add_module(struct profile *p, const char *path, const char *build_id,
	const struct profile_place *place);

#endif
