/*
 * Symbols from the cache: they must be what the files say now, whoever filled the cache, with
 * whatever addresses, on however many threads.
 */
#include "report/test/chain.h"

#include "report/cache.h"
#include "report/demangle.h"
#include "report/symbol_file.h"

#include <sys/wait.h>

enum { N_ADDRESSES = 4000, N_WRITERS = 6 };

static struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	struct err err = { 0 };
	if (!cache_open(in_scratch("cache"), &cache, &err))
		fail_msg("%s", err.text);
	return cache;
}

static void clear_cache(void)
{
	assert_true(run("rm -rf $D/cache"));
}

/* A program, and what is asked of it. */
struct question {
	const char *name;    /* in the scratch folder */
	struct cache *cache; /* NULL: none */
	unsigned n_threads;
	const uint64_t *vaddrs;
	size_t n;
};

struct reply {
	struct elf_file *elf;
	struct symbol_source *source;
	struct symbol_answer *answers;
	bool was_known; /* the files were not looked at */
};

static struct reply ask_all(const struct question *q)
{
	struct reply r = { .answers = calloc(q->n + 1, sizeof(*r.answers)) };
	const char *dirs[] = { "/nonexistent", NULL };
	char debug[256];
	struct symbol_search search = {
		.debug_dirs = dirs,
		.cache = q->cache,
		.n_threads = q->n_threads,
	};
	struct err err = { 0 };
	snprintf(debug, sizeof(debug), "%s", in_scratch("debug"));
	dirs[0] = debug;
	if (!elf_file_open(in_scratch(q->name), &r.elf, &err))
		fail_msg("%s", err.text);
	r.source = symbol_source_new(r.elf, &search);
	assert_non_null(r.source);
	r.was_known = symbol_source_knows(r.source, q->vaddrs, q->n);
	if (!symbol_source_resolve(r.source, q->vaddrs, q->n, r.answers, &err))
		fail_msg("%s", err.text);
	symbol_source_finish(r.source);
	return r;
}

static void free_reply(struct reply *r)
{
	symbol_source_close(r->source);
	elf_file_close(r->elf);
	free(r->answers);
}

static bool is_same_text(const char *a, const char *b)
{
	return !strcmp(or_unknown(a), or_unknown(b));
}

static bool is_same_answer(const struct symbol_answer *a, const struct symbol_answer *b)
{
	bool ok = a->n_frames == b->n_frames;
	for (uint32_t i = 0; ok && i < a->n_frames; i++) {
		const struct symbol_frame *x = &a->frames[i], *y = &b->frames[i];
		ok = is_same_text(x->raw_name, y->raw_name) &&
			is_same_text(x->shown_name, y->shown_name) &&
			is_same_text(x->file, y->file) && x->line == y->line &&
			x->is_inlined == y->is_inlined;
	}
	return ok;
}

static void assert_same_notes(const struct reply *a, const struct reply *b)
{
	const struct symbol_notes *x = symbol_source_notes(a->source);
	const struct symbol_notes *y = symbol_source_notes(b->source);
	assert_int_equal(x->has_symbols, y->has_symbols);
	assert_int_equal(x->has_debug_info, y->has_debug_info);
	assert_int_equal(x->is_stripped, y->is_stripped);
	assert_string_equal(or_unknown(x->debug_file), or_unknown(y->debug_file));
	assert_string_equal(or_unknown(x->problem), or_unknown(y->problem));
}

static void assert_same(const struct reply *a, const struct reply *b, size_t n)
{
	assert_same_notes(a, b);
	for (size_t i = 0; i < n; i++)
		assert_true(is_same_answer(&a->answers[i], &b->answers[i]));
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int compare_vaddrs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* In .text, and some around it. The caller frees. */
static uint64_t *choose(const char *name, size_t n)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	struct elf_section text;
	struct err err = { 0 };
	uint64_t *vaddrs = calloc(n, sizeof(*vaddrs));
	assert_true(elf_file_open(in_scratch(name), &elf, &err));
	assert_true(elf_file_section(elf, ".text", &text, &err));
	for (size_t i = 0; i < n; i++)
		vaddrs[i] = text.vaddr - 64 + next_random() % (text.size_bytes + 128);
	qsort(vaddrs, n, sizeof(*vaddrs), compare_vaddrs);
	return vaddrs;
}

