/*
 * perf script's text: one small file as a whole, and for random profiles and hostile names the
 * lines as the readers' regular expressions take them apart.
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void a_small_profile_is_as_expected(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = {
		{ "main;[i](anonymous namespace)::f(int);read@kernel", .count = 1 },
		{ "js@jit;[libx.so+0x12]@lib", .count = 1, .thread = 1 }, { "", .count = 1 },
		{ .frames = NULL }
	};
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->samples[0].cpu = 3;
	p->samples[1].cpu = 12;
	p->samples[2].cpu = PROFILE_NONE;
	p->samples[1].time_ns = 12345678901;
	p->modules[0].path = profile_add_string(p, "/usr/bin/my app");
	p->modules[1].place.bias = 0xffffffff00000000;
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_perf_script, &(struct format_options){ 0 }, &len);
	assert_string_equal(text,
		"# ========\n"
		"# captured on    : Tue Nov 14 22:13:20 2023\n"
		"# hostname : build7\n"
		"# os release : 6.18.0\n"
		"# arch : x86_64\n"
		"# cmdline : ./app --fast\n"
		"# health : 3 samples, 0 lost, 100.0 % of stacks complete\n"
		"# ========\n"
		"#\n"
		"t0  100/100 [003] 0.000000:    1000000 cpu-clock: \n"
		"\tffffffff00001020 read ([kernel.kallsyms])\n"
		"\t            1010 {anonymous}::f(int) (inlined)\n"
		"\t            1000 main (/usr/bin/my_app)\n"
		"\n"
		"t0  100/100 0.002000:    1000000 cpu-clock: \n"
		"\t               0 [no stack] ([unknown])\n"
		"\n"
		"t1  100/101 [012] 12.345678:    1000000 cpu-clock: \n"
		"\t            1040 [libx.so+0x12] (libc.so.6)\n"
		"\t            1030 js (/tmp/perf-100.map)\n"
		"\n");
}

struct counts {
	size_t records, frames;
	int64_t period;
	double time;
};

/* Every line is one that all readers know. */
static void read_text(char *text, struct counts *ret)
{
	regex_t event, frame;
	*ret = (struct counts){ 0 };
	assert_int_equal(regcomp(&event,
				 "^[^ #][^ ]* {2}[0-9]+/[0-9]+ (\\[[0-9]+\\] )?"
				 "([0-9]+\\.[0-9]{6}): +([0-9]+) [^ ]+: $",
				 REG_EXTENDED),
		0);
	assert_int_equal(regcomp(&frame, "^\t *[0-9a-f]+ [^( ].* \\([^ ]+\\)$", REG_EXTENDED), 0);
	bool in_record = false;
	for (char *line; (line = strsep(&text, "\n"));) {
		regmatch_t match[4];
		if (!*line) {
			in_record = false;
		} else if (in_record) {
			if (regexec(&frame, line, 0, NULL, 0))
				fail_msg("frame '%.200s'", line);
			ret->frames++;
		} else if (*line != '#') {
			if (regexec(&event, line, 4, match, 0))
				fail_msg("event '%.200s'", line);
			double time = strtod(line + match[2].rm_so, NULL);
			assert_true(time >= ret->time);
			ret->time = time;
			ret->period += strtoll(line + match[3].rm_so, NULL, 10);
			ret->records++;
			in_record = true;
		}
	}
	regfree(&event);
	regfree(&frame);
}

static size_t count_frames(const struct profile *p, bool no_inline)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_samples; i++) {
		uint32_t stack = p->samples[i].stack;
		size_t count = (size_t)profile_sample_count(p, i);
		n += stack == PROFILE_NO_STACK ? count : 0;
		for (; stack != PROFILE_NO_STACK; stack = p->stacks[stack].parent)
			if (!no_inline || !p->frames[p->stacks[stack].frame].is_inlined ||
				p->stacks[stack].parent == PROFILE_NO_STACK)
				n += count;
	}
	return n;
}

static void there_is_a_record_for_each_sample(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 16; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 250);
		bool is_sums = seed % 2, no_inline = seed / 2 % 2;
		for (size_t i = 0; i < p->n_samples; i++)
			p->samples[i].time_ns = (i * 7919 + seed) % 250 * 1000000;
		if (is_sums)
			make_sums(p);
		size_t len;
		AUTO_FREE char *text = make_output(p, &format_perf_script,
			&(struct format_options){ .tree.no_inline = no_inline }, &len);
		struct counts counts;
		read_text(text, &counts);
		assert_int_equal(counts.records, 250);
		assert_int_equal(counts.period, 250000000);
		assert_int_equal(counts.frames, count_frames(p, no_inline));
		assert_true(counts.time > 0.2);
	}
}

