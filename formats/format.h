/*
 * Output formats: one const struct each, in a file of its own, listed in format.c. A format gets a
 * finished profile and writes it; it never sees a trace, and there are no callbacks. It writes as
 * it goes: memory may grow with the profile, not with the output.
 *
 * Any profile may come, also an imported one without times, CPUs, addresses or lines: an entry of
 * count n stands for n samples. Who has a row for each sample writes n of them.
 */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

#include "common/err.h"
#include "formats/call_tree.h"
#include "formats/profile.h"

#include <stdio.h>

struct profile_filter;

/* What the user may set, for all formats; each takes what concerns it. */
struct format_options {
	struct call_tree_options tree;
	double min_percent;  /* text, json: nodes below are not shown, 0 = the default, 0.5; flame
				graph: boxes below are not drawn, 0 = what is under a tenth of a
				pixel */
	uint32_t max_rows;   /* text: rows of the flat table; 0 = the default, 25; json: 0 = all */
	uint32_t width;      /* text: columns of the terminal; 0: no limit. flame graph: pixels, 0 =
				fluid */
	bool colour;         /* text: the output is a terminal that wants colour */
	bool inverted;       /* flame graph: icicle, roots at the top */
	bool children;       /* text, json: sort the flat table by total, not self */
	bool annotate;       /* folded: mark frames _[k] kernel, _[i] inlined, _[j] JIT */
	const char *title;   /* NULL: made from the profile */
	const char *variant; /* one of the format's variants; NULL: none was asked for */
	bool toc;            /* instruments: the table of contents instead */
	bool timestamps;     /* pprof: samples one by one, with their times */
	const struct profile_filter *filter; /* json: what chose the samples; NULL: nothing */
};

struct format {
	const char *name;         /* "text": also the long option, --text */
	const char *summary;      /* for the help: one line, lower case */
	const char *default_file; /* "flamegraph.svg"; NULL: standard output */
	const char *variants;     /* "deepcopy": --instruments=deepcopy; with '|' between; NULL */
	bool is_binary;           /* not for terminals */
	bool needs_times;         /* a profile of sums will not do */
	bool needs_threads;       /* nor one thread for all that have the same names */
	bool needs_addresses;     /* of frames, and their lines; else functions will do */
	/* NULL, or the default file where it depends on the options. */
	const char *(*file_of)(const struct format_options *options);
	bool (*write)(struct profile *p, const struct format_options *options, FILE *out,
		struct err *err);
};

extern const struct format format_text;
extern const struct format format_folded;
extern const struct format format_flamegraph;
extern const struct format format_html;
extern const struct format format_pprof;
extern const struct format format_firefox;
extern const struct format format_speedscope;
extern const struct format format_instruments;
extern const struct format format_callgrind;
extern const struct format format_perf_script;
extern const struct format format_json;

extern const struct format *const formats[]; /* in the order of the help; ends with NULL */

const struct format *format_find(const char *name);

#endif
