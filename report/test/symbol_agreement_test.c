/*
 * Two judges look at 10,000 random addresses of a C, a C++ and a Rust program, and at what we say
 * of them: llvm-symbolizer and binutils' addr2line. Every disagreement is counted under what it is
 * about, and one example of each kind is shown.
 *
 * Only explained kinds may occur; docs/symbolizing.md tells who is right. Where one judge stands
 * against us and the other, it is overruled, and counted: addr2line often, llvm-symbolizer rarely.
 */
#include "report/test/tools.h"

#include <inttypes.h>
#include <stdlib.h>

enum { N_ADDRESSES = 10000, MAX_FRAMES = 130, LLVM_OVERRULED_MAX = 10 };

struct judge_frame {
	char *name, *file; /* NULL: unknown */
	uint32_t line;
};

struct judge_answer {
	struct judge_frame *frames;
	uint32_t n_frames;
};

enum kind {
	EQUAL,
	SCOPED,        /* theirs is weight, ours (anonymous namespace)::weight */
	CLONE_MARK,    /* theirs is foo.cold, ours foo */
	ALIAS,         /* another symbol at the same address */
	LABEL,         /* theirs is a symbol without a size, inside our function */
	STT_FILE_NAME, /* a file name without a line, from the symbol table */
	PADDING,       /* theirs names the function before a gap */
	WRONG_NAME,    /* from here on unexplained */
	WRONG_FILE,
	WRONG_LINE,
	WRONG_DEPTH,
	N_KINDS,
};

static const char *const kind_names[N_KINDS] = { "equal", "scoped", "clone mark", "alias", "label",
	"file without line", "padding", "NAME", "FILE", "LINE", "DEPTH" };

struct symbol_line {
	uint64_t vaddr, size_bytes;
	char name[1024];
};

struct comparison {
	const char *path;
	uint64_t *vaddrs;
	struct symbol_answer *ours;
	struct judge_answer *llvm, *addr2line;
	struct symbol_line *symbols; /* from nm */
	size_t n_symbols;
};

static int compare_vaddrs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* xorshift64: the same addresses every time. */
static void choose_addresses(struct module *m, uint64_t *vaddrs)
{
	struct elf_section text;
	struct err err = { 0 };
	uint64_t random = 88172645463325252u;
	assert_true(elf_file_section(m->elf, ".text", &text, &err));
	for (size_t i = 0; i < N_ADDRESSES; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		vaddrs[i] = text.vaddr + random % text.size_bytes;
	}
	qsort(vaddrs, N_ADDRESSES, sizeof(*vaddrs), compare_vaddrs);
}

/* "file:line", perhaps with " (discriminator 3)". */
static void read_place(char *place, struct judge_frame *frame)
{
	char *extra = strstr(place, " (discriminator");
	if (extra)
		*extra = 0;
	char *colon = strrchr(place, ':');
	if (!colon)
		return;
	*colon = 0;
	frame->line = (uint32_t)strtoul(colon + 1, NULL, 10);
	if (strcmp(place, "??") != 0)
		frame->file = strdup(place);
}

/* Both judges write the address, then a name and a place for each frame. */
static struct judge_answer *hear_judge(const struct comparison *c, const char *command)
{
	char line[65536], place[65536];
	struct judge_answer *answers = calloc(N_ADDRESSES, sizeof(*answers)), *answer = answers - 1;
	assert_true(run("%s -e %s <$D/addresses >$D/answers", command, c->path));
	FILE *in = fopen(in_scratch("answers"), "r");
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "0x", 2)) {
			answer++;
			answer->frames = calloc(MAX_FRAMES, sizeof(*answer->frames));
		} else if (line[0] && fgets(place, sizeof(place), in)) {
			assert_true(answer->n_frames < MAX_FRAMES);
			struct judge_frame *frame = &answer->frames[answer->n_frames++];
			place[strcspn(place, "\n")] = 0;
			frame->name = strcmp(line, "??") ? strdup(line) : NULL;
			read_place(place, frame);
		}
	}
	fclose(in);
	assert_ptr_equal(answer, answers + N_ADDRESSES - 1);
	return answers;
}

