/*
 * The Firefox Profiler's format: tables are whole, sums are those of all formats, inlined frames
 * are told as inlined, pauses and CPU use are drawn. clients/firefox_totals.py asks the profiler.
 */
#include "formats/test/json_sums.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct format_options plain = { 0 };

static json_t *firefox_of(struct profile *p, const struct format_options *options)
{
	return json_of(p, &format_firefox, options);
}

static const json_t *shared(const json_t *file, const char *table)
{
	return json_object_get(json_object_get(file, "shared"), table);
}

static const json_t *thread(const json_t *file, size_t i)
{
	return json_array_get(json_object_get(file, "threads"), i);
}

static const json_t *samples(const json_t *file, size_t thread_index)
{
	return json_object_get(thread(file, thread_index), "samples");
}

static double number_at(const json_t *table, const char *column, size_t row)
{
	return json_number_value(json_array_get(json_object_get(table, column), row));
}

static const char *string_at(const json_t *file, int64_t index)
{
	const char *str =
		json_string_value(json_array_get(shared(file, "stringArray"), (size_t)index));
	assert_non_null(str);
	return str;
}

/* All columns are as long as the table says. */
static void check_table(const json_t *table)
{
	const char *name;
	json_t *column;
	size_t length = (size_t)json_integer_value(json_object_get(table, "length"));
	json_object_foreach((json_t *)table, name,
		column) if (json_is_array(column) && json_array_size(column) != length)
		fail_msg("%s: %zu, not %zu", name, json_array_size(column), length);
}

static void check_tables(const json_t *file)
{
	static const char *const tables[] = { "stackTable", "frameTable", "funcTable",
		"resourceTable", "nativeSymbols", "sources" };
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		check_table(shared(file, tables[i]));
	const json_t *stacks = shared(file, "stackTable");
	size_t n_stacks = json_array_size(json_object_get(stacks, "frame"));
	for (size_t i = 0; i < n_stacks; i++)
		assert_true(json_at(stacks, "prefix", i) < (int64_t)i);
	for (size_t i = 0; i < json_array_size(json_object_get(file, "threads")); i++) {
		check_table(samples(file, i));
		check_table(json_object_get(thread(file, i), "markers"));
		for (size_t k = 1; k < json_array_size(json_object_get(samples(file, i), "time"));
			k++)
			assert_true(number_at(samples(file, i), "time", k - 1) <=
				number_at(samples(file, i), "time", k));
	}
}

/* Sums. */

static void add_sample(struct json_sums *sums, const json_t *file, int64_t stack, int64_t weight)
{
	const char *names[64], *modules[64];
	size_t n = 0;
	for (; stack >= 0; stack = json_at(shared(file, "stackTable"), "prefix", (size_t)stack)) {
		size_t frame = (size_t)json_at(shared(file, "stackTable"), "frame", (size_t)stack);
		size_t func = (size_t)json_at(shared(file, "frameTable"), "func", frame);
		int64_t resource = json_at(shared(file, "funcTable"), "resource", func);
		assert_true(n < ARRAY_LEN(names));
		n++;
		names[ARRAY_LEN(names) - n] =
			string_at(file, json_at(shared(file, "funcTable"), "name", func));
		modules[ARRAY_LEN(names) - n] = resource < 0
			? ""
			: string_at(file,
				  json_at(shared(file, "resourceTable"), "name", (size_t)resource));
	}
	json_sums_add(
		sums, names + ARRAY_LEN(names) - n, modules + ARRAY_LEN(names) - n, n, weight);
}

static void check_sums(struct profile *p, const struct format_options *options)
{
	json_t *file = firefox_of(p, options);
	struct json_sums sums = { 0 };
	check_tables(file);
	for (size_t i = 0; i < json_array_size(json_object_get(file, "threads")); i++) {
		const json_t *table = samples(file, i);
		size_t n = json_array_size(json_object_get(table, "stack"));
		for (size_t k = 0; k < n; k++) {
			int64_t stack = json_at(table, "stack", k);
			if (stack >= 0)
				add_sample(&sums, file, stack, json_at(table, "weight", k));
			else
				assert_int_equal(json_at(table, "weight", k), 0);
		}
	}
	json_sums_expect(&sums, p, &options->tree);
	json_sums_fini(&sums);
	json_decref(file);
}

