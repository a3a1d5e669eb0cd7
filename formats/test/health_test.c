/*
 * What outputs say about the profile's quality: the health block, the warnings above it, and why
 * there is nothing to show.
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct make_stack small[] = {
	{ "main;parse;read@kernel", .count = 30 },
	{ "main;parse", .count = 20 },
	{ "main;[i]hot", .count = 165 },
	{ "", .count = 6 },
	{ .frames = NULL },
};

static void an_empty_profile_says_why(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	AUTO(profile_free) struct profile *bare = profile_new();
	size_t len;
	for (size_t i = 0; formats[i]; i++) {
		AUTO_FREE char *output =
			make_output(p, formats[i], &(struct format_options){ 0 }, &len);
		AUTO_FREE char *bare_output =
			make_output(bare, formats[i], &(struct format_options){ 0 }, &len);
		bool has_words = formats[i] != &format_folded &&
			formats[i] != &format_instruments && !formats[i]->is_binary;
		if (has_words) {
			assert_non_null(strstr(output, "holds no samples"));
			assert_non_null(strstr(bare_output, "holds no samples"));
		}
		for (const char *at = output; (at = strstr(at, "nan")); at++) /* not a number */
			assert_memory_equal(at, "nanoseconds", 11);
	}
	p->health.n_samples = 1234;
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	assert_non_null(strstr(text, "None of the 1,234 samples passes the filters."));
	assert_null(strstr(text, "FUNCTION"));
}

static void an_empty_damaged_profile_blames_the_damage(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	p->health.is_damaged = true;
	for (int round = 0; round < 2; round++) {
		size_t len;
		AUTO_FREE char *text =
			make_output(p, &format_text, &(struct format_options){ 0 }, &len);
		assert_non_null(strstr(text,
			round ? "No sample could be read: the recording is damaged: it ends at 7."
			      : "No sample could be read: the recording is damaged."));
		assert_null(strstr(text, "CPU time ("));
		p->health.damage = profile_add_string(p, "it ends at 7");
	}
}

static void too_few_events_are_not_too_little_time(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	p->value_types[1].type = profile_add_string(p, "page-faults");
	p->value_types[1].unit = profile_add_string(p, "count");
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	assert_non_null(strstr(text, "holds no samples: there were too few page-faults."));
}

static void an_empty_picture_says_so_in_large(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	struct format_options options = { 0 };
	size_t len;
	AUTO_FREE char *empty = make_output(p, &format_flamegraph, &options, &len);
	assert_non_null(strstr(empty, ">No samples</text>"));
	assert_non_null(strstr(empty, "<title>all\nother\n0 samples</title>"));
	p->health.n_samples = 1;
	AUTO_FREE char *filtered = make_output(p, &format_flamegraph, &options, &len);
	assert_non_null(strstr(filtered, ">No samples pass the filters</text>"));
	assert_non_null(strstr(filtered, ">The only sample does not pass the filters.</text>"));
}

static void damage_is_said_first(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	struct format_options options = { 0 };
	size_t len;
	AUTO_FREE char *whole = make_output(p, &format_text, &options, &len);
	assert_null(strstr(whole, "WARNING"));
	p->health.is_damaged = true;
	p->health.damage = profile_add_string(p, "block 9\n<is> bad");
	AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
	const char *first = "WARNING   the recording is damaged: block 9 <is> bad; what follows is";
	assert_memory_equal(text, first, strlen(first));
	AUTO_FREE char *svg = make_output(p, &format_flamegraph, &options, &len);
	assert_non_null(strstr(svg, ">incomplete: the recording is damaged</tspan>; 221 samples"));
	assert_non_null(strstr(svg, "Incomplete: the recording is damaged. 221 samples"));
}

static void text_tells_how_good_it_is(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	p->health.n_lost = 1000;
	p->health.n_complete = 200;
	p->health.n_guessed = 1;
	profile_add_incomplete(p, "no unwind table", 21);
	profile_add_note(p, "addresses without a symbol", 12345);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	static const char *const parts[] = { "221 kept, 1,000 lost (81.9 %), 221 shown (100.0 %)",
		"90.5 % complete (0.5 % with a guessed frame): 200 of 221 user stacks",
		"21  no unwind table", "1 stack has a frame found by a heuristic",
		"12,345  addresses without a symbol",
		"3.00 ms of CPU, 0.3 % of the target's 990 ms", "cpu-clock, 999 Hz",
		"a sample stands for 1 ms" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], text);
}

static void stacks_that_were_not_unwound_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		struct profile_health health;
		const char *text, *subtitle;
	} cases[] = {
		{ { .n_chains = 304 },
			"stacks     304 frame-pointer chains by the kernel; how whole they are is "
			"not known\n",
			"0 lost, stacks by frame pointers" },
		{ { .n_chains = 1, .n_addresses = 2 },
			"2 samples without a stack: the sampled address alone\n",
			"0 lost, stacks by frame pointers" },
		{ { .n_addresses = 95 },
			"stacks     not recorded (--stack none): the sampled addresses alone\n",
			"0 lost, no stacks recorded" },
		{ { .n_samples = 3 }, "stacks     no sample has a user stack\n", "0 lost, 1.00 s" },
		{ { .n_user_stacks = 383, .n_complete = 383, .n_guessed = 295 },
			"stacks     100.0 % complete (77.0 % with a guessed frame): 383 of 383",
			"0 lost, 100.0 % of stacks complete (77.0 % with a guessed frame)" },
		{ { .n_user_stacks = 1000, .n_complete = 1000, .n_guessed = 10 },
			"stacks     100.0 % complete (1.0 % with a guessed frame): 1,000 of 1,000",
			"0 lost, 100.0 % of stacks complete, 1.00 s" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(profile_free) struct profile *p = make_profile(small);
		struct format_options options = { 0 };
		size_t len;
		p->health = cases[i].health;
		AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
		AUTO_FREE char *svg = make_output(p, &format_flamegraph, &options, &len);
		if (!strstr(text, cases[i].text) || !strstr(svg, cases[i].subtitle))
			fail_msg("%zu: %s\n%s", i, strstr(text, "Health"), strstr(svg, "<desc"));
	}
}

static void notes_are_aligned_and_one_is_singular(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	profile_add_note(p, "samples in code without a symbol, in app", 1234);
	profile_add_note(p, "times the kernel throttled sampling", 12);
	profile_add_note(p, "samples in exec", 1);
	profile_add_note(p, "samplesx", 1);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	assert_non_null(strstr(text,
		"\n  notes      1,234  samples in code without a symbol, in app\n"
		"                12  times the kernel throttled sampling\n"
		"                 1  sample in exec\n"
		"                 1  samplesx\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_profile_says_why),
		cmocka_unit_test(an_empty_damaged_profile_blames_the_damage),
		cmocka_unit_test(too_few_events_are_not_too_little_time),
		cmocka_unit_test(an_empty_picture_says_so_in_large),
		cmocka_unit_test(damage_is_said_first),
		cmocka_unit_test(text_tells_how_good_it_is),
		cmocka_unit_test(stacks_that_were_not_unwound_are_told_apart),
		cmocka_unit_test(notes_are_aligned_and_one_is_singular),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