static const char *const builds[] = {
	"gcc -O2 -gdwarf-5 -o $D/x $P/chain.c",
	"gcc -O2 -gdwarf-4 -ffunction-sections -Wl,--gc-sections -o $D/x $P/chain.c",
	"clang -O2 -gdwarf-5 -gsplit-dwarf -c -o $D/x.o $P/chain.c && clang -o $D/x $D/x.o",
	"clang -O2 -gdwarf-4 -gsplit-dwarf -c -o $D/x.o $P/chain.c && clang -o $D/x $D/x.o",
	"gcc -O2 -gsplit-dwarf -o $D/x $P/chain.c && rm -f $D/*.dwo",
	"gcc -O2 -g -o $D/x $P/chain.c && strip -s $D/x",
	"gcc -O1 -g -o $D/x $P/nested.c",
	"g++ -std=c++17 -O2 -g -o $D/x $P/shapes.cc",
	"clang++ -std=c++17 -O2 -gdwarf-5 -o $D/x $P/shapes.cc",
	"rustc -O -g -o $D/x $P/words.rs",
	"gcc -O2 -g -static -o $D/x $P/chain.c",
};

static bool build(size_t i)
{
	clear_cache();
	bool ok = run("rm -f $D/x; %s", builds[i]);
	fprintf(stderr, "%s'%s'%s\n", ok ? "" : "SKIPPED: ", builds[i],
		ok ? "" : " does not build");
	return ok;
}

static void assert_all_agree(void)
{
	struct question q = { "x", NULL, 1, NULL, N_ADDRESSES };
	AUTO_FREE uint64_t *vaddrs = choose("x", N_ADDRESSES);
	AUTO(cache_close) struct cache *cache = open_cache();
	q.vaddrs = vaddrs;
	struct reply plain = ask_all(&q);
	q.n_threads = 7;
	struct reply threads = ask_all(&q);
	q.cache = cache;
	struct reply cold = ask_all(&q), warm = ask_all(&q);
	assert_false(cold.was_known);
	assert_true(warm.was_known);
	assert_same(&plain, &threads, q.n);
	assert_same(&plain, &cold, q.n);
	assert_same(&plain, &warm, q.n);
	free_reply(&plain);
	free_reply(&threads);
	free_reply(&cold);
	free_reply(&warm);
}

/* Every byte: what is kept for the range of one address holds for all addresses in it. */
static void assert_true_of_every_byte(void)
{
	enum { MAX_BYTES = 20000, N_ASKED = 300 };
	AUTO(cache_close) struct cache *cache = open_cache();
	AUTO_FREE uint64_t *some = choose("x", N_ASKED);
	struct question q = { "x", cache, 2, some, N_ASKED };
	struct reply first = ask_all(&q);
	size_t n = 0;
	AUTO_FREE uint64_t *all = calloc(MAX_BYTES, sizeof(*all));
	for (uint64_t vaddr = some[0]; n < MAX_BYTES && vaddr <= some[N_ASKED - 1]; vaddr++)
		all[n++] = vaddr;
	q.vaddrs = all;
	q.n = n;
	struct reply warm = ask_all(&q);
	q.cache = NULL;
	struct reply fresh = ask_all(&q);
	assert_same(&warm, &fresh, n);
	free_reply(&first);
	free_reply(&warm);
	free_reply(&fresh);
}

static void cold_warm_threads_and_others_ranges_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		if (!build(i))
			continue;
		assert_all_agree();
		clear_cache();
		assert_true_of_every_byte();
	}
}

/* As reports of many recordings would fill it. */
static void a_cache_that_grew_bit_by_bit_says_the_same(void **state)
{
	(void)state;
	if (!build(7))
		SKIP("g++");
	AUTO(cache_close) struct cache *cache = open_cache();
	AUTO_FREE uint64_t *vaddrs = choose("x", N_ADDRESSES);
	struct question q = { "x", cache, 1, NULL, 40 };
	for (size_t i = 0; i < 50; i++) {
		q.vaddrs = vaddrs + next_random() % (N_ADDRESSES - 40);
		struct reply r = ask_all(&q);
		free_reply(&r);
	}
	q.vaddrs = vaddrs;
	q.n = N_ADDRESSES;
	struct reply grown = ask_all(&q);
	q.cache = NULL;
	struct reply fresh = ask_all(&q);
	assert_same(&grown, &fresh, q.n);
	free_reply(&grown);
	free_reply(&fresh);
}

#define BUILD_ID_PATH                                        \
	"$D/debug/.build-id/$(readelf -n $D/chain | sed -n " \
	"'s/.*Build ID: \\(..\\)\\(.*\\)/\\1\\/\\2/p').debug"

