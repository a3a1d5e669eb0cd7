/*
 * Filters: what each keeps, together, and what they say about bad input.
 */
#include "formats/profile_filter.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Samples 0-9: thread t0 in main;parse, 10-29: t1 in main;write@kernel, 30-59: t2 in idle, 60-99:
 * t3 without a stack; sample k at k ms of 1 s. */
static struct profile *make(void)
{
	return make_profile((const struct make_stack[]){
		{ "main;parse", .count = 10, .thread = 0 },
		{ "main;write@kernel", .count = 20, .thread = 1 },
		{ "idle", .count = 30, .thread = 2 },
		{ "", .count = 40, .thread = 3 },
		{ .frames = NULL },
	});
}

static const struct {
	struct profile_filter filter;
	size_t kept;
} good[] = {
	{ { .comm = NULL }, 100 },
	{ { .comm = "t1" }, 20 },
	{ { .comm = "t[12]" }, 50 },
	{ { .comm = "t" }, 100 },
	{ { .comm = "^t$" }, 0 },
	{ { .comm = "^t1$" }, 20 },
	{ { .comm = "t1|t2" }, 50 },
	{ { .comm = "app" }, 100 },
	{ { .comm = "no such thread" }, 0 },
	{ { .pids = "100" }, 100 },
	{ { .pids = "7" }, 0 },
	{ { .pids = "7,100" }, 100 },
	{ { .tids = "101,103" }, 60 },
	{ { .tids = "4294967295" }, 0 },
	{ { .focus = "main" }, 30 },
	{ { .focus = "^ma" }, 30 },
	{ { .focus = "pars|idle" }, 40 },
	{ { .focus = "no such function" }, 0 },
	{ { .ignore = "main" }, 70 },
	{ { .ignore = "." }, 40 },
	{ { .ignore = "no such function" }, 100 },
	{ { .focus = "main", .ignore = "write" }, 10 },
	{ { .focus = "main", .tids = "101" }, 20 },
	{ { .time = "0.01-0.03" }, 20 },
	{ { .time = "-0.03" }, 30 },
	{ { .time = "0.06-" }, 40 },
	{ { .time = ".05-1" }, 50 },
	{ { .time = "0-10%" }, 100 },
	{ { .time = "1%-2%" }, 10 },
	{ { .time = "9%-" }, 10 },
	{ { .time = "0%-100%" }, 100 },
	{ { .time = "100-200" }, 0 },
	{ { .time = "50%-0.001" }, 0 },
};

static void filters_keep_what_was_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(profile_free) struct profile *p = make();
		struct err err = { 0 };
		if (!profile_filter_apply(p, &good[i].filter, &err))
			fail_msg("case %zu: %s", i, err.text);
		if (p->n_samples != good[i].kept)
			fail_msg("case %zu keeps %zu, not %zu", i, p->n_samples, good[i].kept);
		assert_int_equal(p->health.n_shown, good[i].kept);
		assert_int_equal(p->health.n_samples, 100);
	}
}

static void sums_are_filtered_like_single_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(profile_free) struct profile *p = make();
		make_sums(p);
		assert_int_equal(p->n_samples, 4);
		struct err err = { 0 };
		bool ok = profile_filter_apply(p, &good[i].filter, &err);
		assert_int_equal(ok, !good[i].filter.time);
		if (!ok)
			assert_string_equal(err.text, "--time: the profile has no times");
		assert_int_equal(p->health.n_shown, ok ? good[i].kept : 100);
	}
}

static const struct {
	struct profile_filter filter;
	const char *option;
} bad[] = {
	{ { .comm = "(" }, "--comm" },
	{ { .comm = "a)(b" }, "--comm" },
	{ { .focus = "[" }, "--focus" },
	{ { .ignore = "a{2,1}" }, "--ignore" },
	{ { .pids = "" }, "--pid" },
	{ { .pids = "x" }, "--pid" },
	{ { .pids = "1,,2" }, "--pid" },
	{ { .pids = "1," }, "--pid" },
	{ { .pids = "-1" }, "--pid" },
	{ { .tids = "1 2" }, "--tid" },
	{ { .tids = "4294967296" }, "--tid" },
	{ { .tids = "99999999999999999999999" }, "--tid" },
	{ { .time = "" }, "--time" },
	{ { .time = "-" }, "--time" },
	{ { .time = "5" }, "--time" },
	{ { .time = "3-2" }, "--time" },
	{ { .time = "2-2" }, "--time" },
	{ { .time = "a-b" }, "--time" },
	{ { .time = "1-2-3" }, "--time" },
	{ { .time = "1.2.3-4" }, "--time" },
	{ { .time = ".-4" }, "--time" },
	{ { .time = "0%-101%" }, "--time" },
	{ { .time = "0x1-2" }, "--time" },
	{ { .time = "nan-inf" }, "--time" },
	{ { .time = "1e3-2e3" }, "--time" },
	{ { .time = "00000000000000000000000000000000000000001-2" }, "--time" },
};

static void bad_input_names_the_option_and_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(profile_free) struct profile *p = make();
		struct err err = { 0 };
		if (profile_filter_check(&bad[i].filter, &err) ||
			profile_filter_apply(p, &bad[i].filter, &err))
			fail_msg("case %zu (%s) passes", i, bad[i].option);
		if (strncmp(err.text, bad[i].option, strlen(bad[i].option)))
			fail_msg("case %zu: \"%s\" does not name %s", i, err.text, bad[i].option);
		assert_int_equal(p->n_samples, 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_keep_what_was_asked_for),
		cmocka_unit_test(sums_are_filtered_like_single_samples),
		cmocka_unit_test(bad_input_names_the_option_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
