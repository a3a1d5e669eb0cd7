/*
 * Damaged files: cut, and with bytes changed where it hurts most, in the debug sections. Nothing
 * may crash or hang; the answers do not matter. To be run with SAN=address,undefined, too.
 */
#include "report/test/ask_symbols.h"
#include "report/test/mini_elf.h"
#include "report/test/tools.h"

#include "report/demangle.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { N_FLIPS = 400, SECONDS_PER_FILE = 10 };

struct image {
	uint8_t *data;
	size_t size_bytes;
};

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct image read_image(const char *path)
{
	struct image image = { .data = malloc(64 << 20) };
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	image.size_bytes = fread(image.data, 1, 64 << 20, in);
	fclose(in);
	return image;
}

static void use_image(const uint8_t *data, size_t size_bytes)
{
	static const char *const no_dirs[] = { NULL };
	struct symbol_search search = { .debug_dirs = no_dirs };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct err err = { 0 };
	size_t n = 0;
	time_t start = time(NULL);
	if (!elf_file_open_memory(data, size_bytes, "/nonexistent/hostile", &elf, &err) ||
		!symbol_source_open(elf, &search, &source, &err))
		return;
	const struct elf_segment *segments = elf_file_segments(elf, &n);
	for (size_t i = 0; i < n; i++)
		if (segments[i].executable)
			ask_all_over(source, &segments[i]);
	assert_true(time(NULL) - start < SECONDS_PER_FILE);
}

static const char *const targets[] = { "", ".debug_info", ".debug_abbrev", ".debug_line",
	".debug_line_str", ".debug_str", ".debug_ranges", ".debug_rnglists", ".debug_addr",
	".debug_str_offsets", ".symtab", ".strtab", ".dynsym", ".rela.plt", ".rela.dyn", ".plt",
	".gnu_debugdata", ".gnu_debugaltlink" };

/* The section's bytes in the file, or all of the file for "". */
static bool find_target(const struct image *image, const char *name, size_t *ret_off, size_t *ret_n)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	struct err err = { 0 };
	assert_true(elf_file_open_memory(image->data, image->size_bytes, "x", &elf, &err));
	struct elf_section section;
	*ret_off = 0;
	*ret_n = image->size_bytes;
	if (!name[0])
		return true;
	if (!elf_file_section(elf, name, &section, &err) || !section.data || !section.size_bytes)
		return false;
	const uint8_t *found =
		memmem(image->data, image->size_bytes, section.data, section.size_bytes);
	*ret_off = found ? (size_t)(found - image->data) : 0;
	*ret_n = section.size_bytes;
	return found != NULL;
}

static void flip_bytes(const struct image *image, size_t off, size_t n)
{
	AUTO_FREE uint8_t *copy = malloc(image->size_bytes);
	for (int i = 0; i < N_FLIPS; i++) {
		memcpy(copy, image->data, image->size_bytes);
		for (uint64_t k = 1 + next_random() % 8; k; k--) {
			static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
			uint8_t *byte = &copy[off + next_random() % n];
			*byte = next_random() % 2 ? (uint8_t)next_random()
						  : values[next_random() % sizeof(values)];
		}
		use_image(copy, image->size_bytes);
	}
}

static const char *const builds[] = {
	"gcc -O2 -gdwarf-5 -o $D/x $P/chain.c",
	"gcc -O2 -gdwarf-4 -o $D/x $P/chain.c",
	"clang -O2 -gdwarf-5 -o $D/x $P/chain.c",
	"gcc -O2 -g -gz=zlib -o $D/x $P/chain.c",
	"gcc -O2 -gdwarf-5 -gsplit-dwarf -o $D/x $P/chain.c",
	"gcc -O2 -g -o $D/y $P/chain.c && objcopy --only-keep-debug --remove-section '.debug_*' "
	"$D/y $D/mini && xz -f $D/mini && strip -s $D/y && "
	"objcopy --add-section .gnu_debugdata=$D/mini.xz $D/y $D/x",
	"gcc -O2 -g -o $D/x $P/chain.c && cp $D/x $D/y && dwz -m $D/z $D/x $D/y",
};

static void changed_bytes_do_no_harm(void **state)
{
	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(builds); b++) {
		if (!run("%s", builds[b])) {
			fprintf(stderr, "SKIPPED: '%s' does not build\n", builds[b]);
			continue;
		}
		struct image image = read_image(in_scratch("x"));
		for (size_t t = 0; t < ARRAY_LEN(targets); t++) {
			size_t off, n;
			if (find_target(&image, targets[t], &off, &n))
				flip_bytes(&image, off, n);
		}
		free(image.data);
	}
}

static void cut_files_do_no_harm(void **state)
{
	(void)state;
	RUN_OR_SKIP("gcc", "gcc -O2 -g -o $D/x $P/chain.c");
	struct image image = read_image(in_scratch("x"));
	for (size_t size_bytes = 0; size_bytes < image.size_bytes;
		size_bytes += 1 + next_random() % 64) {
		AUTO_FREE uint8_t *copy = malloc(size_bytes + 1);
		memcpy(copy, image.data, size_bytes);
		use_image(copy, size_bytes);
	}
	free(image.data);
}

