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
	assert_int_equal(p->health.n_shown, 1000);
	profile_keep_samples(p, keep);
	assert_int_equal(p->n_samples, 333);
	assert_int_equal(p->health.n_shown, 333);
	for (int i = 0; i < 333; i++) {
		assert_int_equal(p->samples[i].time_ns, i * 3 + 1);
		assert_int_equal(p->values[2 * i], i * 3 + 1);
		assert_int_equal(p->values[2 * i + 1], -(i * 3 + 1));
	}
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
		cmocka_unit_test(reasons_add_up_and_sort),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
