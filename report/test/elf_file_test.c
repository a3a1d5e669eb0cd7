/* ELF files: sections found, decompressed, and not believed. */
#include "report/elf_file.h"
#include "report/test/mini_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static char plain[20000]; /* compressible */

static void make_plain(void)
{
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (char)(i / 7 % 50);
}

static struct buf compressed(uint32_t method, uint64_t announced)
{
	struct buf b = BUF_INIT;
	uint8_t packed[30000];
	uLongf n = sizeof(packed);
	if (method == 1)
		compress(packed, &n, (const Bytef *)plain, sizeof(plain));
	else
		n = ZSTD_compress(packed, sizeof(packed), plain, sizeof(plain), 3);
	buf_u32(&b, method);
	buf_u32(&b, 0);
	buf_u64(&b, announced);
	buf_u64(&b, 1);
	buf_bytes(&b, packed, n);
	return b;
}

static struct buf zdebug(void)
{
	struct buf b = BUF_INIT;
	uint8_t packed[30000];
	uLongf n = sizeof(packed);
	compress(packed, &n, (const Bytef *)plain, sizeof(plain));
	buf_str(&b, "ZLIB");
	buf_u64(&b, __builtin_bswap64(sizeof(plain)));
	buf_bytes(&b, packed, n);
	return b;
}

static void sections_are_decompressed(void **state)
{
	AUTO_BUF struct buf zlib = compressed(1, sizeof(plain)), old = zdebug(),
			    zstd = compressed(2, sizeof(plain));
	const struct mini_section sections[] = {
		{ ".debug_info", SHT_PROGBITS, SHF_COMPRESSED, zlib.data, zlib.len },
		{ ".debug_line", SHT_PROGBITS, SHF_COMPRESSED, zstd.data, zstd.len },
		{ ".zdebug_str", SHT_PROGBITS, 0, old.data, old.len },
		{ ".plain", SHT_PROGBITS, 0, plain, sizeof(plain) },
	};
	static const char *const names[] = { ".debug_info", ".debug_line", ".debug_str", ".plain" };
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, ARRAY_LEN(sections));
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct err err = { 0 };
	(void)state;
	assert_true(elf_file_open_memory(image.data, image.len, "mini", &f, &err));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct elf_section s, again;
		assert_true(elf_file_section(f, names[i], &s, &err));
		assert_int_equal(s.size_bytes, sizeof(plain));
		assert_memory_equal(s.data, plain, sizeof(plain));
		assert_true(elf_file_section(f, names[i], &again, &err));
		assert_ptr_equal(s.data, again.data);
	}
}

static void bad_compression_is_an_error_with_a_text(void **state)
{
	static const struct {
		uint32_t method;
		uint64_t announced;
	} cases[] = { { 1, 19999 }, { 1, 20001 }, { 1, 0 }, { 1, UINT64_MAX }, { 1, 1ULL << 40 },
		{ 2, 19999 }, { 2, 20001 }, { 2, 1 << 30 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) + 1; i++) {
		bool unknown = i == ARRAY_LEN(cases);
		AUTO_BUF struct buf data = compressed(
			unknown ? 2 : cases[i].method, unknown ? 20000 : cases[i].announced);
		if (unknown)
			data.data[0] = 77;
		const struct mini_section section = { ".debug_info", SHT_PROGBITS, SHF_COMPRESSED,
			data.data, data.len };
		AUTO_BUF struct buf image = mini_elf(EM_X86_64, &section, 1);
		AUTO(elf_file_close) struct elf_file *f = NULL;
		struct err err = { 0 };
		struct elf_section s;
		assert_true(elf_file_open_memory(image.data, image.len, "mini", &f, &err));
		assert_false(elf_file_section(f, ".debug_info", &s, &err));
		assert_non_null(strstr(err.text, "mini: section .debug_info: "));
	}
}

static void a_missing_section_is_no_error(void **state)
{
	AUTO_BUF struct buf image = mini_elf(EM_AARCH64, NULL, 0);
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct err err = { "old text" };
	struct elf_section s;
	uint64_t vaddr;
	(void)state;
	assert_true(elf_file_open_memory(image.data, image.len, "mini", &f, &err));
	assert_string_equal(elf_file_arch(f)->name, "aarch64");
	assert_false(elf_file_section(f, ".text", &s, &err));
	assert_string_equal(err.text, "");
	assert_false(elf_file_vaddr(f, 0, &vaddr));
	assert_int_equal(elf_file_build_id(f)->len, 0);
}

static void a_section_outside_the_file_is_not_handed_out(void **state)
{
	const struct mini_section section = { ".x", SHT_PROGBITS, 0, plain, 8 };
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, &section, 1);
	(void)state;
	static const uint64_t sizes[] = { 1 << 20, UINT64_MAX, UINT64_MAX - 100 };
	uint64_t shoff;
	memcpy(&shoff, image.data + 40, 8);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO(elf_file_close) struct elf_file *f = NULL;
		struct err err = { 0 };
		struct elf_section s;
		memcpy(image.data + shoff + 64 + 32, &sizes[i], 8);
		assert_true(elf_file_open_memory(image.data, image.len, "mini", &f, &err));
		assert_false(elf_file_section(f, ".x", &s, &err));
		assert_non_null(strstr(err.text, "outside the file"));
	}
}

