/*
 * Text for a terminal, line by line: what does not fit the width is cut with an ellipsis, and
 *styles take no room. Names from anywhere may be added: what a terminal would obey is replaced.
 *
 *	line_style(&line, LINE_BOLD), line_add(&line, name), line_style(&line, LINE_PLAIN);
 *	line_end(&line);
 *	output_write(&line.buf, out, err);
 */
#ifndef REPORT_STYLED_LINE_H
#define REPORT_STYLED_LINE_H

#include "common/buf.h"

enum line_style { LINE_PLAIN, LINE_BOLD, LINE_DIM, LINE_RED, LINE_YELLOW, LINE_CYAN, LINE_GREEN };

struct styled_line {
	struct buf buf;   /* of all lines that have not been written */
	uint32_t width;   /* 0: no limit */
	bool has_styles;  /* false: styles do nothing */
	size_t column;    /* where in the line we are */
	size_t tabs_from; /* the column that tab stops, every 8, count from */
};

/* From here on. */
void line_style(struct styled_line *l, enum line_style style);
void line_add(struct styled_line *l, const char *text);
void line_add_n(struct styled_line *l, const char *text, size_t len);
void line_add_buf(struct styled_line *l, const struct buf *text);
/* A hundred characters at most. */
void line_fmt(struct styled_line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Whatever the width. */
void line_add_uncut(struct styled_line *l, const struct buf *text);
/* One text in a style. */
void line_add_styled(struct styled_line *l, enum line_style style, const char *text);
/* Without the blanks at its end. */
void line_end(struct styled_line *l);

#endif
