/*
 * The callgrind format: what a reader adds up (own costs by function, calls to a function) against
 * a slow count over the samples of random profiles, hostile names, and one small file as a whole.
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_ROWS = 4096, MAX_NAME = 256 };

struct row {
	char name[MAX_NAME]; /* "object:function" */
	int64_t self, total, called, calling;
};

struct table {
	struct row rows[MAX_ROWS];
	size_t n;
};

static struct row *row_get(struct table *t, const char *object, const char *function)
{
	char name[MAX_NAME];
	snprintf(name, sizeof name, "%s:%s", *object ? object : "???", function);
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->rows[i].name, name))
			return &t->rows[i];
	assert_true(t->n < MAX_ROWS);
	t->rows[t->n] = (struct row){ 0 };
	strcpy(t->rows[t->n].name, name);
	return &t->rows[t->n++];
}

/* The slow count. */

static bool is_left_out(const struct profile *p, uint32_t stack, bool no_inline)
{
	return no_inline && p->stacks[stack].parent != PROFILE_NO_STACK &&
		p->frames[p->stacks[stack].frame].is_inlined;
}

static struct row *row_of_stack(struct table *t, const struct profile *p, uint32_t stack)
{
	const struct profile_frame *frame = &p->frames[p->stacks[stack].frame];
	const struct profile_function *f = &p->functions[frame->function];
	const char *object = profile_module_label(p, f->module);
	if (!*object && f->kind == PROFILE_JIT)
		object = PROFILE_JIT_LABEL;
	return row_get(t, object, profile_string(p, f->name));
}

static void count_sample(
	struct table *t, const struct profile *p, size_t sample, size_t value, bool no_inline)
{
	static const struct row *seen[64];
	size_t n_seen = 0;
	int64_t v = profile_sample_value(p, sample, value);
	uint32_t stack = p->samples[sample].stack;
	bool is_leaf = true;
	const char *process = profile_string(p, p->threads[p->samples[sample].thread].process_name);
	row_get(t, "[process]", process)->calling += v;
	if (stack == PROFILE_NO_STACK) {
		struct row *row = row_get(t, "", "[no stack]");
		row->self += v;
		row->total += v;
	}
	for (; stack != PROFILE_NO_STACK; stack = p->stacks[stack].parent) {
		if (is_left_out(p, stack, no_inline))
			continue;
		struct row *row = row_of_stack(t, p, stack);
		bool is_new = true;
		for (size_t i = 0; i < n_seen; i++)
			is_new &= seen[i] != row;
		row->self += is_leaf ? v : 0;
		row->total += is_new ? v : 0;
		is_leaf = false;
		seen[n_seen++] = row;
		assert_true(n_seen < ARRAY_LEN(seen));
	}
}

/* The reader: as callgrind_annotate reads, strictly. */

struct names {
	char *names[MAX_ROWS];
};

struct reader {
	struct table *table;
	struct names objects, files, functions;
	const char *object, *function, *callee_object, *callee;
	int64_t totals[4], summary[4], sums[4];
	size_t column, n_calls;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < MAX_ROWS; i++)
		free(names->names[i]);
}

/* "(12) name" or "(12)" */
static const char *read_name(struct names *names, const char *text)
{
	char *end;
	assert_int_equal(*text, '(');
	unsigned long id = strtoul(text + 1, &end, 10);
	assert_true(id > 0 && id < MAX_ROWS && *end == ')');
	if (end[1]) {
		assert_true(end[1] == ' ' && end[2] && end[2] != ' ');
		assert_null(names->names[id]);
		names->names[id] = strdup(end + 2);
	}
	assert_non_null(names->names[id]);
	return names->names[id];
}

static bool starts(const char **at, const char *prefix)
{
	size_t len = strlen(prefix);
	if (strncmp(*at, prefix, len) != 0)
		return false;
	*at += len;
	return true;
}

static void read_values(const char *at, int64_t *values)
{
	char *end;
	for (size_t i = 0; i < 2; i++, at = end) {
		values[i] = strtoll(at, &end, 10);
		assert_true(end != at && values[i] >= 0);
	}
	assert_int_equal(*at, '\0');
}

