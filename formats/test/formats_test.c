/*
 * What all formats must do: agree on totals, survive hostile names and extreme shapes, and write
 * what their readers take (folded: two frames or more, sorted; flame graph: well-formed XML, by
 * xmllint, which is skipped loudly where it is not installed).
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct make_stack small[] = {
	{ "main;parse;read@kernel", .count = 30 },
	{ "main;parse", .count = 20 },
	{ "main;fib;fib;fib", .count = 40, .thread = 1 },
	{ "main;[i]hot;[i]hotter;memcpy@lib", .count = 50 },
	{ "main;[i]hot", .count = 70 },
	{ "js@jit", .count = 5 },
	{ "", .count = 6 },
	{ .frames = NULL },
};

static const struct {
	const char *name;
	struct format_options options;
} shapes[] = {
	{ "default", { .min_percent = 0 } },
	{ "time", { .tree = { .value = 1 } } },
	{ "thread", { .tree = { .by = CALL_TREE_BY_THREAD } } },
	{ "module", { .tree = { .by = CALL_TREE_BY_MODULE } } },
	{ "reverse", { .tree = { .reverse = true } } },
	{ "no inline", { .tree = { .no_inline = true } } },
	{ "reverse, inverted", { .tree = { .reverse = true }, .inverted = true } },
	{ "by total, colour, narrow", { .children = true, .colour = true, .width = 60 } },
	{ "annotated", { .annotate = true, .max_rows = 1 } },
};

static const struct format *const formats_to_compare[] = {
	&format_text,
	&format_folded,
	&format_flamegraph,
};

/* A profile's lines, checked as they are read: sorted, unique stacks, two frames, sum of counts. */
static int64_t folded_sum(const char *text, size_t *ret_lines)
{
	int64_t sum = 0;
	AUTO_FREE char *previous = strdup("");
	*ret_lines = 0;
	for (const char *end; (end = strchr(text, '\n')); text = end + 1, ++*ret_lines) {
		char *line = strndup(text, (size_t)(end - text));
		char *count = strrchr(line, ' ');
		assert_non_null(count);
		assert_non_null(memchr(line, ';', (size_t)(count - line)));
		for (const char *c = line; *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		if (strcmp(previous, line) >= 0)
			fail_msg("not sorted: '%s' before '%s'", previous, line);
		assert_int_equal(strspn(count + 1, "0123456789"), strlen(count + 1));
		sum += strtoll(count + 1, NULL, 10);
		free(previous);
		previous = line;
	}
	assert_int_equal(*text, '\0');
	return sum;
}

/* The value behind "all" in the root's title. */
static bool flamegraph_says(const char *svg, const char *total)
{
	const char *root = strstr(svg, "<title>all\nother\n");
	return root && !strncmp(root + 17, total, strlen(total));
}

static void formats_agree_on_the_total(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		AUTO(profile_free) struct profile *p = make_profile(small);
		const struct format_options *options = &shapes[i].options;
		bool is_time = options->tree.value == 1;
		size_t len, n_lines;
		AUTO_FREE char *folded = make_output(p, &format_folded, options, &len);
		AUTO_FREE char *svg = make_output(p, &format_flamegraph, options, &len);
		AUTO_FREE char *text = make_output(p, &format_text, options, &len);
		if (folded_sum(folded, &n_lines) != (is_time ? 221000000 : 221))
			fail_msg("%s: folded:\n%s", shapes[i].name, folded);
		if (!flamegraph_says(svg, is_time ? "221 ms, 100.00 %" : "221 samples, 100.00 %"))
			fail_msg("%s: flame graph:\n%.500s", shapes[i].name,
				strstr(svg, "class=\"row\""));
		if (!strstr(text, is_time ? "221 ms in 221 samples" : "221 samples"))
			fail_msg("%s: text:\n%s", shapes[i].name, text);
	}
}

