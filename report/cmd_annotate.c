/*
 * ddrec annotate: file -> profile -> filters -> the functions that are meant -> their instructions
 * -> one output.
 */
#include "common/buf.h"
#include "formats/profile_filter.h"
#include "report/annotate_output.h"
#include "report/cache.h"
#include "report/commands.h"
#include "report/elf_file.h"
#include "report/output_file.h"
#include "report/source_fetch.h"
#include "report/terminal.h"
#include "report/workers.h"
#include "report/view_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { UNSET_WIDTH = UINT32_MAX, MAX_SOURCE_DIRS = 16 };
/* Of the functions that an inlined one is in, how many are shown: enough for nearly all samples. */
enum { MAX_ITEMS = 5 };

struct settings {
	const struct annotate_output *output;
	const char *file;
	const char *module;
	const char *source_dirs[MAX_SOURCE_DIRS + 1];
	enum disasm_syntax syntax;
	bool verbose, debuginfod;
	struct profile_filter filter;
	struct profile_load_options load;
	struct annotate_look look;
};

static bool set_syntax(void *field, const char *value, struct err *err)
{
	bool is_intel = strcmp(value, "intel") == 0;
	*(enum disasm_syntax *)field = is_intel ? DISASM_INTEL : DISASM_ATT;
	return is_intel || strcmp(value, "att") == 0 ||
		err_set(err, "'%s' is not one of att, intel", value);
}

static bool set_html(void *field, const char *value UNUSED, struct err *err UNUSED)
{
	*(const struct annotate_output **)field = &annotate_output_html;
	return true;
}

static bool set_json(void *field, const char *value UNUSED, struct err *err UNUSED)
{
	*(const struct annotate_output **)field = &annotate_output_json;
	return true;
}

static bool add_source_dir(void *field, const char *value, struct err *err)
{
	const char **dirs = field;
	struct stat st;
	if (stat(value, &st) != 0)
		return err_errno(err, "cannot use '%s'", value);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, "cannot use '%s': not a directory", value);
	for (size_t i = 0; i < MAX_SOURCE_DIRS; i++) {
		if (!dirs[i]) {
			dirs[i] = value;
			return true;
		}
	}
	return err_set(err, "more than %d directories", MAX_SOURCE_DIRS);
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 0, "html", NULL, "write one page for a browser, annotate.html", set_html, AT(output) },
	{ 0, "json", NULL, "write all of it for scripts", set_json, AT(output) },
	{ 'o', "output", "FILE", "write to FILE ('-': standard output)", option_string, AT(file) },
	{ 0, "module", "NAME", "only functions of this program or library", option_string,
		AT(module) },
	{ 0, "source", "DIR", "look for source files below DIR too; may be repeated",
		add_source_dir, AT(source_dirs) },
	{ 0, "debuginfod", NULL, "fetch source files from the servers of $DEBUGINFOD_URLS",
		option_flag, AT(debuginfod) },
	{ 0, "no-source", NULL, "instructions alone", option_flag, AT(look.no_source) },
	{ 0, "no-asm", NULL, "source lines alone", option_flag, AT(look.no_asm) },
	{ 0, "syntax", "NAME", "of x86-64 instructions: att (default) or intel", set_syntax,
		AT(syntax) },
	{ 0, "children", NULL, "a column of samples with what was called from there", option_flag,
		AT(look.children) },
	{ 0, "full", NULL, "leave nothing out", option_flag, AT(look.full) },
	{ 0, "min-percent", "P",
		"treat what has less than P percent of the function as not sampled", option_percent,
		AT(look.min_percent) },
	{ 0, "width", "N", "columns (default: the terminal's, 160 elsewhere; 0: no limit)",
		option_u32, AT(look.width) },
	VIEW_FILTER_OPTIONS(AT(filter)),
	VIEW_LOAD_OPTIONS(AT(load)),
	{ 'v', "verbose", NULL, "tell what was found for each file, and what took how long",
		option_flag, AT(verbose) },
	{ 'q', "quiet", NULL, "no progress, no notices", option_flag, AT(load.quiet) },
};

static const struct command command = {
	.program = "ddrec annotate",
	.usage = "[options] FUNCTION [TRACE]",
	.summary = "Shows the source lines and instructions of a function with their share of the "
		   "samples.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue =
		"FUNCTION is a name as ddrec report shows it, or a linkage name; without "
		"arguments\n"
		"and template arguments will do, and so will a part of it or a regular "
		"expression.\n"
		"MODULE:NAME and NAME@0xADDRESS choose one of several.\n"
		"TRACE is the file to read, a trace or perf.data; '-' is standard input. Unless\n"
		"given, it is trace.zst or, where there is none, perf.data.\n"
		"\n"
		"Examples:\n"
		"  ddrec annotate parse_token              the hottest function of that name\n"
		"  ddrec annotate libc.so.6:malloc         that of this library\n"
		"  ddrec annotate --no-asm 'Parser::next'  source lines alone\n"
		"  ddrec annotate --html weight cc1.zst    annotate.html, to open in a browser\n"
		"\n"
		"Exit status: 0 fine, 1 failed, or several functions fit and none is shown,\n"
		"2 wrong usage.\n",
};

/* The profile. */

static bool load_profile(
	struct settings *s, const char *path, struct profile **ret_profile, struct err *err)
{
	s->load.uses_times = s->load.keep_times = s->filter.time != NULL;
	s->load.keep_threads = s->filter.pids || s->filter.tids;
	s->load.keep_addresses = true;
	s->load.notice = say;
	if (!debug_dirs_complete(s->load.debug_dirs, err) ||
		!profile_load(path, &s->load, ret_profile, err) ||
		!profile_filter_apply(*ret_profile, &s->filter, err))
		return false;
	const struct profile *p = *ret_profile;
	if (!p->n_samples)
		return err_set(err,
			p->health.n_samples ? "no sample passes the filters"
					    : "%s holds no samples",
			path);
	if (!p->has_addresses)
		return err_set(
			err, "%s has no addresses: it takes a recording to annotate code", path);
	return true;
}

