/*
 * The rows in which an annotated function is shown, whatever the output: instructions, and between
 * them the source lines that they come from, the calls that were inlined, and how much is left out.
 *
 * Left out are long runs of instructions that were not sampled, but for a few around those that
 * were, unless the whole is wanted or is short.
 */
#ifndef REPORT_ANNOTATE_ROWS_H
#define REPORT_ANNOTATE_ROWS_H

#include "report/annotate.h"
#include "report/jump_lanes.h"
#include "report/source_file.h"

struct annotate_look { /* how it is to be shown */
	bool no_source, no_asm;
	bool full;          /* leave nothing out */
	bool children;      /* a column of totals */
	double min_percent; /* of the function: colder instructions count as not sampled */
	uint32_t width;     /* text: columns; 0: no limit */
	bool colour;
};

enum annotate_row_kind {
	ROW_INSN,
	ROW_SOURCE,  /* file and line, of instruction insn */
	ROW_INLINED, /* frames[level] of instruction insn begins, inlined into frames[level + 1] */
	ROW_FOLD,    /* n_folded are left out, before instruction insn */
	ROW_FILE,    /* without instructions: the lines of file follow */
	ROW_LINE,    /* a line of it; insn is its hottest instruction, or n_insns */
};

struct annotate_row {
	enum annotate_row_kind kind;
	size_t insn;
	size_t n_folded;
	uint32_t level;
	uint32_t line;
	const char *file;
	int64_t self;
};

struct annotate_rows {
	struct annotate_row *v;
	size_t n, cap;
	struct jump_lanes lanes;
};

MUST_CHECK bool annotate_rows_init(struct annotate_rows *rows, const struct annotation *a,
	struct source_files *sources, const struct annotate_look *look, struct err *err);
void annotate_rows_fini(struct annotate_rows *rows);
static inline void annotate_rows_fini_ptr(struct annotate_rows *rows)
{
	annotate_rows_fini(rows);
}

/* Whether totals are shown: they are wanted, or there is nothing else. */
bool annotate_shows_total(const struct annotation *a, const struct annotate_look *look);

/* How many inlined calls deep the instruction is. */
uint32_t annotate_depth(const struct annotation *a, size_t insn);

/* annotate_lines.c: the rows without instructions. */
MUST_CHECK bool annotate_rows_of_lines(struct annotate_rows *rows, const struct annotation *a,
	struct source_files *sources, const struct annotate_look *look, struct err *err);
MUST_CHECK bool annotate_rows_push(
	struct annotate_rows *rows, const struct annotate_row *row, struct err *err);

#endif
