/*
 * Builds small ELF files in memory for tests: one executable segment, and the sections that the
 * test gives. The segment covers vaddr MINI_ELF_TEXT to MINI_ELF_TEXT + MINI_ELF_TEXT_BYTES; in the
 * file it has the bytes of the first section if that is ".text", else none.
 */
#ifndef REPORT_TEST_MINI_ELF_H
#define REPORT_TEST_MINI_ELF_H

#include "common/buf.h"

#include <elf.h>
#include <string.h>

enum {
	MINI_ELF_TEXT_OFF = 64 + 56,
	/* in the file */ MINI_ELF_TEXT = 0x10000,
	MINI_ELF_TEXT_BYTES = 0x10000,
	MINI_ELF_SECTION = 0x40000
};

struct mini_section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	const void *data;
	size_t size_bytes;
};

/* Sections' vaddrs are MINI_ELF_SECTION, 2 * MINI_ELF_SECTION, ... The result is the caller's. */
static inline struct buf mini_elf(uint16_t machine, const struct mini_section *sections, size_t n)
{
	struct buf b = BUF_INIT, names = BUF_INIT;
	const uint64_t headers = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	uint64_t off = headers, data_bytes = 0;
	buf_u8(&names, 0);
	for (size_t i = 0; i < n; i++)
		data_bytes += sections[i].size_bytes;
	uint64_t names_bytes = 1 + sizeof(".shstrtab");
	for (size_t i = 0; i < n; i++)
		names_bytes += strlen(sections[i].name) + 1;
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_shoff = headers + data_bytes + names_bytes,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = (uint16_t)(n + 2),
		.e_shstrndx = (uint16_t)(n + 1),
	};
	Elf64_Phdr ph = { .p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = MINI_ELF_TEXT,
		.p_memsz = MINI_ELF_TEXT_BYTES };
	if (n > 0 && strcmp(sections[0].name, ".text") == 0) {
		ph.p_offset = MINI_ELF_TEXT_OFF;
		ph.p_filesz = sections[0].size_bytes;
	}
	buf_bytes(&b, &eh, sizeof(eh));
	buf_bytes(&b, &ph, sizeof(ph));
	for (size_t i = 0; i < n; i++)
		buf_bytes(&b, sections[i].data, sections[i].size_bytes);
	for (size_t i = 0; i < n; i++)
		buf_bytes(&names, sections[i].name, strlen(sections[i].name) + 1);
	buf_bytes(&names, ".shstrtab", sizeof(".shstrtab"));
	buf_bytes(&b, names.data, names.len);
	Elf64_Shdr sh = { 0 };
	buf_bytes(&b, &sh, sizeof(sh));
	uint32_t name = 1;
	for (size_t i = 0; i < n; i++) {
		sh = (Elf64_Shdr){ .sh_name = name,
			.sh_type = sections[i].type,
			.sh_flags = sections[i].flags,
			.sh_addr = (i + 1) * MINI_ELF_SECTION,
			.sh_offset = off,
			.sh_size = sections[i].size_bytes,
			.sh_addralign = 8 };
		buf_bytes(&b, &sh, sizeof(sh));
		off += sections[i].size_bytes;
		name += (uint32_t)strlen(sections[i].name) + 1;
	}
	sh = (Elf64_Shdr){ .sh_name = name,
		.sh_type = SHT_STRTAB,
		.sh_offset = off,
		.sh_size = names.len,
		.sh_addralign = 1 };
	buf_bytes(&b, &sh, sizeof(sh));
	buf_fini(&names);
	return b;
}

#endif
