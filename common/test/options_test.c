#include "common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct settings {
	const char *output;
	const char *stack;
	uint32_t frequency;
	uint32_t period;
	double percent;
	bool verbose;
	bool no_inline;
};

static bool set_stack(void *field, const char *value, struct err *err UNUSED)
{
	*(const char **)field = value ? value : "(absent)";
	return true;
}

static const struct option options[] = {
	{ 'o', "output", "FILE", "write the trace to FILE ('-': standard output)", option_string,
		offsetof(struct settings, output) },
	{ 's', "stack", "[MODE]", "how stacks are kept", set_stack,
		offsetof(struct settings, stack) },
	{ 'F', "frequency", "HZ", "sample HZ times a second", option_u32,
		offsetof(struct settings, frequency) },
	{ 0, "period", "N", "sample every N events", option_u32,
		offsetof(struct settings, period) },
	{ 'm', "min-percent-that-has-a-long-name", "PERCENT",
		"leave out what takes less than PERCENT of the whole, which is a long story that "
		"must be wrapped",
		option_percent, offsetof(struct settings, percent) },
	{ 'v', "verbose", NULL, "say more", option_flag, offsetof(struct settings, verbose) },
	{ 0, "no-inline", NULL, "leave out inlined functions", option_flag,
		offsetof(struct settings, no_inline) },
	{ 0, "secret", NULL, "", option_flag, offsetof(struct settings, verbose) },
};

static const struct command command = {
	.program = "ddrec try",
	.usage = "[options] [FILE]",
	.summary = "Tries the options.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue = "Exit status: 0.",
};

struct parsed {
	struct settings settings;
	enum options_outcome outcome;
	struct err err;
	char rest[256]; /* the arguments, joined by blanks */
};

static void join_rest(struct parsed *p, int rest, int argc, char **argv)
{
	for (int i = rest; i < argc; i++) {
		strcat(p->rest, i > rest ? " " : "");
		strcat(p->rest, argv[i]);
	}
}

/* words: separated by blanks. */
static struct parsed parse_with(const struct command *c, const char *words)
{
	struct parsed p = { 0 };
	char copy[256];
	snprintf(copy, sizeof(copy), "%s", words);
	char *argv[32] = { (char *)"try" };
	int argc = 1, rest = 0;
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	p.outcome = options_parse(c, &p.settings, argc, argv, &rest, &p.err);
	if (p.outcome != OPTIONS_OK)
		return p;
	join_rest(&p, rest, argc, argv);
	/* The text of the values is in copy: keep what tests look at. */
	static char kept[2][256];
	if (p.settings.output)
		p.settings.output = strcpy(kept[0], p.settings.output);
	if (p.settings.stack)
		p.settings.stack = strcpy(kept[1], p.settings.stack);
	return p;
}

static struct parsed parse(const char *words)
{
	return parse_with(&command, words);
}

static void values_may_follow_in_every_usual_way(void **state UNUSED)
{
	static const char *const ways[] = { "-o x", "-ox", "-vox", "--output x", "--output=x",
		"a --output=x", "-v -o x" };
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct parsed p = parse(ways[i]);
		assert_int_equal(p.outcome, OPTIONS_OK);
		assert_string_equal(p.settings.output, "x");
	}
}

static void a_value_may_be_empty_or_a_dash(void **state UNUSED)
{
	assert_string_equal(parse("--output=").settings.output, "");
	assert_string_equal(parse("-o -").settings.output, "-");
}

static void an_optional_value_is_only_taken_when_it_is_attached(void **state UNUSED)
{
	struct parsed p = parse("--stack full");
	assert_string_equal(p.settings.stack, "(absent)");
	assert_string_equal(p.rest, "full");
	assert_string_equal(parse("--stack=full").settings.stack, "full");
	assert_string_equal(parse("-sfull").settings.stack, "full");
}

static void arguments_are_moved_behind_the_options_in_order(void **state UNUSED)
{
	struct parsed p = parse("a -v b -F 99 - c -- -d --verbose");
	assert_int_equal(p.outcome, OPTIONS_OK);
	assert_true(p.settings.verbose);
	assert_int_equal(p.settings.frequency, 99);
	assert_string_equal(p.rest, "a b - c -d --verbose");
}