/* As recorded with -e page-faults: few samples of setup stand for most of the faults. */
static struct profile *make_page_faults(void)
{
	static const struct make_stack stacks[] = { { "main;setup", .count = 2 },
		{ "main;run", .count = 8 }, { .frames = NULL } };
	struct profile *p = make_profile(stacks);
	p->value_types[1].type = p->meta.event = profile_add_string(p, "page-faults");
	p->value_types[1].unit = profile_add_string(p, "count");
	p->meta.clock = profile_add_string(p, "about 999 samples a second of CPU time");
	for (size_t i = 0; i < p->n_samples; i++)
		p->values[i * p->n_value_types + 1] = i < 2 ? 40000 : 1;
	return p;
}

static void events_count_not_their_samples(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_page_faults();
	AUTO(profile_free) struct profile *timed = make_profile(small);
	assert_int_equal(profile_main_value(p), 1);
	assert_int_equal(profile_main_value(timed), 0);
	struct format_options options = { .tree.value = profile_main_value(p) };
	size_t len;
	AUTO_FREE char *folded = make_output(p, &format_folded, &options, &len);
	assert_string_equal(folded, "app;main;run 8\napp;main;setup 80000\n");
	AUTO_FREE char *svg = make_output(p, &format_flamegraph, &options, &len);
	assert_true(flamegraph_says(svg, "80,008 page-faults, 100.00 %"));
	assert_non_null(strstr(svg, "share of the page-faults"));
	assert_non_null(strstr(svg, ">80,008 page-faults in 10 samples, 0 lost"));
	AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
	static const char *const parts[] = { "page-faults: about 999 samples a second",
		"shown     80,008 page-faults in 10 samples = 100 %",
		"   SELF    TOTAL  SELF EVENTS  FUNCTION", " 100.0%   100.0%       80,000  setup",
		"   0.0%     0.0%            8  run" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], text);
}

static void folded_lines_are_as_expected(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	size_t len;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ .annotate = true }, &len);
	assert_string_equal(folded,
		"app;[no stack] 6\n"
		"app;js_[j] 5\n"
		"app;main;fib;fib;fib 40\n"
		"app;main;hot_[i] 70\n"
		"app;main;hot_[i];hotter_[i];memcpy 50\n"
		"app;main;parse 20\n"
		"app;main;parse;read_[k] 30\n");
}

static void folded_merges_what_its_readers_cannot_tell_apart(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "a;b\n", "app", false);
	make_samples(p, stack, 2, 0);
	make_samples(p, make_frame(p, PROFILE_NO_STACK, "a:b ", "lib", false), 3, 0);
	make_samples(p, make_frame(p, PROFILE_NO_STACK, "a:b  5", "lib", false), 1, 0);
	make_samples(p, make_frame(p, stack, "", "lib", false), 4, 0);
	size_t len;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ 0 }, &len);
	assert_string_equal(folded, "app;a:b  5\napp;a:b  5 1\napp;a:b ;[unnamed] 4\n");
}

static bool is_installed(const char *program)
{
	char command[128];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
	return system(command) == 0;
}

static void assert_well_formed(const char *xml, size_t len)
{
	FILE *lint = popen("xmllint --noout -", "w");
	assert_non_null(lint);
	assert_int_equal(fwrite(xml, 1, len, lint), len);
	assert_int_equal(pclose(lint), 0);
}

static char hostile_long[10001];

static const char *const hostile[] = { "<script>alert(1)</script>", "]]>", "</title></svg>", "\"'",
	"&amp;", "a;b", "new\nline", "\x01\x02\x1b[31m\x7f", "\xff\xfe", "\xed\xa0\x80",
	"\xef\xbf\xbe", "", "%s%n%d", " ",
	"\xe2\x80\xae"
	"evil",
	hostile_long };

static struct profile *make_hostile(void)
{
	memset(hostile_long, 'x', sizeof hostile_long - 1);
	struct profile *p = make_profile_empty();
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		uint32_t outer = make_frame(p, PROFILE_NO_STACK, hostile[i], "app", false);
		make_samples(p, make_frame(p, outer, hostile[i], "lib", i % 2), 10, 0);
		p->threads[0].process_name = profile_add_string(p, hostile[i]);
		p->modules[0].name = profile_add_string(p, hostile[i]);
		profile_add_note(p, hostile[i], i);
		profile_add_incomplete(p, hostile[i], i);
	}
	p->meta.command = p->meta.host = p->meta.event = p->meta.clock =
		profile_add_string(p, "\"><script>alert(2)</script>]]>\n\x03\xff");
	make_health(p);
	return p;
}