static void functions_sum_as_in_all_formats(void **state)
{
	(void)state;
	const struct format_options no_inline = { .tree.no_inline = true };
	const struct format_options events = { .tree.value = 1 };
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 200 + seed);
		check_sums(p, &plain);
		check_sums(p, &no_inline);
		make_sums(p);
		check_sums(p, &plain);
		p->value_types[1].unit = profile_add_string(p, "count");
		check_sums(p, &events);
	}
}

static const struct make_stack stacks[] = {
	{ "main;[i]hot;[i]hotter;memcpy@lib", .count = 2 },
	{ "main;read@kernel", .count = 1 },
	{ "js@jit", .count = 1 },
	{ "", .count = 1 },
	{ .frames = NULL },
};

static void the_head_is_what_readers_look_for(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_firefox, &plain, &len);
	assert_memory_equal(text, "{\"meta\"", 7);
	json_t *file = firefox_of(p, &plain);
	const json_t *meta = json_object_get(file, "meta");
	int64_t version = json_integer_value(json_object_get(meta, "preprocessedProfileVersion"));
	assert_in_range(version, 61, 65);
	assert_true(json_real_value(json_object_get(meta, "interval")) > 1.001);
	assert_int_equal(
		(int64_t)json_number_value(json_object_get(meta, "startTime")), 1700000000000);
	assert_int_equal(json_integer_value(json_object_get(meta, "profilingEndTime")), 1000);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(meta, "sampleUnits"), "threadCPUDelta")),
		"\xc2\xb5s");
	const json_t *categories = json_object_get(meta, "categories");
	assert_int_equal(json_array_size(categories), PROFILE_N_KINDS);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(categories, PROFILE_OTHER), "color")),
		"grey");
	assert_string_equal(
		json_string_value(json_object_get(meta, "oscpu")), "Linux 6.18.0 x86_64");
	assert_non_null(strstr(text, "\"build7\""));
	assert_non_null(strstr(text, "100.0 % of stacks complete"));
	json_decref(file);
}

/* The first frame of that function. */
static size_t frame_of(const json_t *file, const char *name)
{
	const json_t *frames = shared(file, "frameTable"), *funcs = shared(file, "funcTable");
	size_t n = json_array_size(json_object_get(frames, "func"));
	for (size_t i = 0; i < n; i++) {
		size_t func = (size_t)json_at(frames, "func", i);
		if (!strcmp(string_at(file, json_at(funcs, "name", func)), name))
			return i;
	}
	fail_msg("no frame of %s", name);
	return 0;
}

static const char *symbol_of(const json_t *file, const char *name)
{
	int64_t symbol = json_at(shared(file, "frameTable"), "nativeSymbol", frame_of(file, name));
	if (symbol < 0)
		return "";
	return string_at(file, json_at(shared(file, "nativeSymbols"), "name", (size_t)symbol));
}

static void inlined_frames_have_depth_and_symbol(void **state)
{
	(void)state;
	static const struct {
		const char *name, *symbol;
		int64_t depth, category;
	} frames[] = {
		{ "main", "main", 0, PROFILE_USER },
		{ "hot", "main", 1, PROFILE_USER },
		{ "hotter", "main", 2, PROFILE_USER },
		{ "memcpy", "memcpy", 0, PROFILE_LIBRARY },
		{ "read", "read", 0, PROFILE_KERNEL },
		{ "js", "", 0, PROFILE_JIT },
		{ "[no stack]", "", 0, PROFILE_OTHER },
	};
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	json_t *file = firefox_of(p, &plain);
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		size_t at = frame_of(file, frames[i].name);
		const json_t *table = shared(file, "frameTable");
		assert_int_equal(json_at(table, "inlineDepth", at), frames[i].depth);
		assert_int_equal(json_at(table, "category", at), frames[i].category);
		assert_string_equal(symbol_of(file, frames[i].name), frames[i].symbol);
	}
	json_decref(file);
}

