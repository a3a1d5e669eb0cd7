/* A ring as the kernel would fill it, in the test's own memory, and records to fill it with. */
#ifndef RECORD_TEST_SYNTHETIC_RING_H
#define RECORD_TEST_SYNTHETIC_RING_H

#include "common/defs.h"
#include "record/perf_record.h"
#include "record/ring.h"

#include <string.h>

struct synthetic_ring {
	struct perf_event_mmap_page control;
	uint8_t data[4096] __attribute__((aligned(8)));
	uint8_t scratch[RING_RECORD_MAX];
};

static inline struct ring synthetic_ring_init(struct synthetic_ring *s, uint64_t start)
{
	memset(s, 0, sizeof(*s));
	s->control.data_head = s->control.data_tail = start;
	return (struct ring){
		.control = &s->control,
		.data = s->data,
		.size_bytes = sizeof(s->data),
		.head = start,
		.tail = start,
		.scratch = s->scratch,
	};
}

/* False when there is no room. */
static inline bool synthetic_ring_put(struct synthetic_ring *s, const void *record)
{
	const struct perf_event_header *header = record;
	const uint8_t *bytes = record;
	uint64_t head = s->control.data_head;
	if (head + header->size - s->control.data_tail > sizeof(s->data))
		return false;
	for (uint16_t i = 0; i < header->size; i++)
		s->data[(head + i) % sizeof(s->data)] = bytes[i];
	s->control.data_head = head + header->size;
	return true;
}

/* A record that is built field by field. */
struct record_builder {
	uint8_t bytes[2048] __attribute__((aligned(8)));
	size_t len;
};

static inline void build_u64(struct record_builder *b, uint64_t value)
{
	memcpy(b->bytes + b->len, &value, 8);
	b->len += 8;
}

static inline void build_u32(struct record_builder *b, uint32_t value)
{
	memcpy(b->bytes + b->len, &value, 4);
	b->len += 4;
}

static inline void build_text(struct record_builder *b, const char *text)
{
	memcpy(b->bytes + b->len, text, strlen(text) + 1);
	b->len += (strlen(text) + 8) / 8 * 8;
}

static inline void build_begin(struct record_builder *b, uint32_t type, uint16_t misc)
{
	memset(b, 0, sizeof(*b));
	build_u32(b, type);
	memcpy(b->bytes + 4, &misc, sizeof(misc));
	b->len = 8;
}

static inline const struct perf_event_header *build_end(struct record_builder *b)
{
	uint16_t size = (uint16_t)b->len;
	memcpy(b->bytes + 6, &size, sizeof(size));
	return (const struct perf_event_header *)(const void *)b->bytes;
}

/* The sample_id trailer, and the end. */
static inline const struct perf_event_header *build_trailer(
	struct record_builder *b, uint32_t pid, uint32_t tid, uint64_t time_ns, uint32_t cpu)
{
	build_u32(b, pid);
	build_u32(b, tid);
	build_u64(b, time_ns);
	build_u64(b, cpu);
	build_u64(b, 1);
	return build_end(b);
}

/* The fields that every sample begins with. */
static inline void build_sample(struct record_builder *b, uint16_t misc, uint64_t ip, uint32_t pid,
	uint32_t tid, uint64_t time_ns)
{
	build_begin(b, PERF_RECORD_SAMPLE, misc);
	build_u64(b, 1);
	build_u64(b, ip);
	build_u32(b, pid);
	build_u32(b, tid);
	build_u64(b, time_ns);
	build_u64(b, 3);
	build_u64(b, 1000);
}

#endif
