/*
 * ddrec-record: the program behind `ddrec record`. Options, messages and exit status; the rest is
 * recording_run.
 */
#include "common/options.h"
#include "common/version.h"
#include "record/launch.h"
#include "record/option_values.h"
#include "record/summary.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* What those are told who type an option of perf record that is none of ours. */
struct perf_hints {
	const char *thread, *stacks, *period;
};

struct arguments {
	struct record_settings settings;
	bool quiet;
	bool verbose;
	struct perf_hints hints;
};

/* Refuses an option with the hint at field. */
static bool refuse_with_hint(void *field, const char *value UNUSED, struct err *err)
{
	return err_set(err, "%s", *(const char **)field);
}

#define FIELD(name) offsetof(struct arguments, name)

static const struct option options[] = {
	{ 'o', "output", "FILE",
		"write the trace to FILE, trace.zst by default ('-': standard output)",
		option_string, FIELD(settings.output) },
	{ 'F', "frequency", "HZ", "samples per second and CPU, 199 by default", set_frequency,
		FIELD(settings.frequency_hz) },
	{ 0, "stack", "MODE[,BYTES]",
		"sieve (default), full, fp or none; BYTES of stack to copy per sample",
		stack_request_set, FIELD(settings.stack) },
	{ 'e', "event", "EVENT",
		"what to sample: cycles or cpu-clock (the default, whichever there is), "
		"task-clock, instructions, cache-misses, branch-misses, page-faults, "
		"context-switches, cpu-migrations",
		option_string, FIELD(settings.event) },
	{ 'm', "ring-bytes", "SIZE", "the ring buffer of each CPU, a power of two (512K, 2M)",
		set_ring_bytes, FIELD(settings.ring_bytes) },
	{ 'p', "pid", "PID[,PID...]",
		"record processes that run already, with their threads and children, instead of "
		"launching a command",
		set_pids, FIELD(settings.pids) },
	{ 0, "per-thread", NULL,
		"attach to each thread, as an ordinary user has to; root samples CPUs", option_flag,
		FIELD(settings.per_thread) },
	{ 'a', "all-cpus", NULL, "record all that the machine does", option_flag,
		FIELD(settings.machine) },
	{ 'C', "cpu", "CPUS", "record on these CPUs only (0-3,7)", set_cpus, FIELD(settings.cpus) },
	{ 'd', "duration", "SECONDS", "end the recording after so long; decimals are allowed",
		set_seconds, FIELD(settings.duration_ns) },
	{ 'D', "delay", "MS", "begin to sample after so many milliseconds", set_milliseconds,
		FIELD(settings.delay_ns) },
	{ 0, "no-kernel", NULL, "sample user space only", option_flag, FIELD(settings.no_kernel) },
	{ 'q', "quiet", NULL, "print errors only", option_flag, FIELD(quiet) },
	{ 'v', "verbose", NULL, "say what was chosen and what it cost", option_flag,
		FIELD(verbose) },
	/* Not in the help: perf's. */
	{ 't', "tid", "[TID]", "", refuse_with_hint, FIELD(hints.thread) },
	{ 'g', "call-graph", "[MODE]", "", refuse_with_hint, FIELD(hints.stacks) },
	{ 'c', "count", "[N]", "", refuse_with_hint, FIELD(hints.period) },
};

static const struct perf_hints perf_hints = {
	.thread = "threads are recorded with all of their process; see --pid",
	.stacks = "stacks are always recorded; see --stack",
	.period = "a period cannot be chosen; see --frequency",
};

static const struct command command = {
	.program = "ddrec record",
	.usage = "[options] [-p PID | -a] [--] [command [args]]",
	.summary = "Records where a command and its children, running processes, or all of the "
		   "machine spend CPU time.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.stop_at_first_argument = true,
	.epilogue = "The exit status is the command's, 128+N if signal N ended it; 125 if ddrec\n"
		    "itself failed, 126 if the command cannot be executed, 127 if there is none.\n"
		    "\n"
		    "Examples:\n"
		    "  ddrec record ./app --its-option\n"
		    "  ddrec record -F 999 -o gcc.zst -- gcc -O2 -c big.c\n"
		    "  ddrec record -d 10 -p $(pidof -s nginx)\n"
		    "  ddrec record -a sleep 5\n",
};

/* Each line of text behind "ddrec: ". */
static void print_lines(const char *prefix, const struct buf *b)
{
	const char *line = (const char *)b->data;
	const char *end = line + b->len;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		fprintf(stderr, "%s%.*s\n", prefix, (int)(line_end - line), line);
		line = line_end + 1;
	}
}

static void print_next_step(const char *output, const struct recording_result *result)
{
	if (strcmp(output, "-") != 0 && result->stats.samples)
		fprintf(stderr, "ddrec: next: ddrec report %s\n", output);
}

static void print_result(const struct arguments *args, const struct recording_result *result)
{
	AUTO_BUF struct buf text = BUF_INIT;
	if (args->verbose)
		summary_write_choices(&text, result);
	summary_write(&text, result, &args->settings);
	print_lines("ddrec: ", &text);
	buf_clear(&text);
	summary_write_warnings(&text, result, &args->settings);
	print_lines("ddrec: warning: ", &text);
	print_next_step(args->settings.output, result);
}

static int run(const struct arguments *args, char *const argv[])
{
	struct err err = { 0 };
	struct recording_result result;
	if (!recording_run(&args->settings, argv, &result, &err)) {
		fprintf(stderr, "ddrec: %s\n", err.text);
		return result.exit_status;
	}
	if (!args->quiet)
		print_result(args, &result);
	return result.exit_status;
}

static int refuse(const char *why)
{
	fprintf(stderr, "ddrec: %s; see 'ddrec record --help'\n", why);
	return EXIT_RECORDER_FAILED;
}

/* A standard stream that is closed would become the trace, or a ring, and get messages. What takes
 * its place is closed again for the command. */
static void hold_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int first;
	struct arguments args = {
		.settings = {
			.output = "trace.zst",
			.arch = arch_native(),
			.stack = stack_request_default(),
		},
		.hints = perf_hints,
	};
	hold_standard_streams();
	switch (options_parse(&command, &args, argc, argv, &first, &err)) {
	case OPTIONS_HELP:
		options_print_help(&command, stdout);
		return 0;
	case OPTIONS_VERSION:
		printf("ddrec %s\n", DDREC_VERSION);
		return 0;
	case OPTIONS_BAD:
		return refuse(err.text);
	case OPTIONS_OK:
		break;
	}
	if (first >= argc && !args.settings.pids && !args.settings.machine)
		return refuse("nothing to record: give a command, -p PID or -a");
	return run(&args, first < argc ? argv + first : NULL);
}
