/* Reading rings whose records wrap, and merging several by time. */
#include "record/merge.h"
#include "record/test/synthetic_ring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct perf_event_header *make_sample(
	struct record_builder *b, uint64_t time_ns, uint32_t extra_words)
{
	build_sample(b, PERF_RECORD_MISC_USER, 0, 1, 1, time_ns);
	for (uint32_t i = 0; i < extra_words; i++)
		build_u64(b, time_ns * 1000 + i);
	return build_end(b);
}

static void records_come_back_whole_also_around_the_end(void **state UNUSED)
{
	static struct synthetic_ring s;
	struct ring ring = synthetic_ring_init(&s, 4096 * 3 - 1000);
	struct record_builder b;
	uint64_t put = 0, got = 0;
	srand(1);
	while (got < 5000) {
		while (synthetic_ring_put(&s, make_sample(&b, put, (uint32_t)(put % 61))))
			put++;
		ring_note_head(&ring);
		for (int n = rand() % 40; n > 0; n--) {
			const struct perf_event_header *record = ring_peek(&ring);
			if (!record)
				break;
			const struct perf_event_header *wanted =
				make_sample(&b, got, (uint32_t)(got % 61));
			assert_int_equal(record->size, wanted->size);
			assert_memory_equal(record, wanted, wanted->size);
			assert_int_equal(perf_record_time(record), got);
			ring_advance(&ring);
			got++;
			assert_int_equal(s.control.data_tail, ring.tail);
		}
	}
	assert_int_equal(ring.n_malformed, 0);
}

static void what_comes_behind_the_noted_head_waits(void **state UNUSED)
{
	static struct synthetic_ring s;
	struct ring ring = synthetic_ring_init(&s, 0);
	struct record_builder b;
	synthetic_ring_put(&s, make_sample(&b, 1, 0));
	ring_note_head(&ring);
	synthetic_ring_put(&s, make_sample(&b, 2, 0));
	assert_non_null(ring_peek(&ring));
	ring_advance(&ring);
	assert_null(ring_peek(&ring));
	ring_note_head(&ring);
	assert_non_null(ring_peek(&ring));
}

static void a_malformed_record_ends_the_round_only(void **state UNUSED)
{
	static const uint16_t bad_sizes[] = { 0, 4, 9, 4000 };
	static struct synthetic_ring s;
	for (size_t i = 0; i < ARRAY_LEN(bad_sizes); i++) {
		struct ring ring = synthetic_ring_init(&s, 0);
		struct record_builder b;
		synthetic_ring_put(&s, make_sample(&b, 1, 0));
		memcpy(s.data + 6, &bad_sizes[i], 2);
		ring_note_head(&ring);
		assert_null(ring_peek(&ring));
		assert_int_equal(ring.n_malformed, 1);
		assert_int_equal(s.control.data_tail, s.control.data_head);
		synthetic_ring_put(&s, make_sample(&b, 2, 0));
		ring_note_head(&ring);
		assert_non_null(ring_peek(&ring));
	}
}

enum { N_RINGS = 5 };
static struct synthetic_ring synthetic[N_RINGS];

static void merge_gives_all_rings_in_order_of_time(void **state UNUSED)
{
	struct ring rings[N_RINGS];
	struct merge_item items[N_RINGS];
	struct merge merge = { .rings = rings, .n_rings = N_RINGS, .items = items };
	struct record_builder b;
	struct ring *ring;
	uint64_t time_ns = 1, expected = 1, last = 0;
	srand(2);
	for (int i = 0; i < N_RINGS; i++)
		rings[i] = synthetic_ring_init(&synthetic[i], (uint64_t)i * 488);
	for (int round = 0; round < 500; round++) {
		while (rand() % 30 &&
			synthetic_ring_put(&synthetic[rand() % N_RINGS],
				make_sample(&b, time_ns, (uint32_t)rand() % 20)))
			time_ns++;
		uint64_t until = time_ns - MIN(time_ns, (uint64_t)rand() % 10);
		for (int i = 0; i < N_RINGS; i++)
			ring_note_head(&rings[i]);
		merge_begin(&merge, until);
		const struct perf_event_header *record;
		while ((record = merge_peek(&merge, &ring))) {
			last = perf_record_time(record);
			assert_true(last <= until);
			assert_int_equal(last, expected);
			expected++;
			merge_advance(&merge);
		}
	}
	assert_true(last > 1000);
}

static void sideband_comes_first_at_equal_times(void **state UNUSED)
{
	struct ring rings[2] = { synthetic_ring_init(&synthetic[0], 0),
		synthetic_ring_init(&synthetic[1], 0) };
	struct merge_item items[2];
	struct merge merge = { .rings = rings, .n_rings = 2, .items = items };
	struct record_builder b;
	struct ring *ring;
	rings[1].of_sideband = true;
	synthetic_ring_put(&synthetic[0], make_sample(&b, 5, 0));
	build_begin(&b, PERF_RECORD_EXIT, 0);
	synthetic_ring_put(&synthetic[1], build_trailer(&b, 1, 1, 5, 0));
	ring_note_head(&rings[0]);
	ring_note_head(&rings[1]);
	merge_begin(&merge, 5);
	assert_int_equal(merge_peek(&merge, &ring)->type, PERF_RECORD_EXIT);
	assert_ptr_equal(ring, &rings[1]);
	merge_advance(&merge);
	assert_int_equal(merge_peek(&merge, &ring)->type, PERF_RECORD_SAMPLE);
	merge_advance(&merge);
	assert_null(merge_peek(&merge, &ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_whole_also_around_the_end),
		cmocka_unit_test(what_comes_behind_the_noted_head_waits),
		cmocka_unit_test(a_malformed_record_ends_the_round_only),
		cmocka_unit_test(merge_gives_all_rings_in_order_of_time),
		cmocka_unit_test(sideband_comes_first_at_equal_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
