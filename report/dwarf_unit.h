/*
 * The debug sections of one file, and the headers of its units (DWARF 5, 7.5.1): what all reading
 * of entries begins with.
 */
#ifndef REPORT_DWARF_UNIT_H
#define REPORT_DWARF_UNIT_H

#include "report/dwarf_entry.h"
#include "report/elf_file.h"

/* Which sections: .debug_info, or of a split file .debug_info.dwo. */
enum dwarf_file_kind { DWARF_FILE_WHOLE, DWARF_FILE_SPLIT };

/* Unpacks the debug sections, several at once, where they are compressed: half of the time that a
 * large program with such sections takes. What cannot be unpacked is told by dwarf_file_open. */
void dwarf_file_unpack(struct elf_file *elf, unsigned n_threads);

/* elf and alt (or NULL) must outlive the file, which must stay where it is: its units point to it.
 * False when a section cannot be read, or without memory; where only some units cannot be read,
 * damage says so, and is "" otherwise. */
MUST_CHECK bool dwarf_file_open(struct elf_file *elf, enum dwarf_file_kind kind,
	const struct dwarf_file *alt, struct dwarf_file *ret_file, struct err *damage,
	struct err *err);
void dwarf_file_fini(struct dwarf_file *f);

/* All bytes that reading entries can be about. */
uint64_t dwarf_file_bytes(const struct dwarf_file *f);

/* Reads the unit's own entry; false when it is damaged. */
MUST_CHECK bool dwarf_unit_entry(const struct dwarf_unit *unit, struct dwarf_abbrevs *scratch,
	struct dwarf_entry *ret_entry);

#endif
