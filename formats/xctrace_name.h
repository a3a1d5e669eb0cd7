/*
 * Names of frames, as inferno-collapse-xctrace 0.12.8 can read them: it looks for a Rust hash in
 * the last 17 bytes of a name, and dies where these begin inside a character. So the writer puts
 * blanks behind such a name, and the reader takes them away. Names in ASCII are never concerned.
 */
#ifndef FORMATS_XCTRACE_NAME_H
#define FORMATS_XCTRACE_NAME_H

#include <stddef.h>

enum { XCTRACE_NAME_TAIL_BYTES = 17 };

/* How many blanks the name needs; it is UTF-8. */
static inline size_t xctrace_name_padding(const char *name, size_t len)
{
	size_t n = 0;
	while (len + n >= XCTRACE_NAME_TAIL_BYTES && n < XCTRACE_NAME_TAIL_BYTES &&
		((unsigned char)name[len + n - XCTRACE_NAME_TAIL_BYTES] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The name's length without the blanks that it needs: as many as there may be, so that a name that
 * had one of its own at that place loses it. */
static inline size_t xctrace_name_length(const char *name, size_t len)
{
	size_t length = len;
	for (size_t n = 1; n <= len && name[len - n] == ' '; n++)
		if (xctrace_name_padding(name, len - n) == n)
			length = len - n;
	return length;
}

#endif
