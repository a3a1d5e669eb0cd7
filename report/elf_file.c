/*
 * An ELF file in memory: see elf_file.h.
 *
 * The headers are read here, once, through the cursor, into arrays of our own; what lies outside
 * the file is left out, so nothing later needs to check again. libelf gets the same image and is
 * only made when somebody asks for it.
 *
 * A file on disk is mapped privately, not read: debug files are large, and few of their pages are
 * needed. The price: a file that somebody cuts short while we read it ends us with SIGBUS.
 */
#include "report/elf_file.h"

#include "common/cursor.h"
#include "report/elf_inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
	EHDR_BYTES = 64,
	PHDR_BYTES = 56,
	SHDR_BYTES = 64,
	/* Linkers stay far below these; without them a file can make us read itself for each of its
	 * headers. Names are C++'s at worst, in the objects of -ffunction-sections. */
	MAX_SEGMENTS = 256,
	MAX_SECTIONS = 1 << 16,
	MAX_SECTION_NAME_BYTES = 4096,
	MAX_NOTE_BYTES = 1 << 16,
};

struct section_header {
	const char *name; /* in the image; "" when it is damaged */
	uint32_t type, name_off, link, info;
	uint64_t flags, vaddr, file_off, size_bytes, align;
	uint8_t *inflated; /* NULL until asked for */
	size_t inflated_bytes;
};

struct file_header {
	uint16_t type, machine;
	uint64_t entry, phoff, shoff;
	uint32_t n_phdrs, n_shdrs, names_index;
};

struct elf_file {
	char *name;
	uint8_t *image;
	size_t image_bytes;
	bool is_mapped;
	struct stat stat; /* of what is mapped */
	const struct arch *arch;
	struct file_header header;
	struct elf_segment *segments;
	size_t n_segments;
	struct section_header *sections;
	size_t n_sections;
	struct build_id build_id;
	Elf *libelf;
};

static bool is_inside(const struct elf_file *f, uint64_t off, uint64_t size_bytes)
{
	return off <= f->image_bytes && size_bytes <= f->image_bytes - off;
}

static struct cursor image_part(const struct elf_file *f, uint64_t off, uint64_t size_bytes)
{
	if (!is_inside(f, off, size_bytes))
		return (struct cursor){ .failed = true };
	return cursor_make(f->image + off, size_bytes);
}

static bool check_ident(const uint8_t *ident, const char *name, struct err *err)
{
	if (!ident || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return err_set(err, "%s: not an ELF file", name);
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, "%s: not a 64-bit little-endian ELF file", name);
	return true;
}

static struct section_header read_section_header(const struct elf_file *f, uint32_t index)
{
	struct cursor c = image_part(f, f->header.shoff + (uint64_t)index * SHDR_BYTES, SHDR_BYTES);
	struct section_header s = { .name = "" };
	s.name_off = cursor_u32(&c);
	s.type = cursor_u32(&c);
	s.flags = cursor_u64(&c);
	s.vaddr = cursor_u64(&c);
	s.file_off = cursor_u64(&c);
	s.size_bytes = cursor_u64(&c);
	s.link = cursor_u32(&c);
	s.info = cursor_u32(&c);
	s.align = cursor_u64(&c);
	return s;
}

/* Counts that do not fit the file header are in section 0 (gABI, "ELF Header"). */
static void read_extended_counts(struct elf_file *f, uint16_t phnum, uint16_t shnum, uint16_t names)
{
	struct file_header *h = &f->header;
	struct section_header first = { .name = "" };
	if (h->shoff)
		first = read_section_header(f, 0);
	h->n_phdrs = phnum == PN_XNUM ? first.info : phnum;
	h->n_shdrs = shnum == 0 ? (uint32_t)MIN(first.size_bytes, UINT32_MAX) : shnum;
	h->names_index = names == SHN_XINDEX ? first.link : names;
}

