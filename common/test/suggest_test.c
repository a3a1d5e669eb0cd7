#include "common/suggest.h"

#include "common/defs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *suggestion_for(const char *word)
{
	static const char *const known[] = { "record", "report", "info", "script", "flamegraph" };
	struct suggest s = suggest_for(word);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		suggest_consider(&s, known[i]);
	return s.best;
}

static void slips_of_the_fingers_are_seen_through(void **state UNUSED)
{
	assert_string_equal(suggestion_for("reprot"), "report");
	assert_string_equal(suggestion_for("recrod"), "record");
	assert_string_equal(suggestion_for("nfo"), "info");
	assert_string_equal(suggestion_for("scriptt"), "script");
	assert_string_equal(suggestion_for("repxxt"), "report");
}

static void a_beginning_is_enough(void **state UNUSED)
{
	assert_string_equal(suggestion_for("flame"), "flamegraph");
	assert_string_equal(suggestion_for("rec"), "record");
}

static void other_words_suggest_nothing(void **state UNUSED)
{
	assert_null(suggestion_for(""));
	assert_null(suggestion_for("x"));
	assert_null(suggestion_for("annotate"));
	assert_null(suggestion_for("a-word-far-longer-than-the-table-of-distances-holds"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_of_the_fingers_are_seen_through),
		cmocka_unit_test(a_beginning_is_enough),
		cmocka_unit_test(other_words_suggest_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
