/* Samples with their threads, for which it must not matter which reader had the batches before. */
#include "report/sample_reader.h"

#include "common/test/trace_fixture.h"

enum { PID = 11, SECOND = 1000000000 };

static void write_comm(struct trace_writer *w, uint64_t time_ns, const char *name)
{
	const struct trace_event event = {
		.kind = TRACE_COMM, .time_ns = time_ns, .pid = PID, .tid = PID, .comm.name = name
	};
	struct err err = { 0 };
	assert_true(trace_writer_event(w, &event, &err));
}

/* In a block of its own. */
static void write_sample(struct trace_writer *w, uint64_t time_ns)
{
	const struct trace_sample sample = {
		.time_ns = time_ns, .pid = PID, .tid = PID, .period = 1, .ip = 0x401000
	};
	struct err err = { 0 };
	assert_true(trace_writer_prepare_sample(w, &err) > 0);
	assert_true(trace_writer_sample(w, &sample, &err));
	assert_true(trace_writer_tick(w, time_ns + 2ULL * SECOND, &err));
}

/* The second block goes back in time, to before the thread's new name. */
static struct memory_file trace_with_a_seam(void)
{
	struct memory_file file = memory_file_open();
	AUTO(trace_writer_free) struct trace_writer *w = writer_open(file.fd, 0);
	struct err err = { 0 };
	write_comm(w, 100, "old");
	write_comm(w, 1500, "new");
	write_sample(w, 2000);
	write_sample(w, 1000);
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	return file;
}

static const char *name_in(struct sample_reader *reader, const struct input_batch *batch)
{
	struct trace_sample sample;
	struct replay_thread thread;
	struct err err = { 0 };
	assert_true(sample_reader_begin(reader, batch, &err));
	assert_true(sample_reader_next(reader, &sample, &thread, &err));
	return thread.name;
}

static void a_batch_does_not_tell_who_read_the_one_before(void **state)
{
	struct memory_file file = trace_with_a_seam();
	const struct recording_options options = { 0 };
	AUTO(recording_close) struct recording *rec = NULL;
	AUTO(sample_reader_free) struct sample_reader *one = NULL;
	AUTO(sample_reader_free) struct sample_reader *other = NULL;
	struct input_batch first, second;
	struct err err = { 0 };
	(void)state;
	assert_true(recording_open(file.path, &options, &rec, &err));
	assert_true(sample_reader_new(rec, &one, &err));
	assert_true(sample_reader_new(rec, &other, &err));
	assert_true(recording_next_batch(rec, &first, &err));
	assert_true(recording_next_batch(rec, &second, &err));
	assert_string_equal(name_in(other, &second), "new");
	assert_string_equal(name_in(one, &first), "new");
	assert_string_equal(name_in(one, &second), "new");
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_does_not_tell_who_read_the_one_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