static void a_debug_file_that_comes_or_goes_supersedes(void **state)
{
	(void)state;
	clear_cache();
	RUN_OR_SKIP("gcc and binutils",
		"gcc -O2 -g -Wl,--build-id -o $D/chain $P/chain.c && rm -rf $D/debug && "
		"objcopy --only-keep-debug $D/chain $D/kept && strip -s $D/chain -o $D/stripped");
	AUTO(cache_close) struct cache *cache = open_cache();
	uint64_t vaddr = address_of("chain", "chain_plain");
	struct question q = { "stripped", cache, 1, &vaddr, 1 };
	for (int round = 0; round < 2; round++) {
		struct reply r = ask_all(&q);
		assert_int_equal(r.answers[0].n_frames, 0);
		assert_true(symbol_source_notes(r.source)->is_stripped);
		free_reply(&r);
	}
	assert_true(run("p=" BUILD_ID_PATH "; mkdir -p $(dirname $p) && cp $D/kept $p"));
	for (int round = 0; round < 2; round++) {
		struct reply r = ask_all(&q);
		assert_int_equal(r.was_known, round);
		assert_int_equal(r.answers[0].n_frames, 1);
		assert_string_equal(r.answers[0].frames[0].raw_name, "chain_plain");
		assert_non_null(symbol_source_notes(r.source)->debug_file);
		free_reply(&r);
	}
	assert_true(run("rm -r $D/debug"));
	struct reply r = ask_all(&q);
	assert_int_equal(r.answers[0].n_frames, 0);
	assert_null(symbol_source_notes(r.source)->debug_file);
	free_reply(&r);
}

static void a_dwo_file_that_comes_supersedes(void **state)
{
	(void)state;
	clear_cache();
	RUN_OR_SKIP("gcc",
		"cp $P/chain.c $D/split.c && cd $D && "
		"gcc -O2 -gsplit-dwarf -gdwarf-5 -c split.c && "
		"gcc -Wl,--build-id -o split split.o && mv split.dwo away");
	AUTO(cache_close) struct cache *cache = open_cache();
	uint64_t vaddr = address_of("split", "chain_top");
	struct question q = { "split", cache, 1, &vaddr, 1 };
	struct reply r = ask_all(&q);
	assert_non_null(strstr(symbol_source_notes(r.source)->problem, ".dwo"));
	free_reply(&r);
	assert_true(run("mv $D/away $D/split.dwo"));
	r = ask_all(&q);
	assert_false(r.was_known);
	assert_null(symbol_source_notes(r.source)->problem);
	free_reply(&r);
}

static void shown_names_are_the_demangled_ones(void **state)
{
	(void)state;
	clear_cache();
	RUN_OR_SKIP("g++", "g++ -O2 -g -Wl,--build-id -o $D/x $P/shapes.cc");
	AUTO(cache_close) struct cache *cache = open_cache();
	AUTO_FREE uint64_t *vaddrs = choose("x", N_ADDRESSES);
	struct question q = { "x", cache, 1, vaddrs, N_ADDRESSES };
	struct reply r = ask_all(&q);
	size_t n_demangled = 0;
	for (size_t i = 0; i < q.n; i++)
		for (uint32_t k = 0; k < r.answers[i].n_frames; k++) {
			const struct symbol_frame *f = &r.answers[i].frames[k];
			AUTO_FREE char *shown = f->raw_name ? demangle(f->raw_name) : NULL;
			assert_string_equal(or_unknown(f->shown_name), or_unknown(shown));
			n_demangled += shown && strcmp(shown, f->raw_name) != 0;
		}
	assert_true(n_demangled > 100);
	free_reply(&r);
}

/* Status 0: all that the cache said was right. */
static int write_and_read(const struct question *q, const struct reply *fresh, size_t writer)
{
	for (size_t round = 0; round < 20; round++) {
		size_t first = writer * 600 + round * 7;
		struct question part = *q;
		part.vaddrs += first;
		part.n = 50 + round;
		struct reply r = ask_all(&part);
		for (size_t i = 0; i < part.n; i++)
			if (!is_same_answer(&r.answers[i], &fresh->answers[first + i]))
				return 1;
		free_reply(&r);
	}
	return 0;
}

