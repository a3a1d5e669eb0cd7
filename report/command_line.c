/*
 * What the commands share in front of the user: see commands.h.
 */
#include "report/commands.h"

#include "common/version.h"

#include <stdarg.h>
#include <stdio.h>

void say(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fputs("ddrec: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

static int usage(const struct command *command, const char *what)
{
	say("%s; see '%s --help'", what, command->program);
	return EXIT_USAGE;
}

bool command_line(const struct command *command, void *settings, int argc, char **argv,
	const char **ret_trace, int *ret_status)
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
	if (argc - rest > 1) {
		*ret_status = usage(command, "more than one trace was given");
		return false;
	}
	*ret_trace = rest < argc ? argv[rest] : "trace.zst";
	return true;
}
