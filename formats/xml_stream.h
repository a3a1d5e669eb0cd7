/*
 * Writing XML as a stream, by libxml2's xmlTextWriter: no encoding is declared and nothing is
 * indented, so that the text is what its readers expect byte by byte.
 *
 *	struct xml_stream x;
 *	if (!xml_stream_open(&x, out, err))
 *		return false;
 *	xml_start(&x, "row");
 *	xml_attr(&x, "name", "a<b");
 *	xml_end(&x);
 *	return xml_stream_close(&x, err);
 *
 * Strings may be any bytes: the writer escapes markup but passes control characters and mends
 * invalid UTF-8 in its own way, so they go through utf8_append_clean first. Errors stick and are
 * told at the end.
 */
#ifndef FORMATS_XML_STREAM_H
#define FORMATS_XML_STREAM_H

#include "common/buf.h"
#include "common/err.h"
#include "formats/libxml2.h"

#include <stdio.h>

struct xml_stream {
	FILE *out;
	struct libxml2 lib;
	xmlTextWriterPtr writer;
	struct buf clean;
	bool failed;
	int write_errno; /* 0: no memory */
	void *old_handler_ctx;
	xmlStructuredErrorFunc old_handler;
};

MUST_CHECK bool xml_stream_open(struct xml_stream *x, FILE *out, struct err *err);
/* Ends what is still open, writes, and frees; also after a failure. The file stays open. */
MUST_CHECK bool xml_stream_close(struct xml_stream *x, struct err *err);

void xml_start(struct xml_stream *x, const char *element);
void xml_end(struct xml_stream *x);
/* After xml_start and before any content. */
void xml_attr(struct xml_stream *x, const char *name, const char *value);
void xml_attr_fmt(struct xml_stream *x, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void xml_text(struct xml_stream *x, const char *text);
void xml_text_u64(struct xml_stream *x, uint64_t value);
/* An element that holds text alone. */
void xml_element(struct xml_stream *x, const char *element, const char *text);
void xml_newline(struct xml_stream *x);

#endif
