/*
 * Entries by thread: each entry once, in the thread it is of, in the order of time.
 */
#include "formats/thread_samples.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void check_order(const struct profile *p, const struct thread_samples *s)
{
	AUTO_FREE bool *is_seen = calloc(p->n_samples + 1, sizeof *is_seen);
	assert_int_equal(s->n_threads, p->n_threads);
	assert_int_equal(s->first[0], 0);
	assert_int_equal(s->first[s->n_threads], p->n_samples);
	for (size_t t = 0; t < s->n_threads; t++) {
		for (size_t k = s->first[t]; k < s->first[t + 1]; k++) {
			const struct profile_sample *sample = &p->samples[s->entries[k]];
			assert_int_equal(sample->thread, t);
			assert_false(is_seen[s->entries[k]]);
			is_seen[s->entries[k]] = true;
			if (k == s->first[t])
				continue;
			const struct profile_sample *before = &p->samples[s->entries[k - 1]];
			assert_true(before->time_ns <= sample->time_ns);
			assert_true(before->time_ns < sample->time_ns ||
				s->entries[k - 1] < s->entries[k]);
		}
	}
}

static void entries_are_in_their_threads_by_time(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		AUTO(auto_thread_samples) struct thread_samples s;
		p->has_times = true;
		for (size_t i = 0; i < p->n_samples && seed % 2; i++)
			p->samples[i].time_ns = i * 7919 % 101;
		assert_true(thread_samples_init(&s, p));
		check_order(p, &s);
	}
}

static void threads_may_be_without_samples(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main", .count = 2, .thread = 2 },
		{ .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	AUTO(profile_free) struct profile *none = make_profile_empty();
	AUTO(auto_thread_samples) struct thread_samples s, s_none;
	assert_true(thread_samples_init(&s, p));
	check_order(p, &s);
	assert_int_equal(thread_samples_heaviest(&s, p, 0), 2);
	assert_true(thread_samples_init(&s_none, none));
	check_order(none, &s_none);
	assert_int_equal(thread_samples_heaviest(&s_none, none, 0), 0);
}

static void the_heaviest_has_the_largest_sum(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main", .count = 3 },
		{ "main", .count = 2, .thread = 1 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	AUTO(auto_thread_samples) struct thread_samples s;
	assert_true(thread_samples_init(&s, p));
	assert_int_equal(thread_samples_heaviest(&s, p, 0), 0);
	p->values[4 * p->n_value_types + 1] = 9000000;
	assert_int_equal(thread_samples_heaviest(&s, p, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_in_their_threads_by_time),
		cmocka_unit_test(threads_may_be_without_samples),
		cmocka_unit_test(the_heaviest_has_the_largest_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
