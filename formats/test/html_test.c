/*
 * The HTML page's data, read back column by column: totals per function, thread and time as the
 * profile has them; rows bounded; nothing that a name may hold gets out of the data. What the
 * scripts make of it is tested by html_scripts.sh and html_browser.mjs.
 */
#include "formats/format.h"
#include "formats/html_data.h"
#include "formats/html_rows.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct make_stack small[] = {
	{ "main;parse;read@kernel", .count = 30 },
	{ "main;fib;fib;fib", .count = 40, .thread = 1 },
	{ "main;[i]hot;[i]hotter;memcpy@lib", .count = 50 },
	{ "main;[i]hot", .count = 70 },
	{ "js@jit", .count = 5, .thread = 2 },
	{ "", .count = 6 },
	{ .frames = NULL },
};

static const char data_begin[] = "<script type=\"application/json\" id=\"data\">";

/* The data of a page, a copy; the caller frees it. */
static char *data_of(const char *page)
{
	const char *start = strstr(page, data_begin);
	assert_non_null(start);
	start += strlen(data_begin);
	const char *end = strstr(start, "</script>");
	assert_non_null(end);
	return strndup(start, (size_t)(end - start));
}

static char *write_data(struct profile *p, const struct format_options *options)
{
	size_t len;
	AUTO_FREE char *page = make_output(p, &format_html, options, &len);
	return data_of(page);
}

static char *write_rows(struct profile *p, size_t max_rows)
{
	char *text = NULL;
	size_t len;
	struct err err = { 0 };
	struct json_writer w;
	FILE *out = open_memstream(&text, &len);
	json_writer_open(&w, out);
	assert_true(html_data_write(&w, p, &(struct format_options){ 0 }, max_rows, &err));
	assert_true(json_writer_close(&w, &err));
	fclose(out);
	return text;
}

/* What follows "table":{..."name": in the data. Quotes in names are escaped, so no name is found.
 */
static const char *value_at(const char *data, const char *table, const char *name)
{
	char key[64];
	snprintf(key, sizeof key, "\"%s\":{", table);
	const char *at = strstr(data, key);
	snprintf(key, sizeof key, "\"%s\":", name);
	at = at ? strstr(at, key) : NULL;
	if (!at)
		fail_msg("no %s in %s", name, table);
	return at + strlen(key);
}

struct column {
	int64_t *v;
	size_t n;
};

static void auto_column_ptr(struct column *c)
{
	free(c->v);
}

/* An array of numbers; *at goes behind it. */
static struct column read_numbers(const char **at)
{
	struct column c = { 0 };
	assert_int_equal(**at, '[');
	for (++*at; **at != ']'; *at += **at == ',') {
		char *end;
		c.v = realloc(c.v, (c.n + 1) * sizeof *c.v);
		c.v[c.n++] = strtoll(*at, &end, 10);
		assert_true(end > *at);
		*at = end;
	}
	++*at;
	return c;
}

static struct column numbers(const char *data, const char *table, const char *name)
{
	const char *at = value_at(data, table, name);
	return read_numbers(&at);
}

static int64_t number(const char *data, const char *table, const char *name)
{
	return strtoll(value_at(data, table, name), NULL, 10);
}

static bool has_string(const char *data, const char *table, const char *name, const char *expected)
{
	const char *at = value_at(data, table, name);
	return !strncmp(at, expected, strlen(expected));
}

/* The sums of that value type, a number for each row. */
static struct column read_sums(const char *data, size_t value_type)
{
	const char *at = value_at(data, "rows", "sums") + 1;
	struct column counts = read_numbers(&at);
	for (size_t i = 1; i <= value_type; i++) {
		struct column sums;
		assert_int_equal(*at++, ',');
		if (*at == '{') {
			int64_t each = strtoll(strchr(at, ':') + 1, NULL, 10);
			for (size_t k = 0; k < counts.n; k++)
				counts.v[k] *= each;
			return counts; /* the tests have one such type, the last */
		}
		sums = read_numbers(&at);
		assert_int_equal(sums.n, counts.n);
		free(counts.v);
		counts = sums;
	}
	return counts;
}

/* The index of a function's name, as JSON writes it, without the quotes; -1: none. */
static int64_t find_function(const char *data, const char *wanted)
{
	const char *at = value_at(data, "functions", "name") + 1;
	size_t len = strlen(wanted);
	for (int64_t i = 0; *at == '"'; i++) {
		const char *end = at + 1;
		while (*end != '"')
			end += *end == '\\' ? 2 : 1;
		if ((size_t)(end - at - 1) == len && !memcmp(at + 1, wanted, len))
			return i;
		at = end + 1 + (end[1] == ',');
	}
	return -1;
}

