/*
 * The build-id of an ELF file: the note that the linker makes from its contents, by which a file is
 * known wherever it lies.
 */
#ifndef COMMON_BUILD_ID_H
#define COMMON_BUILD_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { TRACE_BUILD_ID_MAX = 20, BUILD_ID_HEX_MAX = 2 * TRACE_BUILD_ID_MAX + 1 };

struct build_id {
	uint8_t bytes[TRACE_BUILD_ID_MAX];
	uint8_t len; /* 0: unknown */
};

/* Two that are unknown are equal, too. */
static inline bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* In hexadecimal digits, as file names and other tools have it; unknown: "". Returns hex. */
const char *build_id_hex(const struct build_id *id, char hex[BUILD_ID_HEX_MAX]);

#endif
