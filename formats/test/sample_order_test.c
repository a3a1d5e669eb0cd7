/*
 * Entries by time, and what the rows of an entry have of its value.
 */
#include "formats/sample_order.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void entries_are_by_time_and_else_stay(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main", .count = 5 }, { .frames = NULL } };
	static const uint64_t times[] = { 7, 3, 7, 1, 3 };
	static const uint32_t expected[] = { 3, 1, 4, 0, 2 };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		p->samples[i].time_ns = times[i];
	AUTO_FREE uint32_t *order = sample_order_new(p);
	assert_memory_equal(order, expected, sizeof expected);
	p->has_times = false;
	AUTO_FREE uint32_t *as_they_are = sample_order_new(p);
	for (uint32_t i = 0; i < ARRAY_LEN(times); i++)
		assert_int_equal(as_they_are[i], i);
}

static void shares_add_up_to_the_value(void **state)
{
	(void)state;
	static const int64_t values[] = { 0, 1, 2, 1000, -7, INT64_MAX, INT64_MIN };
	for (size_t v = 0; v < ARRAY_LEN(values); v++) {
		for (int64_t n = 1; n < 40; n++) {
			int64_t sum = 0, least = INT64_MAX, most = INT64_MIN;
			for (int64_t i = 0; i < n; i++) {
				int64_t share = sample_order_share(values[v], i, n);
				sum += share;
				least = share < least ? share : least;
				most = share > most ? share : most;
			}
			assert_true(sum == values[v]);
			assert_true(most - least <= 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_by_time_and_else_stay),
		cmocka_unit_test(shares_add_up_to_the_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