/* Which rows are summed: those whose leaf has that id, all if it is -2; of a thread, or -1. */
static int64_t sum_ids(const char *data, size_t value_type, int64_t leaf, int64_t thread)
{
	AUTO(auto_column) struct column stacks = numbers(data, "pairs", "stack");
	AUTO(auto_column) struct column n_rows = numbers(data, "pairs", "rows");
	AUTO(auto_column) struct column threads = numbers(data, "pairs", "thread");
	AUTO(auto_column) struct column codes = numbers(data, "stacks", "code");
	AUTO(auto_column) struct column sums = read_sums(data, value_type);
	int64_t sum = 0;
	size_t row = 0;
	for (size_t i = 0; i < stacks.n; i++) {
		bool is_wanted = (leaf == -2 || codes.v[stacks.v[i]] / 2 == leaf) &&
			(thread < 0 || threads.v[i] == thread);
		for (int64_t k = 0; k < n_rows.v[i]; k++, row++)
			sum += is_wanted ? sums.v[row] : 0;
	}
	assert_int_equal(row, sums.n);
	return sum;
}

static int64_t sum_rows(const char *data, size_t value_type, const char *leaf, int64_t thread)
{
	return sum_ids(data, value_type, leaf ? find_function(data, leaf) : -2, thread);
}

static void page_holds_all_samples(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO_FREE char *data = write_data(p, &(struct format_options){ 0 });
	assert_int_equal(sum_rows(data, 0, NULL, -1), 201);
	assert_int_equal(sum_rows(data, 1, NULL, -1), 201000000);
	assert_int_equal(sum_rows(data, 0, "fib", 1), 40);
	assert_int_equal(sum_rows(data, 0, "fib", 0), 0);
	assert_int_equal(sum_rows(data, 0, "[no stack]", -1), 6);
	assert_int_equal(sum_rows(data, 0, "js", 2), 5);
}

static int falling(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a < b) - (a > b);
}

static void leaves_are_those_of_the_flat_table(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 6; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 500);
		for (size_t i = 0; seed == 2 && i < p->n_samples; i++)
			p->values[i * p->n_value_types + 1] += (int64_t)i; /* no multiple */
		AUTO_FREE struct flat_entry *entries = NULL;
		size_t n = 0;
		struct err err = { 0 };
		AUTO_FREE char *data = write_data(p, &(struct format_options){ 0 });
		assert_true(flat_table_build(
			p, &(struct call_tree_options){ .value = 1 }, &entries, &n, &err));
		AUTO(auto_column) struct column modules = numbers(data, "functions", "module");
		AUTO_FREE int64_t *selfs = calloc(n + 1, sizeof *selfs);
		assert_int_equal(modules.n, n); /* an entry each */
		for (size_t i = 0; i < n; i++)
			selfs[i] = sum_ids(data, 1, (int64_t)i, -1);
		qsort(selfs, n, sizeof *selfs, falling);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(selfs[i], entries[i].self);
	}
}

/* Parents first, inlined marked, the recursion kept. */
static void stacks_keep_their_shape(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO_FREE char *data = write_data(p, &(struct format_options){ 0 });
	AUTO(auto_column) struct column parents = numbers(data, "stacks", "parent");
	AUTO(auto_column) struct column codes = numbers(data, "stacks", "code");
	size_t n_inlined = 0, n_roots = 0;
	for (size_t i = 0; i < parents.n; i++) {
		assert_true(parents.v[i] <= (int64_t)i);
		n_roots += parents.v[i] == 0;
		n_inlined += codes.v[i] & 1;
	}
	/* main parse read fib fib fib hot hotter memcpy js [no stack] */
	assert_int_equal(parents.n, 11);
	assert_int_equal(n_roots, 3);
	assert_int_equal(n_inlined, 2);
}

static void rows_are_bounded_and_lose_nothing(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	make_samples(p, stack, 5000, 0);
	make_samples(p, stack, 3000, 1);
	static const struct {
		size_t max_rows;
		int64_t buckets;
	} limits[] = { { HTML_MAX_ROWS, HTML_MAX_BUCKETS }, { 1500, 1024 }, { 1, 1 } };
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		AUTO_FREE char *data = write_rows(p, limits[i].max_rows);
		AUTO(auto_column) struct column rows = read_sums(data, 0);
		assert_int_equal(number(data, "times", "buckets"), limits[i].buckets);
		assert_true(rows.n <= MAX(limits[i].max_rows, 2u)); /* two pairs remain */
		assert_int_equal(sum_rows(data, 0, NULL, -1), 8000);
		assert_int_equal(sum_rows(data, 0, NULL, 1), 3000);
	}
}

