/*
 * Finds .dwo files: see dwarf_split.h.
 */
#include "report/dwarf_split.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct dwarf_split {
	struct dwarf_split *next;
	struct elf_file *elf;
	struct dwarf_file file;
};

void dwarf_splits_fini(struct dwarf_splits *splits)
{
	while (splits->first) {
		struct dwarf_split *split = splits->first;
		splits->first = split->next;
		dwarf_file_fini(&split->file);
		elf_file_close(split->elf);
		free(split);
	}
}

/* What the split unit has from its skeleton. In GNU's split DWARF 4 the ranges of its entries are
 * in the skeleton's file, from a base on that the skeleton tells. */
static bool join(
	struct dwarf_unit *unit, const struct dwarf_unit *skeleton, struct dwarf_abbrevs *scratch)
{
	struct dwarf_entry e;
	if (unit->version < 5) {
		if (!dwarf_unit_entry(skeleton, scratch, &e))
			return false;
		dwarf_entry_number(&e, SLOT_RANGES_BASE, &unit->ranges_base);
	}
	unit->addr = skeleton->addr;
	unit->old_ranges = skeleton->old_ranges;
	unit->addr_base = skeleton->addr_base;
	unit->low_pc = skeleton->low_pc;
	return true;
}

static const struct dwarf_unit *find_unit(
	struct dwarf_file *file, const struct dwarf_unit *skeleton)
{
	struct dwarf_abbrevs scratch = { 0 };
	const struct dwarf_unit *found = NULL;
	for (size_t i = 0; i < file->n_units && !found; i++) {
		struct dwarf_unit *unit = &file->units[i];
		bool is_compile = skeleton->version < 5 ? unit->type != DW_UT_partial
							: unit->type == DW_UT_split_compile;
		if (is_compile && unit->dwo_id == skeleton->dwo_id &&
			join(unit, skeleton, &scratch))
			found = unit;
	}
	dwarf_abbrevs_fini(&scratch);
	return found;
}

/* All skeletons can name one file, by many paths; it is open once. */
static struct dwarf_split *find_open(const struct dwarf_splits *splits, const struct stat *st)
{
	for (struct dwarf_split *split = splits->first; split; split = split->next) {
		struct stat other;
		if (elf_file_stat(split->elf, &other) && other.st_dev == st->st_dev &&
			other.st_ino == st->st_ino)
			return split;
	}
	return NULL;
}

static struct dwarf_split *add_split(struct dwarf_splits *splits, struct elf_file *elf)
{
	struct err damage = { 0 }, err = { 0 };
	struct dwarf_split *split = calloc(1, sizeof(*split));
	if (!split) {
		elf_file_close(elf);
		return NULL;
	}
	split->next = splits->first;
	splits->first = split;
	split->elf = elf;
	(void)!dwarf_file_open(elf, DWARF_FILE_SPLIT, NULL, &split->file, &damage, &err);
	return split;
}

static const struct dwarf_unit *try_path(
	struct dwarf_splits *splits, const struct dwarf_unit *skeleton, const char *path)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	struct err err = { 0 };
	struct stat st;
	file_facts_note(splits->facts, path);
	if (!elf_file_open(path, &elf, &err) || !elf_file_stat(elf, &st))
		return NULL;
	struct dwarf_split *split = find_open(splits, &st);
	if (!split)
		split = add_split(splits, TAKE(elf));
	return split ? find_unit(&split->file, skeleton) : NULL;
}

static const struct dwarf_unit *try_folder(struct dwarf_splits *splits,
	const struct dwarf_unit *skeleton, const char *folder, size_t folder_len)
{
	char path[4096];
	int len = snprintf(
		path, sizeof(path), "%.*s/%s", (int)folder_len, folder, skeleton->dwo_name);
	return len > 0 && (size_t)len < sizeof(path) ? try_path(splits, skeleton, path) : NULL;
}

const struct dwarf_unit *dwarf_split_find(
	struct dwarf_splits *splits, const struct dwarf_unit *skeleton, const char *file_name)
{
	const struct dwarf_unit *found = NULL;
	if (!skeleton->dwo_name || !skeleton->dwo_name[0])
		return NULL;
	if (skeleton->dwo_name[0] == '/')
		return try_path(splits, skeleton, skeleton->dwo_name);
	const char *slash = strrchr(file_name, '/');
	if (slash && slash - file_name < 4096)
		found = try_folder(splits, skeleton, file_name, (size_t)(slash - file_name));
	if (!found && skeleton->comp_dir)
		found = try_folder(
			splits, skeleton, skeleton->comp_dir, strnlen(skeleton->comp_dir, 4096));
	return found;
}
