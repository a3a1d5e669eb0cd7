/*
 * speedscope's format: its sums are those of all formats, its rows are in the order of time, and
 * any profile becomes a file that speedscope takes. clients/ asks speedscope.
 */
#include "formats/test/json_sums.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct format_options plain = { 0 };

static const char *string_of(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

static void add_row(struct json_sums *sums, const json_t *frames, const json_t *row, int64_t weight)
{
	const char *names[64], *modules[64];
	size_t n = json_array_size(row);
	assert_true(n > 0 && n <= ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++) {
		const json_t *frame =
			json_array_get(frames, (size_t)json_integer_value(json_array_get(row, i)));
		names[i] = string_of(frame, "name");
		modules[i] = string_of(frame, "file");
	}
	json_sums_add(sums, names, modules, n, weight);
}

static int64_t add_thread(struct json_sums *sums, const json_t *frames, const json_t *profile)
{
	const json_t *rows = json_object_get(profile, "samples");
	int64_t sum = 0;
	assert_string_equal(string_of(profile, "type"), "sampled");
	assert_int_equal(
		json_array_size(rows), json_array_size(json_object_get(profile, "weights")));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		int64_t weight = json_at(profile, "weights", i);
		assert_true(weight > 0);
		add_row(sums, frames, json_array_get(rows, i), weight);
		sum += weight;
	}
	assert_int_equal(json_integer_value(json_object_get(profile, "startValue")), 0);
	assert_int_equal(json_integer_value(json_object_get(profile, "endValue")), sum);
	return sum;
}

static void check_sums(struct profile *p, const struct format_options *options, size_t value)
{
	json_t *file = json_of(p, &format_speedscope, options);
	const json_t *profiles = json_object_get(file, "profiles");
	const json_t *frames = json_object_get(json_object_get(file, "shared"), "frames");
	struct json_sums sums = { 0 };
	struct call_tree_options tree = options->tree;
	tree.value = value;
	int64_t heaviest = 0, active = 0;
	for (size_t i = 0; i < json_array_size(profiles); i++) {
		int64_t sum = add_thread(&sums, frames, json_array_get(profiles, i));
		heaviest = MAX(heaviest, sum);
		if ((int64_t)i == json_integer_value(json_object_get(file, "activeProfileIndex")))
			active = sum;
	}
	assert_int_equal(active, heaviest);
	json_sums_expect(&sums, p, &tree);
	json_sums_fini(&sums);
	json_decref(file);
}

static void functions_sum_as_in_all_formats(void **state)
{
	(void)state;
	const struct format_options no_inline = { .tree.no_inline = true };
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 200 + seed);
		check_sums(p, &plain, 1);
		check_sums(p, &no_inline, 1);
		make_sums(p);
		check_sums(p, &plain, 1);
		p->value_types[1].unit = profile_add_string(p, "count");
		check_sums(p, &plain, 0);
	}
}

static const struct make_stack stacks[] = {
	{ "main;a", .count = 2 },
	{ "main;b", .count = 1, .thread = 1 },
	{ "main;[i]c@lib", .count = 3 },
	{ "main;a", .count = 1 },
	{ "", .count = 1 },
	{ .frames = NULL },
};

static void the_file_is_as_expected(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_speedscope, &plain, &len);
	assert_string_equal(text,
		"{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
		"\"exporter\":\"ddrec 0.1.0\",\"name\":\"./app --fast: 8 samples, 0 lost, 100.0 % "
		"of stacks "
		"complete\",\"activeProfileIndex\":0,"
		"\"shared\":{\"frames\":[{\"name\":\"main\",\"file\":\"app\"},"
		"{\"name\":\"a\",\"file\":\"app\"},{\"name\":\"b\",\"file\":\"app\"},"
		"{\"name\":\"c\",\"file\":\"libc.so.6\"},{\"name\":\"[no stack]\"}]},"
		"\"profiles\":[{\"type\":\"sampled\",\"name\":\"t0 (100/100)\","
		"\"unit\":\"nanoseconds\",\"samples\":[[0,1],[0,3],[0,1],[4]],"
		"\"weights\":[2000000,3000000,1000000,1000000],\"startValue\":0,"
		"\"endValue\":7000000},{\"type\":\"sampled\",\"name\":\"t1 (100/101)\","
		"\"unit\":\"nanoseconds\",\"samples\":[[0,2]],\"weights\":[1000000],"
		"\"startValue\":0,\"endValue\":1000000}]}\n");
}

static void rows_are_in_the_order_of_time(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->samples[0].time_ns = 1000000000;
	json_t *file = json_of(p, &format_speedscope, &plain);
	const json_t *thread = json_array_get(json_object_get(file, "profiles"), 0);
	const json_t *rows = json_object_get(thread, "samples");
	assert_int_equal(json_array_size(rows), 5);
	assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, 4), 1)), 1);
	json_decref(file);
}

static void a_source_file_stands_for_the_module(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->frames[0].file = profile_add_string(p, "main.c");
	p->functions[1].file = profile_add_string(p, "a.c");
	json_t *file = json_of(p, &format_speedscope, &plain);
	const json_t *frames = json_object_get(json_object_get(file, "shared"), "frames");
	assert_string_equal(string_of(json_array_get(frames, 0), "file"), "main.c");
	assert_string_equal(string_of(json_array_get(frames, 1), "file"), "a.c");
	json_decref(file);
}

/* speedscope takes no weight below 0, and shows no file without a profile. */
static void every_profile_is_a_file(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	AUTO(profile_free) struct profile *none = make_profile_empty();
	p->values[1] = -5;
	json_t *file = json_of(p, &format_speedscope, &plain);
	const json_t *thread = json_array_get(json_object_get(file, "profiles"), 0);
	assert_int_equal(json_integer_value(json_object_get(thread, "endValue")), 6000000);
	json_decref(file);
	file = json_of(none, &format_speedscope, &plain);
	assert_int_equal(json_array_size(json_object_get(file, "profiles")), 1);
	thread = json_array_get(json_object_get(file, "profiles"), 0);
	assert_non_null(strstr(string_of(thread, "name"), "holds no samples"));
	json_decref(file);
}

static void hostile_names_stay_names(void **state)
{
	(void)state;
	static const char *const names[] = { "\"},{\"", "\x01\x02\x1b[31m\x7f", "\xff\xfe", "",
		"new\nline;\\", "</script>", "\xed\xa0\x80" };
	AUTO(profile_free) struct profile *p = make_profile_empty();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		make_samples(p, make_frame(p, PROFILE_NO_STACK, names[i], "app", false), 1, 0);
		p->threads[0].name = p->meta.command = profile_add_string(p, names[i]);
		p->modules[0].name = profile_add_string(p, names[i]);
		json_t *file = json_of(p, &format_speedscope, &plain);
		const json_t *frames = json_object_get(json_object_get(file, "shared"), "frames");
		assert_int_equal(json_array_size(frames), i + 1);
		assert_string_not_equal(string_of(json_array_get(frames, i), "name"), "");
		json_decref(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_sum_as_in_all_formats),
		cmocka_unit_test(the_file_is_as_expected),
		cmocka_unit_test(rows_are_in_the_order_of_time),
		cmocka_unit_test(a_source_file_stands_for_the_module),
		cmocka_unit_test(every_profile_is_a_file),
		cmocka_unit_test(hostile_names_stay_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
