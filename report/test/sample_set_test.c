/*
 * The sets that an analysis fills: samples, one by one or summed up, and threads.
 */
#include "report/sample_set.h"
#include "report/stack_tree.h"
#include "report/thread_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void add(struct sample_set *set, uint32_t thread, uint32_t node, uint64_t time_ns)
{
	struct analysis_sample sample = {
		.period = 10, .time_ns = time_ns, .count = 1, .thread = thread, .node = node
	};
	assert_true(sample_set_add(set, &sample));
}

static void equal_stacks_of_a_thread_are_summed_up(void **state UNUSED)
{
	struct sample_set set;
	size_t n;
	sample_set_init(&set, false);
	add(&set, 1, 5, 100);
	add(&set, 2, 5, 101);
	add(&set, 1, 5, 102);
	AUTO_FREE struct analysis_sample *samples = sample_set_take(&set, &n);
	assert_int_equal(n, 2);
	assert_int_equal(samples[0].count, 2);
	assert_int_equal(samples[0].period, 20);
	assert_int_equal(samples[0].time_ns, 100);
	assert_int_equal(samples[1].thread, 2);
	assert_int_equal(samples[1].count, 1);
}

static void with_times_each_sample_stays(void **state UNUSED)
{
	struct sample_set set;
	size_t n;
	sample_set_init(&set, true);
	add(&set, 1, 5, 100);
	add(&set, 1, 5, 102);
	AUTO_FREE struct analysis_sample *samples = sample_set_take(&set, &n);
	assert_int_equal(n, 2);
	assert_int_equal(samples[1].time_ns, 102);
}

static void many_samples_keep_their_order_and_sum(void **state UNUSED)
{
	struct sample_set set;
	size_t n, count = 0;
	sample_set_init(&set, false);
	for (uint32_t i = 0; i < 300000; i++)
		add(&set, i % 7, i % 10007, i);
	AUTO_FREE struct analysis_sample *samples = sample_set_take(&set, &n);
	assert_int_equal(n, 7 * 10007);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(samples[i].time_ns, i); /* of the first of each */
		count += samples[i].count;
	}
	assert_int_equal(count, 300000);
}

static void a_count_that_is_full_goes_on_in_a_new_entry(void **state UNUSED)
{
	struct sample_set set;
	size_t n;
	struct analysis_sample full = { .count = UINT32_MAX };
	sample_set_init(&set, false);
	assert_true(sample_set_add(&set, &full));
	add(&set, 0, 0, 1);
	add(&set, 0, 0, 2);
	AUTO_FREE struct analysis_sample *samples = sample_set_take(&set, &n);
	assert_int_equal(n, 2);
	assert_int_equal(samples[0].count, UINT32_MAX);
	assert_int_equal(samples[1].count, 2);
}

static uint32_t index_of(struct thread_set *set, struct analysis_thread thread)
{
	uint32_t index;
	assert_true(thread_set_add(set, &thread, &index));
	return index;
}

static void threads_are_told_by_pid_tid_and_incarnation(void **state UNUSED)
{
	static const char name[] = "worker", process[] = "server";
	struct thread_set set;
	thread_set_init(&set, false);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 2, 3, name, process }), 0);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 2, 4, name, process }), 1);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 5, 3, name, process }), 2);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 2, 3, name, process }), 0);
	for (uint32_t i = 0; i < 1000; i++)
		index_of(&set, (struct analysis_thread){ 1, 100 + i, 0, NULL, NULL });
	assert_int_equal(set.n, 1003);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 5, 3, name, process }), 2);
	thread_set_fini(&set);
}

static void by_name_all_threads_of_one_name_are_one(void **state UNUSED)
{
	static const char name[] = "worker", other[] = "main", process[] = "server";
	struct thread_set set;
	thread_set_init(&set, true);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 2, 3, name, process }), 0);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 7, 8, 9, name, process }), 0);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 2, 3, other, process }), 1);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 1, 1, 0, NULL, NULL }), 2);
	assert_int_equal(index_of(&set, (struct analysis_thread){ 2, 2, 0, NULL, NULL }), 3);
	assert_int_equal(set.threads[0].pid, 1);
	thread_set_fini(&set);
}

/* The number whose product with odd `a` is 1, modulo 2^64: Newton's iteration. */
static uint64_t inverse(uint64_t a)
{
	uint64_t x = a;
	for (int i = 0; i < 6; i++)
		x *= 2 - a * x;
	return x;
}

/* Undoes the constants of a hash that every trace could know: bits 16 to 35 of the last product,
 * which choose the bucket, are 0. */
static uint64_t address_for_one_bucket(uint64_t i)
{
	uint64_t product = (i << 36) * inverse(0xbf58476d1ce4e5b9), h = product;
	for (int k = 0; k < 3; k++)
		h = product ^ h >> 29;
	return (h ^ STACK_NO_MODULE * 0xc2b2ae3d27d4eb4fu) * inverse(0x9e3779b97f4a7c15);
}

static void no_addresses_all_want_one_place(void **state UNUSED)
{
	struct stack_tree tree;
	assert_true(stack_tree_init(&tree));
	clock_t start = clock();
	for (uint64_t i = 1; i <= 200000; i++) {
		struct stack_node node = { .module = STACK_NO_MODULE,
			.vaddr = address_for_one_bucket(i) };
		assert_int_equal(stack_tree_add(&tree, &node), i);
	}
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	stack_tree_fini(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_of_a_thread_are_summed_up),
		cmocka_unit_test(with_times_each_sample_stays),
		cmocka_unit_test(many_samples_keep_their_order_and_sum),
		cmocka_unit_test(a_count_that_is_full_goes_on_in_a_new_entry),
		cmocka_unit_test(threads_are_told_by_pid_tid_and_incarnation),
		cmocka_unit_test(by_name_all_threads_of_one_name_are_one),
		cmocka_unit_test(no_addresses_all_want_one_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
