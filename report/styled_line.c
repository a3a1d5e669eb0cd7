/*
 * Lines for a terminal: see styled_line.h.
 */
#include "report/styled_line.h"

#include "formats/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TAB = 8 };

void line_style(struct styled_line *l, enum line_style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[2m", "\033[1;31m",
		"\033[33m", "\033[36m", "\033[32m" };
	if (l->has_styles)
		buf_str(&l->buf, codes[style]);
}

void line_add_n(struct styled_line *l, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	uint32_t width = l->width;
	while (at < end) {
		uint32_t c = utf8_next(&at, end);
		size_t n = c == '\t' ? TAB - (l->column - l->tabs_from) % TAB : 1;
		if (width && l->column + n > width - (at < end)) {
			if (l->column < width)
				buf_str(&l->buf, "…");
			l->column = width;
			return;
		}
		if (c == '\t' || c == '\n' || c == '\r')
			buf_fmt(&l->buf, "%*s", c == '\r' ? 0 : (int)n, "");
		else
			utf8_append(&l->buf, utf8_is_harmful(c) ? UTF8_REPLACEMENT : c);
		l->column += n;
	}
}

void line_add(struct styled_line *l, const char *text)
{
	line_add_n(l, text, strlen(text));
}

void line_fmt(struct styled_line *l, const char *fmt, ...)
{
	char text[128];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	line_add(l, text);
}

void line_add_styled(struct styled_line *l, enum line_style style, const char *text)
{
	line_style(l, style);
	line_add(l, text);
	line_style(l, LINE_PLAIN);
}

void line_add_buf(struct styled_line *l, const struct buf *text)
{
	line_add_n(l, (const char *)text->data, text->len);
}

void line_end(struct styled_line *l)
{
	while (l->buf.len && !l->buf.failed && l->buf.data[l->buf.len - 1] == ' ')
		l->buf.len--;
	buf_str(&l->buf, "\n");
	l->column = 0;
	l->tabs_from = 0;
}

void line_add_uncut(struct styled_line *l, const struct buf *text)
{
	uint32_t width = l->width;
	l->width = 0;
	line_add_buf(l, text);
	l->width = width;
}