static void buckets_hold_the_samples_of_their_time(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	make_samples(p, stack, 4096, 0); /* at 0, 1, 2... ms */
	AUTO_FREE char *data = write_rows(p, HTML_MAX_ROWS);
	AUTO(auto_column) struct column buckets = numbers(data, "rows", "bucket");
	AUTO(auto_column) struct column sums = read_sums(data, 0);
	int64_t bucket = 0, before_half = 0;
	for (size_t i = 0; i < buckets.n; i++) {
		bucket += buckets.v[i];
		assert_true(bucket < HTML_MAX_BUCKETS);
		before_half += bucket < HTML_MAX_BUCKETS / 2 ? sums.v[i] : 0;
	}
	assert_in_range(before_half, 2047, 2049);
}

static void profiles_of_sums_have_no_times(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	make_sums(p);
	p->has_times = false;
	AUTO_FREE char *data = write_data(p, &(struct format_options){ 0 });
	assert_int_equal(number(data, "times", "buckets"), 0);
	assert_null(strstr(data, "\"bucket\":"));
	assert_int_equal(sum_rows(data, 0, NULL, -1), 201);
}

static void extreme_times_are_no_trouble(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	p->samples[0].time_ns = UINT64_MAX;
	p->samples[1].time_ns = 0;
	p->samples[2].thread = 77; /* unknown */
	AUTO_FREE char *data = write_rows(p, 3);
	assert_int_equal(sum_rows(data, 0, NULL, -1), 201);
}

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;
	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

static void names_stay_in_the_data(void **state)
{
	(void)state;
	static const char *const names[] = { "</script><script>alert(1)</script>", "<!--<script>",
		"]]>", "a\x01\x1b[31m\x7f", "bad \xff\xc3\x28\xed\xa0\x80",
		"\xe2\x80\xa8\xe2\x80\xae", "line\nbreak\ttab", "\"quoted\\\"", "&lt;b&gt;", "" };
	AUTO(profile_free) struct profile *p = make_profile_empty();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		make_samples(p, make_frame(p, PROFILE_NO_STACK, names[i], "app", false), 1, 0);
	p->meta.command = p->threads[0].name =
		profile_add_string(p, "</title></script><script>alert(2)</script>");
	size_t len, plain_len;
	AUTO(profile_free) struct profile *plain = make_profile(small);
	const struct format_options options = { 0 };
	AUTO_FREE char *page = make_output(p, &format_html, &options, &len);
	AUTO_FREE char *without = make_output(plain, &format_html, &options, &plain_len);
	static const char *const marks[] = { "<script", "</script", "<!--", "</title" };
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		assert_int_equal(count_of(page, marks[i]), count_of(without, marks[i]));
	assert_int_equal(strlen(page), len);
	for (const char *c = strstr(page, data_begin); *c && *c != '\n'; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	AUTO_FREE char *data = data_of(page);
	assert_int_equal(sum_rows(data, 0, NULL, -1), ARRAY_LEN(names));
	assert_int_equal(sum_rows(data, 0,
				 "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/"
				 "script\\u003e",
				 -1),
		1);
	assert_int_equal(sum_rows(data, 0, "line\\nbreak\\ttab", -1), 1);
}

static void options_choose_how_the_page_starts(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	const struct format_options options = { .title = "A <title>",
		.tree = { .reverse = true,
			.no_inline = true,
			.by = CALL_TREE_BY_THREAD,
			.value = 1 } };
	size_t len;
	AUTO_FREE char *page = make_output(p, &format_html, &options, &len);
	AUTO_FREE char *data = data_of(page);
	assert_true(has_string(data, "start", "view", "\"reversed\""));
	assert_true(has_string(data, "start", "group", "\"thread\""));
	assert_true(has_string(data, "start", "inlined", "false"));
	assert_int_equal(number(data, "start", "value"), 1);
	assert_true(has_string(data, "meta", "title", "\"A \\u003ctitle\\u003e\""));
	assert_non_null(strstr(page, "<title>A &lt;title&gt;</title>"));
}

static void empty_profiles_say_why(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	AUTO_FREE char *data = write_data(p, &(struct format_options){ 0 });
	assert_int_equal(sum_rows(data, 0, NULL, -1), 0);
	assert_false(has_string(data, "health", "empty", "\"\""));
}

static void full_disks_are_an_error(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_random_profile(3, 3000);
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	struct err err = { 0 };
	assert_false(format_html.write(p, &(struct format_options){ 0 }, full, &err));
	assert_true(err.text[0]);
	fclose(full);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_holds_all_samples),
		cmocka_unit_test(leaves_are_those_of_the_flat_table),
		cmocka_unit_test(stacks_keep_their_shape),
		cmocka_unit_test(rows_are_bounded_and_lose_nothing),
		cmocka_unit_test(buckets_hold_the_samples_of_their_time),
		cmocka_unit_test(profiles_of_sums_have_no_times),
		cmocka_unit_test(extreme_times_are_no_trouble),
		cmocka_unit_test(names_stay_in_the_data),
		cmocka_unit_test(options_choose_how_the_page_starts),
		cmocka_unit_test(empty_profiles_say_why),
		cmocka_unit_test(full_disks_are_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
