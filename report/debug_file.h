/*
 * Finds the files that hold a module's debug information when it is not in the module: the
 * separate debug file (by build-id, or by .gnu_debuglink), and the supplementary file that dwz
 * made for several of them (.gnu_debugaltlink, or DWARF 5's .debug_sup).
 *
 * A file is used only when it belongs: its build-id equals, or, where the module or the file has
 * none, the CRC-32 in .gnu_debuglink does. A file that was found but does not belong is named in
 * `refused`, which is "" otherwise.
 */
#ifndef REPORT_DEBUG_FILE_H
#define REPORT_DEBUG_FILE_H

#include "report/elf_file.h"
#include "report/file_facts.h"
#include "report/symbol_source.h"

/* The file with elf's DWARF or symbol table, or NULL. The caller closes it. facts (or NULL) gets
 * the files that were tried. */
struct elf_file *debug_file_find(struct elf_file *elf, const struct symbol_search *search,
	struct file_facts *facts, struct err *refused);

/* Whether debug refers to a supplementary file at all. */
bool debug_file_has_alt(struct elf_file *debug);
/* The supplementary file of debug, or NULL. The caller closes it. */
struct elf_file *debug_file_find_alt(struct elf_file *debug, const struct symbol_search *search,
	struct file_facts *facts, struct err *refused);

#endif