static void several_writers_do_no_harm(void **state)
{
	(void)state;
	if (!build(7))
		SKIP("g++");
	AUTO(cache_close) struct cache *cache = open_cache();
	AUTO_FREE uint64_t *vaddrs = choose("x", N_ADDRESSES);
	struct question q = { "x", NULL, 1, vaddrs, N_ADDRESSES };
	struct reply fresh = ask_all(&q);
	q.cache = cache;
	for (size_t writer = 0; writer < N_WRITERS; writer++)
		if (fork() == 0)
			_exit(write_and_read(&q, &fresh, writer));
	for (size_t writer = 0; writer < N_WRITERS; writer++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct reply after = ask_all(&q);
	assert_same(&after, &fresh, q.n);
	free_reply(&after);
	free_reply(&fresh);
}

/* Symbol files as bytes. */

static struct buf make_file(
	const struct symbol_file *old, const struct symbol_finding *findings, size_t n)
{
	struct symbol_notes notes = { .has_symbols = true, .problem = "a problem" };
	AUTO_BUF struct buf facts = BUF_INIT;
	struct buf out = BUF_INIT;
	assert_true(symbol_file_write(old, findings, n, &notes, &facts, &out));
	return out;
}

static void use_file(const struct symbol_file *f)
{
	struct arena memory = { 0 };
	uint32_t hint = 0;
	for (uint64_t vaddr = 0; vaddr < 0x3000; vaddr += 0x55) {
		struct symbol_range range;
		struct symbol_answer answer;
		if (!symbol_file_find(f, vaddr, &hint, &range))
			continue;
		assert_true(symbol_file_answer(f, &range, &memory, &answer));
		for (uint32_t i = 0; i < answer.n_frames; i++)
			assert_true(strlen(or_unknown(answer.frames[i].raw_name)) < 10000);
	}
	struct buf again = make_file(f, NULL, 0);
	buf_fini(&again);
	arena_fini(&memory);
}

static const struct symbol_frame some_frames[] = {
	{ "inner", NULL, "/a.c", 3, true },
	{ "_Z5outerv", NULL, "/b.c", 4, false },
};

static const struct symbol_finding some_findings[] = {
	{ .start = 0x1000, .end = 0x1010, .frames = some_frames, .n_frames = 2 },
	{ .start = 0x1010, .end = 0x1020, .frames = NULL, .n_frames = 0 },
	{ .start = 0x1100,
		.end = 0x2000,
		.frames = some_frames + 1,
		.n_frames = 1,
		.problem = "damage" },
	{ .start = 0x2000,
		.end = 0x2100,
		.frames = some_frames,
		.n_frames = 1,
		.is_partial = true },
};

static void a_damaged_file_does_no_harm(void **state)
{
	(void)state;
	AUTO_BUF struct buf good = make_file(NULL, some_findings, ARRAY_LEN(some_findings));
	for (size_t size_bytes = 0; size_bytes < good.len; size_bytes++) {
		struct symbol_file f;
		assert_false(symbol_file_open(good.data, size_bytes, &f));
	}
	for (int round = 0; round < 5000; round++) {
		AUTO_FREE uint8_t *copy = malloc(good.len);
		struct symbol_file f;
		memcpy(copy, good.data, good.len);
		for (uint64_t k = next_random() % 4 + 1; k; k--)
			copy[next_random() % good.len] = (uint8_t)next_random();
		if (symbol_file_open(copy, good.len, &f))
			use_file(&f);
	}
}

static bool knows(const struct symbol_file *f, uint64_t vaddr, uint32_t n_frames)
{
	struct symbol_range range;
	uint32_t hint = 0;
	return symbol_file_find(f, vaddr, &hint, &range) && range.n_frames == n_frames;
}

/* Both tell the truth where they overlap; what was given up on is not taken over. */
static void files_are_merged(void **state)
{
	static const struct symbol_finding more[] = {
		{ .start = 0x0ff0, .end = 0x1008, .frames = some_frames, .n_frames = 2 },
		{ .start = 0x1050, .end = 0x1100, .frames = some_frames, .n_frames = 2 },
		{ .start = 0x1800, .end = 0x2050, .frames = some_frames + 1, .n_frames = 1 },
	};
	struct symbol_file old, merged;
	(void)state;
	AUTO_BUF struct buf first = make_file(NULL, some_findings, ARRAY_LEN(some_findings));
	assert_true(symbol_file_open(first.data, first.len, &old));
	assert_true(knows(&old, 0x2050, 1));
	AUTO_BUF struct buf second = make_file(&old, more, ARRAY_LEN(more));
	assert_true(symbol_file_open(second.data, second.len, &merged));
	assert_true(knows(&merged, 0x0ff0, 2) && knows(&merged, 0x100f, 2));
	assert_true(knows(&merged, 0x1010, 0) && knows(&merged, 0x101f, 0));
	assert_false(knows(&merged, 0x1020, 0) || knows(&merged, 0x104f, 0));
	assert_true(knows(&merged, 0x1050, 2) && knows(&merged, 0x10ff, 2));
	assert_true(knows(&merged, 0x1100, 1) && knows(&merged, 0x204f, 1));
	assert_false(knows(&merged, 0x2050, 1));
	assert_string_equal(merged.notes.problem, "a problem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cold_warm_threads_and_others_ranges_agree),
		cmocka_unit_test(a_cache_that_grew_bit_by_bit_says_the_same),
		cmocka_unit_test(a_debug_file_that_comes_or_goes_supersedes),
		cmocka_unit_test(a_dwo_file_that_comes_supersedes),
		cmocka_unit_test(shown_names_are_the_demangled_ones),
		cmocka_unit_test(several_writers_do_no_harm),
		cmocka_unit_test(a_damaged_file_does_no_harm),
		cmocka_unit_test(files_are_merged),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