static void free_judge(struct judge_answer *answers)
{
	for (size_t i = 0; i < N_ADDRESSES; i++) {
		for (uint32_t k = 0; k < answers[i].n_frames; k++) {
			free(answers[i].frames[k].name);
			free(answers[i].frames[k].file);
		}
		free(answers[i].frames);
	}
	free(answers);
}

static void read_symbols(struct comparison *c)
{
	char line[2048];
	unsigned long long vaddr, size_bytes;
	assert_true(run("llvm-nm -S %s >$D/symbols || nm -S %s >$D/symbols", c->path, c->path));
	FILE *in = fopen(in_scratch("symbols"), "r");
	while (fgets(line, sizeof(line), in)) {
		c->symbols = reallocarray(c->symbols, c->n_symbols + 1, sizeof(*c->symbols));
		struct symbol_line *s = &c->symbols[c->n_symbols];
		int n = sscanf(line, "%llx %llx %*c %1023s", &vaddr, &size_bytes, s->name);
		if (n != 3) {
			size_bytes = 0;
			n = sscanf(line, "%llx %*c %1023s", &vaddr, s->name);
		}
		s->vaddr = vaddr;
		s->size_bytes = size_bytes;
		c->n_symbols += n >= 2;
	}
	fclose(in);
}

static size_t len_without_mark(const char *name)
{
	static const char *const marks[] = { ".cold", ".part.", ".isra.", ".constprop.",
		".lto_priv.", ".llvm." };
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *mark = strstr(name, marks[i]);
		if (mark)
			len = MIN(len, (size_t)(mark - name));
	}
	return len;
}

static bool same_but_mark(const char *a, const char *b)
{
	size_t a_len = len_without_mark(a);
	return a_len == len_without_mark(b) && !strncmp(a, b, a_len);
}

static bool is_alias(const struct comparison *c, const char *a, const char *b)
{
	for (size_t i = 0; i < c->n_symbols; i++) {
		if (!same_but_mark(c->symbols[i].name, a))
			continue;
		for (size_t k = 0; k < c->n_symbols; k++)
			if (c->symbols[k].vaddr == c->symbols[i].vaddr &&
				same_but_mark(c->symbols[k].name, b))
				return true;
	}
	return false;
}

static bool is_scoped(const char *ours, const char *theirs)
{
	size_t ours_len = strlen(ours), theirs_len = strlen(theirs);
	return ours_len > theirs_len + 2 && !strcmp(ours + ours_len - theirs_len, theirs) &&
		!strncmp(ours + ours_len - theirs_len - 2, "::", 2);
}

static bool is_label(const struct comparison *c, const char *name)
{
	bool is_found = false;
	for (size_t i = 0; i < c->n_symbols; i++) {
		if (strcmp(c->symbols[i].name, name) != 0)
			continue;
		if (c->symbols[i].size_bytes)
			return false;
		is_found = true;
	}
	return is_found;
}

static enum kind compare_names(
	const struct comparison *c, const char *ours, const char *theirs, bool is_inlined)
{
	if (!ours || !theirs)
		return ours == theirs ? EQUAL : WRONG_NAME;
	if (!strcmp(ours, theirs))
		return EQUAL;
	if (is_scoped(ours, theirs))
		return SCOPED;
	if (is_inlined)
		return WRONG_NAME;
	if (same_but_mark(ours, theirs))
		return CLONE_MARK;
	if (is_alias(c, ours, theirs))
		return ALIAS;
	return is_label(c, theirs) ? LABEL : WRONG_NAME;
}

/* Paths are compared without "." and "..", which the judges leave out here and there. */
static bool same_path(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	AUTO_FREE char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
	if (real_a && real_b)
		return !strcmp(real_a, real_b);
	return !strcmp(a, b) || !strcmp(basename(a), basename(b));
}

