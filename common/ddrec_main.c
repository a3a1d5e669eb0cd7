/*
 * The front door: `ddrec CMD args` runs the tool that knows CMD, as git does. It does no work of
 * its own and links only the little it prints with, so that recording never waits for the report's
 * libraries to load.
 *
 * A tool is looked for beside this program, then in ../libexec/ddrec, then in PATH. One table names
 * the commands; a new one is a line there.
 */
#include "common/options.h"
#include "common/suggest.h"
#include "common/version.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_RECORD_FAILED = 125, /* of ddrec record: 0..124 are the recorded command's own */
};

struct tool_command {
	const char *name;
	const char *tool;
	bool tool_wants_name; /* the tool knows several commands: its argv[1] is the name */
	int failed_status;
	const char *summary;
};

static const struct tool_command commands[] = {
	{ "record", "ddrec-record", false, EXIT_RECORD_FAILED,
		"run a command and record where it spends its time" },
	{ "report", "ddrec-report", true, EXIT_FAILED,
		"show where the time went: text, flame graph, files for other tools" },
	{ "annotate", "ddrec-report", true, EXIT_FAILED,
		"show a function's source lines and instructions with their shares" },
	{ "info", "ddrec-report", true, EXIT_FAILED,
		"tell what is in a trace, and how good it is" },
	{ "script", "ddrec-report", true, EXIT_FAILED,
		"print a trace's events and samples, one by one" },
	{ "convert", "ddrec-report", true, EXIT_FAILED, "turn a perf.data file into a trace" },
	{ "cache", "ddrec-report", true, EXIT_FAILED,
		"show, limit or clear what reports keep for the next ones" },
};

static const char help_head[] =
	"Usage: ddrec COMMAND [arguments]\n"
	"\n"
	"Shows where programs spend their time. Recording costs the program almost\n"
	"nothing; stacks and names are worked out later, here or on another machine.\n"
	"\n"
	"Commands:\n";

static const char help_tail[] =
	"  help     show a command's help: ddrec help record\n"
	"\n"
	"Options:\n"
	"  -h, --help     show this help\n"
	"      --version  show the version\n"
	"\n"
	"Examples:\n"
	"  ddrec record ./app --fast           record a command, into trace.zst\n"
	"  ddrec report                        what took the time, as text\n"
	"  ddrec report --flamegraph           the same as a picture: flamegraph.svg\n"
	"  ddrec report perf.data              the same of what perf record recorded\n"
	"\n"
	"See ddrec(1) for more.\n";

static const struct command front_door = {
	.program = "ddrec",
	.usage = "COMMAND [arguments]",
	.summary = "",
	.stop_at_first_argument = true,
};

static void print_help(FILE *out)
{
	fputs(help_head, out);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs(help_tail, out);
}

static const struct tool_command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	struct suggest s = suggest_for(name);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		suggest_consider(&s, commands[i].name);
	suggest_consider(&s, "help");
	fprintf(stderr, "ddrec: unknown command '%s'", name);
	if (s.best)
		fprintf(stderr, "; did you mean '%s'?\n", s.best);
	else
		fputs("; 'ddrec --help' lists the commands\n", stderr);
	return EXIT_USAGE;
}

/* Returns only when there is no such tool in dir, or it cannot be run; errno says why. */
static void try_exec(const char *dir, const char *below, const char *tool, char **argv)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s%s/%s", dir, below, tool);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return;
	}
	execv(path, argv);
}

static bool own_directory(char *ret_dir, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", ret_dir, size - 1);
	if (len <= 0)
		return false;
	ret_dir[len] = 0;
	*strrchr(ret_dir, '/') = 0;
	return true;
}

static int run_tool(const struct tool_command *command, char **argv)
{
	char dir[PATH_MAX] = "";
	errno = ENOENT;
	if (own_directory(dir, sizeof(dir))) {
		try_exec(dir, "", command->tool, argv);
		if (errno == ENOENT)
			try_exec(dir, "/../libexec/ddrec", command->tool, argv);
	}
	if (errno == ENOENT)
		execvp(command->tool, argv);
	if (errno == ENOENT)
		fprintf(stderr,
			"ddrec: %s is not installed: it is not in %s, %s/../libexec/ddrec or "
			"PATH\n",
			command->tool, dir, dir);
	else
		fprintf(stderr, "ddrec: cannot run %s: %s\n", command->tool, strerror(errno));
	return command->failed_status;
}

/* words: what follows the command's name, ending with NULL. */
static int run_command(const struct tool_command *command, char **words, size_t n_words)
{
	AUTO_FREE char **argv = calloc(n_words + 3, sizeof(*argv));
	if (!argv) {
		fputs("ddrec: out of memory\n", stderr);
		return command->failed_status;
	}
	size_t n = 0;
	argv[n++] = (char *)command->tool;
	if (command->tool_wants_name)
		argv[n++] = (char *)command->name;
	memcpy(argv + n, words, n_words * sizeof(*words));
	return run_tool(command, argv);
}

static int run_help(int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return 0;
	}
	const struct tool_command *command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	char *words[] = { (char *)"--help", NULL };
	return run_command(command, words, 1);
}

static int run_words(int argc, char **argv)
{
	if (!strcmp(argv[0], "help"))
		return run_help(argc, argv);
	const struct tool_command *command = find_command(argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	return run_command(command, argv + 1, (size_t)argc - 1);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int rest = 0;
	switch (options_parse(&front_door, NULL, argc, argv, &rest, &err)) {
	case OPTIONS_HELP:
		print_help(stdout);
		return 0;
	case OPTIONS_VERSION:
		puts("ddrec " DDREC_VERSION);
		return 0;
	case OPTIONS_BAD:
		fprintf(stderr, "ddrec: %s\nSee 'ddrec --help'.\n", err.text);
		return EXIT_USAGE;
	case OPTIONS_OK:
		break;
	}
	if (rest < argc)
		return run_words(argc - rest, argv + rest);
	print_help(stderr);
	return EXIT_USAGE;
}
