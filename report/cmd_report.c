/*
 * ddrec report: file -> profile -> filters -> one format.
 */
#include "common/buf.h"
#include "formats/format.h"
#include "formats/number.h"
#include "formats/profile_filter.h"
#include "report/commands.h"
#include "report/output_file.h"
#include "report/terminal.h"
#include "report/profile_load.h"
#include "report/require.h"
#include "report/view_options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FORMATS = 32, UNSET_WIDTH = UINT32_MAX };

struct wish {
	bool is_wanted;
	const char *variant; /* --NAME=VARIANT */
};

struct settings {
	struct wish wishes[MAX_FORMATS]; /* by index in formats[] */
	const char *format_name;
	const char *output;
	const char *require;
	bool verbose;
	uint32_t width;
	struct profile_filter filter;
	struct format_options format;
	struct profile_load_options load;
};

static bool set_by(void *field, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		enum call_tree_by by;
	} names[] = {
		{ "process", CALL_TREE_BY_PROCESS },
		{ "thread", CALL_TREE_BY_THREAD },
		{ "module", CALL_TREE_BY_MODULE },
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i].name, value) == 0) {
			*(enum call_tree_by *)field = names[i].by;
			return true;
		}
	}
	return err_set(err, "'%s' is not one of process, thread, module", value);
}

static bool set_wish(void *field, const char *value, struct err *err)
{
	(void)err;
	*(struct wish *)field = (struct wish){ true, value };
	return true;
}

static bool set_require(void *field, const char *value, struct err *err)
{
	*(const char **)field = value;
	return require_check_syntax(value, err);
}

#define AT(field) offsetof(struct settings, field)

static const struct option base_options[] = {
	{ 0, "format", "NAME", "the same, by name", option_string, AT(format_name) },
	{ 'o', "output", "FILE", "write to FILE ('-': standard output)", option_string,
		AT(output) },
	VIEW_FILTER_OPTIONS(AT(filter)),
	{ 0, "focus", "REGEX", "only stacks with a function that matches", option_string,
		AT(filter.focus) },
	{ 0, "ignore", "REGEX", "only stacks without a function that matches", option_string,
		AT(filter.ignore) },
	{ 0, "by", "WHAT", "roots of the call tree: process, thread or module", set_by,
		AT(format.tree.by) },
	{ 0, "no-inline", NULL, "leave out inlined functions", option_flag,
		AT(format.tree.no_inline) },
	{ 0, "reverse", NULL, "start from the innermost functions; callers grow from them",
		option_flag, AT(format.tree.reverse) },
	{ 0, "inverted", NULL, "flame graph: roots at the top", option_flag, AT(format.inverted) },
	{ 0, "children", NULL, "text, json: sort functions by total, not self", option_flag,
		AT(format.children) },
	{ 'n', "rows", "N", "functions to list (default: text 25, json all)", option_u32,
		AT(format.max_rows) },
	{ 0, "min-percent", "P", "leave out parts of the call tree below P percent (default 0.5)",
		option_percent, AT(format.min_percent) },
	{ 0, "width", "N",
		"text: columns (default: the terminal's, 160 elsewhere; 0: no limit); flame graph: "
		"pixels (default: its window's)",
		option_u32, AT(width) },
	{ 0, "title", "TEXT", "title of the text, the flame graph or the page", option_string,
		AT(format.title) },
	{ 0, "annotate", NULL, "folded: mark kernel, inlined and JIT frames with _[k], _[i], _[j]",
		option_flag, AT(format.annotate) },
	{ 0, "toc", NULL, "instruments: write the table of contents, as xctrace export --toc does",
		option_flag, AT(format.toc) },
	{ 0, "timestamps", NULL, "pprof: each sample by itself, with its time", option_flag,
		AT(format.timestamps) },
	VIEW_LOAD_OPTIONS(AT(load)),
	{ 0, "require", "CONDITIONS", "exit with 3 unless they hold: 'complete>=95,lost<=1'",
		set_require, AT(require) },
	{ 'v', "verbose", NULL, "tell what was found for each file, and what took how long",
		option_flag, AT(verbose) },
	{ 'q', "quiet", NULL, "no progress, no notices", option_flag, AT(load.quiet) },
};

