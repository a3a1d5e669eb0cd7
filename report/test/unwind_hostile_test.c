/*
 * Damaged ELF files through the fuzzer's entry, without a fuzzer: cuts and random changes, small
 * and real files. To be run under the sanitizers; here it only shows that nothing crashes or hangs.
 */
#include "report/test/fuzz_elf_unwind.c"
#include "report/test/mini_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static uint64_t random_state = 1;

static uint64_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* This very program, or as much of it as limit says. */
static struct buf own_file(size_t limit)
{
	struct buf b = BUF_INIT;
	FILE *in = fopen("/proc/self/exe", "re");
	uint8_t chunk[4096];
	size_t n;
	while (in && b.len < limit && (n = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_bytes(&b, chunk, n);
	if (in)
		fclose(in);
	return b;
}

/* A CIE with "zR", and FDEs with expressions, remember/restore and large advances. */
static struct buf small_file(void)
{
	static const uint8_t cie[] = { 20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1,
		0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0 };
	static const uint8_t program[] = { 0, 0x41, 0x0e, 16, 0x86, 2, 0x0a, 0x0f, 3, 0x76, 0x78, 6,
		0x42, 0x10, 3, 2, 0x76, 0x70, 0x44, 0x16, 12, 5, 0x11, 0x78, 0x22, 0x2f, 0xfc, 0x48,
		0x0b, 0x43, 0x0d, 6, 0x4c, 0x09, 16, 5, 0 };
	struct buf eh = BUF_INIT;
	buf_bytes(&eh, cie, sizeof(cie));
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t at = (uint32_t)eh.len;
		buf_u32(&eh, 12 + sizeof(program));
		buf_u32(&eh, at + 4);
		buf_u32(&eh, MINI_ELF_TEXT + 0x40 * i - (MINI_ELF_SECTION + at + 8));
		buf_u32(&eh, 0x40);
		buf_bytes(&eh, program, sizeof(program));
	}
	struct mini_section section = { ".eh_frame", SHT_PROGBITS, SHF_ALLOC, eh.data, eh.len };
	struct buf file = mini_elf(EM_X86_64, &section, 1);
	buf_fini(&eh);
	return file;
}

static void survives_a_cut_at_every_byte(void **state)
{
	AUTO_BUF struct buf file = small_file();
	(void)state;
	for (size_t n = 0; n <= file.len; n++)
		LLVMFuzzerTestOneInput(file.data, n);
}

static void change(uint8_t *data, size_t size)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, 0x0f, 0x16, 0x2f, 0x28 };
	uint64_t r = random_word();
	data[r % size] = r >> 62 ? telling[(r >> 32) % sizeof(telling)] : (uint8_t)(r >> 32);
}

static void survives_random_changes(struct buf *file, size_t from, size_t to, int rounds)
{
	AUTO_FREE uint8_t *copy = malloc(file->len);
	assert_non_null(copy);
	for (int i = 0; i < rounds; i++) {
		memcpy(copy, file->data, file->len);
		for (uint64_t n = random_word() % 8 + 1; n > 0; n--)
			change(copy + from, to - from);
		LLVMFuzzerTestOneInput(copy, file->len);
	}
}

static void survives_changes_in_a_small_file(void **state)
{
	AUTO_BUF struct buf file = small_file();
	(void)state;
	survives_random_changes(&file, 0, file.len, 20000);
}

static void survives_changes_in_a_real_file(void **state)
{
	AUTO_BUF struct buf file = own_file(64 << 20);
	(void)state;
	assert_false(file.failed);
	uint64_t headers;
	memcpy(&headers, file.data + 40, 8); /* e_shoff */
	survives_random_changes(&file, 0, 1024, 20);
	survives_random_changes(&file, headers, file.len, 20);
	survives_random_changes(&file, 0, file.len, 20);
}

/* Skips backwards for ever; the evaluator must give up. */
static void an_endless_expression_ends(void **state)
{
	static const uint8_t cie[] = { 20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1,
		0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0 };
	static const uint8_t program[] = { 0, 0x0f, 3, 0x2f, 0xfd, 0xff };
	AUTO_BUF struct buf eh = BUF_INIT;
	(void)state;
	buf_bytes(&eh, cie, sizeof(cie));
	buf_u32(&eh, 12 + sizeof(program));
	buf_u32(&eh, 28);
	buf_u32(&eh, MINI_ELF_TEXT - (MINI_ELF_SECTION + 24 + 8));
	buf_u32(&eh, MINI_ELF_TEXT_BYTES);
	buf_bytes(&eh, program, sizeof(program));
	struct mini_section section = { ".eh_frame", SHT_PROGBITS, SHF_ALLOC, eh.data, eh.len };
	AUTO_BUF struct buf file = mini_elf(EM_X86_64, &section, 1);
	LLVMFuzzerTestOneInput(file.data, file.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_a_cut_at_every_byte),
		cmocka_unit_test(survives_changes_in_a_small_file),
		cmocka_unit_test(survives_changes_in_a_real_file),
		cmocka_unit_test(an_endless_expression_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
