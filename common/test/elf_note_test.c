/* Build-ids out of ELF images, well-formed and not. */
#include "common/elf_note.h"

#include "common/defs.h"
#include "common/vdso.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOTE_OFF = 256, IMAGE_BYTES = 512 };

static uint8_t image[IMAGE_BYTES];

static void put_note(size_t at, uint32_t type, uint32_t desc_len, uint8_t first)
{
	const uint32_t header[3] = { 4, desc_len, type };
	memcpy(image + at, header, sizeof(header));
	memcpy(image + at + 12, "GNU", 4);
	for (uint32_t i = 0; i < desc_len; i++)
		image[at + 16 + i] = (uint8_t)(first + i);
}

/* An ELF file with a note that is none of ours, and then a build-id. */
static void make_image(void)
{
	Elf64_Ehdr ehdr = { .e_phoff = 64, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
	Elf64_Phdr phdrs[2] = {
		{ .p_type = PT_LOAD, .p_filesz = IMAGE_BYTES },
		{ .p_type = PT_NOTE, .p_offset = NOTE_OFF, .p_filesz = 20 + 36 },
	};
	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(image, 0, sizeof(image));
	memcpy(image, &ehdr, sizeof(ehdr));
	memcpy(image + 64, phdrs, sizeof(phdrs));
	put_note(NOTE_OFF, 1, 4, 0);
	put_note(NOTE_OFF + 20, NT_GNU_BUILD_ID, 20, 100);
}

static void the_build_id_is_found(void **state UNUSED)
{
	struct build_id id;
	make_image();
	assert_true(elf_note_build_id(image, sizeof(image), &id));
	assert_int_equal(id.len, 20);
	assert_int_equal(id.bytes[0], 100);
	assert_int_equal(id.bytes[19], 119);
}

static void a_long_build_id_is_cut(void **state UNUSED)
{
	struct build_id id;
	Elf64_Phdr *note = (Elf64_Phdr *)(void *)(image + 64) + 1;
	make_image();
	note->p_filesz = 20 + 16 + 32;
	put_note(NOTE_OFF + 20, NT_GNU_BUILD_ID, 32, 1);
	assert_true(elf_note_build_id(image, sizeof(image), &id));
	assert_int_equal(id.len, TRACE_BUILD_ID_MAX);
}

static void cut_images_are_refused(void **state UNUSED)
{
	make_image();
	for (size_t size = 0; size < IMAGE_BYTES; size++) {
		AUTO_FREE uint8_t *copy = malloc(size ? size : 1); /* for the sanitizer */
		struct build_id id;
		assert_non_null(copy);
		memcpy(copy, image, size);
		bool found = elf_note_build_id(copy, size, &id);
		assert_int_equal(found, size >= NOTE_OFF + 20 + 36);
	}
}

static void hostile_images_do_no_harm(void **state UNUSED)
{
	srand(1);
	for (int i = 0; i < 200000; i++) {
		struct build_id id;
		make_image();
		for (int n = 1 + rand() % 4; n > 0; n--) {
			static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
			size_t at = 16 + (size_t)rand() % (NOTE_OFF + 56 - 16);
			image[at] = rand() % 2 ? values[rand() % 5] : (uint8_t)rand();
		}
		if (elf_note_build_id(image, sizeof(image), &id))
			assert_in_range(id.len, 1, TRACE_BUILD_ID_MAX);
	}
}

static void a_file_must_be_the_mapped_one(void **state UNUSED)
{
	struct build_id id;
	char path[] = "/tmp/ddrec-elf-note-XXXXXX";
	make_image();
	AUTO_CLOSE int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, sizeof(image)), sizeof(image));
	assert_true(elf_note_build_id_of_file(path, 0, &id));
	assert_false(elf_note_build_id_of_file(path, 1, &id));
	assert_false(elf_note_build_id_of_file("/dev/null", 0, &id));
	assert_false(elf_note_build_id_of_file("/tmp", 0, &id));
	assert_false(elf_note_build_id_of_file("/nonexistent", 0, &id));
	unlink(path);
}

static void the_vdso_is_an_elf_image(void **state UNUSED)
{
	struct trace_file file;
	if (!vdso_get(&file)) {
		print_message("SKIP: no vdso here\n");
		skip();
	}
	assert_int_equal(file.kind, TRACE_FILE_VDSO);
	assert_string_equal(file.name, "[vdso]");
	assert_memory_equal(file.data, ELFMAG, SELFMAG);
	assert_true(file.size_bytes >= 4096);
	assert_true(file.build_id.len > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_build_id_is_found),
		cmocka_unit_test(a_long_build_id_is_cut),
		cmocka_unit_test(cut_images_are_refused),
		cmocka_unit_test(hostile_images_do_no_harm),
		cmocka_unit_test(a_file_must_be_the_mapped_one),
		cmocka_unit_test(the_vdso_is_an_elf_image),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
