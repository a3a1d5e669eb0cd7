/*
 * Events in quantity: several blocks, more strings than the writer remembers, strings that must be
 * cut; and kinds of events that are not known yet.
 */
#include "common/test/trace_fixture.h"
#include "common/trace_event_codec.h"

enum { N_EVENTS = 60000, N_PATHS = 5000 };

/* The path of event i; some are long, most come again. */
static const char *path_of(uint32_t i)
{
	static char path[6000];
	uint32_t number = i * 2654435761u % N_PATHS;
	size_t pad = number % 50 ? number % 90 : 5000;
	snprintf(path, sizeof(path), "/lib/%u/%0*d", number, (int)pad, 0);
	return path;
}

static struct trace_event event_of(uint32_t i)
{
	struct trace_event event = {
		.kind = TRACE_MMAP,
		.time_ns = 5000000000 + (uint64_t)i * 1000 - i % 7 * 300,
		.pid = i % 100,
		.tid = i,
		.mmap = { .start = (uint64_t)i << 12, .len = 4096, .path = path_of(i) },
	};
	return event;
}

static void assert_same_path(const char *read, const char *written)
{
	size_t len = MIN(strlen(written), 4095);
	assert_int_equal(strlen(read), len);
	assert_memory_equal(read, written, len);
}

static void many_events_come_back_in_order(void **state)
{
	(void)state;
	struct err err = { { 0 } };
	struct memory_file file = memory_file_open();
	struct trace_writer *w = writer_open(file.fd, 256 << 10);
	for (uint32_t i = 0; i < N_EVENTS; i++) {
		struct trace_event event = event_of(i);
		assert_true(trace_writer_event(w, &event, &err));
	}
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);

	struct trace_reader *r = reader_open(file.path);
	struct trace_block block;
	struct trace_event event;
	uint32_t n = 0, n_blocks = 0;
	while (trace_reader_next(r, &block, &err)) {
		n_blocks += block.kind == TRACE_BLOCK_EVENTS;
		for (; trace_reader_event(r, &event); n++) {
			struct trace_event e = event_of(n);
			assert_int_equal(event.time_ns, e.time_ns);
			assert_int_equal(event.tid, e.tid);
			assert_int_equal(event.mmap.start, e.mmap.start);
			assert_same_path(event.mmap.path, e.mmap.path);
			assert_true(event.time_ns >= block.first_ns);
			assert_true(event.time_ns <= block.last_ns);
		}
	}
	assert_int_equal(n, N_EVENTS);
	assert_true(n_blocks > 3);
	assert_string_equal(trace_reader_damage(r)->why, "");
	trace_reader_close(r);
	close(file.fd);
}

static void an_unknown_kind_is_passed_over_and_keeps_time(void **state)
{
	(void)state;
	static const uint8_t payload[] = {
		0, 2, 'a', 0,               /* string 0 */
		77, 6, 20, 1, 1, 9, 9, 9,   /* unknown, at 0 + 10 */
		2, 7, 10, 3, 4, 0, 0, 8, 8, /* name of 3/4, at 10 + 5, and two bytes more */
		4, 3, 1, 5, 6,              /* exit of 5/6, at 15 - 1 */
	};
	struct trace_event event;
	struct trace_event_decoder d = { 0 };
	trace_event_decoder_begin(&d, payload, sizeof(payload), 3);
	assert_true(trace_event_decoder_next(&d, &event));
	assert_int_equal(event.kind, TRACE_COMM);
	assert_int_equal(event.time_ns, 15);
	assert_string_equal(event.comm.name, "a");
	assert_int_equal(d.n_unknown, 1);
	assert_true(trace_event_decoder_next(&d, &event));
	assert_int_equal(event.kind, TRACE_EXIT);
	assert_int_equal(event.time_ns, 14);
	assert_false(trace_event_decoder_next(&d, &event));
	assert_int_equal(d.n_left, 0);
	trace_event_decoder_fini(&d);
}

static void a_string_that_was_not_defined_ends_the_block(void **state)
{
	(void)state;
	static const uint8_t payload[] = { 2, 5, 10, 3, 4, 0, 0, 4, 3, 1, 5, 6 };
	struct trace_event event;
	struct trace_event_decoder d = { 0 };
	trace_event_decoder_begin(&d, payload, sizeof(payload), 2);
	assert_false(trace_event_decoder_next(&d, &event));
	assert_int_equal(d.n_left, 2);
	trace_event_decoder_fini(&d);
}

static void a_number_or_body_that_breaks_the_rules_ends_the_block(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint8_t payload[20];
		size_t size;
	} cases[] = {
		{ "pid of 33 bits", { 4, 7, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 1 }, 9 },
		{ "tid of 33 bits", { 4, 7, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x10 }, 9 },
		{ "parent's pid of 33 bits", { 3, 9, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 1 },
			11 },
		{ "cpu of 33 bits", { 6, 9, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 1 }, 11 },
		{ "unknown kind without tid", { 77, 2, 0, 1 }, 4 },
		{ "string without its end", { 0, 1, 'a' }, 3 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trace_event event;
		struct trace_event_decoder d = { 0 };
		trace_event_decoder_begin(&d, cases[i].payload, cases[i].size, 1);
		if (trace_event_decoder_next(&d, &event) || d.n_left != 1)
			fail_msg("%s: taken", cases[i].what);
		trace_event_decoder_fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_events_come_back_in_order),
		cmocka_unit_test(an_unknown_kind_is_passed_over_and_keeps_time),
		cmocka_unit_test(a_string_that_was_not_defined_ends_the_block),
		cmocka_unit_test(a_number_or_body_that_breaks_the_rules_ends_the_block),
	};
	return cmocka_run_group_tests_name("trace events", tests, NULL, NULL);
}
