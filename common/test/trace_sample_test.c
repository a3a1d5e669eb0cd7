/*
 * Samples through the writer and back: what comes out is what went in, sieved. And columns that no
 * writer makes: what docs/trace-format.md calls damage is, and nothing else.
 */
#include "common/test/trace_fixture.h"
#include "common/trace_sample_decoder.h"

static void round_trip(uint32_t n_threads, uint32_t n_samples, size_t block_bytes, uint64_t seed)
{
	struct err err = { { 0 } };
	struct machine m;
	struct fixture_copy *copies = calloc(n_samples, sizeof(*copies));
	struct memory_file file = memory_file_open();
	struct trace_writer *w = writer_open(file.fd, block_bytes);
	rng_state = seed;
	machine_init(&m, n_threads);
	for (uint32_t i = 0; i < n_samples; i++)
		if (!machine_sample(&m, w, &copies[i], &err))
			fail_msg("sample %u: %s", i, err.text);
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);
	if (n_threads > 1 && n_samples / n_threads >= 100)
		assert_true(m.n_reusing > n_samples / 8 && m.n_truncated > n_samples / 50);

	struct trace_reader *r = reader_open(file.path);
	struct trace_block block;
	struct trace_sample s;
	uint32_t n = 0;
	while (trace_reader_next(r, &block, &err)) {
		for (; trace_reader_sample(r, &s); n++)
			assert_same_sample(&s, &copies[n]);
	}
	assert_string_equal(err.text, "");
	assert_string_equal(trace_reader_damage(r)->why, "");
	assert_int_equal(n, n_samples);
	trace_reader_close(r);
	close(file.fd);
	machine_fini(&m);
	free(copies);
}

static void samples_of_one_thread_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		round_trip(1, 200, 0, seed * 7919);
}

static void samples_of_many_threads_and_blocks_come_back(void **state)
{
	(void)state;
	round_trip(50, 5000, 64 << 10, 99);
	round_trip(700, 20000, 0, 100);
}

static void small_blocks_come_back(void **state)
{
	(void)state;
	round_trip(5, 1000, 1, 101);
}

/* Columns for two samples of one thread at ip 4, which is the one value. The time column has a byte
 * to spare. All in octal, ids, too: 2 is values, 6 pages, 10 threads, 12 time, 24 ip. */
#define VALUES "\2\2\4\0\6\6\0\0\0\0\0\0"
#define THREADS "\10\2\7\7"
#define TIME_AND_IP "\12\3\0\2\7\24\2\0\1"
#define BASE VALUES THREADS TIME_AND_IP
#define COLUMNS(base, rest) (base rest), sizeof(base rest) - 1
#define TWO_TO_32 "\x80\x80\x80\x80\x10"

enum { WHOLE_BLOCK = 100 };