static void lines_are_those_of_the_functions_file(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	uint32_t main_c = profile_add_string(p, "main.c"), other = profile_add_string(p, "x.h");
	p->functions[0].file = main_c;
	for (size_t i = 0; i < 3; i++)
		p->frames[i].line = 10 + (uint32_t)i;
	p->frames[0].file = main_c;
	p->functions[1].file = main_c;
	p->frames[1].file = p->frames[2].file = other;
	json_t *file = firefox_of(p, &plain);
	const json_t *frames = shared(file, "frameTable");
	assert_int_equal(json_at(frames, "line", frame_of(file, "main")), 10);
	assert_int_equal(json_at(frames, "line", frame_of(file, "hot")), -1);
	assert_int_equal(json_at(frames, "line", frame_of(file, "hotter")), 12);
	assert_int_equal(json_array_size(json_object_get(shared(file, "sources"), "filename")), 2);
	json_decref(file);
}

/* Libraries. */

static const struct {
	const char *build_id, *breakpad_id;
} ids[] = {
	{ "0123456789abcdef0123456789abcdef01234567", "67452301AB89EFCD0123456789ABCDEF0" },
	{ "0123456789abcdef", "67452301AB89EFCD00000000000000000" },
	{ "", "000000000000000000000000000000000" },
};

static void build_ids_become_breakpads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		AUTO(profile_free) struct profile *p = make_profile(stacks);
		p->modules[0].build_id = profile_add_string(p, ids[i].build_id);
		json_t *file = firefox_of(p, &plain);
		const json_t *lib = json_array_get(json_object_get(file, "libs"), 0);
		const json_t *code_id = json_object_get(lib, "codeId");
		assert_string_equal(
			json_string_value(json_object_get(lib, "breakpadId")), ids[i].breakpad_id);
		assert_string_equal(json_string_value(json_object_get(lib, "debugName")), "app");
		assert_true(json_is_null(code_id) ||
			!strcmp(json_string_value(code_id), ids[i].build_id));
		json_decref(file);
	}
}

static const struct {
	const char *function;
	struct profile_place place;
	uint64_t vaddr;
	int64_t relative;
} addresses[] = {
	{ "main", { 0 }, 0x1234, 0x1234 },
	/* can be loaded anywhere */
	{ "main", { 0x555500001000, 0x555500009000, 0x1000, 0x555500000000 }, 0x1234, 0x1234 },
	/* cannot, by GNU ld and by lld */
	{ "main", { 0x401000, 0x409000, 0x1000, 0 }, 0x401234, 0x1234 },
	{ "main", { 0x202000, 0x209000, 0x1000, 0 }, 0x202234, 0x2234 },
	{ "read", { 0 }, 0xffffffff81234567, 0x01234567 },
	/* no library */
	{ "js", { 0 }, 0x1234, -1 },
	{ "[no stack]", { 0 }, 0, -1 },
};

static void addresses_are_relative_to_the_image(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		AUTO(profile_free) struct profile *p = make_profile(stacks);
		for (size_t k = 0; k < p->n_frames; k++) {
			const struct profile_function *f = &p->functions[p->frames[k].function];
			if (strcmp(profile_string(p, f->name), addresses[i].function))
				continue;
			p->frames[k].address = addresses[i].vaddr;
			if (f->module != PROFILE_NONE)
				p->modules[f->module].place = addresses[i].place;
		}
		json_t *file = firefox_of(p, &plain);
		assert_int_equal(json_at(shared(file, "frameTable"), "address",
					 frame_of(file, addresses[i].function)),
			addresses[i].relative);
		json_decref(file);
	}
}

/* Rows. */