static void more_samples_than_anyone_records_are_refused(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile(
		(const struct make_stack[]){ { "main", .count = 1 }, { .frames = NULL } });
	AUTO_FREE char *text = NULL;
	size_t len;
	struct err err = { 0 };
	make_sums(p);
	p->values[0] = INT64_C(1) << 40;
	p->health.n_shown = UINT64_C(1) << 40;
	FILE *out = open_memstream(&text, &len);
	assert_false(format_perf_script.write(p, &(struct format_options){ 0 }, out, &err));
	fclose(out);
	assert_non_null(strstr(err.text, "1099511627776 samples are too many"));
}

/* What does not divide evenly is not lost. */
static void a_period_is_shared_out(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile(
		(const struct make_stack[]){ { "main", .count = 7 }, { .frames = NULL } });
	make_sums(p);
	p->values[1] = 1000003;
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_perf_script, &(struct format_options){ 0 }, &len);
	struct counts counts;
	read_text(text, &counts);
	assert_int_equal(counts.records, 7);
	assert_int_equal(counts.period, 1000003);
}

static void hostile_names_keep_the_lines_whole(void **state)
{
	(void)state;
	static char long_name[10001];
	memset(long_name, 'x', sizeof long_name - 1);
	const char *const hostile[] = { "", " ", "\n", "a\n\nb 1/1 2.0: 1 x:", "(gc)", "(", "()",
		" (anonymous namespace)::g()", "#", "# x", "a 12/13 b", "\xff\x01\x1b[31m", ";",
		"x (y)", long_name };
	AUTO(profile_free) struct profile *p = make_profile_empty();
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		uint32_t thread = profile_add_thread(p,
			&(struct profile_thread){
				.pid = 7, .tid = 8, .name = profile_add_string(p, hostile[i]) });
		uint32_t outer = make_frame(p, PROFILE_NO_STACK, hostile[i], "app", false);
		uint32_t stack = make_frame(p, outer, hostile[i], "lib", i % 2);
		p->modules[i % 2].path = profile_add_string(p, hostile[i]);
		make_samples(p, stack, 1, thread);
	}
	p->meta.command = p->meta.host = profile_add_string(p, "x\nevil 1/1 0.1: 1 x:\n");
	p->value_types[1].type = profile_add_string(p, "two words\n");
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_perf_script, &(struct format_options){ 0 }, &len);
	assert_int_equal(strlen(text), len);
	/* A reader writes the thread's name as the first of frames that ";" separates. */
	assert_null(strstr(text, "\n;"));
	assert_non_null(strstr(text, "\n_ "));
	struct counts counts;
	read_text(text, &counts);
	assert_int_equal(counts.records, ARRAY_LEN(hostile));
	assert_int_equal(counts.frames, 2 * ARRAY_LEN(hostile));
}

/* inferno looks for the hash of a Rust symbol there. */
static void the_seventeenth_byte_from_the_end_begins_a_character(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		char name[64] = "", *at = name;
		for (size_t i = 0; i < n; i++)
			at = stpcpy(at, i % 3 ? "x" : "\xf0\x9f\x94\xa5");
		if (strlen(name) >= sizeof name - 8)
			break;
		AUTO(profile_free) struct profile *p = make_profile_empty();
		make_samples(p, make_frame(p, PROFILE_NO_STACK, name, "app", false), 1, 0);
		size_t len;
		AUTO_FREE char *text =
			make_output(p, &format_perf_script, &(struct format_options){ 0 }, &len);
		const char *end = strstr(text, " (app)");
		assert_non_null(end);
		size_t symbol = strcspn(strstr(text, "\t            1000 ") + 18, " ");
		assert_true(symbol < 17 || ((unsigned char)end[-17] & 0xc0) != 0x80);
	}
}

static void a_symbol_does_not_end_as_an_offset(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){
		{ "f+0x1f;g+0x;h+0xyz", .count = 1 }, { .frames = NULL } });
	size_t len;
	AUTO_FREE char *text =
		make_output(p, &format_perf_script, &(struct format_options){ 0 }, &len);
	assert_non_null(strstr(text, " f+0x1f_ (app)"));
	assert_non_null(strstr(text, " g+0x_ (app)"));
	assert_non_null(strstr(text, " h+0xyz (app)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_profile_is_as_expected),
		cmocka_unit_test(there_is_a_record_for_each_sample),
		cmocka_unit_test(more_samples_than_anyone_records_are_refused),
		cmocka_unit_test(a_period_is_shared_out),
		cmocka_unit_test(hostile_names_keep_the_lines_whole),
		cmocka_unit_test(the_seventeenth_byte_from_the_end_begins_a_character),
		cmocka_unit_test(a_symbol_does_not_end_as_an_offset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