static enum kind compare_frames(const struct comparison *c, const struct symbol_frame *ours,
	const struct judge_frame *theirs)
{
	enum kind kind = compare_names(c, ours->raw_name, theirs->name, ours->is_inlined);
	if (kind >= WRONG_NAME)
		return kind;
	if (ours->line != theirs->line)
		return WRONG_LINE;
	if (same_path(ours->file, theirs->file))
		return kind;
	return !ours->file && !theirs->line ? STT_FILE_NAME : WRONG_FILE;
}

static enum kind compare(const struct comparison *c, size_t i, const struct judge_answer *theirs)
{
	static const struct symbol_frame unknown = { 0 };
	const struct symbol_answer *ours = &c->ours[i];
	enum kind worst = EQUAL;
	if (ours->n_frames == 0 && theirs->n_frames == 1 && !theirs->frames[0].line)
		return compare_frames(c, &unknown, &theirs->frames[0]) == EQUAL ? EQUAL : PADDING;
	if (ours->n_frames != theirs->n_frames)
		return WRONG_DEPTH;
	for (uint32_t k = 0; k < ours->n_frames; k++) {
		enum kind kind = compare_frames(c, &ours->frames[k], &theirs->frames[k]);
		worst = MAX(worst, kind);
	}
	return worst;
}

static void show_example(const struct comparison *c, size_t i, const struct judge_answer *theirs)
{
	for (uint32_t k = 0; k < c->ours[i].n_frames; k++) {
		const struct symbol_frame *f = &c->ours[i].frames[k];
		fprintf(stderr, "      %" PRIx64 " ours   %.200s %s:%u\n", c->vaddrs[i],
			or_unknown(f->raw_name), or_unknown(f->file), f->line);
	}
	for (uint32_t k = 0; k < theirs->n_frames; k++) {
		const struct judge_frame *f = &theirs->frames[k];
		fprintf(stderr, "      %" PRIx64 " theirs %.200s %s:%u\n", c->vaddrs[i],
			or_unknown(f->name), or_unknown(f->file), f->line);
	}
}

static void show_counts(const char *title, const unsigned *counts)
{
	fprintf(stderr, "   %-16s", title);
	for (int kind = 0; kind < N_KINDS; kind++)
		if (counts[kind])
			fprintf(stderr, "  %s %u", kind_names[kind], counts[kind]);
	fprintf(stderr, "\n");
}

/* Returns how many disagreements nothing explains, and the other judge does not overrule.
 * overruled_max: more than that it should not be wrong. */
static unsigned judge(const struct comparison *c, const char *name,
	const struct judge_answer *theirs, const struct judge_answer *other, unsigned overruled_max)
{
	unsigned counts[N_KINDS] = { 0 }, overruled[N_KINDS] = { 0 };
	unsigned n_unexplained = 0, n_overruled = 0;
	for (size_t i = 0; i < N_ADDRESSES; i++) {
		enum kind kind = compare(c, i, &theirs[i]);
		bool stands_alone = kind >= PADDING && compare(c, i, &other[i]) < PADDING;
		unsigned *count = stands_alone ? &overruled[kind] : &counts[kind];
		if ((*count)++ == 0 && kind >= WRONG_NAME)
			show_example(c, i, &theirs[i]);
		n_unexplained += kind >= WRONG_NAME && !stands_alone;
		n_overruled += kind >= WRONG_NAME && stands_alone;
	}
	show_counts(name, counts);
	show_counts("  alone with", overruled);
	return n_unexplained + (n_overruled > overruled_max ? n_overruled : 0);
}

static void write_addresses(const struct comparison *c)
{
	FILE *out = fopen(in_scratch("addresses"), "w");
	for (size_t i = 0; i < N_ADDRESSES; i++)
		fprintf(out, "0x%" PRIx64 "\n", c->vaddrs[i]);
	fclose(out);
}

