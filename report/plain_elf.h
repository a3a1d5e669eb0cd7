/*
 * An ELF image for libdw, from a file whose debug sections are compressed: libdw of Debian 12
 * knows zlib but not zstd, and limits neither. The image holds those sections that symbol_source
 * needs, decompressed by elf_file, and nothing else.
 */
#ifndef REPORT_PLAIN_ELF_H
#define REPORT_PLAIN_ELF_H

#include "common/buf.h"
#include "report/elf_file.h"

/* Whether elf has a compressed debug section. */
bool plain_elf_is_needed(struct elf_file *elf);
/* Appends the image to out. A section that cannot be decompressed fails. */
MUST_CHECK bool plain_elf_make(struct elf_file *elf, struct buf *out, struct err *err);
/* Appends an image whose debug information is empty: for libdw in the place of a missing
 * supplementary file, so that it does not take one that nobody verified. */
MUST_CHECK bool plain_elf_make_empty(uint16_t machine, struct buf *out, struct err *err);

#endif