static const struct row {
	double time_ms, cpu_us;
	bool is_pause;
} rows[] = {
	{ 0, 0, true }, /* so that the first has a CPU use */
	{ 1, 1000, false },
	{ 2, 1000, false },
	{ 3.5, 1000, false }, /* it waited for the CPU */
	{ 99, 0, true },
	{ 100, 1000, false },
};

static void a_pause_is_a_row_without_a_stack(void **state)
{
	(void)state;
	static const struct make_stack four[] = { { "main", .count = 4 }, { .frames = NULL } };
	static const uint64_t times_us[] = { 1000, 2000, 3500, 100000 };
	AUTO(profile_free) struct profile *p = make_profile(four);
	for (size_t i = 0; i < 4; i++)
		p->samples[i].time_ns = times_us[i] * 1000;
	json_t *file = firefox_of(p, &plain);
	const json_t *table = samples(file, 0);
	assert_int_equal(json_array_size(json_object_get(table, "time")), ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(number_at(table, "time", i) == rows[i].time_ms);
		assert_true(number_at(table, "threadCPUDelta", i) == rows[i].cpu_us);
		assert_int_equal(json_at(table, "stack", i) < 0, rows[i].is_pause);
		assert_int_equal(json_at(table, "weight", i), !rows[i].is_pause);
	}
	assert_true(json_number_value(json_object_get(thread(file, 0), "unregisterTime")) == 100);
	json_decref(file);
}

/* The front end shows what is before the end. */
static void the_end_is_behind_the_last_sample(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->samples[0].time_ns = p->meta.duration_ns;
	json_t *file = firefox_of(p, &plain);
	const json_t *meta = json_object_get(file, "meta");
	assert_true(json_number_value(json_object_get(meta, "profilingEndTime")) > 1000);
	json_decref(file);
}