static void assert_judges_agree(const char *path, const char *addr2line)
{
	struct comparison c = { .path = path };
	struct module m = open_module(path);
	struct err err = { 0 };
	NEED("llvm-symbolizer");
	NEED(addr2line);
	c.vaddrs = calloc(N_ADDRESSES, sizeof(*c.vaddrs));
	c.ours = calloc(N_ADDRESSES, sizeof(*c.ours));
	choose_addresses(&m, c.vaddrs);
	assert_true(symbol_source_resolve(m.source, c.vaddrs, N_ADDRESSES, c.ours, &err));
	write_addresses(&c);
	read_symbols(&c);
	c.llvm = hear_judge(&c,
		"llvm-symbolizer --output-style=GNU --print-address "
		"--functions=linkage --inlines --no-demangle");
	char command[128];
	snprintf(command, sizeof(command), "%s -a -f -i", addr2line);
	c.addr2line = hear_judge(&c, command);
	fprintf(stderr, "%s:\n", path);
	unsigned unexplained =
		judge(&c, "llvm-symbolizer", c.llvm, c.addr2line, LLVM_OVERRULED_MAX) +
		judge(&c, "addr2line", c.addr2line, c.llvm, N_ADDRESSES);
	free_judge(c.llvm);
	free_judge(c.addr2line);
	free(c.symbols);
	free(c.vaddrs);
	free(c.ours);
	close_module(&m);
	assert_int_equal(unexplained, 0);
}

/* The C program is this test, with the report's whole library in it. */
static void c_agrees(void **state)
{
	(void)state;
	char self[256] = { 0 };
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_judges_agree(self, "addr2line");
}

static const char *const builds[] = {
	"g++ -std=c++17 -O2 -gdwarf-5 -o $D/shapes_gcc5 $P/shapes.cc",
	"g++ -std=c++17 -O1 -gdwarf-4 -o $D/shapes_gcc4 $P/shapes.cc",
	"clang++ -std=c++17 -O2 -gdwarf-5 -o $D/shapes_clang5 $P/shapes.cc",
	("clang++ -std=c++17 -O2 -gdwarf-4 -ffunction-sections -Wl,--gc-sections "
	 "-o $D/shapes_clang4 $P/shapes.cc"),
	"rustc -O -g -o $D/words $P/words.rs",
	"rustc -g -o $D/words_debug $P/words.rs",
	"gcc -O2 -g -static -o $D/chain_static $P/chain.c",
	"aarch64-linux-gnu-gcc -O2 -g -static -o $D/chain_aarch64 $P/chain.c",
};

static void assert_build_agrees(const char *command)
{
	char name[64];
	const char *at = strstr(command, "$D/");
	sscanf(at, "$D/%63s", name);
	if (!run("%s", command)) {
		fprintf(stderr, "SKIPPED: '%s' does not build\n", command);
		skip();
	}
	char path[256];
	snprintf(path, sizeof(path), "%s", in_scratch(name));
	bool is_arm = strstr(command, "aarch64") != NULL;
	assert_judges_agree(path, is_arm ? "aarch64-linux-gnu-addr2line" : "addr2line");
}

#define AGREES(name, index)                         \
	static void name(void **state)              \
	{                                           \
		(void)state;                        \
		assert_build_agrees(builds[index]); \
	}
AGREES(gcc_cxx_dwarf_5_agrees, 0)
AGREES(gcc_cxx_dwarf_4_agrees, 1)
AGREES(clang_cxx_dwarf_5_agrees, 2)
AGREES(clang_cxx_dwarf_4_agrees, 3)
AGREES(optimized_rust_agrees, 4)
AGREES(plain_rust_agrees, 5)
AGREES(static_c_agrees, 6)
AGREES(static_aarch64_agrees, 7)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_agrees),
		cmocka_unit_test(gcc_cxx_dwarf_5_agrees),
		cmocka_unit_test(gcc_cxx_dwarf_4_agrees),
		cmocka_unit_test(clang_cxx_dwarf_5_agrees),
		cmocka_unit_test(clang_cxx_dwarf_4_agrees),
		cmocka_unit_test(optimized_rust_agrees),
		cmocka_unit_test(plain_rust_agrees),
		cmocka_unit_test(static_c_agrees),
		cmocka_unit_test(static_aarch64_agrees),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
