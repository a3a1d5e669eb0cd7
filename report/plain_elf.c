/*
 * Uncompressed images for libdw: see plain_elf.h. Layout: ELF header, the sections' data, their
 * names, the section table.
 */
#include "report/plain_elf.h"

#include <elf.h>
#include <gelf.h>
#include <string.h>

enum { EHDR_BYTES = 64, SHDR_BYTES = 64, MAX_SECTIONS = 16 };

static const char *const wanted_sections[] = {
	".debug_info",
	".debug_abbrev",
	".debug_str",
	".debug_line",
	".debug_line_str",
	".debug_ranges",
	".debug_rnglists",
	".debug_addr",
	".debug_str_offsets",
};

struct section_header {
	uint32_t name_off, type;
	uint64_t file_off, size_bytes;
};

struct image {
	struct buf *out;
	struct buf names;
	size_t base; /* of the image in out */
	struct section_header sections[MAX_SECTIONS];
	size_t n_sections;
};

static bool is_compressed(Elf *libelf, Elf_Scn *scn, size_t names_index)
{
	GElf_Shdr header;
	if (!gelf_getshdr(scn, &header))
		return false;
	const char *name = elf_strptr(libelf, names_index, header.sh_name);
	if (!name)
		return false;
	return !strncmp(name, ".zdebug_", 8) ||
		(!strncmp(name, ".debug_", 7) && header.sh_flags & SHF_COMPRESSED);
}

bool plain_elf_is_needed(struct elf_file *elf)
{
	Elf *libelf = elf_file_libelf(elf);
	size_t names_index;
	if (!libelf || elf_getshdrstrndx(libelf, &names_index) != 0)
		return false;
	for (Elf_Scn *scn = elf_nextscn(libelf, NULL); scn; scn = elf_nextscn(libelf, scn))
		if (is_compressed(libelf, scn, names_index))
			return true;
	return false;
}

static void add_section(
	struct image *image, const char *name, uint32_t type, const void *data, size_t size_bytes)
{
	struct section_header *s = &image->sections[image->n_sections++];
	while (!image->out->failed && (image->out->len - image->base) % 8)
		buf_u8(image->out, 0);
	s->name_off = (uint32_t)image->names.len;
	s->type = type;
	s->file_off = image->out->len - image->base;
	s->size_bytes = size_bytes;
	buf_bytes(&image->names, name, strlen(name) + 1);
	buf_bytes(image->out, data, size_bytes);
}

static void append_file_header(struct buf *out, uint16_t machine)
{
	static const uint8_t ident[EI_NIDENT] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		ELFDATA2LSB, EV_CURRENT };
	static const uint8_t zeros[EHDR_BYTES] = { 0 };
	buf_bytes(out, ident, sizeof(ident));
	buf_u16(out, ET_EXEC);
	buf_u16(out, machine);
	buf_u32(out, EV_CURRENT);
	buf_bytes(out, zeros, 8 + 8 + 8 + 4); /* entry, phoff, shoff (patched), flags */
	buf_u16(out, EHDR_BYTES);
	buf_u16(out, 0); /* program headers */
	buf_u16(out, 0);
	buf_u16(out, SHDR_BYTES);
	buf_u16(out, 0); /* shnum, shstrndx: patched */
	buf_u16(out, 0);
}

static void append_section_header(struct buf *out, const struct section_header *s)
{
	buf_u32(out, s->name_off);
	buf_u32(out, s->type);
	buf_u64(out, 0); /* flags */
	buf_u64(out, 0); /* addr */
	buf_u64(out, s->file_off);
	buf_u64(out, s->size_bytes);
	buf_u64(out, 0); /* link, info */
	buf_u64(out, 1); /* addralign */
	buf_u64(out, 0); /* entsize */
}

static void patch(struct image *image, size_t offset, uint64_t value, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++)
		image->out->data[image->base + offset + i] = (uint8_t)(value >> (8 * i));
}

static void begin(struct image *image, struct buf *out, uint16_t machine)
{
	*image = (struct image){ .out = out, .base = out->len, .n_sections = 1 };
	buf_u8(&image->names, 0);
	append_file_header(out, machine);
}

static bool finish(struct image *image, struct err *err)
{
	struct buf *out = image->out;
	static const char own_name[] = ".shstrtab";
	struct buf names = { 0 };
	buf_bytes(&names, image->names.data, image->names.len);
	buf_bytes(&names, own_name, sizeof(own_name));
	add_section(image, own_name, SHT_STRTAB, names.data, names.len);
	buf_fini(&names);
	while (!out->failed && (out->len - image->base) % 8)
		buf_u8(out, 0);
	size_t table_off = out->len - image->base;
	for (size_t i = 0; i < image->n_sections; i++)
		append_section_header(out, &image->sections[i]);
	bool ok = !out->failed && !image->names.failed;
	if (ok) {
		patch(image, offsetof(Elf64_Ehdr, e_shoff), table_off, 8);
		patch(image, offsetof(Elf64_Ehdr, e_shnum), image->n_sections, 2);
		patch(image, offsetof(Elf64_Ehdr, e_shstrndx), image->n_sections - 1, 2);
	}
	buf_fini(&image->names);
	return ok || err_set(err, "debug sections: no memory");
}

/* Beside a small packed section there may be a huge one of a sparse file. */
static const uint64_t max_image_bytes = 4ULL << 30;

bool plain_elf_make(struct elf_file *elf, struct buf *out, struct err *err)
{
	struct image image;
	begin(&image, out, elf_file_arch(elf)->elf_machine);
	for (size_t i = 0; i < ARRAY_LEN(wanted_sections); i++) {
		struct elf_section section;
		if (elf_file_section(elf, wanted_sections[i], &section, err)) {
			if (out->len + section.size_bytes > max_image_bytes) {
				buf_fini(&image.names);
				return err_set(err, "debug sections: too large to unpack");
			}
			if (section.data)
				add_section(&image, wanted_sections[i], SHT_PROGBITS, section.data,
					section.size_bytes);
		} else if (err->text[0]) {
			buf_fini(&image.names);
			return false;
		}
	}
	return finish(&image, err);
}

bool plain_elf_make_empty(uint16_t machine, struct buf *out, struct err *err)
{
	struct image image;
	begin(&image, out, machine);
	/* libdw wants one of .debug_info, .debug_line and .debug_frame to begin. */
	add_section(&image, ".debug_line", SHT_PROGBITS, "", 1);
	return finish(&image, err);
}
