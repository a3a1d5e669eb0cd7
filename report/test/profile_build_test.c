/*
 * Profiles of one analysis, with and without times and addresses: all formats that need neither
 * write the same of each.
 */
#include "report/profile_build.h"

#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct profile *build(struct analysis *a, bool with_times, bool with_addresses)
{
	static const char *const no_dirs[] = { NULL };
	const struct profile_build_options options = { .with_times = with_times,
		.with_addresses = with_addresses,
		.search.debug_dirs = no_dirs };
	struct profile *p = NULL;
	struct err err = { 0 };
	if (!profile_build(a, &options, &p, &err))
		fail_msg("%s", err.text);
	assert_int_equal(p->has_times, with_times);
	assert_int_equal(p->has_addresses, with_addresses);
	return p;
}

static void expect_equal_outputs(struct profile *a, struct profile *b)
{
	static const struct format_options options[] = { { .min_percent = 0 },
		{ .tree.reverse = true }, { .tree.no_inline = true, .tree.value = 1 },
		{ .tree.by = CALL_TREE_BY_MODULE, .annotate = true } };
	for (size_t i = 0; formats[i]; i++)
		for (size_t k = 0; k < ARRAY_LEN(options) && !formats[i]->needs_times &&
			!formats[i]->needs_addresses;
			k++) {
			size_t len;
			AUTO_FREE char *out_a = make_output(a, formats[i], &options[k], &len);
			AUTO_FREE char *out_b = make_output(b, formats[i], &options[k], &len);
			assert_string_equal(out_a, out_b);
		}
}

static struct analysis *analyse_demo(struct recording **ret_rec)
{
	const char *dir = getenv("TESTDATA");
	char path[4096];
	const struct recording_options opening = { 0 };
	const struct analysis_options how = { .keep_times = true, .keep_threads = true };
	struct analysis *a = NULL;
	struct err err = { 0 };
	snprintf(path, sizeof(path), "%s/demo.trace.zst", dir ? dir : "testdata");
	if (!recording_open(path, &opening, ret_rec, &err) ||
		!analysis_run(*ret_rec, &how, &a, &err))
		fail_msg("%s", err.text);
	return a;
}

static void sums_and_functions_alone_change_no_output(void **state)
{
	(void)state;
	struct recording *rec = NULL;
	struct analysis *a = analyse_demo(&rec);
	AUTO(profile_free) struct profile *whole = build(a, true, true);
	AUTO(profile_free) struct profile *sums = build(a, false, true);
	AUTO(profile_free) struct profile *timed = build(a, true, false);
	AUTO(profile_free) struct profile *least = build(a, false, false);
	assert_int_equal(whole->n_samples, whole->health.n_shown);
	assert_int_equal(timed->n_samples, whole->n_samples);
	assert_true(sums->n_samples <= whole->n_samples);
	assert_true(least->n_samples <= sums->n_samples);
	assert_true(least->n_stacks < sums->n_stacks);
	expect_equal_outputs(whole, sums);
	expect_equal_outputs(whole, timed);
	expect_equal_outputs(whole, least);
	analysis_free(a);
	recording_close(rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_functions_alone_change_no_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
