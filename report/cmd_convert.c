/*
 * ddrec convert: a perf.data file, or another trace, as a trace of ddrec.
 */
#include "common/output.h"
#include "report/commands.h"
#include "report/convert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct settings {
	const char *output;
	const char *stack;
	const char *event;
	bool quiet;
};

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 'o', "output", "FILE", "the trace to write (default: trace.zst); '-' is standard output",
		option_string, AT(output) },
	{ 0, "stack", "MODE",
		"what is kept of stacks: sieve (default: what unwinding needs, no data) or full",
		option_string, AT(stack) },
	{ 0, "event", "NAME", "of a recording with several events: take this one", option_string,
		AT(event) },
	{ 'q', "quiet", NULL, "say nothing but errors", option_flag, AT(quiet) },
};

static const struct command command = {
	.program = "ddrec convert",
	.usage = "[options] [FILE]",
	.summary =
		"Turns a perf.data file into a trace of ddrec: smaller, and without the data that "
		"was on the stacks. A trace has one event.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue =
		"FILE is the recording to read: perf.data unless given, '-' for standard input.\n"
		"Names of the kernel's functions go into the trace if this machine still runs\n"
		"the kernel that was recorded.\n"
		"\n"
		"Exit status: 0 fine, 1 failed, 2 wrong usage. A cut or damaged file that can be\n"
		"read in part is fine; a warning tells.\n",
};

static bool is_same_file(const struct input *in, const struct output *output)
{
	struct stat a, b;
	return stat(in->name, &a) == 0 && fstat(output->fd, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino;
}

static void tell(const struct settings *s, const struct input *in, const char *name,
	const struct convert_result *result)
{
	if (in->damage.why[0])
		say("warning: %s: %s", in->name, in->damage.why);
	if (s->quiet)
		return;
	for (size_t i = 0; i < in->n_unknown; i++) {
		if (in->unknown[i].count)
			say("note: %" PRIu64 " %s", in->unknown[i].count, in->unknown[i].what);
	}
	for (uint32_t i = 0; i < in->n_events; i++) {
		if (in->events[i].n_samples && in->events[i].name != in->meta.event)
			say("note: left out: %" PRIu64 " samples of %s (--event takes them)",
				in->events[i].n_samples, in->events[i].name);
	}
	say("%s: %" PRIu64 " samples of %s, %" PRIu64 " bytes; the input has %" PRIu64, name,
		result->n_samples, in->meta.event, result->bytes, in->file_bytes);
}

static bool convert(struct settings *s, const char *path, struct err *err)
{
	AUTO(input_close) struct input *in = NULL;
	struct convert_result result;
	struct output output;
	if (!input_open(path, &in, err) || !output_open(s->output, &output, err))
		return false;
	if (is_same_file(in, &output)) {
		close(output.fd);
		return err_set(err, "%s: cannot be turned into itself; use -o", in->name);
	}
	const struct convert_options o = {
		.event = s->event,
		.keep_all = strcmp(s->stack, "full") == 0,
		.fd = output.fd,
		.name = output.name,
	};
	if (!output_begin(&output, err) || !convert_input(in, &o, &result, err)) {
		output_discard(&output);
		return false;
	}
	if (!output_close(&output, err))
		return false;
	tell(s, in, o.name, &result);
	return true;
}

static int run(int argc, char **argv)
{
	struct settings settings = { .output = "trace.zst", .stack = "sieve" };
	struct err err = { 0 };
	const char *path;
	int status;

	if (!command_line_of(
		    &command, &settings, argc, argv, "perf.data", "perf record", &path, &status))
		return status;
	if (strcmp(settings.stack, "sieve") != 0 && strcmp(settings.stack, "full") != 0) {
		say("--stack: '%s' is neither sieve nor full; see 'ddrec convert --help'",
			settings.stack);
		return EXIT_USAGE;
	}
	if (!convert(&settings, path, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

const struct report_command command_convert = { "convert", run };
