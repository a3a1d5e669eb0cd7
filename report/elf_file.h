/*
 * An ELF file opened for reading: sections (decompressed), segments, build-id. Wraps libelf, and
 * keeps what libelf believes within the file's bounds. Only 64-bit little-endian files of a known
 * architecture are taken.
 *
 * Compressed sections (SHF_COMPRESSED with zlib or zstd, and old .zdebug_*) are decompressed by
 * ourselves with a limit: Debian 12's libelf has no zstd. Section data lives as long as the file.
 * One elf_file serves one thread at a time, but different sections may be asked for by several.
 */
#ifndef REPORT_ELF_FILE_H
#define REPORT_ELF_FILE_H

#include "common/arch.h"
#include "common/cursor.h"
#include "common/err.h"
#include "common/trace_event.h"

#include <libelf.h>
#include <sys/stat.h>

struct elf_file;

struct elf_section {
	const uint8_t *data; /* NULL for SHT_NOBITS */
	size_t size_bytes;
	uint64_t vaddr; /* sh_addr */
	uint32_t type;  /* sh_type */
	uint32_t index; /* in the section table */
};

struct elf_segment { /* a PT_LOAD */
	uint64_t vaddr, file_off, file_bytes, mem_bytes;
	bool executable;
};

/* Refuses anything but a regular file. */
MUST_CHECK bool elf_file_open(const char *path, struct elf_file **ret_file, struct err *err);
/* data is copied; name is for messages. */
MUST_CHECK bool elf_file_open_memory(const void *data, size_t size_bytes, const char *name,
	struct elf_file **ret_file, struct err *err);
void elf_file_close(struct elf_file *f);
DEFINE_AUTO(struct elf_file *, elf_file_close);

const char *elf_file_name(const struct elf_file *f);
const struct arch *elf_file_arch(const struct elf_file *f);
uint16_t elf_file_type(const struct elf_file *f);                   /* ET_EXEC, ET_DYN, ... */
uint64_t elf_file_entry(const struct elf_file *f);                  /* e_entry, a vaddr */
const struct build_id *elf_file_build_id(const struct elf_file *f); /* len 0: none */
/* As the file on disk was when it was opened. False: opened from memory. */
bool elf_file_stat(const struct elf_file *f, struct stat *ret_stat);
size_t elf_file_size(const struct elf_file *f);
const struct elf_segment *elf_file_segments(const struct elf_file *f, size_t *ret_n);

/* False: no such section, or its data is out of bounds or cannot be decompressed; err->text[0] is 0
 * in the first case. .debug_x also finds .zdebug_x. */
bool elf_file_section(
	struct elf_file *f, const char *name, struct elf_section *ret_section, struct err *err);

/* The section's data; empty when there is none or it cannot be read. */
struct cursor elf_file_cursor(struct elf_file *f, const char *name);

/* The vaddr of the executable segment's byte at file_off; false when no segment holds it. */
bool elf_file_vaddr(const struct elf_file *f, uint64_t file_off, uint64_t *ret_vaddr);

/* size_bytes bytes of the image at vaddr, in place; NULL when the file does not hold them all. */
const uint8_t *elf_file_bytes(const struct elf_file *f, uint64_t vaddr, size_t size_bytes);

/* For libdw, and for symbol tables; owned by f. Its compressed sections are as in the file.
 * NULL: libelf refuses the file. */
Elf *elf_file_libelf(struct elf_file *f);

#endif
