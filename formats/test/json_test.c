/*
 * The JSON report, read back by jansson: its tables are those of flat_table.c, its tree adds up,
 * and hostile names and deep stacks leave it valid. The shell test (json_report.sh) has jq and the
 * schema.
 */
#include "formats/format.h"
#include "formats/profile_filter.h"
#include "formats/test/make_profile.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static json_t *make_json(struct profile *p, const struct format_options *options)
{
	size_t len;
	json_error_t error;
	AUTO_FREE char *text = make_output(p, &format_json, options, &len);
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s at %d: %.300s", error.text, error.position, text);
	return json;
}

static json_int_t int_of(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	if (!json_is_integer(value))
		fail_msg("%s is no integer", key);
	return json_integer_value(value);
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *str = json_string_value(json_object_get(object, key));
	if (!str)
		fail_msg("%s is no string", key);
	return str;
}

static json_int_t sum_of(const json_t *rows, const char *key)
{
	json_int_t sum = 0;
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) sum += int_of(row, key);
	return sum;
}

static void expect_rows(struct profile *p, const struct format_options *options,
	enum call_tree_by by, const json_t *rows)
{
	AUTO_FREE struct flat_entry *entries = NULL;
	size_t n;
	struct err err;
	struct call_tree_options tree = options->tree;
	tree.by = by;
	assert_true(flat_table_build(p, &tree, &entries, &n, &err));
	assert_int_equal(json_array_size(rows), n);
	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(rows, i);
		assert_string_equal(string_of(row, "name"), profile_string(p, entries[i].name));
		assert_int_equal(int_of(row, "self"), entries[i].self);
		assert_int_equal(int_of(row, "total"), entries[i].total);
		assert_int_equal(int_of(row, "self_samples"), entries[i].n_self_samples);
		assert_int_equal(int_of(row, "total_samples"), entries[i].n_samples);
	}
}

/* Every node's total is its own share and its children's, which come after it. */
static void expect_whole_tree(const json_t *tree, json_int_t total)
{
	size_t n = json_array_size(tree), i;
	AUTO_FREE json_int_t *sums = calloc(n, sizeof *sums);
	json_t *node;
	json_array_foreach(tree, i, node)
	{
		json_t *parent = json_object_get(node, "parent");
		sums[i] += int_of(node, "self");
		assert_int_equal(json_is_null(parent), i == 0);
		if (!i)
			continue;
		assert_true(json_integer_value(parent) < (json_int_t)i);
		sums[json_integer_value(parent)] += int_of(node, "total");
		assert_int_equal(int_of(node, "depth"),
			int_of(json_array_get(tree, (size_t)json_integer_value(parent)), "depth") +
				1);
	}
	json_array_foreach(tree, i, node) assert_int_equal(sums[i], int_of(node, "total"));
	assert_int_equal(sums[0], total);
}

static void tables_and_tree_add_up(void **state)
{
	(void)state;
	for (uint32_t shape = 0; shape < 24; shape++) {
		AUTO(profile_free) struct profile *p = make_random_profile(shape + 1, 300);
		struct format_options options = {
			.tree = { .value = shape % 2,
				.by = shape / 2 % 3,
				.no_inline = shape / 6 % 2,
				.reverse = shape / 12 },
			.min_percent = 1e-6,
		};
		if (shape % 5 == 0)
			make_sums(p);
		json_t *json = make_json(p, &options);
		json_int_t total = shape % 2 ? 300000000 : 300;
		expect_rows(p, &options, CALL_TREE_BY_PROCESS, json_object_get(json, "functions"));
		expect_rows(p, &options, CALL_TREE_BY_MODULE, json_object_get(json, "modules"));
		assert_int_equal(sum_of(json_object_get(json, "functions"), "self"), total);
		assert_int_equal(int_of(json, "n_functions"),
			json_array_size(json_object_get(json, "functions")));
		expect_whole_tree(json_object_get(json, "tree"), total);
		json_decref(json);
	}
}

static void threads_have_their_sums(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){
		{ "main", .count = 3 }, { "run", .count = 5, .thread = 2 }, { .frames = NULL } });
	make_samples(p, PROFILE_NO_STACK, 2, 77); /* of a thread that is not there */
	json_t *json = make_json(p, &(struct format_options){ 0 });
	const json_t *threads = json_object_get(json, "threads");
	static const struct {
		json_int_t tid, n;
	} expected[] = { { 100, 3 }, { 102, 5 }, { 0, 2 } };
	assert_int_equal(json_array_size(threads), ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const json_t *thread = json_array_get(threads, i);
		const json_t *values = json_object_get(thread, "values");
		assert_int_equal(int_of(thread, "tid"), expected[i].tid);
		assert_int_equal(json_integer_value(json_array_get(values, 0)), expected[i].n);
		assert_int_equal(
			json_integer_value(json_array_get(values, 1)), expected[i].n * 1000000);
	}
	json_decref(json);
}

