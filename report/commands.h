/*
 * The commands of ddrec-report, and what they share: messages, exit statuses, how options that are
 * wrong are told. Only these files (report_main.c, cmd_*.c, command_line.c) print and exit,
 * and progress.c and verbose.c for them print.
 */
#ifndef REPORT_COMMANDS_H
#define REPORT_COMMANDS_H

#include "common/err.h"
#include "common/options.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_REQUIREMENT = 3, /* the profile is not as good as --require asks */
};

struct report_command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct report_command command_report;
extern const struct report_command command_annotate;
extern const struct report_command command_info;
extern const struct report_command command_script;
extern const struct report_command command_convert;
extern const struct report_command command_cache;

/* Parses; handles --help, --version and mistakes, and takes the one optional argument TRACE into
 * *ret_trace (default trace.zst or, where there is none, perf.data; one must then exist; NULL:
 * there is no argument). True: go on; false: exit with *ret_status.
 */
bool command_line(const struct command *command, void *settings, int argc, char **argv,
	const char **ret_trace, int *ret_status);
/* The same for a file with another default; recorder: what makes such a file, for a message. */
bool command_line_of(const struct command *command, void *settings, int argc, char **argv,
	const char *default_path, const char *recorder, const char **ret_path, int *ret_status);
/* Before the TRACE comes a word that must be there; what: its name, for a message. */
bool command_line_with_word(const struct command *command, void *settings, int argc, char **argv,
	const char *what, const char **ret_word, const char **ret_trace, int *ret_status);

/* "ddrec: <text>\n" on stderr, and "<text>\n" on stdout. The text may have names from anywhere in
 * it: what a terminal would obey is replaced. */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
void print_line(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
