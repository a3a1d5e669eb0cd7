/*
 * Command-line options from a table: see options.h.
 *
 * Parsing goes through argv once. `struct parse` carries the place; each word is a long option, a
 * cluster of short ones, "--", or an argument. Arguments are set aside and put behind the options
 * at the end. The help is laid out here too; nothing else knows how wide a terminal line is.
 */
#include "common/options.h"

#include "common/suggest.h"

#include <errno.h>
#include <string.h>

enum {
	HELP_WIDTH = 80,
	HELP_MAX_COLUMN = 30, /* longer labels stand on a line of their own */
};

struct parse {
	const struct command *command;
	char *settings;
	char **argv;
	int argc;
	int next; /* index of the next word */
	struct err *err;
};

static const struct option builtin_options[] = {
	{ 'h', "help", NULL, "show this help", NULL, 0 },
	{ 0, "version", NULL, "show the version", NULL, 0 },
};

static bool takes_value(const struct option *o)
{
	return o->arg;
}

static bool must_have_value(const struct option *o)
{
	return o->arg && o->arg[0] != '[';
}

static bool long_name_is(const struct option *o, const char *name, size_t len)
{
	return o->long_name && strlen(o->long_name) == len && !memcmp(o->long_name, name, len);
}

/* By long name if there is one, else by short name. */
static const struct option *find_in(
	const struct option *options, size_t n, char short_name, const char *long_name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		const struct option *o = &options[i];
		if (long_name ? long_name_is(o, long_name, len) : o->short_name == short_name)
			return o;
	}
	return NULL;
}

static const struct option *find(
	const struct command *command, char short_name, const char *long_name, size_t len)
{
	const struct option *o =
		find_in(command->options, command->n_options, short_name, long_name, len);
	return o ? o
		 : find_in(builtin_options, ARRAY_LEN(builtin_options), short_name, long_name, len);
}

static enum options_outcome unknown_long(struct parse *p, const char *name, size_t len)
{
	AUTO_FREE char *copy = strndup(name, len);
	struct suggest s = suggest_for(copy ? copy : "");
	for (size_t i = 0; i < p->command->n_options; i++) {
		const struct option *o = &p->command->options[i];
		if (o->long_name && o->help[0])
			suggest_consider(&s, o->long_name);
	}
	for (size_t i = 0; i < ARRAY_LEN(builtin_options); i++)
		suggest_consider(&s, builtin_options[i].long_name);
	if (s.best)
		err_set(p->err, "unknown option --%.*s; did you mean --%s?", (int)len, name,
			s.best);
	else
		err_set(p->err, "unknown option --%.*s", (int)len, name);
	return OPTIONS_BAD;
}

/* typed is how the user wrote the option, for messages. */
static enum options_outcome apply(
	struct parse *p, const struct option *o, const char *typed, const char *value)
{
	if (!o->set)
		return o->short_name == 'h' ? OPTIONS_HELP : OPTIONS_VERSION;
	if (o->set(p->settings + o->offset, value, p->err))
		return OPTIONS_OK;
	err_prefix(p->err, "%s", typed);
	return OPTIONS_BAD;
}

/* As apply, with a value that may still have to be taken from the next word. */
static enum options_outcome apply_with_value(
	struct parse *p, const struct option *o, const char *typed, const char *value)
{
	if (!value && must_have_value(o)) {
		if (p->next >= p->argc) {
			err_set(p->err, "%s needs a value: %s", typed, o->arg);
			return OPTIONS_BAD;
		}
		value = p->argv[p->next++];
	}
	return apply(p, o, typed, value);
}

static enum options_outcome parse_long(struct parse *p, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option *o = find(p->command, 0, name, len);
	if (!o)
		return unknown_long(p, name, len);
	char typed[64];
	snprintf(typed, sizeof(typed), "--%s", o->long_name);
	if (value && !takes_value(o)) {
		err_set(p->err, "%s takes no value", typed);
		return OPTIONS_BAD;
	}
	return apply_with_value(p, o, typed, value);
}

/* "-xy", "-xVALUE", "-yxVALUE". */
static enum options_outcome parse_cluster(struct parse *p, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		char typed[] = { '-', *c, 0 };
		const struct option *o = find(p->command, *c, NULL, 0);
		if (!o) {
			err_set(p->err, "unknown option %s", typed);
			return OPTIONS_BAD;
		}
		if (takes_value(o))
			return apply_with_value(p, o, typed, c[1] ? c + 1 : NULL);
		enum options_outcome outcome = apply(p, o, typed, NULL);
		if (outcome != OPTIONS_OK)
			return outcome;
	}
	return OPTIONS_OK;
}

static enum options_outcome parse_option(struct parse *p, const char *word)
{
	return word[1] == '-' ? parse_long(p, word) : parse_cluster(p, word);
}

/* Options up to p->next keep their order and come first; then come the arguments set aside. */
static void move_arguments_back(struct parse *p, char **arguments, int n)
{
	int options_end = p->next - n;
	for (int from = 1, to = 1, a = 0; from < p->next; from++) {
		if (a < n && p->argv[from] == arguments[a])
			a++;
		else
			p->argv[to++] = p->argv[from];
	}
	memcpy(p->argv + options_end, arguments, (size_t)n * sizeof(*arguments));
}