static void read_cost(struct reader *r, const char *line)
{
	char *end;
	int64_t values[2];
	strtoul(line, &end, 10);
	assert_true(end != line && *end == ' ');
	read_values(end, values);
	struct row *row = row_get(r->table, r->object, r->function);
	if (r->callee) {
		row->calling += values[r->column];
		row_get(r->table, r->callee_object, r->callee)->called += values[r->column];
		assert_true(values[0] || values[1]);
	} else {
		row->self += values[r->column];
		r->sums[0] += values[0];
		r->sums[1] += values[1];
	}
	r->callee = NULL;
}

static void read_line(struct reader *r, const char *line)
{
	if (starts(&line, "summary:"))
		read_values(line, r->summary);
	else if (starts(&line, "totals:"))
		read_values(line, r->totals);
	else if (starts(&line, "ob="))
		r->object = read_name(&r->objects, line);
	else if (starts(&line, "cob="))
		r->callee_object = read_name(&r->objects, line);
	else if (starts(&line, "fl=") || starts(&line, "cfi="))
		read_name(&r->files, line);
	else if (starts(&line, "fn="))
		r->function = read_name(&r->functions, line);
	else if (starts(&line, "cfn="))
		r->callee = read_name(&r->functions, line);
	else if (starts(&line, "calls="))
		assert_true(*line >= '1' && *line <= '9');
	else if (*line && !strchr("#", *line) && (*line < 'a' || !strstr(line, ": ")))
		read_cost(r, line);
}

static void read_file(char *text, size_t column, struct table *table)
{
	struct reader *r = calloc(1, sizeof *r);
	r->table = table;
	r->column = column;
	for (char *line; (line = strsep(&text, "\n"));)
		read_line(r, line);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r->sums[i], r->totals[i]);
		assert_int_equal(r->sums[i], r->summary[i]);
	}
	names_free(&r->objects);
	names_free(&r->files);
	names_free(&r->functions);
	free(r);
}

static void expect_table(struct profile *p, const struct format_options *options)
{
	static struct table expected, got;
	expected.n = got.n = 0;
	for (size_t i = 0; i < p->n_samples; i++)
		count_sample(&expected, p, i, options->tree.value, options->tree.no_inline);
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_callgrind, options, &len);
	read_file(text, 0, &got);
	assert_int_equal(got.n, expected.n);
	for (size_t i = 0; i < expected.n; i++) {
		const struct row *want = &expected.rows[i], *row = NULL;
		for (size_t k = 0; k < got.n; k++)
			if (!strcmp(got.rows[k].name, want->name))
				row = &got.rows[k];
		if (!row || row->self != want->self || row->called != want->total ||
			(want->calling && row->calling != want->calling))
			fail_msg("%s: self %lld, called %lld", want->name,
				row ? (long long)row->self : -1, row ? (long long)row->called : -1);
	}
}

static void calls_add_up_to_each_functions_total(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		for (int shape = 0; shape < 4; shape++)
			expect_table(p,
				&(struct format_options){ .tree = { .value = (size_t)shape % 2,
								  .no_inline = shape / 2 } });
	}
}

static void sums_are_written_like_samples(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_random_profile(3, 400);
	AUTO(profile_free) struct profile *sums = make_random_profile(3, 400);
	make_sums(sums);
	size_t len;
	AUTO_FREE char *one =
		make_output(p, &format_callgrind, &(struct format_options){ 0 }, &len);
	AUTO_FREE char *other =
		make_output(sums, &format_callgrind, &(struct format_options){ 0 }, &len);
	assert_string_equal(one, other);
}

