/*
 * The parts of an annotated function as text. Private to annotate_text*.c.
 */
#ifndef REPORT_ANNOTATE_TEXT_H
#define REPORT_ANNOTATE_TEXT_H

#include "report/annotate_output.h"
#include "report/styled_line.h"

struct writer {
	struct styled_line line;
	FILE *out;
	struct annotate_report *r;
	const struct annotation *a;
	struct source_files *sources;
	const struct annotate_rows *rows;
	int address_digits;
};

/* The style of a share. */
enum line_style text_heat(double percent);
/* " 12.34%", or as many blanks. */
void text_add_share(struct writer *w, int64_t part, int64_t whole);
/* Mnemonic, operands, target. */
void text_add_insn(
	struct writer *w, const struct insn *insn, const struct annotated_insn *note, bool is_bold);
/* The source line, if there is one, without what indents it. */
void text_add_source(struct writer *w, const char *file, uint32_t line);
/* "burn.h:25" */
void text_add_place(struct writer *w, const char *file, uint32_t line);

/* What was found, and the event. */
void text_write_top(struct writer *w);
/* Of one function: what it is, what is wrong with it, and where it is hot. */
void text_write_head(struct writer *w);
void text_write_hot_lines(struct writer *w);
void text_write_hot_insns(struct writer *w);

#endif
