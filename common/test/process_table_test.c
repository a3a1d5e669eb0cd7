/* Executable ranges and the processes that have them, also when the pools run out. */
#include "common/process_table.h"

#include "common/defs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct range_table ranges;

static void check_ranges(const uint64_t (*expected)[2], uint32_t n)
{
	assert_int_equal(ranges.n, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(ranges.start[i], expected[i][0]);
		assert_int_equal(ranges.start[i] + ranges.len[i], expected[i][1]);
	}
}

static void ranges_are_sorted_and_joined(void **state UNUSED)
{
	range_table_clear(&ranges);
	assert_true(range_table_add(&ranges, 100, 200));
	assert_true(range_table_add(&ranges, 500, 600));
	assert_true(range_table_add(&ranges, 300, 400));
	check_ranges((const uint64_t[][2]){ { 100, 200 }, { 300, 400 }, { 500, 600 } }, 3);
	assert_false(range_table_add(&ranges, 320, 330));
	assert_false(range_table_add(&ranges, 300, 400));
	assert_false(range_table_add(&ranges, 50, 50));
	assert_true(range_table_add(&ranges, 200, 300)); /* adjacent to both */
	check_ranges((const uint64_t[][2]){ { 100, 400 }, { 500, 600 } }, 2);
	assert_true(range_table_add(&ranges, 0, 1000));
	check_ranges((const uint64_t[][2]){ { 0, 1000 } }, 1);
}

static void ranges_answer_like_a_plain_search(void **state UNUSED)
{
	srand(1);
	for (int round = 0; round < 300; round++) {
		bool model[4096] = { false };
		range_table_clear(&ranges);
		for (int n = rand() % 40; n > 0; n--) {
			uint64_t start = (uint64_t)rand() % 4000;
			uint64_t end = start + (uint64_t)rand() % 90;
			range_table_add(&ranges, start, end);
			memset(model + start, 1, end - start);
		}
		for (uint64_t addr = 0; addr < 4096; addr++)
			assert_int_equal(range_table_has(&ranges, addr), model[addr]);
	}
}

/* The filter's entries stand for 2 MiB each, and repeat after 8 GiB. */
static void far_ranges_answer_like_a_plain_search(void **state UNUSED)
{
	enum { N = RANGE_TABLE_MAX };
	static const uint64_t steps[] = { 0x1000, 0x80000, 0x200000, 0x12345000, 0x200000000 };
	for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
		range_table_clear(&ranges);
		for (uint64_t i = N; i-- > 0;) /* each comes before all others */
			range_table_add(&ranges, (i + 1) * steps[s], (i + 1) * steps[s] + 0x800);
		assert_int_equal(ranges.n, N);
		for (uint64_t i = 0; i < 2 * N; i++) {
			uint64_t start = (i + 1) * steps[s];
			assert_int_equal(range_table_has(&ranges, start), i < N);
			assert_int_equal(range_table_has(&ranges, start + 0x7ff), i < N);
			assert_false(range_table_has(&ranges, start - 1));
			assert_false(range_table_has(&ranges, start + 0x800));
		}
	}
	range_table_clear(&ranges);
	range_table_add(&ranges, 0x1000, UINT64_MAX - 0x1000); /* round the filter many times */
	assert_true(range_table_has(&ranges, 0x7f0000000000));
	assert_false(range_table_has(&ranges, 0xfff));
	assert_false(range_table_has(&ranges, UINT64_MAX));
}

static void a_full_table_turns_coarse_and_loses_nothing(void **state UNUSED)
{
	range_table_clear(&ranges);
	for (uint64_t i = 0; i < 3 * RANGE_TABLE_MAX; i++)
		range_table_add(&ranges, 0x1000 + i * i * 64, 0x1000 + i * i * 64 + 16);
	assert_true(ranges.coarse);
	assert_true(ranges.n <= RANGE_TABLE_MAX);
	for (uint64_t i = 0; i < 3 * RANGE_TABLE_MAX; i++)
		assert_true(range_table_has(&ranges, 0x1000 + i * i * 64 + 15));
	assert_false(range_table_has(&ranges, 0xfff));
	/* The far ends have the largest gaps, so they are the last to be joined. */
	uint64_t last = 3 * RANGE_TABLE_MAX - 1;
	assert_false(range_table_has(&ranges, 0x1000 + last * last * 64 - 64));
}

static int set_up(void **state)
{
	struct err err;
	struct process_table *t = NULL;
	assert_true(process_table_new(&t, &err));
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	process_table_free(*state);
	return 0;
}

static void map(struct process_table *t, uint32_t pid, uint64_t start, uint64_t len)
{
	struct trace_event e = { .kind = TRACE_MMAP, .pid = pid, .tid = pid };
	e.mmap.start = start;
	e.mmap.len = len;
	process_table_event(t, &e);
}

static void task(struct process_table *t, enum trace_event_kind kind, uint32_t pid, uint32_t tid,
	uint32_t parent)
{
	struct trace_event e = { .kind = kind, .pid = pid, .tid = tid };
	if (kind == TRACE_FORK)
		e.fork.parent_pid = e.fork.parent_tid = parent;
	if (kind == TRACE_COMM)
		e.comm.is_exec = true;
	process_table_event(t, &e);
}

static bool has(struct process_table *t, uint32_t pid, uint64_t addr)
{
	bool is_new;
	return range_table_has(process_table_get_ranges(t, pid, &is_new), addr);
}

static uint64_t generation(struct process_table *t, uint32_t pid)
{
	bool is_new;
	return process_table_get_ranges(t, pid, &is_new)->generation;
}