static bool read_file_header(struct elf_file *f, struct err *err)
{
	struct cursor c = cursor_make(f->image, f->image_bytes);
	struct file_header *h = &f->header;
	if (!check_ident(cursor_bytes(&c, EI_NIDENT), f->name, err))
		return false;
	h->type = cursor_u16(&c);
	h->machine = cursor_u16(&c);
	cursor_u32(&c); /* e_version */
	h->entry = cursor_u64(&c);
	h->phoff = cursor_u64(&c);
	h->shoff = cursor_u64(&c);
	cursor_skip(&c, 4 + 2); /* e_flags, e_ehsize */
	uint16_t phentsize = cursor_u16(&c), phnum = cursor_u16(&c);
	uint16_t shentsize = cursor_u16(&c), shnum = cursor_u16(&c), names = cursor_u16(&c);
	if (c.failed)
		return err_set(err, "%s: cut inside the ELF header", f->name);
	f->arch = arch_find_by_elf_machine(h->machine);
	if (!f->arch)
		return err_set(err, "%s: ELF machine %u is not known", f->name, h->machine);
	if (shentsize != SHDR_BYTES)
		h->shoff = 0;
	read_extended_counts(f, phnum, shnum, names);
	if (phentsize != PHDR_BYTES || !is_inside(f, h->phoff, (uint64_t)h->n_phdrs * PHDR_BYTES))
		h->n_phdrs = 0;
	h->n_shdrs = MIN(h->n_shdrs, (uint32_t)MAX_SECTIONS);
	if (!h->shoff || !is_inside(f, h->shoff, (uint64_t)h->n_shdrs * SHDR_BYTES))
		h->n_shdrs = 0;
	return true;
}

/* One note segment or section: ELF64 notes are aligned to 4 bytes, or to 8 where align says so. */
static void find_build_id(struct elf_file *f, struct cursor c, uint64_t align)
{
	align = align == 8 ? 8 : 4;
	if (cursor_left(&c) > MAX_NOTE_BYTES)
		c = cursor_make(c.start, MAX_NOTE_BYTES);
	while (cursor_left(&c) >= 12 && f->build_id.len == 0) {
		uint32_t name_bytes = cursor_u32(&c), desc_bytes = cursor_u32(&c);
		uint32_t type = cursor_u32(&c);
		const uint8_t *name = cursor_bytes(&c, name_bytes);
		cursor_skip(&c, -cursor_offset(&c) & (align - 1));
		const uint8_t *desc = cursor_bytes(&c, desc_bytes);
		if (name && desc && type == NT_GNU_BUILD_ID && name_bytes == 4 &&
			memcmp(name, "GNU", 4) == 0 && desc_bytes > 0 &&
			desc_bytes <= TRACE_BUILD_ID_MAX) {
			memcpy(f->build_id.bytes, desc, desc_bytes);
			f->build_id.len = (uint8_t)desc_bytes;
		}
		if (!c.failed)
			cursor_skip(&c, MIN(-cursor_offset(&c) & (align - 1), cursor_left(&c)));
	}
}

static void add_segment(struct elf_file *f, const struct elf_segment *segment)
{
	if (f->n_segments < MAX_SEGMENTS && segment->vaddr + segment->mem_bytes >= segment->vaddr &&
		segment->file_off + segment->file_bytes >= segment->file_off)
		f->segments[f->n_segments++] = *segment;
}

static bool read_segments(struct elf_file *f, struct err *err)
{
	struct cursor c = image_part(f, f->header.phoff, (uint64_t)f->header.n_phdrs * PHDR_BYTES);
	f->segments = calloc((size_t)f->header.n_phdrs + 1, sizeof(*f->segments));
	if (!f->segments)
		return err_set(err, "%s: no memory", f->name);
	for (uint32_t i = 0; i < f->header.n_phdrs; i++) {
		uint32_t type = cursor_u32(&c), flags = cursor_u32(&c);
		struct elf_segment s = { .executable = flags & PF_X };
		s.file_off = cursor_u64(&c);
		s.vaddr = cursor_u64(&c);
		cursor_u64(&c); /* p_paddr */
		s.file_bytes = cursor_u64(&c);
		s.mem_bytes = cursor_u64(&c);
		uint64_t align = cursor_u64(&c);
		if (type == PT_LOAD)
			add_segment(f, &s);
		else if (type == PT_NOTE)
			find_build_id(f, image_part(f, s.file_off, s.file_bytes), align);
	}
	return true;
}

