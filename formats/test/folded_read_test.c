/*
 * Folded stacks read: what lines mean, what is left out and counted, what is recognised; and what
 * is written of a profile, read and written again is the same text.
 */
#include "common/buf.h"
#include "formats/test/import_profile.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct format_options plain = { 0 }, annotated = { .annotate = true };

static struct profile *read_text(const char *text)
{
	return import_known(&import_folded, text, strlen(text));
}

static void expect_folded(struct profile *p, const struct format_options *options, const char *want)
{
	size_t n;
	AUTO_FREE char *folded = make_output(p, &format_folded, options, &n);
	assert_string_equal(folded, want);
}

static void lines_are_stacks(void **state)
{
	(void)state;
	static const struct {
		const char *text, *folded, *note; /* the first note, "": none */
		uint64_t n_notes;                 /* its count */
	} cases[] = {
		{ "app;main;f 12\napp;main 3\n", "app;main 3\napp;main;f 12\n", "", 0 },
		{ "app;f 1\napp;f 2\n", "app;f 3\n", "", 0 },
		{ "app;f 12", "app;f 12\n", "", 0 },
		{ "app;f\t12\r\n\r\n\napp;g   3  \n", "app;f 12\napp;g   3\n", "", 0 },
		{ "app;f_[k] _[k]_[i] 3\n", "app;f_[k]  3\n", "", 0 },
		{ "app 5\n", "app;[no stack] 5\n", "", 0 },
		{ "app;[no stack] 5\n", "app;[no stack] 5\n", "", 0 },
		{ "app;;f 1\n", "app;[unnamed];f 1\n", "", 0 },
		{ "a b;c d 1\n", "a b;c d 1\n", "", 0 },
		{ "a;f 5 1\na;g 1\n", "a;f 5 1\na;g 1\n", "", 0 },
		{ "a;f 5.9\na;g 0.5\n", "a;f 5\n", "counts with decimals, rounded down", 1 },
		{ "# x\na;f 1\n#y 3\n", "a;f 1\n", "lines of comment, left out", 2 },
		{ "a;f 1\na;f -1\na;f x\na;f\n5\na;f 1.2.3\na;f .5\na;f 99999999999999999999\n",
			"a;f 1\n", "lines that are no folded stack, left out", 7 },
		{ "a;f 0\na;f 1\n", "a;f 1\n", "lines with a count of 0, left out", 1 },
		{ "a;f 10 12\na;g 0 7\na;h 3 0\n", "a;f 12\na;g 7\n",
			"lines with two counts, of which the second is taken", 2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(profile_free) struct profile *p = read_text(cases[i].text);
		expect_folded(p, &plain, cases[i].folded);
		const struct profile_count *note = p->health.n_notes ? &p->health.notes[0] : NULL;
		assert_string_equal(note ? profile_string(p, note->what) : "", cases[i].note);
		assert_int_equal(note ? note->count : 0, cases[i].n_notes);
	}
}

static void annotations_are_understood(void **state)
{
	(void)state;
	static const char text[] = "app;main;f_[i] 1\napp;main;js_[j] 2\napp;main;read_[k] 3\n"
				   "app;main;x_[w] 4\napp;_[k] 5\n";
	AUTO(profile_free) struct profile *p = read_text(text);
	expect_folded(p, &annotated,
		"app;_[k] 5\napp;main;f_[i] 1\napp;main;js_[j] 2\napp;main;read_[k] 3\n"
		"app;main;x_[w] 4\n");
	expect_folded(p, &plain,
		"app;_[k] 5\napp;main;f 1\napp;main;js 2\napp;main;read 3\napp;main;x_[w] 4\n");
	expect_folded(p, &(struct format_options){ .tree.no_inline = true },
		"app;_[k] 5\napp;main 1\napp;main;js 2\napp;main;read 3\napp;main;x_[w] 4\n");
}

static void a_profile_of_lines_is_one_of_sums(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = read_text("a;f 2\nb;f 3\na;g 5\n");
	assert_false(p->has_times);
	assert_false(p->has_addresses);
	assert_int_equal(p->n_threads, 2);
	assert_int_equal(p->health.n_samples, 10);
	assert_int_equal(p->health.n_shown, 10);
	assert_true(p->health.is_untold);
	assert_string_equal(profile_string(p, p->threads[1].process_name), "b");
	assert_int_equal(p->n_value_types, 1);
}

static void random_profiles_read_back_are_written_the_same(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 400);
		size_t n, n_again;
		AUTO_FREE char *folded = make_output(p, &format_folded, &plain, &n);
		AUTO(profile_free) struct profile *read = import_known(&import_folded, folded, n);
		AUTO_FREE char *again = make_output(read, &format_folded, &plain, &n_again);
		assert_string_equal(folded, again);
		assert_int_equal(read->health.n_notes, 0);
	}
}

/* Longer than what is read at a time, and than what is looked at to recognise it. */
static void long_lines_are_read_whole(void **state)
{
	(void)state;
	AUTO_BUF struct buf text = BUF_INIT;
	for (int i = 0; i < 60000; i++)
		buf_fmt(&text, "%sframe_%d", i ? ";" : "", i);
	buf_str(&text, " 7\nframe_0;x 1\n");
	assert_ptr_equal(import_find(text.data, IMPORT_SNIFF_BYTES), &import_folded);
	AUTO(profile_free) struct profile *p = import_known(&import_folded, text.data, text.len);
	assert_int_equal(p->health.n_shown, 8);
	assert_int_equal(p->stacks[p->samples[0].stack].depth, 59999);
	assert_int_equal(p->health.n_notes, 0);
}

static void counts_that_overflow_are_refused(void **state)
{
	(void)state;
	static const char text[] = "a;f 4000000000000000000\na;g 4000000000000000000\n";
	struct err err = { 0 };
	assert_null(import_profile(&import_folded, text, strlen(text), &err));
	assert_string_equal(err.text, "test: up to line 2 the counts add up to more than 2^62");
}

static void folded_stacks_are_recognised(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_folded;
	} cases[] = {
		{ "app;main 5\n", true },
		{ "# comment\napp;main 5\n", true },
		{ "app 3\napp;main 5.5\n", true },
		{ "[unknown];f 1", true },
		{ "app;\xff 1\n", true },
		{ "a;f 1\na;f 2\n\n", true },
		{ "", false },
		{ "\n\n", false },
		{ "app 3\n", false },
		{ "hello 12\nworld 13\n", false },
		{ "app;main\n", false },
		{ "app;main 5\nnothing\n", false },
		{ "<a>;b 5\n", false },
		{ "{\"a;b\": 5\n", false },
		{ "version: 1\ncreator: x;y\n", false },
		{ "a;b \x01 5\n", false },
		{ "a;b;5\n", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct import_format *format =
			import_find((const uint8_t *)cases[i].text, strlen(cases[i].text));
		if ((format == &import_folded) != cases[i].is_folded)
			fail_msg("'%s' is taken for %s", cases[i].text,
				format ? format->name : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_stacks),
		cmocka_unit_test(annotations_are_understood),
		cmocka_unit_test(a_profile_of_lines_is_one_of_sums),
		cmocka_unit_test(random_profiles_read_back_are_written_the_same),
		cmocka_unit_test(long_lines_are_read_whole),
		cmocka_unit_test(counts_that_overflow_are_refused),
		cmocka_unit_test(folded_stacks_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