static size_t count_of(const char *text, const char *word)
{
	size_t n = 0;
	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void hostile_names_stay_names(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_hostile();
	size_t len, n_lines;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ 0 }, &len);
	assert_int_equal(folded_sum(folded, &n_lines), 10 * ARRAY_LEN(hostile));
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	for (size_t i = 0; i < len; i++)
		assert_true((unsigned char)text[i] >= 0x20 || text[i] == '\n');
	AUTO_FREE char *svg = make_output(p, &format_flamegraph,
		&(struct format_options){ .title = "<script>alert(3)</script>" }, &len);
	assert_int_equal(strlen(svg), len);
	assert_int_equal(count_of(svg, "<script"), 1);
	assert_int_equal(count_of(svg, "]]>"), 1);
	assert_int_equal(count_of(svg, " onload"), 0);
	if (is_installed("xmllint"))
		assert_well_formed(svg, len);
}

static void flame_graphs_are_well_formed_xml(void **state)
{
	(void)state;
	if (!is_installed("xmllint")) {
		fprintf(stderr, "SKIPPED: xmllint is not installed (libxml2-utils)\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		AUTO(profile_free) struct profile *p = make_random_profile((uint32_t)i + 1, 500);
		size_t len;
		AUTO_FREE char *svg = make_output(p, &format_flamegraph, &shapes[i].options, &len);
		assert_well_formed(svg, len);
	}
}

static void a_reversed_graph_is_widest_first(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;a", .count = 1 },
		{ "main;b", .count = 3 }, { "main;c", .count = 2 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	struct format_options options = { .tree.reverse = true };
	size_t len;
	AUTO_FREE char *reverse = make_output(p, &format_flamegraph, &options, &len);
	const char *b = strstr(reverse, "<title>b\n");
	assert_true(b && b < strstr(reverse, "<title>c\n"));
	assert_true(strstr(b, "<title>c\n") < strstr(b, "<title>a\n"));
	assert_non_null(strstr(reverse, "widest first</text>"));
	options.tree.reverse = false;
	AUTO_FREE char *forward = make_output(p, &format_flamegraph, &options, &len);
	const char *a = strstr(forward, "<title>a\n");
	assert_true(a && a < strstr(forward, "<title>b\n"));
	assert_null(strstr(forward, "widest first"));
}

static void random_profiles_have_equal_totals(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 30; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 200 + seed);
		char total[32];
		snprintf(total, sizeof total, "%u samples, ", 200 + seed);
		for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
			const struct format_options *options = &shapes[i].options;
			size_t len, n_lines;
			AUTO_FREE char *folded = make_output(p, &format_folded, options, &len);
			AUTO_FREE char *svg = make_output(p, &format_flamegraph, options, &len);
			AUTO_FREE char *text = make_output(p, &format_text, options, &len);
			int64_t factor = options->tree.value ? 1000000 : 1;
			assert_int_equal(folded_sum(folded, &n_lines), factor * (200 + seed));
			assert_true(options->tree.value || flamegraph_says(svg, total));
			assert_non_null(strstr(text, "Health"));
		}
	}
}

static struct profile *make_deep(int depth)
{
	struct profile *p = make_profile_empty();
	uint32_t stack = PROFILE_NO_STACK;
	for (int i = 0; i < depth; i++) {
		char name[32];
		snprintf(name, sizeof name, "f%d", i);
		stack = make_frame(p, stack, name, "app", false);
		if (i % 2)
			make_samples(p, make_frame(p, stack, "side", "lib", false), 1, 0);
	}
	make_samples(p, stack, 5, 0);
	make_health(p);
	return p;
}

static void deep_stacks_are_written(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_deep(8192);
	for (size_t i = 0; formats[i]; i++) {
		size_t len;
		AUTO_FREE char *output =
			make_output(p, formats[i], &(struct format_options){ 0 }, &len);
		assert_true(len > 1000 && (formats[i]->is_binary || strstr(output, "f1")));
	}
}

