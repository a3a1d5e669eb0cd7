/*
 * Command-line options from a table: parsing, --help, and the facts that man pages, completion
 * and their tests are checked against. One struct command per (sub)command.
 *
 * Understands -x, -xVALUE, -x VALUE, -xy (flags), --long, --long=VALUE, --long VALUE, and "--".
 *Long names must be given in full. With stop_at_first_argument the first word that is no option
 *ends the options.
 *
 *	static const struct option options[] = {
 *		{ 'o', "output", "FILE", "write the trace to FILE ('-': standard output)",
 *			option_string, offsetof(struct settings, output) },
 *	};
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct option {
	char short_name;       /* 0: none */
	const char *long_name; /* without "--" */
	const char
		*arg; /* what the value is called in the help; NULL: a flag; "[X]": may be absent,
			 and then only --long=VALUE or -xVALUE gives one (value NULL if absent) */
	const char *help; /* one sentence, lower case, no full stop; "" hides it */
	/* Stores value (NULL for a flag) at field, which is settings + offset. */
	bool (*set)(void *field, const char *value, struct err *err);
	size_t offset;
};

struct command {
	const char *program; /* "ddrec record": as the user types it */
	const char *usage;   /* "[options] [--] command [args]" */
	const char *summary; /* one sentence */
	const struct option *options;
	size_t n_options;
	bool stop_at_first_argument;
	const char *epilogue; /* examples, exit status; printed last in the help */
};

enum options_outcome {
	OPTIONS_OK,
	OPTIONS_HELP,    /* -h or --help was given: call options_print_help, exit 0 */
	OPTIONS_VERSION, /* --version was given */
	OPTIONS_BAD,     /* err says what; the program adds "see 'ddrec X --help'" and exits 2 */
};

/* argv[0] is skipped. *ret_rest is the index of the first argument that is no option; other
 * arguments are moved behind the options when stop_at_first_argument is false. */
enum options_outcome options_parse(const struct command *command, void *settings, int argc,
	char **argv, int *ret_rest, struct err *err);

void options_print_help(const struct command *command, FILE *out);

/* Setters for the usual kinds of field. */
bool option_flag(void *field, const char *value, struct err *err);   /* bool = true */
bool option_string(void *field, const char *value, struct err *err); /* const char * */
bool option_u32(void *field, const char *value, struct err *err);    /* uint32_t, decimal */
bool option_percent(
	void *field, const char *value, struct err *err); /* double, 0..100, "5" or "5%" */

#endif