/* Six gigabytes of memory, if libdw is asked for all. */
static void tiny_units_without_number_do_no_harm(void **state)
{
	enum { N = 6 << 20 };
	static const char abbrevs[] = "\1\x11\0\0\0";
	static const char unit[] = "\x8\0\0\0\4\0\0\0\0\0\x8";
	static const char *const no_dirs[] = { NULL };
	AUTO_BUF struct buf units = BUF_INIT;
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct symbol_search search = { .debug_dirs = no_dirs };
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N; i++)
		buf_bytes(&units, unit, sizeof(unit));
	const struct mini_section sections[] = {
		{ ".debug_info", SHT_PROGBITS, 0, units.data, units.len },
		{ ".debug_abbrev", SHT_PROGBITS, 0, abbrevs, sizeof(abbrevs) },
	};
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, ARRAY_LEN(sections));
	assert_true(elf_file_open_memory(image.data, image.len, "x", &elf, &err));
	assert_true(symbol_source_open(elf, &search, &source, &err));
	assert_non_null(strstr(symbol_source_notes(source)->problem, "more than 524288 units"));
}

/* As many units as abbreviations, each unit's own the last: four minutes, if all are read for each.
 */
static void units_behind_many_abbreviations_do_no_harm(void **state)
{
	enum { N = 100000 };
	static const char *const no_dirs[] = { NULL };
	AUTO_BUF struct buf units = BUF_INIT, abbrevs = BUF_INIT;
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct symbol_search search = { .debug_dirs = no_dirs };
	struct err err = { 0 };
	(void)state;
	for (uint64_t i = 1; i <= N; i++) {
		static const char unit_head[] = "\x0a\0\0\0\4\0\0\0\0\0\x8";
		buf_bytes(&units, unit_head, sizeof(unit_head) - 1);
		buf_uleb(&units, N);
		buf_uleb(&abbrevs, i);
		buf_bytes(&abbrevs, "\x11\0\0\0", 4);
	}
	buf_u8(&abbrevs, 0);
	const struct mini_section sections[] = {
		{ ".debug_info", SHT_PROGBITS, 0, units.data, units.len },
		{ ".debug_abbrev", SHT_PROGBITS, 0, abbrevs.data, abbrevs.len },
	};
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, ARRAY_LEN(sections));
	time_t start = time(NULL);
	assert_true(elf_file_open_memory(image.data, image.len, "x", &elf, &err));
	assert_true(symbol_source_open(elf, &search, &source, &err));
	assert_non_null(strstr(symbol_source_notes(source)->problem, "gave up reading its units"));
	assert_true(time(NULL) - start < SECONDS_PER_FILE);
}

static void write_elf(const char *path, const struct buf *abbrevs, const struct buf *info,
	const char *abbrevs_name, const char *info_name)
{
	const struct mini_section sections[] = {
		{ abbrevs_name, SHT_PROGBITS, 0, abbrevs->data, abbrevs->len },
		{ info_name, SHT_PROGBITS, 0, info->data, info->len },
	};
	AUTO_BUF struct buf image = mini_elf(EM_X86_64, sections, ARRAY_LEN(sections));
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(image.data, 1, image.len, out), image.len);
	assert_int_equal(fclose(out), 0);
}

/* Skeletons that each have one address, and that all name "many.dwo". */
static void write_skeletons(uint64_t n)
{
	AUTO_BUF struct buf abbrevs = BUF_INIT, info = BUF_INIT;
	buf_bytes(&abbrevs, "\1\x4a\0\x76\x08\x11\1\x12\x0b\0\0", 12);
	for (uint64_t i = 0; i < n; i++) {
		buf_bytes(&info, "\x23\0\0\0\5\0\4\x08\0\0\0\0", 12);
		buf_u64(&info, 77);
		buf_bytes(&info, "\1many.dwo", 10);
		buf_u64(&info, MINI_ELF_TEXT + i * 16);
		buf_u8(&info, 16);
	}
	write_elf(in_scratch("skeletons"), &abbrevs, &info, ".debug_abbrev", ".debug_info");
}

static void write_many_units(uint64_t n)
{
	AUTO_BUF struct buf abbrevs = BUF_INIT, info = BUF_INIT;
	buf_bytes(&abbrevs, "\1\x11\0\0\0", 6);
	for (uint64_t i = 0; i < n; i++)
		buf_bytes(&info, "\x11\0\0\0\5\0\5\x08\0\0\0\0\1\0\0\0\0\0\0\0\1", 21);
	write_elf(in_scratch("many.dwo"), &abbrevs, &info, ".debug_abbrev.dwo", ".debug_info.dwo");
}

/* Two and a half gigabytes, if it is opened for each skeleton. */
static void one_split_file_of_many_units_is_open_once(void **state)
{
	enum { N = 40 };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct symbol_search search = { .n_threads = 1 };
	struct symbol_answer answers[N];
	struct rusage usage;
	struct err err = { 0 };
	uint64_t vaddrs[N];
	(void)state;
	write_skeletons(N);
	write_many_units(300000);
	assert_true(elf_file_open(in_scratch("skeletons"), &elf, &err));
	assert_true(symbol_source_open(elf, &search, &source, &err));
	for (uint64_t i = 0; i < N; i++)
		vaddrs[i] = MINI_ELF_TEXT + i * 16;
	assert_true(symbol_source_resolve(source, vaddrs, N, answers, &err));
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_true(usage.ru_maxrss < 1800 << 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_bytes_do_no_harm),
		cmocka_unit_test(cut_files_do_no_harm),
		cmocka_unit_test(tiny_units_without_number_do_no_harm),
		cmocka_unit_test(units_behind_many_abbreviations_do_no_harm),
		cmocka_unit_test(one_split_file_of_many_units_is_open_once),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
