/*
 * Tagged fields: the payload of meta, statistics and file blocks. A payload is a run of
 * {uleb tag, uleb length, bytes}; numbers are ULEB128, strings are their bytes without a NUL. A
 * reader ignores tags it does not know, and a field that is absent reads as 0 or "", so that
 * fields can be added. A table says which struct member a tag belongs to.
 */
#ifndef COMMON_TRACE_FIELDS_H
#define COMMON_TRACE_FIELDS_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/err.h"
#include "common/trace_event.h"

enum trace_field_type {
	TRACE_FIELD_STRING, /* const char * */
	TRACE_FIELD_U32,
	TRACE_FIELD_U64,
	TRACE_FIELD_I32, /* zigzag */
	TRACE_FIELD_BOOL,
};

struct trace_field {
	uint8_t tag;
	uint8_t type; /* enum trace_field_type */
	size_t offset;
};

struct trace_fields {
	const struct trace_field *fields;
	size_t n;
};

extern const struct trace_fields trace_meta_fields;
extern const struct trace_fields trace_stats_fields;

/* record is the struct that the table describes. */
void trace_fields_encode(const struct trace_fields *table, const void *record, struct buf *b);

/* Fills record, setting strings that are absent to "". Strings are copied to `strings`, which must
 * be a growing buffer and outlive record. False when the payload is malformed, or out of memory
 * (strings->failed). */
MUST_CHECK bool trace_fields_decode(
	const struct trace_fields *table, struct cursor c, void *record, struct buf *strings);

#endif
