/*
 * UTF-8: see utf8.h.
 */
#include "formats/utf8.h"

#include <string.h>

/* What may follow a lead byte: how many bytes, and the range of the first of them. */
struct sequence {
	uint8_t lead_from, lead_to;
	uint8_t n_more;
	uint8_t second_from, second_to;
};

static const struct sequence sequences[] = {
	{ 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf },
	{ 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f },
	{ 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf },
	{ 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

static const struct sequence *sequence_find(uint8_t lead)
{
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
		if (lead >= sequences[i].lead_from && lead <= sequences[i].lead_to)
			return &sequences[i];
	return NULL;
}

uint32_t utf8_next(const char **at, const char *end)
{
	const uint8_t *p = (const uint8_t *)*at;
	size_t left = (size_t)(end - *at);
	(*at)++;
	if (*p < 0x80)
		return *p;
	const struct sequence *seq = sequence_find(*p);
	if (!seq || left <= seq->n_more || p[1] < seq->second_from || p[1] > seq->second_to)
		return UTF8_REPLACEMENT;
	uint32_t code_point = *p & (0x3f >> seq->n_more);
	for (size_t i = 1; i <= seq->n_more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return UTF8_REPLACEMENT;
		code_point = code_point << 6 | (p[i] & 0x3f);
	}
	*at += seq->n_more;
	return code_point;
}

bool utf8_is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c & 0xfffe) == 0xfffe ||
		(c >= 0xfdd0 && c <= 0xfdef) || (c >= 0x200e && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void utf8_append(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_u8(out, (uint8_t)c);
		return;
	}
	unsigned n_more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	buf_u8(out, (uint8_t)(lead[n_more] | c >> (6 * n_more)));
	while (n_more-- > 0)
		buf_u8(out, (uint8_t)(0x80 | (c >> (6 * n_more) & 0x3f)));
}

void utf8_append_clean(struct buf *out, const char *str)
{
	const char *end = str + strlen(str);
	while (str < end) {
		const char *plain = str;
		while (str < end && utf8_is_plain(*str))
			str++;
		buf_bytes(out, plain, (size_t)(str - plain));
		if (str == end)
			return;
		uint32_t c = utf8_next(&str, end);
		if (c == '\t' || c == '\n' || c == '\r')
			c = ' ';
		utf8_append(out, utf8_is_harmful(c) ? UTF8_REPLACEMENT : c);
	}
}

size_t utf8_length(const char *str, size_t len)
{
	size_t n = 0;
	if (!len)
		return 0; /* str may be NULL */
	for (const char *end = str + len; str < end; n++) {
		if (utf8_is_plain(*str))
			str++;
		else
			utf8_next(&str, end);
	}
	return n;
}

size_t utf8_prefix(const char *str, size_t len, size_t n)
{
	const char *at = str, *end = str + len;
	while (at < end && n-- > 0)
		utf8_next(&at, end);
	return (size_t)(at - str);
}
