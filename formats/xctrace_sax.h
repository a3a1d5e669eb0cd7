/*
 * libxml2's parser over a file, a piece at a time, for reading XML that nobody vouches for.
 *
 * The push parser is used and not xmlTextReader, because only SAX calls come early enough to
 * refuse a document type: the reader would have expanded its entities in attributes before it
 * shows them. So there are no entities but the five of XML, nothing outside the file is asked for,
 * and libxml2's own limits hold (10 MB for an attribute or a text). What is said of the encoding is
 * passed over: it is UTF-8.
 */
#ifndef FORMATS_XCTRACE_SAX_H
#define FORMATS_XCTRACE_SAX_H

#include "formats/import.h"

/* A start tag. Names are without a namespace. */
struct xctrace_tag {
	const char *name;
	const unsigned char *const *attributes; /* libxml2's, 5 pointers each */
	int n_attributes;
};

/* NULL: it has none of that name. Not ended by a NUL, and gone when the call returns. */
const char *xctrace_attribute(const struct xctrace_tag *tag, const char *name, size_t *ret_len);

/* Each returns false, with the error, to stop. */
struct xctrace_handler {
	bool (*start)(void *ctx, const struct xctrace_tag *tag, struct err *err);
	bool (*text)(void *ctx, const char *text, size_t len, struct err *err); /* in pieces */
	bool (*end)(void *ctx, struct err *err);
};

MUST_CHECK bool xctrace_sax_read(const struct import_input *in,
	const struct xctrace_handler *handler, void *ctx, struct err *err);

#endif