static void name_sections(struct elf_file *f)
{
	if (f->header.names_index >= f->n_sections)
		return;
	const struct section_header *names = &f->sections[f->header.names_index];
	for (size_t i = 0; i < f->n_sections; i++) {
		uint32_t off = f->sections[i].name_off;
		uint64_t left = off < names->size_bytes ? names->size_bytes - off : 0;
		struct cursor c = image_part(
			f, names->file_off + off, MIN(left, (uint64_t)MAX_SECTION_NAME_BYTES));
		const char *name = cursor_str(&c);
		f->sections[i].name = name ? name : "";
	}
}

/* Sections tell the build-id first: a separate debug file's program headers describe offsets that
 * it no longer has. */
static bool read_sections(struct elf_file *f, struct err *err)
{
	f->sections = calloc((size_t)f->header.n_shdrs + 1, sizeof(*f->sections));
	if (!f->sections)
		return err_set(err, "%s: no memory", f->name);
	for (uint32_t i = 0; i < f->header.n_shdrs; i++) {
		struct section_header s = read_section_header(f, i);
		f->sections[f->n_sections++] = s;
		if (s.type == SHT_NOTE)
			find_build_id(f, image_part(f, s.file_off, s.size_bytes), s.align);
	}
	name_sections(f);
	return true;
}

/* Takes f with its image, and closes it on failure. */
static bool finish_open(struct elf_file *f, struct elf_file **ret_file, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *file = f;
	if (!read_file_header(file, err) || !read_sections(file, err) || !read_segments(file, err))
		return false;
	*ret_file = TAKE(file);
	return true;
}

static struct elf_file *file_new(const char *name, struct err *err)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	if (f)
		f->name = strdup(name);
	if (f && f->name)
		return f;
	err_set(err, "%s: no memory", name);
	free(f);
	return NULL;
}

bool elf_file_open(const char *path, struct elf_file **ret_file, struct err *err)
{
	struct stat st;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s: not a regular file", path);
	if (st.st_size < EHDR_BYTES)
		return err_set(
			err, "%s: not an ELF file: only %lld bytes", path, (long long)st.st_size);
	AUTO(elf_file_close) struct elf_file *f = file_new(path, err);
	if (!f)
		return false;
	/* Writable, because libelf may byte-swap or relocate in place; private, so never written
	 * back. */
	void *image = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (image == MAP_FAILED)
		return err_errno(err, "%s: mmap", path);
	f->image = image;
	f->image_bytes = (size_t)st.st_size;
	f->is_mapped = true;
	f->stat = st;
	return finish_open(TAKE(f), ret_file, err);
}

bool elf_file_open_memory(const void *data, size_t size_bytes, const char *name,
	struct elf_file **ret_file, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *f = file_new(name, err);
	if (!f)
		return false;
	f->image = malloc(size_bytes + 1);
	if (!f->image)
		return err_set(err, "%s: no memory for %zu bytes", name, size_bytes);
	if (size_bytes)
		memcpy(f->image, data, size_bytes);
	f->image_bytes = size_bytes;
	return finish_open(TAKE(f), ret_file, err);
}

void elf_file_close(struct elf_file *f)
{
	if (!f)
		return;
	elf_end(f->libelf);
	for (size_t i = 0; i < f->n_sections; i++)
		free(f->sections[i].inflated);
	free(f->sections);
	free(f->segments);
	if (f->is_mapped)
		munmap(f->image, f->image_bytes);
	else
		free(f->image);
	free(f->name);
	free(f);
}

const char *elf_file_name(const struct elf_file *f)
{
	return f->name;
}

const struct arch *elf_file_arch(const struct elf_file *f)
{
	return f->arch;
}

uint16_t elf_file_type(const struct elf_file *f)
{
	return f->header.type;
}

uint64_t elf_file_entry(const struct elf_file *f)
{
	return f->header.entry;
}

const struct build_id *elf_file_build_id(const struct elf_file *f)
{
	return &f->build_id;
}

bool elf_file_stat(const struct elf_file *f, struct stat *ret_stat)
{
	*ret_stat = f->stat;
	return f->is_mapped;
}

size_t elf_file_size(const struct elf_file *f)
{
	return f->image_bytes;
}

const struct elf_segment *elf_file_segments(const struct elf_file *f, size_t *ret_n)
{
	*ret_n = f->n_segments;
	return f->segments;
}