/* 600 MiB of a sparse file, which end where the section's header stands. */
static void a_section_of_impossible_size_is_not_handed_out(void **state)
{
	const struct mini_section sections[] = { { ".symtab", SHT_SYMTAB, 0, "", 0 } };
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, ARRAY_LEN(sections));
	const size_t size = 600 << 20;
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct elf_section s;
	struct err err = { 0 };
	char path[40];
	(void)state;
	Elf64_Ehdr eh;
	memcpy(&eh, image.data, sizeof(eh));
	memcpy(image.data + eh.e_shoff + sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_size), &size,
		sizeof(size));
	AUTO_CLOSE int fd = memfd_create("sparse", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, image.data, image.len), image.len);
	assert_int_equal(ftruncate(fd, (off_t)(size + image.len)), 0);
	assert_true(elf_file_open(path, &f, &err));
	assert_false(elf_file_section(f, ".symtab", &s, &err));
	assert_non_null(strstr(err.text, "too large"));
}

/* Half a million sections that all are one note of the whole file, and all have one long name. */
static void headers_do_not_multiply_the_file(void **state)
{
	enum { N = 1 << 19, NAME_BYTES = 8 << 20 };
	const size_t size = sizeof(Elf64_Ehdr) + NAME_BYTES + (size_t)N * sizeof(Elf64_Shdr);
	AUTO_FREE uint8_t *image = malloc(size);
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct err err = { 0 };
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_machine = EM_X86_64,
		.e_shoff = sizeof(Elf64_Ehdr) + NAME_BYTES,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shstrndx = 1,
	};
	Elf64_Shdr sh = { .sh_type = SHT_NOTE, .sh_offset = sizeof(eh), .sh_size = NAME_BYTES };
	(void)state;
	memcpy(image, &eh, sizeof(eh));
	memset(image + sizeof(eh), 1, NAME_BYTES);
	for (size_t i = 0; i < N; i++) {
		sh.sh_size = i ? NAME_BYTES : N;
		memcpy(image + eh.e_shoff + i * sizeof(sh), &sh, sizeof(sh));
	}
	alarm(20);
	assert_true(elf_file_open_memory(image, size, "mini", &f, &err));
	alarm(0);
}

static void notes_give_the_build_id(void **state)
{
	static const uint8_t notes[] = { 4, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 'X', 'Y', 'Z', 0, 1, 2,
		3, 4, 5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0xcd,
		0xef };
	const struct mini_section section = { ".note.gnu.build-id", SHT_NOTE, 0, notes,
		sizeof(notes) };
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, &section, 1);
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct err err = { 0 };
	(void)state;
	assert_true(elf_file_open_memory(image.data, image.len, "mini", &f, &err));
	assert_int_equal(elf_file_build_id(f)->len, 3);
	assert_memory_equal(elf_file_build_id(f)->bytes, "\xab\xcd\xef", 3);
}

static void what_is_no_elf_file_is_refused_by_name(void **state)
{
	static const char *const paths[] = { "/dev/null", "/", "/proc/self/maps", "/no/such/file",
		"/etc/passwd" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct elf_file *f;
		struct err err = { 0 };
		assert_false(elf_file_open(paths[i], &f, &err));
		assert_memory_equal(err.text, paths[i], strlen(paths[i]));
	}
}

static void a_pipe_is_refused_without_waiting(void **state)
{
	char path[] = "/tmp/elf_file_test.XXXXXX";
	struct elf_file *f;
	struct err err = { 0 };
	(void)state;
	assert_non_null(mkdtemp(path));
	char pipe_path[64];
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", path);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_false(elf_file_open(pipe_path, &f, &err));
	assert_non_null(strstr(err.text, "not a regular file"));
	unlink(pipe_path);
	rmdir(path);
}

static void the_own_file_opens(void **state)
{
	AUTO(elf_file_close) struct elf_file *f = NULL;
	struct err err = { 0 };
	struct elf_section text;
	(void)state;
	assert_true(elf_file_open("/proc/self/exe", &f, &err));
	assert_ptr_equal(elf_file_arch(f), arch_native());
	assert_true(elf_file_section(f, ".text", &text, &err));
	const uint8_t *code = elf_file_bytes(f, text.vaddr, text.size_bytes);
	assert_ptr_equal(code, text.data);
	assert_null(elf_file_bytes(f, text.vaddr, 1 << 30));
	assert_non_null(elf_file_libelf(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_decompressed),
		cmocka_unit_test(bad_compression_is_an_error_with_a_text),
		cmocka_unit_test(a_missing_section_is_no_error),
		cmocka_unit_test(a_section_outside_the_file_is_not_handed_out),
		cmocka_unit_test(a_section_of_impossible_size_is_not_handed_out),
		cmocka_unit_test(headers_do_not_multiply_the_file),
		cmocka_unit_test(notes_give_the_build_id),
		cmocka_unit_test(what_is_no_elf_file_is_refused_by_name),
		cmocka_unit_test(a_pipe_is_refused_without_waiting),
		cmocka_unit_test(the_own_file_opens),
	};
	make_plain();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
