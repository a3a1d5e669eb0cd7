/*
 * The payload of an events block: records {uleb kind, uleb length, body}. A body begins with the
 * time (zigzag, as a difference to the record before), pid and tid; the rest depends on the kind.
 * Strings stand in records of their own (kind 0) before their first use and are numbered from 0 in
 * each block, so that a reader that skips a kind it does not know loses neither time nor names.
 */
#ifndef COMMON_TRACE_EVENT_CODEC_H
#define COMMON_TRACE_EVENT_CODEC_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/trace_event.h"

enum {
	TRACE_STRING_SLOTS = 1024,
	TRACE_MAX_EVENT_BYTES = 256, /* without strings */
};

struct trace_event_encoder {
	struct buf payload; /* fixed */
	uint64_t first_ns, last_ns, previous_ns;
	uint32_t n_records;
	uint32_t n_strings;
	struct {
		uint32_t offset; /* of the characters in payload; 0 = free */
		uint32_t number;
	} strings[TRACE_STRING_SLOTS];
};

/* payload_bytes of memory for the payload. */
MUST_CHECK bool trace_event_encoder_init(struct trace_event_encoder *e, size_t payload_bytes);
void trace_event_encoder_fini(struct trace_event_encoder *e);
void trace_event_encoder_clear(struct trace_event_encoder *e);
/* True when one more event of any size fits. */
bool trace_event_encoder_has_room(const struct trace_event_encoder *e);
void trace_event_encoder_add(struct trace_event_encoder *e, const struct trace_event *event);

struct trace_event_decoder {
	struct cursor c;
	uint64_t previous_ns;
	uint32_t n_left;      /* records announced and not yet seen */
	uint32_t n_unknown;   /* records of unknown kinds, skipped */
	const char **strings; /* grown as needed, kept from block to block */
	size_t n_strings, cap_strings;
	bool no_memory;
};

void trace_event_decoder_begin(
	struct trace_event_decoder *d, const uint8_t *payload, size_t size, uint32_t n_records);
void trace_event_decoder_fini(struct trace_event_decoder *d);
/* False at the end, or at a record that cannot be decoded: then n_left is not 0. */
bool trace_event_decoder_next(struct trace_event_decoder *d, struct trace_event *ret);

#endif
