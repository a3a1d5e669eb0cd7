/*
 * Writing JSON as a stream: see json_writer.h.
 */
#include "formats/json_writer.h"

#include "formats/number.h"
#include "formats/output.h"
#include "formats/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { FLUSH_BYTES = 1 << 16, LINE_SEPARATOR = 0x2028, PARAGRAPH_SEPARATOR = 0x2029 };
enum { NUMBER_BYTES = 32 }; /* 20 digits, sign and point */

void json_writer_open(struct json_writer *w, FILE *out)
{
	*w = (struct json_writer){ .out = out };
}

static void pass_on(struct json_writer *w)
{
	if (w->err.text[0])
		buf_clear(&w->text);
	else if (w->text.len >= FLUSH_BYTES && !output_pass(&w->text, w->out, &w->err))
		buf_clear(&w->text);
}

static void new_line(struct json_writer *w)
{
	buf_fmt(&w->text, "\n%*s", (int)w->depth, "");
}

/* Whether what lies in the innermost object or array has lines of its own. */
static bool has_lines(const struct json_writer *w)
{
	return w->depth &&
		(w->depth <= w->lines_to || (w->is_pretty && w->closers[w->depth - 1] == '}'));
}

/* What stands before a value or, in an object, before its key. */
static void begin(struct json_writer *w)
{
	if (w->is_value) {
		w->is_value = false;
		return;
	}
	if (w->needs_comma)
		buf_u8(&w->text, ',');
	if (has_lines(w))
		new_line(w);
}

static void end(struct json_writer *w)
{
	w->needs_comma = true;
	pass_on(w);
}

static void go_down(struct json_writer *w, char opener, char closer)
{
	begin(w);
	if (w->depth == JSON_MAX_DEPTH) {
		if (!w->err.text[0])
			err_set(&w->err, "JSON: nested too deeply");
		return;
	}
	buf_u8(&w->text, (uint8_t)opener);
	w->closers[w->depth++] = closer;
	w->needs_comma = false;
}

void json_put_object(struct json_writer *w)
{
	go_down(w, '{', '}');
}

void json_put_array(struct json_writer *w)
{
	go_down(w, '[', ']');
}

void json_put_end(struct json_writer *w)
{
	if (!w->depth)
		return;
	bool ends_line = has_lines(w) && w->needs_comma;
	char closer = w->closers[--w->depth];
	if (ends_line)
		new_line(w);
	buf_u8(&w->text, (uint8_t)closer);
	end(w);
}

void json_put_key(struct json_writer *w, const char *key)
{
	begin(w);
	buf_fmt(&w->text, w->is_pretty || w->lines_to ? "\"%s\": " : "\"%s\":", key);
	w->is_value = true;
}

static bool is_markup(char byte)
{
	return byte == '<' || byte == '>' || byte == '&';
}

static void escape(struct json_writer *w, uint32_t code_point)
{
	if (code_point == '"' || code_point == '\\')
		buf_fmt(&w->text, "\\%c", (char)code_point);
	else if (code_point == '\n')
		buf_str(&w->text, "\\n");
	else if (code_point == '\t')
		buf_str(&w->text, "\\t");
	else if ((code_point < 0x80 && is_markup((char)code_point) && w->safe_in_html) ||
		code_point == LINE_SEPARATOR || code_point == PARAGRAPH_SEPARATOR)
		buf_fmt(&w->text, "\\u%04" PRIx32, code_point);
	else
		utf8_append(&w->text, utf8_is_harmful(code_point) ? UTF8_REPLACEMENT : code_point);
}

/* How many bytes from str on stand for themselves: nearly all of most names. */
static size_t plain_run(const struct json_writer *w, const char *str, const char *end_of_str)
{
	const char *at = str;
	while (at < end_of_str && utf8_is_plain(*at) && *at != '"' && *at != '\\' &&
		!(w->safe_in_html && is_markup(*at)))
		at++;
	return (size_t)(at - str);
}

void json_put_string_n(struct json_writer *w, const char *str, size_t len)
{
	const char *end_of_str = str + len;
	begin(w);
	buf_u8(&w->text, '"');
	while (str < end_of_str) {
		size_t n = plain_run(w, str, end_of_str);
		buf_bytes(&w->text, str, n);
		str += n;
		if (str < end_of_str)
			escape(w, utf8_next(&str, end_of_str));
	}
	buf_u8(&w->text, '"');
	end(w);
}

void json_put_string(struct json_writer *w, const char *str)
{
	json_put_string_n(w, str, strlen(str));
}

/* Columns of millions of numbers are written: printf would take most of the time. */
static char *digits_before(char *at, uint64_t v)
{
	do
		*--at = (char)('0' + v % 10);
	while (v /= 10);
	return at;
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static void put_number(struct json_writer *w, bool is_negative, uint64_t v)
{
	char digits[NUMBER_BYTES], *end_of_digits = digits + sizeof digits;
	char *at = digits_before(end_of_digits, v);
	if (is_negative)
		*--at = '-';
	begin(w);
	buf_bytes(&w->text, at, (size_t)(end_of_digits - at));
	end(w);
}

void json_put_u64(struct json_writer *w, uint64_t v)
{
	put_number(w, false, v);
}

void json_put_i64(struct json_writer *w, int64_t v)
{
	put_number(w, v < 0, magnitude(v));
}

void json_put_fixed(struct json_writer *w, int64_t v, unsigned decimals)
{
	char digits[NUMBER_BYTES], *end_of_digits = digits + sizeof digits, *at = end_of_digits;
	uint64_t rest = magnitude(v);
	for (; decimals && rest % 10 == 0; decimals--)
		rest /= 10;
	for (unsigned i = 0; i < decimals; i++, rest /= 10)
		*--at = (char)('0' + rest % 10);
	if (decimals)
		*--at = '.';
	at = digits_before(at, rest);
	if (v < 0)
		*--at = '-';
	begin(w);
	buf_bytes(&w->text, at, (size_t)(end_of_digits - at));
	end(w);
}

void json_put_double(struct json_writer *w, double v, unsigned decimals)
{
	if (!isfinite(v)) {
		json_put_null(w);
		return;
	}
	begin(w);
	size_t start = w->text.len;
	number_decimal(&w->text, v, decimals);
	if (decimals && !w->text.failed) {
		while (w->text.len > start && w->text.data[w->text.len - 1] == '0')
			w->text.len--;
		if (w->text.len > start && w->text.data[w->text.len - 1] == '.')
			w->text.len--;
	}
	end(w);
}

void json_put_bool(struct json_writer *w, bool v)
{
	begin(w);
	buf_str(&w->text, v ? "true" : "false");
	end(w);
}

void json_put_null(struct json_writer *w)
{
	begin(w);
	buf_str(&w->text, "null");
	end(w);
}

bool json_writer_close(struct json_writer *w, struct err *err)
{
	while (w->depth)
		json_put_end(w);
	buf_u8(&w->text, '\n');
	bool ok = !w->err.text[0] && output_write(&w->text, w->out, &w->err);
	if (!ok)
		*err = w->err;
	buf_fini(&w->text);
	return ok;
}
