/*
 * Writing JSON as a stream: what is written goes to the file when enough has gathered, so that the
 * output is never held. Commas come by themselves. Errors stick and are told at the end.
 *
 *	struct json_writer w;
 *	json_writer_open(&w, out);
 *	json_put_object(&w);
 *	json_put_key(&w, "name"), json_put_string(&w, name);
 *	json_put_key(&w, "rows"), json_put_array(&w);
 *	json_put_u64(&w, 12);
 *	json_put_end(&w), json_put_end(&w);
 *	return json_writer_close(&w, err);
 *
 * Strings may be any bytes: malformed UTF-8 and harmful characters (utf8.h) become U+FFFD, but for
 * tab and newline, which are escaped. With safe_in_html, '<', '>' and '&' are escaped too, so that
 * the text can stand in a <script>; U+2028 and U+2029 always are.
 */
#ifndef FORMATS_JSON_WRITER_H
#define FORMATS_JSON_WRITER_H

#include "common/buf.h"
#include "common/err.h"

#include <stdio.h>

enum { JSON_MAX_DEPTH = 64 };

struct json_writer {
	FILE *out;
	struct buf text;
	char closers[JSON_MAX_DEPTH]; /* '}' or ']' */
	unsigned depth;
	bool needs_comma;
	bool is_value;     /* a key has been written */
	bool safe_in_html; /* may be set after opening */
	bool is_pretty;    /* likewise: a line for each value of an object, indented by blanks */
	unsigned lines_to; /* likewise: a line for each value that lies no deeper than this */
	struct err err;    /* the first one */
};

void json_writer_open(struct json_writer *w, FILE *out);
/* Ends what is still open, writes, and frees. The file stays open. */
MUST_CHECK bool json_writer_close(struct json_writer *w, struct err *err);

void json_put_object(struct json_writer *w);
void json_put_array(struct json_writer *w);
void json_put_end(struct json_writer *w); /* of the innermost object or array */

/* Inside an object, before each value. The key is the program's own: not escaped. */
void json_put_key(struct json_writer *w, const char *key);

void json_put_string(struct json_writer *w, const char *str);
void json_put_string_n(struct json_writer *w, const char *str, size_t len);
void json_put_u64(struct json_writer *w, uint64_t v);
void json_put_i64(struct json_writer *w, int64_t v);
/* v / 10^decimals exactly, without trailing zeros: nanoseconds as milliseconds are 6 decimals, and
 * no more than that may be asked for. */
void json_put_fixed(struct json_writer *w, int64_t v, unsigned decimals);
/* With at most so many decimals (up to 6), without trailing zeros; not finite: null. */
void json_put_double(struct json_writer *w, double v, unsigned decimals);
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);

#endif