static void a_long_chain_is_shortened_in_text(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = PROFILE_NO_STACK;
	for (int i = 0; i < 1000; i++) {
		char name[32];
		snprintf(name, sizeof name, "f%d", i);
		stack = make_frame(p, stack, name, "app", false);
	}
	for (int i = 0; i < 500; i++)
		stack = make_frame(p, stack, "recursive", "app", false);
	make_samples(p, stack, 9, 0);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &(struct format_options){ 0 }, &len);
	assert_true(count_of(text, "\n") < 80);
	assert_non_null(strstr(text, "… 954 more frames, one calling the next …"));
	assert_non_null(strstr(text, "recursive ×500"));
}

static void text_collapses_recursion_and_folds_the_small(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_text, &(struct format_options){ .min_percent = 5 }, &len);
	assert_non_null(strstr(text, "fib ×3"));
	assert_non_null(strstr(text, "(2 below 5 %: 5.0 %)"));
	assert_non_null(strstr(text, "hot (inlined)"));
	assert_null(strstr(strstr(text, "Call tree"), "js"));
}

static void the_table_marks_what_was_inlined(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;[i]likely", .count = 50 },
		{ "main;[i]both", .count = 30 }, { "main;both", .count = 20 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	struct format_options options = { 0 };
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
	assert_non_null(strstr(text, "50  likely (inlined)  app\n"));
	assert_non_null(strstr(text, "50  both              app\n"));
	assert_int_equal(count_of(text, "(inlined): --no-inline gives their time"), 1);
	options.tree.no_inline = true;
	AUTO_FREE char *plain = make_output(p, &format_text, &options, &len);
	assert_null(strstr(plain, "inlined"));
	options = (struct format_options){ .tree.by = CALL_TREE_BY_MODULE };
	AUTO_FREE char *modules = make_output(p, &format_text, &options, &len);
	assert_null(strstr(modules, "inlined"));
}

static void a_module_has_one_column(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	struct format_options options = { .tree.by = CALL_TREE_BY_MODULE, .max_rows = 2 };
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
	assert_non_null(strstr(text, "Modules, by self\n   SELF    TOTAL SELF SAMPLES  MODULE\n"));
	assert_non_null(strstr(text, "  app\n"));
	assert_non_null(strstr(text, "  … 3 more modules ("));
	options.children = true;
	AUTO_FREE char *by_total = make_output(p, &format_text, &options, &len);
	assert_non_null(strstr(by_total, "Modules, by total (self and all they call)\n"));
}

static void generated_code_is_called_that(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;[anon]@anon", .count = 3 },
		{ "main;js@jit", .count = 2 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	struct format_options options = { 0 };
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
	assert_non_null(strstr(text, "3  [anon]    generated code (JIT)\n"));
	AUTO_FREE char *svg = make_output(p, &format_flamegraph, &options, &len);
	assert_non_null(strstr(svg, ">generated code (JIT)</text>"));
	assert_non_null(strstr(svg, "<title>[anon]\ngenerated code (JIT)\n"));
	options.tree.by = CALL_TREE_BY_MODULE;
	AUTO_FREE char *modules = make_output(p, &format_text, &options, &len);
	assert_non_null(strstr(modules, "5  generated code (JIT)\n"));
}

static void a_long_subtitle_moves_the_legend_down(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	size_t len;
	for (int is_long = 0; is_long < 2; is_long++) {
		struct format_options options = { .tree.reverse = is_long };
		AUTO_FREE char *svg = make_output(p, &format_flamegraph, &options, &len);
		assert_int_equal(strstr(svg, "id=\"legend\" transform") != NULL, is_long);
	}
}

static size_t widest_line(const char *text)
{
	size_t widest = 0, columns = 0;
	for (; *text; text++) {
		columns += ((unsigned char)*text & 0xc0) != 0x80;
		widest = MAX(widest, columns - (*text == '\n'));
		if (*text == '\n')
			columns = 0;
	}
	return widest;
}

static void tables_keep_to_the_width(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	char name[600] = "ns::Class<int>::";
	memset(name + 16, 'm', 500);
	make_samples(p, make_frame(p, stack, name, "lib", true), 20, 0);
	make_samples(p, make_frame(p, stack, "x", "kernel", false), 20, 0);
	for (uint32_t width = 80; width <= 200; width += 40) {
		struct format_options options = { .width = width };
		size_t len;
		AUTO_FREE char *text = make_output(p, &format_text, &options, &len);
		char *health = strstr(text, "Health");
		assert_non_null(health);
		*health = '\0';
		assert_true(widest_line(text) <= width);
		assert_true(widest_line(text) >= width - 4);
	}
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (!full) {
		fprintf(stderr, "SKIPPED: no /dev/full\n");
		skip();
	}
	AUTO(profile_free) struct profile *p = make_profile(small);
	for (size_t i = 0; formats[i]; i++) {
		struct err err = { 0 };
		assert_false(formats[i]->write(p, &(struct format_options){ 0 }, full, &err));
		assert_non_null(strstr(err.text, "No space left"));
		clearerr(full);
	}
	fclose(full);
}

static void formats_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(formats[0], &format_text);
	for (size_t i = 0; formats[i]; i++)
		assert_ptr_equal(format_find(formats[i]->name), formats[i]);
	assert_null(format_find("Text"));
	assert_null(format_find(""));
}

static void the_same_profile_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; formats[i]; i++) {
		AUTO(profile_free) struct profile *a = make_random_profile(5, 400);
		AUTO(profile_free) struct profile *b = make_random_profile(5, 400);
		size_t len_a, len_b;
		AUTO_FREE char *out_a =
			make_output(a, formats[i], &(struct format_options){ 0 }, &len_a);
		AUTO_FREE char *out_b =
			make_output(b, formats[i], &(struct format_options){ 0 }, &len_b);
		assert_int_equal(len_a, len_b);
		assert_memory_equal(out_a, out_b, len_a);
	}
}