static void options_are_told_and_honoured(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){ { "main;a", .count = 60 },
		{ "main;b", .count = 39 }, { "main;rare", .count = 1 }, { .frames = NULL } });
	struct format_options options = { .max_rows = 2,
		.children = true,
		.min_percent = 5,
		.filter = &(struct profile_filter){ .focus = "ma(i)n", .pids = "100" } };
	json_t *json = make_json(p, &options);
	const json_t *functions = json_object_get(json, "functions");
	assert_int_equal(int_of(json, "n_functions"), 4);
	assert_int_equal(json_array_size(functions), 2);
	assert_string_equal(string_of(json_array_get(functions, 0), "name"), "main");
	assert_int_equal(json_array_size(json_object_get(json, "tree")), 5);
	const json_t *filters = json_object_get(json, "filters");
	assert_string_equal(string_of(filters, "focus"), "ma(i)n");
	assert_string_equal(string_of(filters, "pid"), "100");
	assert_true(json_is_null(json_object_get(filters, "time")));
	assert_string_equal(string_of(json_object_get(json, "view"), "sort"), "total");
	json_decref(json);
}

static void functions_have_their_files(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile(
		(const struct make_stack[]){ { "main;a;b", .count = 2 }, { .frames = NULL } });
	p->functions[0].file = profile_add_string(p, "main.c");
	p->frames[0].file = profile_add_string(p, "other.c");
	p->frames[1].file = profile_add_string(p, "a.c");
	json_t *json = make_json(p, &(struct format_options){ 0 });
	static const char *const names[] = { "b", "a", "main" },
				 *const files[] = { "", "a.c", "main.c" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const json_t *row = json_array_get(json_object_get(json, "functions"), i);
		assert_string_equal(string_of(row, "name"), names[i]);
		assert_string_equal(string_of(row, "file"), files[i]);
	}
	json_decref(json);
}

static void rows_are_lines(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile(
		(const struct make_stack[]){ { "main;a@lib", .count = 2 }, { .frames = NULL } });
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_json, &(struct format_options){ 0 }, &len);
	assert_int_equal(strncmp(text,
				 "{\n \"schema\": \"ddrec-report\",\n \"version\": 1,\n"
				 " \"meta\": {\n  \"command\": \"./app --fast\",\n",
				 80),
		0);
	assert_non_null(strstr(text,
		"\n \"n_functions\": 2,\n \"functions\": [\n  {\"name\": \"a\",\"raw_name\": \"\","
		"\"module\": \"libc.so.6\",\"file\": \"\",\"kind\": \"library\","
		"\"inlined\": false,\"has_symbol\": true,\"self\": 2,\"total\": 2,"
		"\"self_samples\": 2,\"total_samples\": 2},\n"));
	assert_non_null(strstr(text,
		"  {\"parent\": 2,\"depth\": 3,\"role\": \"function\",\"name\": \"a\","
		"\"module\": \"libc.so.6\",\"kind\": \"library\",\"inlined\": false,"
		"\"self\": 2,\"total\": 2}\n ]\n}\n"));
}

static void hostile_names_and_deep_stacks_are_valid(void **state)
{
	(void)state;
	static const char *const hostile[] = { "\"", "\\", "\n", "\x01\x1b", "\xff\xed\xa0\x80",
		"</script>", "", "\xef\xbf\xbf" };
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = PROFILE_NO_STACK;
	for (int i = 0; i < 5000; i++)
		stack = make_frame(p, stack, hostile[i % 8], i % 2 ? "app" : "lib", i % 3 == 0);
	make_samples(p, stack, 9, 0);
	p->meta.command = p->meta.clock = p->threads[0].name = p->modules[0].path =
		profile_add_string(p, "\"}\n\xff");
	profile_add_note(p, "\"\\", 1);
	json_t *json = make_json(p, &(struct format_options){ .title = "\"<" });
	assert_int_equal(json_array_size(json_object_get(json, "tree")), 5002);
	expect_whole_tree(json_object_get(json, "tree"), 9);
	json_decref(json);
}

static void an_empty_profile_is_valid(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	AUTO(profile_free) struct profile *bare = profile_new();
	json_t *json = make_json(p, &(struct format_options){ 0 });
	assert_int_equal(json_array_size(json_object_get(json, "tree")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "functions")), 0);
	json_decref(json);
	json = make_json(bare, &(struct format_options){ 0 });
	assert_int_equal(json_array_size(json_object_get(json, "totals")), 1);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_and_tree_add_up),
		cmocka_unit_test(threads_have_their_sums),
		cmocka_unit_test(options_are_told_and_honoured),
		cmocka_unit_test(functions_have_their_files),
		cmocka_unit_test(rows_are_lines),
		cmocka_unit_test(hostile_names_and_deep_stacks_are_valid),
		cmocka_unit_test(an_empty_profile_is_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