static const char epilogue[] =
	"A format is written to the file in brackets behind it, or to standard output where\n"
	"there is none, unless -o is given.\n"
	"TRACE is a trace, perf.data, or a profile: of pprof, folded stacks, or the XML of\n"
	"xctrace export; '-' is standard input. Unless given, it is trace.zst or, where there\n"
	"is none, perf.data.\n"
	"\n"
	"Examples:\n"
	"  ddrec report                              the hottest functions and the call tree\n"
	"  ddrec report --flamegraph                 flamegraph.svg, to open in a browser\n"
	"  ddrec report perf.data                    what perf record recorded\n"
	"  ddrec report --pprof                      profile.pb.gz, for go tool pprof\n"
	"  ddrec report --html profile.pb.gz         a profile of pprof as a page\n"
	"  ddrec report --folded | grep malloc       stacks, one a line\n"
	"  ddrec report --focus '^parse_' --by thread\n"
	"  ddrec report --require 'complete>=95,lost<=1' -q > /dev/null\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 wrong usage, 3 --require does not hold.\n";

struct format_help {
	char text[160];
};

/* The formats' options, --text and so on, before the others. */
static size_t make_options(struct option *options, struct format_help *helps)
{
	size_t n = 0;
	for (; formats[n]; n++) {
		const char *file = formats[n]->default_file;
		snprintf(helps[n].text, sizeof(helps[n].text), "%s%s%s%s", formats[n]->summary,
			file ? " [" : "", file ? file : "", file ? "]" : "");
		options[n] = (struct option){ 0, formats[n]->name,
			formats[n]->variants ? "[VARIANT]" : NULL, helps[n].text, set_wish,
			AT(wishes) + n * sizeof(struct wish) };
	}
	memcpy(options + n, base_options, sizeof(base_options));
	return n + ARRAY_LEN(base_options);
}

static bool no_such_format(const char *name, struct err *err)
{
	AUTO_BUF struct buf list = BUF_INIT;
	for (size_t i = 0; formats[i]; i++)
		buf_fmt(&list, "%s%s", i ? ", " : "", formats[i]->name);
	buf_u8(&list, 0);
	return err_set(err, "--format: '%s' is not one of %s", name,
		list.failed ? "those there are" : (const char *)list.data);
}

static bool has_variant(const struct format *format, const char *variant)
{
	const char *at = format->variants ? format->variants : "";
	size_t len = strlen(variant);
	for (; len && *at; at += strcspn(at, "|"), at += *at == '|')
		if (strcspn(at, "|") == len && !strncmp(at, variant, len))
			return true;
	return false;
}

/* NAME or NAME=VARIANT. */
static bool choose_by_name(
	struct settings *settings, const struct format **ret_format, struct err *err)
{
	const char *name = settings->format_name;
	size_t len = strcspn(name, "=");
	AUTO_FREE char *alone = strndup(name, len);
	*ret_format = alone ? format_find(alone) : NULL;
	settings->format.variant = name[len] ? name + len + 1 : NULL;
	return *ret_format || no_such_format(name, err);
}

static bool choose_format(
	struct settings *settings, const struct format **ret_format, struct err *err)
{
	*ret_format = NULL;
	if (settings->format_name && !choose_by_name(settings, ret_format, err))
		return false;
	for (size_t i = 0; formats[i]; i++) {
		if (!settings->wishes[i].is_wanted || *ret_format == formats[i])
			continue;
		if (*ret_format)
			return err_set(err, "--%s and --%s cannot be had at once",
				(*ret_format)->name, formats[i]->name);
		*ret_format = formats[i];
		settings->format.variant = settings->wishes[i].variant;
	}
	if (!*ret_format)
		*ret_format = formats[0];
	const char *variant = settings->format.variant;
	return !variant || has_variant(*ret_format, variant) ||
		err_set(err, "--%s: '%s' is not one of: %s", (*ret_format)->name, variant,
			(*ret_format)->variants ? (*ret_format)->variants : "(none)");
}

