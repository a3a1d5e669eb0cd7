/*
 * Folded lines against a slow writer that makes the line of each sample as text, sums equal ones
 * and sorts: names that sort around the separators, all roots, reversed, without inlining, sums.
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_LINES = 400, MAX_FRAMES = 16 };

struct line {
	char text[512];
	int64_t count;
};

struct lines {
	struct line lines[MAX_LINES];
	size_t n;
};

static const char *const names[] = { "a", "a b", "a!", "a 5", "a 5 1", "a:", "a;", "a;b", "", "a\n",
	"b", "a/", "a0", "a~", "[no stack]", "app", "\xc3\xa9", "\xff" };

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state >> 8;
}

static struct profile *make(uint32_t seed)
{
	static const char *const modules[] = { "app", "lib", "kernel", "anon" };
	struct profile *p = make_profile_empty();
	uint32_t state = seed * 2654435761u + 1;
	for (int i = 0; i < MAX_LINES / 2; i++) {
		uint32_t stack = PROFILE_NO_STACK, depth = next_random(&state) % 6;
		for (uint32_t d = 0; d < depth; d++) {
			const char *name = names[next_random(&state) % ARRAY_LEN(names)];
			const char *module = modules[next_random(&state) % ARRAY_LEN(modules)];
			stack = make_frame(p, stack, name, module, next_random(&state) % 4 == 0);
		}
		make_samples(p, stack, 1 + (int)(next_random(&state) % 12),
			next_random(&state) % MAKE_PROFILE_THREADS);
	}
	return p;
}

/* Cleans a name of the test; the clean ones have no control characters. */
static void append_frame(char *line, const char *name)
{
	char *at = line + strlen(line);
	if (at != line)
		*at++ = ';';
	strcpy(at, !*name ? "[unnamed]" : *name == '\xff' ? "\xef\xbf\xbd" : name);
	for (; *at; at++)
		*at = *at == ';' ? ':' : *at == '\n' ? ' ' : *at;
}

static bool is_left_out(const struct profile *p, uint32_t stack, bool no_inline)
{
	return no_inline && p->stacks[stack].parent != PROFILE_NO_STACK &&
		p->frames[p->stacks[stack].frame].is_inlined;
}

static void line_of_sample(
	const struct profile *p, const struct call_tree_options *options, size_t sample, char *line)
{
	const struct profile_thread *thread = &p->threads[p->samples[sample].thread];
	const char *frames[MAX_FRAMES];
	char thread_name[64];
	size_t n = 0;
	uint32_t stack = p->samples[sample].stack;
	if (stack == PROFILE_NO_STACK)
		frames[n++] = "[no stack]";
	for (; stack != PROFILE_NO_STACK; stack = p->stacks[stack].parent)
		if (!is_left_out(p, stack, options->no_inline))
			frames[n++] = profile_string(
				p, p->functions[p->frames[p->stacks[stack].frame].function].name);
	snprintf(thread_name, sizeof thread_name, "%s (tid %u)", profile_string(p, thread->name),
		thread->tid);
	if (options->by == CALL_TREE_BY_THREAD)
		frames[n++] = thread_name;
	frames[n++] = profile_string(p, thread->process_name);
	*line = '\0';
	for (size_t i = 0; i < n; i++)
		append_frame(line, frames[options->reverse ? i : n - 1 - i]);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static void collect(
	const struct profile *p, const struct call_tree_options *options, struct lines *lines)
{
	lines->n = 0;
	for (size_t i = 0; i < p->n_samples; i++) {
		char text[512];
		line_of_sample(p, options, i, text);
		size_t k = 0;
		while (k < lines->n && strcmp(lines->lines[k].text, text))
			k++;
		if (k == lines->n) {
			lines->lines[lines->n++].count = 0;
			strcpy(lines->lines[k].text, text);
		}
		lines->lines[k].count += p->values[i * p->n_value_types];
	}
	for (size_t i = 0; i < lines->n; i++) {
		char *end = lines->lines[i].text + strlen(lines->lines[i].text);
		snprintf(end, 32, " %lld\n", (long long)lines->lines[i].count);
	}
	qsort(lines->lines, lines->n, sizeof *lines->lines, compare_lines);
}

static void expect_lines(struct profile *p, const struct call_tree_options *options,
	const struct lines *lines, const char *what)
{
	size_t len;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ .tree = *options }, &len);
	const char *at = folded;
	for (size_t i = 0; i < lines->n; i++) {
		size_t n = strlen(lines->lines[i].text);
		if (strncmp(at, lines->lines[i].text, n))
			fail_msg("%s: line %zu is not '%s':\n%.300s", what, i, lines->lines[i].text,
				at);
		at += n;
	}
	assert_int_equal(*at, '\0');
}

static void lines_are_those_of_the_slow_writer(void **state)
{
	(void)state;
	static struct lines lines;
	for (uint32_t seed = 1; seed <= 60; seed++) {
		AUTO(profile_free) struct profile *p = make(seed);
		AUTO(profile_free) struct profile *sums = make(seed);
		make_sums(sums);
		for (unsigned shape = 0; shape < 8; shape++) {
			struct call_tree_options options = {
				.by = shape % 2, .no_inline = shape / 2 % 2, .reverse = shape / 4
			};
			collect(p, &options, &lines);
			assert_true(lines.n > 50);
			expect_lines(p, &options, &lines, "samples");
			expect_lines(sums, &options, &lines, "sums");
		}
	}
}

/* The text is passed on in pieces. */
static void a_long_text_is_whole(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t main_stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	for (int i = 0; i < 20000; i++) {
		char name[64];
		snprintf(name, sizeof name, "a_function_with_a_longish_name_%05d", i);
		make_samples(p, make_frame(p, main_stack, name, "app", false), 1, 0);
	}
	size_t len, at = 0;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ 0 }, &len);
	for (int i = 0; i < 20000; i++) {
		char line[96];
		size_t n = (size_t)snprintf(
			line, sizeof line, "app;main;a_function_with_a_longish_name_%05d 1\n", i);
		assert_true(at + n <= len && !memcmp(folded + at, line, n));
		at += n;
	}
	assert_int_equal(at, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_the_slow_writer),
		cmocka_unit_test(a_long_text_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
