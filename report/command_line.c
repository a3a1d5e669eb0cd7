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

bool command_line_of(const struct command *command, void *settings, int argc, char **argv,
	const char *default_path, const char *recorder, const char **ret_path, int *ret_status)
{
	struct err err = { 0 };
	int rest;

	*ret_status = EXIT_OK;
	switch (options_parse(command, settings, argc, argv, &rest, &err)) {
	case OPTIONS_OK:
		break;
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
	if (!ret_path) {
		if (rest < argc)
			*ret_status = usage(command, "no arguments are expected");
		return rest == argc;
	}
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

bool command_line(const struct command *command, void *settings, int argc, char **argv,
	const char **ret_trace, int *ret_status)
{
	const char *path = "trace.zst";
	if (access(path, F_OK) != 0 && errno == ENOENT && access("perf.data", F_OK) == 0)
		path = "perf.data";
	return command_line_of(
		command, settings, argc, argv, path, "ddrec record", ret_trace, ret_status);
}
