/*
 * Samples through the writer and back: what comes out is what went in, sieved.
 */
#include "common/test/trace_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_one_thread_come_back),
		cmocka_unit_test(samples_of_many_threads_and_blocks_come_back),
		cmocka_unit_test(small_blocks_come_back),
	};
	return cmocka_run_group_tests_name("trace samples", tests, NULL, NULL);
}