static bool section_inflate(struct elf_file *f, struct section_header *s, struct err *err)
{
	const uint8_t *packed = f->image + s->file_off;
	bool ok = s->flags & SHF_COMPRESSED
		? elf_inflate_section(packed, s->size_bytes, &s->inflated, &s->inflated_bytes, err)
		: elf_inflate_zdebug(packed, s->size_bytes, &s->inflated, &s->inflated_bytes, err);
	return ok || err_prefix(err, "%s: section %s", f->name, s->name);
}

/* A sparse file costs nothing and can claim terabytes, of which some tables are read to the end:
 * these may have 512 MiB, 22 million symbols. Debug sections are only looked into. */
static bool has_sane_size(const struct section_header *s)
{
	bool is_looked_into =
		strncmp(s->name, ".debug_", 7) == 0 && strcmp(s->name, ".debug_frame");
	return s->size_bytes <= (is_looked_into ? 16ULL << 30 : 1ULL << 29);
}

static bool section_data(struct elf_file *f, struct section_header *s,
	struct elf_section *ret_section, struct err *err)
{
	bool is_packed = s->flags & SHF_COMPRESSED || strncmp(s->name, ".zdebug_", 8) == 0;
	struct elf_section section = {
		.size_bytes = s->size_bytes,
		.vaddr = s->vaddr,
		.type = s->type,
		.index = (uint32_t)(s - f->sections),
	};
	if (s->type != SHT_NOBITS) {
		if (!is_inside(f, s->file_off, s->size_bytes))
			return err_set(err,
				"%s: section %s lies outside the file (offset %" PRIu64 ")",
				f->name, s->name, s->file_off);
		if (!has_sane_size(s))
			return err_set(err, "%s: section %s of %" PRIu64 " bytes is too large",
				f->name, s->name, s->size_bytes);
		if (is_packed && !s->inflated && !section_inflate(f, s, err))
			return false;
		section.data = is_packed ? s->inflated : f->image + s->file_off;
		section.size_bytes = is_packed ? s->inflated_bytes : s->size_bytes;
	}
	*ret_section = section;
	return true;
}

static bool name_matches(const char *have, const char *want)
{
	if (strcmp(have, want) == 0)
		return true;
	return strncmp(want, ".debug_", 7) == 0 && strncmp(have, ".z", 2) == 0 &&
		strcmp(have + 2, want + 1) == 0;
}

bool elf_file_section(
	struct elf_file *f, const char *name, struct elf_section *ret_section, struct err *err)
{
	err->text[0] = 0;
	for (size_t i = 0; i < f->n_sections; i++) {
		struct section_header *s = &f->sections[i];
		if (s->type != SHT_NULL && name_matches(s->name, name))
			return section_data(f, s, ret_section, err);
	}
	return false;
}

struct cursor elf_file_cursor(struct elf_file *f, const char *name)
{
	struct elf_section section;
	struct err ignored = { 0 };
	if (!elf_file_section(f, name, &section, &ignored) || !section.data)
		return cursor_make("", 0);
	return cursor_make(section.data, section.size_bytes);
}

bool elf_file_vaddr(const struct elf_file *f, uint64_t file_off, uint64_t *ret_vaddr)
{
	for (size_t i = 0; i < f->n_segments; i++) {
		const struct elf_segment *s = &f->segments[i];
		if (s->executable && file_off >= s->file_off &&
			file_off - s->file_off < s->file_bytes) {
			*ret_vaddr = file_off - s->file_off + s->vaddr;
			return true;
		}
	}
	return false;
}

const uint8_t *elf_file_bytes(const struct elf_file *f, uint64_t vaddr, size_t size_bytes)
{
	for (size_t i = 0; i < f->n_segments; i++) {
		const struct elf_segment *s = &f->segments[i];
		uint64_t skip = vaddr - s->vaddr;
		if (vaddr >= s->vaddr && skip < s->file_bytes &&
			size_bytes <= s->file_bytes - skip &&
			is_inside(f, s->file_off + skip, size_bytes))
			return f->image + s->file_off + skip;
	}
	return NULL;
}

Elf *elf_file_libelf(struct elf_file *f)
{
	if (!f->libelf) {
		elf_version(EV_CURRENT);
		f->libelf = elf_memory((char *)f->image, f->image_bytes);
	}
	return f->libelf;
}