static void sums_are_written_like_single_samples(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 8; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		AUTO(profile_free) struct profile *sums = make_random_profile(seed, 300);
		make_sums(sums);
		assert_true(sums->n_samples < p->n_samples);
		for (size_t i = 0; i < ARRAY_LEN(formats_to_compare) * ARRAY_LEN(shapes); i++) {
			const struct format *format = formats_to_compare[i / ARRAY_LEN(shapes)];
			const struct format_options *options =
				&shapes[i % ARRAY_LEN(shapes)].options;
			size_t len;
			AUTO_FREE char *expected = make_output(p, format, options, &len);
			AUTO_FREE char *output = make_output(sums, format, options, &len);
			if (strcmp(expected, output))
				fail_msg("seed %u, %s, %s:\n%s\nnot\n%s", seed, format->name,
					shapes[i % ARRAY_LEN(shapes)].name, output, expected);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_agree_on_the_total),
		cmocka_unit_test(events_count_not_their_samples),
		cmocka_unit_test(folded_lines_are_as_expected),
		cmocka_unit_test(folded_merges_what_its_readers_cannot_tell_apart),
		cmocka_unit_test(hostile_names_stay_names),
		cmocka_unit_test(flame_graphs_are_well_formed_xml),
		cmocka_unit_test(a_reversed_graph_is_widest_first),
		cmocka_unit_test(random_profiles_have_equal_totals),
		cmocka_unit_test(deep_stacks_are_written),
		cmocka_unit_test(a_long_chain_is_shortened_in_text),
		cmocka_unit_test(text_collapses_recursion_and_folds_the_small),
		cmocka_unit_test(the_table_marks_what_was_inlined),
		cmocka_unit_test(a_module_has_one_column),
		cmocka_unit_test(generated_code_is_called_that),
		cmocka_unit_test(a_long_subtitle_moves_the_legend_down),
		cmocka_unit_test(tables_keep_to_the_width),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(formats_are_found_by_name),
		cmocka_unit_test(sums_are_written_like_single_samples),
		cmocka_unit_test(the_same_profile_gives_the_same_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