static void exec_begins_with_nothing(void **state)
{
	struct process_table *t = *state;
	process_table_add(t, 10);
	map(t, 10, 0x1000, 0x1000);
	assert_true(has(t, 10, 0x1800));
	uint64_t before = generation(t, 10);
	task(t, TRACE_COMM, 10, 10, 0);
	assert_false(has(t, 10, 0x1800));
	assert_int_not_equal(generation(t, 10), before);
}

static void a_child_has_the_parents_ranges_and_then_its_own(void **state)
{
	struct process_table *t = *state;
	process_table_add(t, 10);
	map(t, 10, 0x1000, 0x1000);
	task(t, TRACE_FORK, 11, 11, 10);
	assert_true(has(t, 11, 0x1800));
	assert_int_equal(generation(t, 10), generation(t, 11));
	map(t, 11, 0x5000, 0x1000);
	assert_true(has(t, 11, 0x5800) && has(t, 11, 0x1800));
	assert_false(has(t, 10, 0x5800));
	map(t, 10, 0x9000, 0x1000);
	assert_false(has(t, 11, 0x9800));
	assert_int_not_equal(generation(t, 10), generation(t, 11));
	assert_int_equal(process_table_counts(t)->unknown_processes, 0);
}

static void a_process_ends_with_its_last_thread(void **state)
{
	struct process_table *t = *state;
	process_table_add(t, 10);
	map(t, 10, 0x1000, 0x1000);
	task(t, TRACE_FORK, 10, 12, 10);
	task(t, TRACE_EXIT, 10, 10, 0);
	assert_true(has(t, 10, 0x1800));
	task(t, TRACE_EXIT, 10, 12, 0);
	assert_false(has(t, 10, 0x1800));
	assert_int_equal(process_table_counts(t)->unknown_processes, 1);
}

static void unknown_processes_are_counted_once(void **state)
{
	struct process_table *t = *state;
	bool is_new;
	assert_int_equal(process_table_get_ranges(t, 77, &is_new)->n, 0);
	assert_true(is_new);
	process_table_get_ranges(t, 77, &is_new);
	assert_false(is_new);
	map(t, 77, 0x1000, 0x1000);
	assert_true(has(t, 77, 0x1800));
	assert_int_equal(process_table_counts(t)->unknown_processes, 1);
}

static void full_pools_evict_the_longest_unused(void **state)
{
	struct process_table *t = *state;
	uint32_t n = PROCESS_TABLE_TABLES + 100;
	for (uint32_t pid = 1; pid <= n; pid++) {
		process_table_add(t, pid);
		map(t, pid, 0x1000 * pid, 0x1000);
		assert_true(has(t, 1, 0x1800)); /* used all the time, so it stays */
	}
	assert_true(has(t, n, 0x1000 * (uint64_t)n));
	assert_true(process_table_counts(t)->evicted_processes >= 100);
	assert_false(has(t, 2, 0x2800));
	for (uint32_t pid = 1; pid <= 3 * PROCESS_TABLE_PROCESSES; pid++)
		task(t, TRACE_FORK, 100000 + pid, 100000 + pid, 1);
	assert_true(has(t, 100000 + 3 * PROCESS_TABLE_PROCESSES, 0x1800));
}

static void a_storm_of_processes_leaks_nothing(void **state)
{
	struct process_table *t = *state;
	process_table_add(t, 1);
	map(t, 1, 0x1000, 0x1000);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t pid = 2 + i % 30000;
		task(t, TRACE_FORK, pid, pid, 1);
		map(t, pid, 0x100000, 0x1000);
		if (i % 3 == 0)
			task(t, TRACE_COMM, pid, pid, 0);
		task(t, TRACE_EXIT, pid, pid, 0);
	}
	assert_int_equal(process_table_counts(t)->evicted_processes, 0);
	assert_int_equal(process_table_counts(t)->unknown_processes, 0);
	assert_true(has(t, 1, 0x1800));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void a_running_process_ends_with_its_last_thread(void **state UNUSED)
{
	struct process_table *t;
	struct err err;
	bool is_new;
	assert_true(process_table_new(&t, &err));
	process_table_begin(t, 77, 3);
	const struct trace_event mapped = { .kind = TRACE_MMAP,
		.pid = 77,
		.mmap = { .start = 0x1000, .len = 0x1000, .path = "x" } };
	process_table_event(t, &mapped);
	assert_true(range_table_has(process_table_get_ranges(t, 77, &is_new), 0x1800));
	assert_false(is_new);
	assert_int_equal(process_table_counts(t)->unknown_processes, 0);
	const struct trace_event exited = { .kind = TRACE_EXIT, .pid = 77 };
	for (int i = 0; i < 3; i++) {
		process_table_get_ranges(t, 77, &is_new);
		assert_false(is_new);
		process_table_event(t, &exited);
	}
	process_table_get_ranges(t, 77, &is_new);
	assert_true(is_new);
	process_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_sorted_and_joined),
		cmocka_unit_test(ranges_answer_like_a_plain_search),
		cmocka_unit_test(far_ranges_answer_like_a_plain_search),
		cmocka_unit_test(a_full_table_turns_coarse_and_loses_nothing),
		TEST(exec_begins_with_nothing),
		TEST(a_child_has_the_parents_ranges_and_then_its_own),
		TEST(a_process_ends_with_its_last_thread),
		TEST(unknown_processes_are_counted_once),
		TEST(full_pools_evict_the_longest_unused),
		TEST(a_storm_of_processes_leaks_nothing),
		cmocka_unit_test(a_running_process_ends_with_its_last_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