static void a_small_profile_is_as_expected(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;fib;fib;fib", .count = 4 },
		{ "main;a;b;a;leaf@lib", .count = 3 }, { "main;leaf", .count = 2 },
		{ "", .count = 1 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->functions[0].file = profile_add_string(p, "/src/main.c");
	p->frames[0].file = p->functions[0].file;
	p->frames[0].line = 12;
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_callgrind, &(struct format_options){ 0 }, &len);
	assert_string_equal(text,
		"# callgrind format\n"
		"version: 1\n"
		"creator: ddrec\n"
		"pid: 100\n"
		"cmd: ./app --fast\n"
		"part: 1\n"
		"desc: Sum of: all threads and processes\n"
		"desc: Health: 10 samples, 0 lost, 100.0 % of stacks complete\n"
		"desc: Event: a sample stands for 1 ms of CPU time\n"
		"positions: line\n"
		"events: samples cpu_clock_ns\n"
		"summary: 10 10000000\n"
		"\n"
		"ob=(2) app\nfl=(13) /src/main.c\nfn=(1) main\n"
		"cob=(2)\ncfi=(11) ???\ncfn=(2) fib\ncalls=4 0\n12 4 4000000\n"
		"cob=(2)\ncfi=(11)\ncfn=(3) a\ncalls=3 0\n12 3 3000000\n"
		"cob=(2)\ncfi=(14) ??? (app)\ncfn=(6) leaf\ncalls=2 0\n12 2 2000000\n"
		"\n"
		"ob=(2)\nfl=(11)\nfn=(2)\n0 4 4000000\n"
		"\n"
		"ob=(2)\nfl=(11)\nfn=(3)\n"
		"cob=(2)\ncfi=(11)\ncfn=(4) b\ncalls=3 0\n0 3 3000000\n"
		"cob=(7) libc.so.6\ncfi=(11)\ncfn=(5) leaf\ncalls=3 0\n0 3 3000000\n"
		"\n"
		"ob=(2)\nfl=(11)\nfn=(4)\n"
		"\n"
		"ob=(7)\nfl=(11)\nfn=(5)\n0 3 3000000\n"
		"\n"
		"ob=(2)\nfl=(14)\nfn=(6)\n0 2 2000000\n"
		"\n"
		"ob=(9) [process]\nfl=(9) [process]\nfn=(7) app\n"
		"cob=(2)\ncfi=(13)\ncfn=(1)\ncalls=9 0\n0 9 9000000\n"
		"cob=(11) ???\ncfi=(11)\ncfn=(9) [no stack]\ncalls=1 0\n0 1 1000000\n"
		"\n"
		"ob=(11)\nfl=(11)\nfn=(9)\n0 1 1000000\n"
		"\n"
		"totals: 10 10000000\n");
}

/* A line of another file would make another function of it. */
static void lines_of_other_files_are_unknown(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile(
		(const struct make_stack[]){ { "main", .count = 1 }, { .frames = NULL } });
	p->functions[0].file = profile_add_string(p, "a/main.c");
	p->frames[0].line = 77;
	for (int is_other = 0; is_other < 2; is_other++) {
		p->frames[0].file = profile_add_string(p, is_other ? "main.y" : "b/main.c");
		size_t len;
		AUTO_FREE char *text =
			make_output(p, &format_callgrind, &(struct format_options){ 0 }, &len);
		assert_int_equal(strstr(text, "\n77 1 ") == NULL, is_other);
		assert_null(strstr(text, "\nfi="));
	}
}

static void hostile_names_stay_on_their_lines(void **state)
{
	(void)state;
	static const char *const hostile[] = { "a\nfn=(1) evil", "  ", "", " x ", "x", "(7)",
		"(7) seven", "+5", "\xff\xfe\x01", "calls=1 1", "0 1 2", "#", "totals: 1 1" };
	AUTO(profile_free) struct profile *p = make_profile_empty();
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		uint32_t outer = make_frame(p, PROFILE_NO_STACK, hostile[i], "app", false);
		make_samples(p, make_frame(p, outer, hostile[i], "lib", false), 5, (uint32_t)i % 2);
		p->functions[i].file = profile_add_string(p, hostile[i]);
	}
	p->modules[0].name = p->meta.command = p->meta.clock = p->threads[1].process_name =
		profile_add_string(p, "\nfn=(1) evil");
	p->value_types[1].type = profile_add_string(p, "3 rd\nevents: x");
	static struct table got;
	got.n = 0;
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_callgrind, &(struct format_options){ 0 }, &len);
	assert_null(strstr(text, "\nfn=(1) evil"));
	assert_non_null(strstr(text, "\nevents: samples e3_rd_events__x_ns\n"));
	read_file(text, 0, &got);
	int64_t called = 0;
	for (size_t i = 0; i < got.n; i++)
		called += got.rows[i].called;
	assert_int_equal(called, 2 * 5 * ARRAY_LEN(hostile));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_add_up_to_each_functions_total),
		cmocka_unit_test(sums_are_written_like_samples),
		cmocka_unit_test(a_small_profile_is_as_expected),
		cmocka_unit_test(lines_of_other_files_are_unknown),
		cmocka_unit_test(hostile_names_stay_on_their_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
