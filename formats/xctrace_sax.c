/*
 * libxml2's parser over a file: see xctrace_sax.h.
 */
#include "formats/xctrace_sax.h"

#include "formats/libxml2.h"

#include <errno.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 16, POINTERS_PER_ATTRIBUTE = 5, MAX_ATTRIBUTES = 1000 };

struct run {
	const struct import_input *in;
	const struct xctrace_handler *handler;
	void *ctx;
	struct libxml2 lib;
	xmlParserCtxtPtr parser;
	struct err *err;
	bool failed; /* *err says why */

	/* The start tag that the pieces are in, if any. */
	bool in_tag, is_tag_start;
	char quote; /* 0: not in one */
	unsigned n_attributes;
};

const char *xctrace_attribute(const struct xctrace_tag *tag, const char *name, size_t *ret_len)
{
	for (int i = 0; i < tag->n_attributes; i++) {
		const unsigned char *const *a =
			tag->attributes + (size_t)i * POINTERS_PER_ATTRIBUTE;
		if (strcmp((const char *)a[0], name) != 0)
			continue;
		*ret_len = (size_t)(a[4] - a[3]);
		return (const char *)a[3];
	}
	return NULL;
}

/* Puts the place before the error and stops. The first error is kept. */
static void fail(struct run *run)
{
	if (!run->failed)
		err_prefix(run->err, "%s: line %d", run->in->name,
			run->parser ? run->lib.xmlSAX2GetLineNumber(run->parser) : 0);
	run->failed = true;
	run->lib.xmlStopParser(run->parser);
}

static void start_element(void *ctx, const xmlChar *name, const xmlChar *prefix UNUSED,
	const xmlChar *uri UNUSED, int n_namespaces UNUSED, const xmlChar **namespaces UNUSED,
	int n_attributes, int n_defaulted UNUSED, const xmlChar **attributes)
{
	struct run *run = ctx;
	const struct xctrace_tag tag = { (const char *)name, attributes, n_attributes };
	if (!run->failed && !run->handler->start(run->ctx, &tag, run->err))
		fail(run);
}

static void end_element(void *ctx, const xmlChar *name UNUSED, const xmlChar *prefix UNUSED,
	const xmlChar *uri UNUSED)
{
	struct run *run = ctx;
	if (!run->failed && !run->handler->end(run->ctx, run->err))
		fail(run);
}

static void characters(void *ctx, const xmlChar *text, int len)
{
	struct run *run = ctx;
	if (!run->failed &&
		!run->handler->text(run->ctx, (const char *)text, (size_t)len, run->err))
		fail(run);
}

static void document_type(void *ctx, const xmlChar *name UNUSED, const xmlChar *external UNUSED,
	const xmlChar *system UNUSED)
{
	struct run *run = ctx;
	if (run->failed)
		return;
	err_set(run->err, "it has a document type, which no export has");
	fail(run);
}

static void take_error(void *ctx, xmlErrorPtr error)
{
	struct run *run = ctx;
	if (run->failed || error->level < XML_ERR_ERROR)
		return;
	const char *text = error->message ? error->message : "it cannot be read";
	if (strstr(text, "Huge input lookup"))
		text = "a tag or comment is longer than 10 MB";
	err_set(run->err, "%.*s", (int)strcspn(text, "\n"), text);
	fail(run);
}

/* libxml2 compares each attribute of a tag with all before it, before it shows any. */
static bool check_attributes(struct run *run, const char *piece, size_t n)
{
	for (const char *at = piece; at < piece + n; at++) {
		bool is_start = run->is_tag_start;
		run->is_tag_start = false;
		if (!run->in_tag) {
			run->in_tag = run->is_tag_start = *at == '<';
			run->n_attributes = 0;
		} else if (run->quote) {
			run->quote = *at == run->quote ? 0 : run->quote;
		} else if (*at == '"' || *at == '\'') {
			run->quote = *at;
		} else if (*at == '>' || (is_start && (*at == '!' || *at == '?'))) {
			run->in_tag = false;
		} else if (*at == '=' && ++run->n_attributes > MAX_ATTRIBUTES) {
			return err_set(run->err, "%s: a tag has more than %d attributes",
				run->in->name, MAX_ATTRIBUTES);
		}
	}
	return true;
}

static bool feed(struct run *run)
{
	AUTO_FREE char *piece = malloc(PIECE_BYTES);
	if (!piece)
		return err_set(run->err, "%s: no memory", run->in->name);
	for (off_t at = 0; !run->failed;) {
		ssize_t n = pread(run->in->fd, piece, PIECE_BYTES, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(run->err, "cannot read %s", run->in->name);
		if (!check_attributes(run, piece, (size_t)n))
			return false;
		int code = run->lib.xmlParseChunk(run->parser, piece, (int)n, n == 0);
		if (code && !run->failed)
			return err_set(run->err, "%s: it is no well-formed XML", run->in->name);
		if (!n)
			break;
		at += n;
	}
	return !run->failed;
}

bool xctrace_sax_read(const struct import_input *in, const struct xctrace_handler *handler,
	void *ctx, struct err *err)
{
	struct run run = { .in = in, .handler = handler, .ctx = ctx, .err = err };
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = start_element,
		.endElementNs = end_element,
		.characters = characters,
		.cdataBlock = characters,
		.internalSubset = document_type,
		.serror = (xmlStructuredErrorFunc)take_error,
	};
	if (!libxml2_open(&run.lib, err))
		return false;
	run.parser = run.lib.xmlCreatePushParserCtxt(&sax, &run, NULL, 0, NULL);
	if (!run.parser)
		return err_set(err, "%s: no memory", in->name);
	/* NOENT: or SAX gets "&amp;" in attributes as "&#38;". Without document types there is no
	 * other entity to replace. */
	run.lib.xmlCtxtUseOptions(
		run.parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT);
	bool ok = feed(&run);
	if (run.parser->myDoc)
		run.lib.xmlFreeDoc(run.parser->myDoc);
	run.lib.xmlFreeParserCtxt(run.parser);
	return ok;
}
