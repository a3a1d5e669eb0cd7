/*
 * The text view's parts and what they share. Private to text*.c.
 */
#ifndef FORMATS_TEXT_H
#define FORMATS_TEXT_H

#include "common/buf.h"
#include "formats/format.h"

enum text_style {
	TEXT_PLAIN,
	TEXT_HEADING,
	TEXT_DIM,
	TEXT_HOT,  /* a large share */
	TEXT_WARM, /* a notable share */
	TEXT_N_STYLES,
};

struct text {
	struct buf buf;
	struct profile *p;
	const struct format_options *options;
	int64_t total; /* of the value shown, over all samples */
	double min_percent;
};

/* From here on the style; does nothing without colour. */
void text_style(struct text *t, enum text_style style);
/* "100.0%" right-aligned in seven columns, coloured by size. */
void text_percent(struct text *t, int64_t value);
void text_heading(struct text *t, const char *heading);
/* The base name of a module, or "". */
const char *text_module(const struct text *t, uint32_t module);

MUST_CHECK bool text_flat_table(struct text *t, struct err *err);
void text_call_tree(struct text *t, const struct call_tree *tree);

#endif
