/*
 * --require: conditions on a profile's quality.
 */
#include "report/require.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const struct profile_health health = {
	.n_samples = 98,
	.n_lost = 2,
	.n_user_stacks = 50,
	.n_complete = 48, /* 96 % */
	.n_guessed = 5,
};

static void conditions_are_judged(void **state UNUSED)
{
	static const struct {
		const char *conditions;
		bool holds;
	} cases[] = {
		{ "complete>=95", true },
		{ "complete>=96", true },
		{ "complete>96", false },
		{ "complete>=95%,lost<=2", true },
		{ "complete>=95,lost<2", false },
		{ "lost<=1", false },
		{ "samples=98", true },
		{ "samples>1e3", false },
		{ "guessed<=10", true },
		{ "complete > 5", true },
		{ " complete >= 95 % , lost <= 2 ", true },
		{ "complete >= 95 , lost < 2", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		assert_true(require_check_syntax(cases[i].conditions, &err));
		bool holds = require_holds(cases[i].conditions, &health, &err);
		if (holds != cases[i].holds)
			fail_msg("%s: %d %s", cases[i].conditions, holds, err.text);
	}
}

static void a_failed_condition_is_named_with_its_value(void **state UNUSED)
{
	struct err err = { 0 };
	assert_false(require_holds("complete>=10,lost<=1", &health, &err));
	assert_string_equal(err.text, "required lost<=1, but lost is 2.00");
}

static void what_an_imported_profile_does_not_tell_holds_not(void **state UNUSED)
{
	const struct profile_health untold = { .n_samples = 98, .n_shown = 98, .is_untold = true };
	static const char *const conditions[] = { "complete>=0", "guessed<=100", "lost<=100",
		"lost>=0" };
	struct err err = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		assert_false(require_holds(conditions[i], &untold, &err));
	assert_string_equal(err.text,
		"required lost>=0, but lost is not known: the profile is imported, and its file "
		"does not tell");
	assert_true(require_holds("samples=98", &untold, &err));
}

static void bad_syntax_is_refused(void **state UNUSED)
{
	static const char *const bad[] = { "", "complete", "whole>=3", "lost", "lost<", "lost<=x",
		"lost<=1;", "complete>=95,,lost<=1", "lost<=1%%", "complete!95", "complete > = 5",
		"complete 5", "  ", "lost<=1 2" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };
		if (require_check_syntax(bad[i], &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_null(strstr(err.text, "--require")); /* whoever parses options adds it */
		assert_true(err.text[0]);
	}
}

static void without_user_stacks_nothing_is_incomplete(void **state UNUSED)
{
	struct err err = { 0 };
	assert_true(require_holds("complete>=100", &(struct profile_health){ 0 }, &err));
}

static void what_is_not_known_does_not_hold(void **state UNUSED)
{
	static const struct profile_health of_chains = { .n_samples = 9, .n_chains = 9 };
	static const struct profile_health of_addresses = { .n_samples = 9, .n_addresses = 9 };
	struct err err = { 0 };
	assert_false(require_holds("lost<=1,complete>=0", &of_chains, &err));
	assert_string_equal(err.text,
		"required complete>=0, but complete is not known: no stack was copied to be "
		"unwound");
	assert_false(require_holds("complete<100", &of_addresses, &err));
	assert_true(require_holds("lost<=1,guessed<=0", &of_chains, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_judged),
		cmocka_unit_test(a_failed_condition_is_named_with_its_value),
		cmocka_unit_test(what_an_imported_profile_does_not_tell_holds_not),
		cmocka_unit_test(bad_syntax_is_refused),
		cmocka_unit_test(without_user_stacks_nothing_is_incomplete),
		cmocka_unit_test(what_is_not_known_does_not_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
