/*
 * Writing XML as a stream: see xml_stream.h.
 */
#include "formats/xml_stream.h"

#include "formats/utf8.h"

#include <errno.h>
#include <stdarg.h>

/* libxml2 would print to standard error. What went wrong is known from what it returns. */
static void ignore_error(void *ctx UNUSED, xmlErrorPtr error UNUSED)
{
}

static int write_bytes(void *stream, const char *bytes, int n)
{
	struct xml_stream *x = stream;
	if (fwrite(bytes, 1, (size_t)n, x->out) == (size_t)n)
		return n;
	x->write_errno = errno ? errno : EIO;
	x->failed = true;
	return -1;
}

static int close_nothing(void *stream UNUSED)
{
	return 0;
}

static void check(struct xml_stream *x, int result)
{
	x->failed |= result < 0;
}

static xmlTextWriterPtr writer_new(struct xml_stream *x)
{
	xmlOutputBufferPtr buffer =
		x->lib.xmlOutputBufferCreateIO(write_bytes, close_nothing, x, NULL);
	xmlTextWriterPtr writer = buffer ? x->lib.xmlNewTextWriter(buffer) : NULL;
	if (buffer && !writer)
		x->lib.xmlOutputBufferClose(buffer);
	return writer;
}

bool xml_stream_open(struct xml_stream *x, FILE *out, struct err *err)
{
	*x = (struct xml_stream){ .out = out };
	if (!libxml2_open(&x->lib, err))
		return false;
	x->old_handler = *x->lib.__xmlStructuredError();
	x->old_handler_ctx = *x->lib.__xmlStructuredErrorContext();
	x->lib.xmlSetStructuredErrorFunc(NULL, ignore_error);
	x->writer = writer_new(x);
	if (x->writer) {
		check(x, x->lib.xmlTextWriterStartDocument(x->writer, "1.0", NULL, NULL));
		return true;
	}
	x->failed = true;
	return xml_stream_close(x, err);
}

bool xml_stream_close(struct xml_stream *x, struct err *err)
{
	if (x->writer) {
		check(x, x->lib.xmlTextWriterEndDocument(x->writer));
		check(x, x->lib.xmlTextWriterFlush(x->writer));
		x->lib.xmlFreeTextWriter(x->writer);
	}
	x->lib.xmlSetStructuredErrorFunc(x->old_handler_ctx, x->old_handler);
	buf_fini(&x->clean);
	if (x->failed && !x->write_errno)
		return err_set(err, "out of memory while writing");
	if (!x->failed && (fflush(x->out) || ferror(x->out)))
		x->write_errno = errno;
	errno = x->write_errno;
	return !x->write_errno || err_errno(err, "cannot write the output");
}

void xml_start(struct xml_stream *x, const char *element)
{
	check(x, x->lib.xmlTextWriterStartElement(x->writer, BAD_CAST element));
}

void xml_end(struct xml_stream *x)
{
	check(x, x->lib.xmlTextWriterEndElement(x->writer));
}

/* NULL: no memory. It lives until the next call. */
static const char *clean(struct xml_stream *x, const char *text)
{
	buf_clear(&x->clean);
	utf8_append_clean(&x->clean, text);
	buf_u8(&x->clean, 0);
	x->failed |= x->clean.failed;
	return x->clean.failed ? NULL : (const char *)x->clean.data;
}

void xml_attr(struct xml_stream *x, const char *name, const char *value)
{
	const char *text = clean(x, value);
	if (text)
		check(x,
			x->lib.xmlTextWriterWriteAttribute(
				x->writer, BAD_CAST name, BAD_CAST text));
}

void xml_attr_fmt(struct xml_stream *x, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	check(x, x->lib.xmlTextWriterWriteAttribute(x->writer, BAD_CAST name, BAD_CAST text));
}

void xml_text(struct xml_stream *x, const char *text)
{
	text = clean(x, text);
	if (text)
		check(x, x->lib.xmlTextWriterWriteString(x->writer, BAD_CAST text));
}

void xml_text_u64(struct xml_stream *x, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	check(x, x->lib.xmlTextWriterWriteString(x->writer, BAD_CAST text));
}

void xml_element(struct xml_stream *x, const char *element, const char *text)
{
	xml_start(x, element);
	xml_text(x, text);
	xml_end(x);
}

void xml_newline(struct xml_stream *x)
{
	check(x, x->lib.xmlTextWriterWriteRaw(x->writer, BAD_CAST "\n"));
}
