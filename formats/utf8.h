/*
 * Reading text that may be anything: names come from files and processes that nobody vouches for.
 * Every output decodes them here, so that all agree on what is a character and what is harmless.
 */
#ifndef FORMATS_UTF8_H
#define FORMATS_UTF8_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xfffd };

/*
 * The next code point, and moves *at past it. A byte that starts no well-formed sequence (Unicode
 * 15, table 3-7: overlong forms, surrogates, above U+10FFFF) yields U+FFFD and is skipped alone.
 * *at < end.
 */
uint32_t utf8_next(const char **at, const char *end);

/* Whether the byte is a harmless character by itself: printable ASCII. */
static inline bool utf8_is_plain(char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* C0 and C1 controls, DEL, noncharacters, and the bidirectional controls that make text read other
 * than it is: no output shows them. */
bool utf8_is_harmful(uint32_t code_point);

void utf8_append(struct buf *out, uint32_t code_point);

/* Appends str with U+FFFD for every harmful or malformed character; blanks for tab and newline. */
void utf8_append_clean(struct buf *out, const char *str);

size_t utf8_length(const char *str, size_t len); /* code points */
/* The bytes that the first n code points take (at most len). */
size_t utf8_prefix(const char *str, size_t len, size_t n);

#endif
