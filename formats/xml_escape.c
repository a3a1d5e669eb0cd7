/*
 * Escaping for XML: see xml_escape.h.
 */
#include "formats/xml_escape.h"

#include "formats/utf8.h"

#include <string.h>

static const char *entity_find(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* How many bytes from str on stand for themselves: most names are such bytes alone. */
static size_t plain_length(const char *str, const char *end)
{
	const char *at = str;
	while (at < end && utf8_is_plain(*at) && !entity_find((uint8_t)*at))
		at++;
	return (size_t)(at - str);
}

void xml_escape_n(struct buf *out, const char *str, size_t len)
{
	const char *end = str + len;
	while (str < end) {
		size_t n_plain = plain_length(str, end);
		buf_bytes(out, str, n_plain);
		str += n_plain;
		if (str == end)
			return;
		uint32_t c = utf8_next(&str, end);
		const char *entity = entity_find(c);
		if (entity)
			buf_str(out, entity);
		else if (c == '\t' || c == '\n' || c == '\r')
			buf_u8(out, ' ');
		else
			utf8_append(out, utf8_is_harmful(c) ? UTF8_REPLACEMENT : c);
	}
}

void xml_escape(struct buf *out, const char *str)
{
	xml_escape_n(out, str, strlen(str));
}
