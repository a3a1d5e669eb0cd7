/* Finds the build-id note by the program headers; see elf_note.h. */
#include "common/elf_note.h"

#include "common/cursor.h"
#include "common/defs.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MAX_SEGMENTS = 256, MAX_FILE_BYTES = 1 << 30 };

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~UINT64_C(3);
}

/* Notes are a header of three words, the name, and the description, each padded to 4 bytes. */
static bool find_in_notes(struct cursor notes, struct build_id *ret_id)
{
	while (cursor_left(&notes) >= 12) {
		uint32_t name_len = cursor_u32(&notes);
		uint32_t desc_len = cursor_u32(&notes);
		uint32_t type = cursor_u32(&notes);
		const uint8_t *name = cursor_bytes(&notes, align4(name_len));
		const uint8_t *desc = cursor_bytes(&notes, desc_len);
		if (notes.failed)
			return false;
		cursor_skip(&notes, MIN(align4(desc_len) - desc_len, cursor_left(&notes)));
		if (type != NT_GNU_BUILD_ID || name_len != 4 || memcmp(name, "GNU", 4))
			continue;
		if (desc_len == 0)
			return false;
		ret_id->len = (uint8_t)MIN(desc_len, TRACE_BUILD_ID_MAX);
		memcpy(ret_id->bytes, desc, ret_id->len);
		return true;
	}
	return false;
}

bool elf_note_build_id_of_notes(const uint8_t *notes, size_t size_bytes, struct build_id *ret_id)
{
	return find_in_notes(cursor_make(notes, size_bytes), ret_id);
}

/* Elf64_Phdr: type, flags, offset, vaddr, paddr, filesz, memsz, align. */
static bool find_in_segment(
	struct cursor *headers, const uint8_t *image, size_t size_bytes, struct build_id *ret_id)
{
	uint32_t type = cursor_u32(headers);
	cursor_skip(headers, 4);
	uint64_t offset = cursor_u64(headers);
	cursor_skip(headers, 16);
	uint64_t file_size = cursor_u64(headers);
	cursor_skip(headers, 16);
	if (headers->failed || type != PT_NOTE || offset > size_bytes)
		return false;
	return find_in_notes(
		cursor_make(image + offset, MIN(file_size, size_bytes - offset)), ret_id);
}

bool elf_note_build_id(const uint8_t *image, size_t size_bytes, struct build_id *ret_id)
{
	struct cursor c = cursor_make(image, size_bytes);
	const uint8_t *ident = cursor_bytes(&c, EI_NIDENT);
	if (!ident || memcmp(ident, ELFMAG, SELFMAG) || ident[EI_CLASS] != ELFCLASS64 ||
		ident[EI_DATA] != ELFDATA2LSB)
		return false;
	cursor_seek(&c, offsetof(Elf64_Ehdr, e_phoff));
	uint64_t headers_off = cursor_u64(&c);
	cursor_seek(&c, offsetof(Elf64_Ehdr, e_phentsize));
	uint16_t header_size = cursor_u16(&c);
	uint16_t n_headers = cursor_u16(&c);
	if (c.failed || header_size != sizeof(Elf64_Phdr) || !cursor_seek(&c, headers_off))
		return false;
	for (uint16_t i = 0; i < MIN(n_headers, MAX_SEGMENTS) && !c.failed; i++)
		if (find_in_segment(&c, image, size_bytes, ret_id))
			return true;
	return false;
}

bool elf_note_build_id_of_file(const char *path, uint64_t inode, struct build_id *ret_id)
{
	struct stat st;
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return false;
	if (inode && st.st_ino != inode)
		return false;
	size_t size = (size_t)MIN(st.st_size, MAX_FILE_BYTES);
	void *image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return false;
	bool found = elf_note_build_id(image, size, ret_id);
	munmap(image, size);
	return found;
}