static enum options_outcome parse_words(struct parse *p, char **arguments, int *n_arguments)
{
	while (p->next < p->argc) {
		char *word = p->argv[p->next];
		bool is_argument = word[0] != '-' || !word[1];
		if (is_argument && p->command->stop_at_first_argument)
			break;
		p->next++;
		if (!strcmp(word, "--"))
			break;
		if (is_argument) {
			arguments[(*n_arguments)++] = word;
			continue;
		}
		enum options_outcome outcome = parse_option(p, word);
		if (outcome != OPTIONS_OK)
			return outcome;
	}
	return OPTIONS_OK;
}

enum options_outcome options_parse(const struct command *command, void *settings, int argc,
	char **argv, int *ret_rest, struct err *err)
{
	struct parse p = { command, settings, argv, argc, 1, err };
	AUTO_FREE char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
	int n_arguments = 0;
	if (!arguments) {
		err_set(err, "out of memory");
		return OPTIONS_BAD;
	}
	enum options_outcome outcome = parse_words(&p, arguments, &n_arguments);
	if (outcome != OPTIONS_OK)
		return outcome;
	move_arguments_back(&p, arguments, n_arguments);
	*ret_rest = p.next - n_arguments;
	return OPTIONS_OK;
}

/* Words of text, broken before the right margin; later lines are indented by indent. */
static void print_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	bool line_is_empty = true;
	while (*text) {
		size_t len = strcspn(text, " ");
		if (!line_is_empty && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			line_is_empty = true;
		}
		fprintf(out, "%s%.*s", line_is_empty ? "" : " ", (int)len, text);
		column += len + !line_is_empty;
		line_is_empty = false;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

/* "  -o, --output FILE" or "      --stack[=MODE]". */
static size_t make_label(const struct option *o, char *label, size_t size)
{
	char short_part[8] = "    ";
	if (o->short_name)
		snprintf(short_part, sizeof(short_part), "-%c%s", o->short_name,
			o->long_name ? ", " : "");
	char arg_part[64] = "";
	if (o->arg && o->arg[0] == '[')
		snprintf(arg_part, sizeof(arg_part), "[=%s", o->arg + 1);
	else if (o->arg)
		snprintf(arg_part, sizeof(arg_part), " %s", o->arg);
	snprintf(label, size, "  %s%s%s%s", short_part, o->long_name ? "--" : "",
		o->long_name ? o->long_name : "", arg_part);
	return strlen(label);
}

static size_t help_column(const struct option *options, size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++) {
		char label[128];
		size_t width = make_label(&options[i], label, sizeof(label)) + 2;
		if (options[i].help[0] && width <= HELP_MAX_COLUMN)
			column = MAX(column, width);
	}
	return column;
}

static void print_options(FILE *out, const struct option *options, size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++) {
		if (!options[i].help[0])
			continue;
		char label[128];
		size_t len = make_label(&options[i], label, sizeof(label));
		if (len + 2 > column)
			fprintf(out, "%s\n%*s", label, (int)column, "");
		else
			fprintf(out, "%-*s", (int)column, label);
		print_wrapped(out, options[i].help, column, column);
	}
}

void options_print_help(const struct command *command, FILE *out)
{
	size_t column = help_column(builtin_options, ARRAY_LEN(builtin_options), 0);
	column = help_column(command->options, command->n_options, column);
	fprintf(out, "Usage: %s %s\n\n", command->program, command->usage);
	print_wrapped(out, command->summary, 0, 0);
	fputs("\nOptions:\n", out);
	print_options(out, command->options, command->n_options, column);
	print_options(out, builtin_options, ARRAY_LEN(builtin_options), column);
	if (command->epilogue)
		fprintf(out, "\n%s%s", command->epilogue,
			command->epilogue[strlen(command->epilogue) - 1] == '\n' ? "" : "\n");
}

bool option_flag(void *field, const char *value UNUSED, struct err *err UNUSED)
{
	*(bool *)field = true;
	return true;
}

bool option_string(void *field, const char *value, struct err *err UNUSED)
{
	*(const char **)field = value;
	return true;
}

bool option_u32(void *field, const char *value, struct err *err)
{
	if (!*value || value[strspn(value, "0123456789")])
		return err_set(err, "'%s' is not a whole number", value);
	errno = 0;
	unsigned long long number = strtoull(value, NULL, 10);
	if (errno || number > UINT32_MAX)
		return err_set(err, "%s is too large: at most %u", value, UINT32_MAX);
	*(uint32_t *)field = (uint32_t)number;
	return true;
}

bool option_percent(void *field, const char *value, struct err *err)
{
	/* strtod alone would take "inf", "0x1p3" and leading blanks. */
	size_t len = strspn(value, "0123456789.");
	char *end;
	double percent = strtod(value, &end);
	bool is_number = len && end == value + len && (!*end || !strcmp(end, "%"));
	if (!is_number || percent > 100)
		return err_set(err, "'%s' is not a percentage from 0 to 100", value);
	*(double *)field = percent;
	return true;
}
