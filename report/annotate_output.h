/*
 * What `ddrec annotate` shows: the annotated functions, how they are to be shown, and the outputs,
 * one const struct each, in a file of its own.
 */
#ifndef REPORT_ANNOTATE_OUTPUT_H
#define REPORT_ANNOTATE_OUTPUT_H

#include "common/buf.h"
#include "report/annotate.h"
#include "report/annotate_rows.h"

#include <stdio.h>

enum { ANNOTATE_N_HOT = 5 }; /* lines and instructions in the summary */

struct annotate_report {
	const struct profile *p;
	const struct annotate_query *q; /* all that was found for the words */
	const char *words;
	struct annotation *items;     /* those that are shown, the hottest first */
	struct source_files *sources; /* of each item */
	size_t n_items;
	struct annotate_look look;
	bool is_list; /* which of them is meant is not clear: they are only listed */
};

struct annotate_output {
	const char *name;
	const char *default_file; /* NULL: standard output */
	bool (*write)(struct annotate_report *r, FILE *out, struct err *err);
};

extern const struct annotate_output annotate_output_text;
extern const struct annotate_output annotate_output_html;
extern const struct annotate_output annotate_output_json;

/* What an output says in words; each a line without a newline, or nothing. */

/* The words that choose the target: "libc.so.6:@0x98860"; what is inlined there also has its name.
 */
void annotate_say_choice(
	struct buf *out, const struct profile *p, const struct annotate_target *target);
/* The name of its body: with the marks that compilers add to parts and clones. */
void annotate_say_name(
	struct buf *out, const struct profile *p, const struct annotate_target *target);
/* "1,234 samples of its own, 61.2 % of all; 62.0 % with what it calls" */
void annotate_say_share(struct buf *out, const struct annotation *a);
/* "parse.c:12"; file NULL: unknown. */
void annotate_say_place(struct buf *out, const char *file, uint32_t line);
/* Where in a stretch of code the samples are to be looked for. */
void annotate_say_skid(struct buf *out, const struct profile *p);
/* Each thing that is not as one would wish; calls take for each. */
void annotate_each_problem(const struct annotation *a, const struct source_files *sources,
	const struct annotate_rows *rows, void (*take)(void *ctx, const char *text), void *ctx);

#endif
