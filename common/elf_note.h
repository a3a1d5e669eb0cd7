/*
 * The build-id of an ELF file (gABI, "Note Section"; GNU's NT_GNU_BUILD_ID), for files whose
 * build-id the kernel did not tell. 64-bit little-endian ELF only. Every byte is taken as hostile.
 */
#ifndef COMMON_ELF_NOTE_H
#define COMMON_ELF_NOTE_H

#include "common/err.h"
#include "common/trace_event.h"

/* From an ELF image of which the first size_bytes are there. False: no valid ELF, or no build-id.
 */
bool elf_note_build_id(const uint8_t *image, size_t size_bytes, struct build_id *ret_id);
/* From notes as they are, such as the kernel's own in /sys/kernel/notes. */
bool elf_note_build_id_of_notes(const uint8_t *notes, size_t size_bytes, struct build_id *ret_id);
/* From the file at path, when it is a regular file with that inode (0: any). */
bool elf_note_build_id_of_file(const char *path, uint64_t inode, struct build_id *ret_id);

#endif