static const struct {
	const char *what, *columns;
	size_t size;
	uint32_t n_good; /* samples before the damage, or WHOLE_BLOCK */
	const char *arch;
} rules[] = {
	{ "bytes left over", COLUMNS(BASE, ""), 2, "x86_64" },
	{ "empty column", COLUMNS(BASE, "\16\0"), 2, "x86_64" },
	{ "empty column, then a full one", COLUMNS(BASE, "\16\0\16\2\1\1"), 2, "x86_64" },
	{ "short column", COLUMNS(BASE, "\16\1\1"), 1, "x86_64" },
	{ "column twice", COLUMNS(BASE, "\16\2\1\1\16\2\1\1"), WHOLE_BLOCK, "x86_64" },
	{ "unknown odd column twice", COLUMNS(BASE, "\1\1\0\1\1\0"), 2, "x86_64" },
	{ "unknown even column", COLUMNS(BASE, "\46\1\0"), WHOLE_BLOCK, "x86_64" },
	{ "empty time column", COLUMNS(VALUES THREADS, "\12\0"), WHOLE_BLOCK, "x86_64" },
	{ "values of an odd size", COLUMNS("\2\1\4" THREADS, TIME_AND_IP), WHOLE_BLOCK, "x86_64" },
	{ "a part of a page", COLUMNS("\2\2\4\0\6\7\0\0\0\0\0\0\0" THREADS, TIME_AND_IP),
		WHOLE_BLOCK, "x86_64" },
	{ "pid of 33 bits", COLUMNS(VALUES "\10\6" TWO_TO_32 "\7" TIME_AND_IP, ""), WHOLE_BLOCK,
		"x86_64" },
	{ "thread without tid", COLUMNS(VALUES "\10\3\7\7\7" TIME_AND_IP, ""), WHOLE_BLOCK,
		"x86_64" },
	{ "cpu of 33 bits", COLUMNS(BASE, "\16\6\1" TWO_TO_32), 1, "x86_64" },
	{ "flags of 33 bits", COLUMNS(BASE, "\20\6\1" TWO_TO_32), 1, "x86_64" },
	{ "chain of ip alone", COLUMNS(BASE, "\30\4\3\0\0\1"), 2, "x86_64" },
	{ "chain that begins with ip, but is empty", COLUMNS(BASE, "\30\4\0\0\1\0"), 1, "x86_64" },
	{ "PC is ip", COLUMNS(BASE, "\32\2\6\6"), 2, "x86_64" },
	{ "absent PC is ip", COLUMNS(BASE, "\32\2\6\4"), 1, "x86_64" },
	{ "SP among the others", COLUMNS(BASE, "\32\3\0\x80\10\36\1\1"), 1, "x86_64" },
	{ "register 33", COLUMNS(BASE, "\32\7\0\x80\x80\x80\x80\x80\2\36\1\1"), 1, "x86_64" },
	{ "registers near an absent SP", COLUMNS(BASE, "\32\2\10\10\36\2\1\1"), 2, "other" },
	{ "SP of an unknown architecture", COLUMNS(BASE, "\32\2\0\1\34\2\4\4"), 1, "other" },
	{ "PC of an unknown architecture", COLUMNS(BASE, "\32\2\0\2\36\2\1\1"), 1, "other" },
	{ "snapshots of one word", COLUMNS(BASE, "\40\2\11\11\42\4\1\0\1\0"), 2, "x86_64" },
	{ "flags of no snapshot", COLUMNS(BASE, "\40\2\0\2"), 1, "x86_64" },
	{ "an unknown flag", COLUMNS(BASE, "\40\2\11\x49\42\4\1\0\1\0"), 1, "x86_64" },
	{ "as many words", COLUMNS(BASE, "\40\2\11\31\42\3\1\0\0"), 2, "x86_64" },
	{ "the same end", COLUMNS(BASE, "\40\2\11\51\42\3\1\0\0"), 2, "x86_64" },
	{ "as many words and the same end", COLUMNS(BASE, "\40\2\11\71\42\3\1\0\0"), 1, "x86_64" },
	{ "the end of no snapshot, at SP -8", COLUMNS(BASE, "\32\2\1\0\34\1\2\40\2\51\0\42\1\0"), 0,
		"x86_64" },
	{ "the same end, 20 bytes from SP",
		COLUMNS(BASE, "\32\2\1\1\34\2\4\3\40\2\11\51\42\3\2\0\0"), 1, "x86_64" },
	{ "reuse across address 0", COLUMNS(BASE, "\32\2\1\1\34\2\2\4\40\2\11\55\42\5\3\0\0\0\0"),
		2, "x86_64" },
	{ "reuse of nothing", COLUMNS(BASE, "\32\2\1\1\34\2\2\4\40\2\11\55\42\5\3\0\1\1\0"), 1,
		"x86_64" },
	{ "a kept word", COLUMNS(BASE, "\40\2\0\11\42\2\1\1\44\2\0\1"), 2, "x86_64" },
	{ "more kept words than there are", COLUMNS(BASE, "\40\2\0\11\42\2\1\2\44\4\0\1\0\1"), 1,
		"x86_64" },
	{ "a kept word beyond the snapshot", COLUMNS(BASE, "\40\2\0\11\42\2\1\1\44\2\1\1"), 1,
		"x86_64" },
};

/* The number of samples that can be decoded, or WHOLE_BLOCK if it cannot begin. */
static uint32_t decode_two(const char *columns, size_t size, const char *arch)
{
	struct trace_sample s;
	uint32_t n = 0;
	struct trace_sample_decoder *d = malloc(sizeof(*d));
	trace_sample_decoder_init(d, arch);
	if (!trace_sample_decoder_begin(d, (const uint8_t *)columns, size, 2))
		n = WHOLE_BLOCK;
	while (n < WHOLE_BLOCK && trace_sample_decoder_next(d, &s))
		n++;
	trace_sample_decoder_fini(d);
	free(d);
	return n;
}

static void what_breaks_a_rule_is_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		uint32_t n = decode_two(rules[i].columns, rules[i].size, rules[i].arch);
		if (n != rules[i].n_good)
			fail_msg("%s: %u, not %u", rules[i].what, n, rules[i].n_good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_one_thread_come_back),
		cmocka_unit_test(samples_of_many_threads_and_blocks_come_back),
		cmocka_unit_test(small_blocks_come_back),
		cmocka_unit_test(what_breaks_a_rule_is_damage),
	};
	return cmocka_run_group_tests_name("trace samples", tests, NULL, NULL);
}
