/*
 * The one way in which data gets into XML: text and attribute values alike.
 */
#ifndef FORMATS_XML_ESCAPE_H
#define FORMATS_XML_ESCAPE_H

#include "common/buf.h"

/*
 * Appends str, fit for element text and for attributes in either quote. & < > " ' become entities
 * ('>' always, so that no "]]>" arises), tab and newline a blank, and what XML 1.0 (2.2, Char)
 * forbids or what is malformed or harmful (utf8.h) U+FFFD. The result is always well-formed.
 */
void xml_escape(struct buf *out, const char *str);
/* As xml_escape, of the first len bytes. */
void xml_escape_n(struct buf *out, const char *str, size_t len);

#endif