/* Which are shown. */

/* An equal name means the hottest; a part of a name only what it alone fits. Of an inlined
 * function, several that it is in. */
static size_t count_items(const struct annotate_query *q)
{
	const struct annotate_target *first = &q->targets[0];
	bool is_one_function = true;
	for (size_t i = 0; i < q->n_targets; i++) {
		const struct annotate_target *t = &q->targets[i];
		uint32_t asked = t->inlined == PROFILE_NONE ? t->function : t->inlined;
		is_one_function &= asked ==
			(first->inlined == PROFILE_NONE ? first->function : first->inlined);
	}
	if (q->fit == FIT_PART && !is_one_function)
		return 0;
	if (first->inlined == PROFILE_NONE)
		return 1;
	size_t n = 0;
	while (n < MIN(q->n_targets, (size_t)MAX_ITEMS) &&
		q->targets[n].inlined == first->inlined && q->targets[n].asked * 20 >= first->asked)
		n++;
	return n;
}

static struct source_search source_search_of(
	const struct settings *s, const struct annotation *a, struct source_fetch *fetch)
{
	struct source_search search = { .dirs = (const char *const *)s->source_dirs,
		.fetch = fetch };
	struct stat st;
	if (!a->elf)
		return search;
	search.build_id = *elf_file_build_id(a->elf);
	if (elf_file_stat(a->elf, &st))
		search.program_time = st.st_mtime;
	return search;
}

static void report_fini_ptr(struct annotate_report *r)
{
	for (size_t i = 0; i < r->n_items; i++) {
		annotate_fini(&r->items[i]);
		source_files_fini(&r->sources[i]);
	}
	free(r->items);
	free(r->sources);
}

static bool fill_report(struct annotate_report *r, struct annotate_query *q,
	const struct settings *s, struct source_fetch *fetch, struct err *err)
{
	const struct annotate_options how = {
		.syntax = s->syntax, .no_demangle = s->load.no_demangle, .search = q->search
	};
	size_t n = count_items(q);
	r->is_list = n == 0;
	r->items = calloc(n + 1, sizeof(*r->items));
	r->sources = calloc(n + 1, sizeof(*r->sources));
	if (!r->items || !r->sources)
		return err_set(err, "no memory");
	for (; r->n_items < n; r->n_items++) {
		struct annotation *a = &r->items[r->n_items];
		if (!annotate_init(a, q, &q->targets[r->n_items], &how, err))
			return false;
		struct source_search search = source_search_of(s, a, fetch);
		source_files_init(&r->sources[r->n_items], &search);
	}
	return true;
}

static bool write_report(
	struct settings *s, const char *input_path, struct annotate_report *r, struct err *err)
{
	struct output_file out;
	const char *name = s->file ? s->file : s->output->default_file;
	if (!output_file_open(&out, name, input_path, err))
		return false;
	r->look.colour = s->output == &annotate_output_text && terminal_has_colour(out.file);
	if (r->look.width == UNSET_WIDTH)
		r->look.width = terminal_columns(out.file);
	bool ok = s->output->write(r, out.file, err);
	if (!output_file_close(&out, ok, err))
		return false;
	if (!out.is_stdout && !s->load.quiet)
		say("wrote %s", name);
	return true;
}

/* False with an empty text: several functions fit, and they were listed. */
static bool annotate(struct settings *s, const char *words, const char *input_path,
	struct profile *p, struct err *err)
{
	AUTO(cache_close) struct cache *cache = NULL;
	AUTO(source_fetch_free) struct source_fetch *fetch = NULL;
	struct err ignored = { 0 };
	if (s->debuginfod && !source_fetch_new(&fetch, err))
		return false;
	if (!s->load.no_cache && !cache_open(NULL, &cache, &ignored))
		cache = NULL;
	const struct symbol_search search = { (const char *const *)s->load.debug_dirs, cache,
		s->load.n_jobs ? s->load.n_jobs : workers_default() };
	AUTO(annotate_query_fini) struct annotate_query query = { 0 };
	AUTO(report_fini)
	struct annotate_report report = { .p = p, .q = &query, .words = words, .look = s->look };
	bool ok = annotate_query_init(&query, p, profile_main_value(p), &search, err) &&
		annotate_query_find(&query, words, s->module, err) &&
		fill_report(&report, &query, s, fetch, err) &&
		write_report(s, input_path, &report, err);
	verbose_phase(s->load.verbose, "annotating");
	return ok && !report.is_list;
}

static int run(int argc, char **argv)
{
	struct settings settings = { .output = &annotate_output_text, .look.width = UNSET_WIDTH };
	AUTO(profile_free) struct profile *p = NULL;
	struct err err = { 0 };
	const char *words, *trace;
	int status;

	if (!command_line_with_word(
		    &command, &settings, argc, argv, "FUNCTION", &words, &trace, &status))
		return status;
	if (!profile_filter_check(&settings.filter, &err)) {
		say("%s; see 'ddrec annotate --help'", err.text);
		return EXIT_USAGE;
	}
	struct verbose verbose = verbose_start(settings.verbose);
	settings.load.verbose = &verbose;
	if (load_profile(&settings, trace, &p, &err) && annotate(&settings, words, trace, p, &err))
		return EXIT_OK;
	if (err.text[0])
		say("%s", err.text);
	return EXIT_FAILED;
}

const struct report_command command_annotate = { "annotate", run };