static void warn_of_emptiness(const struct profile *p)
{
	AUTO_BUF struct buf count = BUF_INIT;
	number_count(&count, (int64_t)p->health.n_samples);
	if (p->n_samples)
		return;
	if (p->health.n_samples)
		say("none of the %.*s samples passes the filters", (int)count.len,
			(const char *)count.data);
	else
		say("%s holds no samples", profile_string(p, p->meta.source));
}

static bool read_profile(struct settings *settings, const struct format *format, const char *path,
	struct verbose *verbose, struct profile **ret_profile, struct err *err)
{
	const struct profile_filter *filter = &settings->filter;
	struct profile_load_options *load = &settings->load;
	load->uses_times = filter->time;
	load->keep_times = format->needs_times || filter->time || settings->format.timestamps;
	load->keep_threads = format->needs_threads || filter->pids || filter->tids ||
		settings->format.tree.by == CALL_TREE_BY_THREAD;
	load->keep_addresses = format->needs_addresses;
	load->verbose = verbose;
	load->notice = say;
	if (!profile_load(path, load, ret_profile, err) ||
		!profile_filter_apply(*ret_profile, filter, err))
		return false;
	verbose_phase(verbose, "filtering");
	if (!load->quiet)
		warn_of_emptiness(*ret_profile);
	return true;
}

/* Fits the text to the terminal, if that is where it goes. */
static void fit_terminal(struct settings *settings, const struct format *format, FILE *out)
{
	settings->format.width = settings->width == UNSET_WIDTH ? 0 : settings->width;
	settings->format.colour = terminal_has_colour(out);
	if (!format->default_file && settings->width == UNSET_WIDTH)
		settings->format.width = terminal_columns(out);
}

/* Where the profile goes: the file of -o, or the format's own; NULL: standard output. */
static const char *choose_output(const struct settings *settings, const struct format *format)
{
	if (settings->output)
		return settings->output;
	return format->file_of ? format->file_of(&settings->format) : format->default_file;
}

static bool write_profile(struct settings *settings, const struct format *format,
	const char *input_path, struct profile *p, struct err *err)
{
	struct output_file out;
	const char *name = choose_output(settings, format);
	if (!output_file_open(&out, name, input_path, err))
		return false;
	if (out.is_stdout && format->is_binary && isatty(STDOUT_FILENO))
		return err_set(
			err, "--%s is binary, and standard output is a terminal", format->name);
	fit_terminal(settings, format, out.file);
	settings->format.tree.value = profile_main_value(p);
	settings->format.filter = &settings->filter;
	bool ok = format->write(p, &settings->format, out.file, err);
	if (!output_file_close(&out, ok, err))
		return false;
	if (!out.is_stdout && !settings->load.quiet)
		say("wrote %s", name);
	return true;
}

static int run(int argc, char **argv)
{
	struct option options[MAX_FORMATS + ARRAY_LEN(base_options)];
	struct format_help helps[MAX_FORMATS];
	struct command command = {
		.program = "ddrec report",
		.usage = "[options] [TRACE]",
		.summary = "Shows where the time of a recorded program went.",
		.options = options,
		.n_options = make_options(options, helps),
		.epilogue = epilogue,
	};
	struct settings settings = { .width = UNSET_WIDTH };
	struct verbose verbose;
	AUTO(profile_free) struct profile *p = NULL;
	const struct format *format;
	const char *trace;
	struct err err = { 0 };
	int status;

	if (!command_line(&command, &settings, argc, argv, &trace, &status))
		return status;
	if (!choose_format(&settings, &format, &err) ||
		!profile_filter_check(&settings.filter, &err)) {
		say("%s; see 'ddrec report --help'", err.text);
		return EXIT_USAGE;
	}
	verbose = verbose_start(settings.verbose);
	if (!debug_dirs_complete(settings.load.debug_dirs, &err) ||
		!read_profile(&settings, format, trace, &verbose, &p, &err) ||
		!write_profile(&settings, format, trace, p, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	verbose_phase(&verbose, "writing");
	if (settings.require && !require_holds(settings.require, &p->health, &err)) {
		say("%s", err.text);
		return EXIT_REQUIREMENT;
	}
	return EXIT_OK;
}

const struct report_command command_report = { "report", run };