static void the_first_argument_can_end_the_options(void **state UNUSED)
{
	struct command c = command;
	c.stop_at_first_argument = true;
	struct parsed p = parse_with(&c, "-v ls -o x");
	assert_string_equal(p.rest, "ls -o x");
	assert_null(p.settings.output);
	assert_string_equal(parse_with(&c, "-v -- -v x").rest, "-v x");
}

static void help_and_version_are_built_in(void **state UNUSED)
{
	assert_int_equal(parse("-h").outcome, OPTIONS_HELP);
	assert_int_equal(parse("-vh").outcome, OPTIONS_HELP);
	assert_int_equal(parse("a --help").outcome, OPTIONS_HELP);
	assert_int_equal(parse("--version").outcome, OPTIONS_VERSION);
	assert_int_equal(parse("-- --help").outcome, OPTIONS_OK);
}

static void mistakes_are_named(void **state UNUSED)
{
	static const struct {
		const char *words, *text;
	} cases[] = {
		{ "--outptu=x", "unknown option --outptu; did you mean --output?" },
		{ "--zzzzzzz", "unknown option --zzzzzzz" },
		{ "--secre", "unknown option --secre" },
		{ "-vx", "unknown option -x" },
		{ "-o", "-o needs a value: FILE" },
		{ "--output", "--output needs a value: FILE" },
		{ "--verbose=1", "--verbose takes no value" },
		{ "-F ten", "-F: 'ten' is not a whole number" },
		{ "-F -1", "-F: '-1' is not a whole number" },
		{ "--frequency=", "--frequency: '' is not a whole number" },
		{ "-F 4294967296", "-F: 4294967296 is too large: at most 4294967295" },
		{ "--period 18446744073709551616",
			"--period: 18446744073709551616 is too large: at most 4294967295" },
		{ "-m 101", "-m: '101' is not a percentage from 0 to 100" },
		{ "-m inf", "-m: 'inf' is not a percentage from 0 to 100" },
		{ "-m 1.2.3", "-m: '1.2.3' is not a percentage from 0 to 100" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct parsed p = parse(cases[i].words);
		assert_int_equal(p.outcome, OPTIONS_BAD);
		assert_string_equal(p.err.text, cases[i].text);
	}
}

static void numbers_reach_their_limits(void **state UNUSED)
{
	assert_int_equal(parse("-F 4294967295").settings.frequency, UINT32_MAX);
	assert_true(parse("-m 2.5").settings.percent == 2.5);
	assert_true(parse("-m 100%").settings.percent == 100);
}

static void help_is_aligned_and_wrapped(void **state UNUSED)
{
	static const char expected[] =
		"Usage: ddrec try [options] [FILE]\n"
		"\n"
		"Tries the options.\n"
		"\n"
		"Options:\n"
		"  -o, --output FILE   write the trace to FILE ('-': standard output)\n"
		"  -s, --stack[=MODE]  how stacks are kept\n"
		"  -F, --frequency HZ  sample HZ times a second\n"
		"      --period N      sample every N events\n"
		"  -m, --min-percent-that-has-a-long-name PERCENT\n"
		"                      leave out what takes less than PERCENT of the whole, which\n"
		"                      is a long story that must be wrapped\n"
		"  -v, --verbose       say more\n"
		"      --no-inline     leave out inlined functions\n"
		"  -h, --help          show this help\n"
		"      --version       show the version\n"
		"\n"
		"Exit status: 0.\n";
	AUTO_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	options_print_help(&command, out);
	fclose(out);
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_may_follow_in_every_usual_way),
		cmocka_unit_test(a_value_may_be_empty_or_a_dash),
		cmocka_unit_test(an_optional_value_is_only_taken_when_it_is_attached),
		cmocka_unit_test(arguments_are_moved_behind_the_options_in_order),
		cmocka_unit_test(the_first_argument_can_end_the_options),
		cmocka_unit_test(help_and_version_are_built_in),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(numbers_reach_their_limits),
		cmocka_unit_test(help_is_aligned_and_wrapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
