/*
 * What the commands share in front of the user: see commands.h.
 */
#include "report/commands.h"

#include "common/version.h"
#include "formats/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_clean(
	FILE *out, const char *before, const char *after, const char *fmt, va_list args)
{
	AUTO_BUF struct buf clean = BUF_INIT;
	AUTO_FREE char *text = NULL;
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	utf8_append_clean(&clean, text ? text : "no memory");
	fprintf(out, "%s%.*s%s", before, (int)clean.len, (const char *)clean.data, after);
}

void say(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print_clean(stderr, "ddrec: ", "\n", fmt, args);
	va_end(args);
}

void print_line(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	print_clean(stdout, "", "\n", fmt, args);
	va_end(args);
}

static int usage(const struct command *command, const char *what)
{
	say("%s; see '%s --help'", what, command->program);
	return EXIT_USAGE;
}

/* False: exit with *ret_status. */
static bool parse(const struct command *command, void *settings, int argc, char **argv,
	int *ret_rest, int *ret_status)
{
	struct err err = { 0 };
	*ret_status = EXIT_OK;
	switch (options_parse(command, settings, argc, argv, ret_rest, &err)) {
	case OPTIONS_OK:
		return true;
	case OPTIONS_HELP:
		options_print_help(command, stdout);
		return false;
	case OPTIONS_VERSION:
		puts("ddrec " DDREC_VERSION);
		return false;
	case OPTIONS_BAD:
		*ret_status = usage(command, err.text);
		return false;
	}
	return false;
}

/* The one file among the arguments, which begin at argv[rest]. */
static bool choose_file(const struct command *command, int argc, char **argv, int rest,
	const char *default_path, const char *recorder, const char **ret_path, int *ret_status)
{
	if (argc - rest > 1) {
		*ret_status = usage(command, "more than one file was given");
		return false;
	}
	if (rest == argc && access(default_path, F_OK) != 0 && errno == ENOENT) {
		say("%s: %s; record one with: %s COMMAND", default_path, strerror(errno), recorder);
		*ret_status = EXIT_FAILED;
		return false;
	}
	*ret_path = rest < argc ? argv[rest] : default_path;
	return true;
}

bool command_line_of(const struct command *command, void *settings, int argc, char **argv,
	const char *default_path, const char *recorder, const char **ret_path, int *ret_status)
{
	int rest;
	if (!parse(command, settings, argc, argv, &rest, ret_status))
		return false;
	if (!ret_path) {
		if (rest < argc)
			*ret_status = usage(command, "no arguments are expected");
		return rest == argc;
	}
	return choose_file(command, argc, argv, rest, default_path, recorder, ret_path, ret_status);
}

static bool is_file(const char *path)
{
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static const char *default_trace(void)
{
	return !is_file("trace.zst") && is_file("perf.data") ? "perf.data" : "trace.zst";
}

bool command_line(const struct command *command, void *settings, int argc, char **argv,
	const char **ret_trace, int *ret_status)
{
	return command_line_of(command, settings, argc, argv, default_trace(), "ddrec record",
		ret_trace, ret_status);
}

bool command_line_with_word(const struct command *command, void *settings, int argc, char **argv,
	const char *what, const char **ret_word, const char **ret_trace, int *ret_status)
{
	char missing[64];
	int rest;
	if (!parse(command, settings, argc, argv, &rest, ret_status))
		return false;
	if (rest == argc) {
		snprintf(missing, sizeof(missing), "%s is missing", what);
		*ret_status = usage(command, missing);
		return false;
	}
	if (rest + 1 == argc && is_file(argv[rest]) && !is_file(default_trace())) {
		say("%s is missing before the file '%s'; see '%s --help'", what, argv[rest],
			command->program);
		*ret_status = EXIT_USAGE;
		return false;
	}
	*ret_word = argv[rest];
	return choose_file(command, argc, argv, rest + 1, default_trace(), "ddrec record",
		ret_trace, ret_status);
}