/* One row for three samples, as long as they took. */
static void without_times_samples_follow_each_other(void **state)
{
	(void)state;
	static const struct make_stack two[] = { { "main;a", .count = 3 }, { "main;b", .count = 2 },
		{ .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(two);
	make_sums(p);
	json_t *file = firefox_of(p, &plain);
	const json_t *table = samples(file, 0);
	assert_int_equal(json_array_size(json_object_get(table, "time")), 3);
	assert_true(number_at(table, "time", 1) == 3 && number_at(table, "time", 2) == 5);
	assert_int_equal(json_at(table, "weight", 1), 3);
	assert_true(number_at(table, "threadCPUDelta", 2) == 2000);
	json_decref(file);
}

static void events_have_no_cpu_use_but_cycles_do(void **state)
{
	(void)state;
	static const char *const events[] = { "page-faults", "cycles" };
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		AUTO(profile_free) struct profile *p = make_profile(stacks);
		p->value_types[1].type = profile_add_string(p, events[i]);
		p->value_types[1].unit = profile_add_string(p, "count");
		json_t *file = firefox_of(p, &(struct format_options){ .tree.value = 1 });
		const json_t *table = samples(file, 0);
		const json_t *meta = json_object_get(file, "meta");
		assert_string_equal(
			json_string_value(json_object_get(table, "weightType")), "samples");
		assert_int_equal(json_at(table, "weight", 1), 1000000);
		assert_int_equal(json_is_array(json_object_get(table, "threadCPUDelta")), i);
		assert_int_equal(json_is_object(json_object_get(meta, "sampleUnits")), i);
		json_decref(file);
	}
}

static void time_as_weight_is_in_milliseconds(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->values[1] = 1500000;
	json_t *file = firefox_of(p, &(struct format_options){ .tree.value = 1 });
	const json_t *table = samples(file, 0);
	assert_string_equal(json_string_value(json_object_get(table, "weightType")), "tracing-ms");
	assert_true(number_at(table, "weight", 1) == 1.5);
	json_decref(file);
}

/* Threads. */

static void a_process_has_one_main_thread(void **state)
{
	(void)state;
	static const struct make_stack two[] = { { "main", .count = 1, .thread = 1 },
		{ "main", .count = 1 }, { "main", .count = 3, .thread = 2 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(two);
	p->threads[2].tid = 100; /* as after a change of name */
	json_t *file = firefox_of(p, &plain);
	static const char *const names[] = { "t0", "t2", "t1" };
	assert_int_equal(json_array_size(json_object_get(file, "threads")), 3);
	for (size_t i = 0; i < 3; i++) {
		const json_t *t = thread(file, i);
		assert_string_equal(json_string_value(json_object_get(t, "name")), names[i]);
		assert_string_equal(json_string_value(json_object_get(t, "pid")), "100");
		assert_int_equal(json_is_true(json_object_get(t, "isMainThread")), i == 0);
	}
	const json_t *meta = json_object_get(file, "meta");
	assert_int_equal(json_at(meta, "initialSelectedThreads", 0), 1);
	json_decref(file);
}

static void exec_makes_another_process(void **state)
{
	(void)state;
	static const struct make_stack three[] = { { "main", .count = 1 },
		{ "main", .count = 1, .thread = 1 }, { "main", .count = 1, .thread = 2 },
		{ .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(three);
	p->threads[1].tid = p->threads[2].tid = 100;
	p->threads[1].process_name = profile_add_string(p, "python3");
	p->samples[1].time_ns = 500000000;
	json_t *file = firefox_of(p, &plain);
	static const char *const names[] = { "t0", "t2", "t1" },
				 *const pids[] = { "100", "100", "100.1" };
	for (size_t i = 0; i < 3; i++) {
		const json_t *t = thread(file, i);
		assert_string_equal(json_string_value(json_object_get(t, "name")), names[i]);
		assert_string_equal(json_string_value(json_object_get(t, "pid")), pids[i]);
		assert_int_equal(json_is_true(json_object_get(t, "isMainThread")), i != 1);
	}
	assert_true(
		json_number_value(json_object_get(thread(file, 2), "processStartupTime")) == 499);
	json_decref(file);
}

static void a_profile_may_be_empty(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	AUTO(profile_free) struct profile *bare = profile_new();
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_firefox, &plain, &len);
	assert_non_null(strstr(text, "The recording holds no samples"));
	json_t *file = firefox_of(p, &plain);
	check_tables(file);
	assert_int_equal(json_array_size(json_object_get(file, "threads")), 1);
	json_decref(file);
	file = firefox_of(bare, &plain);
	check_tables(file);
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
		p->threads[0].name = p->threads[0].process_name = profile_add_string(p, names[i]);
		p->meta.command = p->meta.host = profile_add_string(p, names[i]);
		p->modules[0].name = p->modules[0].build_id = profile_add_string(p, names[i]);
		profile_add_note(p, names[i], 1);
		json_t *file = firefox_of(p, &plain);
		check_tables(file);
		assert_int_equal(
			json_integer_value(json_object_get(shared(file, "funcTable"), "length")),
			i + 1);
		assert_string_not_equal(
			json_string_value(json_object_get(thread(file, 0), "name")), "");
		json_decref(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_sum_as_in_all_formats),
		cmocka_unit_test(the_head_is_what_readers_look_for),
		cmocka_unit_test(inlined_frames_have_depth_and_symbol),
		cmocka_unit_test(lines_are_those_of_the_functions_file),
		cmocka_unit_test(build_ids_become_breakpads),
		cmocka_unit_test(addresses_are_relative_to_the_image),
		cmocka_unit_test(a_pause_is_a_row_without_a_stack),
		cmocka_unit_test(the_end_is_behind_the_last_sample),
		cmocka_unit_test(without_times_samples_follow_each_other),
		cmocka_unit_test(events_have_no_cpu_use_but_cycles_do),
		cmocka_unit_test(time_as_weight_is_in_milliseconds),
		cmocka_unit_test(a_process_has_one_main_thread),
		cmocka_unit_test(exec_makes_another_process),
		cmocka_unit_test(a_profile_may_be_empty),
		cmocka_unit_test(hostile_names_stay_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
