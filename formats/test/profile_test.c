/*
 * The profile's tables: interning, growth, health, and dropping samples.
 */
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void equal_records_have_one_id(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t a = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	uint32_t b = make_frame(p, a, "leaf", "lib", true);
	size_t n_frames = p->n_frames, n_functions = p->n_functions, n_modules = p->n_modules;
	assert_int_equal(a, make_frame(p, PROFILE_NO_STACK, "main", "app", false));
	assert_int_equal(b, make_frame(p, a, "leaf", "lib", true));
	assert_int_equal(p->n_frames, n_frames);
	assert_int_equal(p->n_functions, n_functions);
	assert_int_equal(p->n_modules, n_modules);
	assert_int_not_equal(b, make_frame(p, a, "leaf", "lib", false));
	assert_int_equal(p->stacks[b].depth, 2);
	assert_false(profile_failed(p));
}

static void every_field_of_a_frame_counts(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	const struct profile_frame frames[] = {
		{ .function = 1 },
		{ .module = 1 },
		{ .address = 1 },
		{ .file = 1 },
		{ .line = 1 },
		{ .is_inlined = true },
		{ .is_guessed = true },
		{ .address = 1ULL << 63 },
	};
	for (uint32_t i = 0; i < ARRAY_LEN(frames); i++)
		assert_int_equal(profile_add_frame(p, &frames[i]), i);
	for (uint32_t i = 0; i < ARRAY_LEN(frames); i++)
		assert_int_equal(profile_add_frame(p, &frames[i]), i);
}

static void strings_stay_where_they_are(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	assert_int_equal(profile_add_string(p, ""), 0);
	uint32_t first = profile_add_string(p, "first");
	const char *str = profile_string(p, first);
	AUTO_FREE char *long_string = malloc(200001);
	memset(long_string, 'l', 200000);
	long_string[200000] = '\0';
	uint32_t long_id = profile_add_string(p, long_string);
	for (int i = 0; i < 100000; i++) {
		char text[32];
		snprintf(text, sizeof text, "string %d", i);
		profile_add_string(p, text);
	}
	assert_ptr_equal(str, profile_string(p, first));
	assert_string_equal(str, "first");
	assert_int_equal(profile_add_string_n(p, "firstborn", 5), first);
	assert_int_equal(profile_add_string(p, long_string), long_id);
	assert_string_equal(profile_string(p, UINT32_MAX), "");
}

static void a_stack_on_a_parent_that_is_not_there_fails(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	profile_add_stack(p, 77, 0);
	assert_true(profile_failed(p));
}

static void value_types_are_one_each_and_fixed_by_the_first_sample(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	assert_int_equal(profile_add_value_type(p, "samples", "count"), 0);
	assert_int_equal(p->n_value_types, 2);
	make_samples(p, PROFILE_NO_STACK, 1, 0);
	assert_false(profile_failed(p));
	profile_add_value_type(p, "cycles", "count");
	assert_true(profile_failed(p));
}

static void kept_samples_keep_their_values(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	bool keep[1000];
	for (int i = 0; i < 1000; i++) {
		keep[i] = i % 3 == 1;
		profile_add_sample(p, &(struct profile_sample){ .time_ns = (uint64_t)i },
			(const int64_t[]){ i, -i });
	}
	assert_int_equal(p->health.n_shown, 999 * 1000 / 2);
	profile_keep_samples(p, keep);
	assert_int_equal(p->n_samples, 333);
	assert_int_equal(p->health.n_shown, 333 * 332 / 2 * 3 + 333);
	for (int i = 0; i < 333; i++) {
		assert_int_equal(p->samples[i].time_ns, i * 3 + 1);
		assert_int_equal(p->values[2 * i], i * 3 + 1);
		assert_int_equal(p->values[2 * i + 1], -(i * 3 + 1));
	}
}

static void sums_have_an_entry_per_thread_and_stack(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	assert_true(p->has_times);
	for (int i = 0; i < 100; i++) {
		profile_sum_sample(p, 1, stack, (const int64_t[]){ 1, 10 });
		profile_sum_sample(p, 0, stack, (const int64_t[]){ 2, 20 });
		profile_sum_sample(p, 1, PROFILE_NO_STACK, (const int64_t[]){ 3, 30 });
	}
	assert_false(p->has_times);
	assert_int_equal(p->n_samples, 3);
	assert_int_equal(p->health.n_shown, 600);
	static const uint32_t threads[] = { 1, 0, 1 };
	for (int i = 0; i < 3; i++) {
		assert_int_equal(p->samples[i].thread, threads[i]);
		assert_int_equal(p->samples[i].stack, i == 2 ? PROFILE_NO_STACK : stack);
		assert_int_equal(profile_sample_count(p, (size_t)i), 100 * (i + 1));
		assert_int_equal(p->values[2 * i + 1], 1000 * (i + 1));
	}
	profile_keep_samples(p, (const bool[]){ false, true, true });
	assert_int_equal(p->health.n_shown, 500);
	assert_false(profile_failed(p));
}

static void sums_and_single_samples_do_not_mix(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *sums = make_profile_empty();
	profile_sum_sample(sums, 0, PROFILE_NO_STACK, (const int64_t[]){ 1, 1 });
	make_samples(sums, PROFILE_NO_STACK, 1, 0);
	assert_true(profile_failed(sums));
	AUTO(profile_free) struct profile *single = make_profile_empty();
	make_samples(single, PROFILE_NO_STACK, 1, 0);
	profile_sum_sample(single, 0, PROFILE_NO_STACK, (const int64_t[]){ 1, 1 });
	assert_true(profile_failed(single));
}

static void a_pushed_stack_is_found_later(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t first = profile_add_stack(p, PROFILE_NO_STACK, 0), last = first;
	for (uint32_t i = 0; i < 1000; i++)
		last = profile_push_stack(p, last, i);
	assert_int_equal(p->n_stacks, 1001);
	assert_int_equal(p->stacks[last].depth, 1001);
	assert_int_equal(profile_add_stack(p, last - 1, 999), last);
	assert_int_equal(profile_add_stack(p, PROFILE_NO_STACK, 0), first);
	assert_int_equal(p->n_stacks, 1001);
	profile_push_stack(p, 5000, 0);
	assert_true(profile_failed(p));
}

static void reasons_add_up_and_sort(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	profile_add_incomplete(p, "rare", 1);
	profile_add_incomplete(p, "common", 5);
	profile_add_incomplete(p, "common", 6);
	for (int i = 0; i < 100; i++) {
		char note[32];
		snprintf(note, sizeof note, "note %d", i);
		profile_add_note(p, note, (uint64_t)i);
	}
	profile_sort_health(p);
	assert_int_equal(p->health.n_incomplete, 2);
	assert_string_equal(profile_string(p, p->health.incomplete[0].what), "common");
	assert_int_equal(p->health.incomplete[0].count, 11);
	assert_string_equal(profile_string(p, p->health.notes[0].what), "note 99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_records_have_one_id),
		cmocka_unit_test(every_field_of_a_frame_counts),
		cmocka_unit_test(strings_stay_where_they_are),
		cmocka_unit_test(a_stack_on_a_parent_that_is_not_there_fails),
		cmocka_unit_test(value_types_are_one_each_and_fixed_by_the_first_sample),
		cmocka_unit_test(kept_samples_keep_their_values),
		cmocka_unit_test(sums_have_an_entry_per_thread_and_stack),
		cmocka_unit_test(sums_and_single_samples_do_not_mix),
		cmocka_unit_test(a_pushed_stack_is_found_later),
		cmocka_unit_test(reasons_add_up_and_sort),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
