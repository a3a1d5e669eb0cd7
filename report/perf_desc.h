/*
 * One sampled event as perf.data describes it: perf_event_open(2)'s struct perf_event_attr, and
 * what follows from it: where in its records the time, the thread and the event's id stand.
 */
#ifndef REPORT_PERF_DESC_H
#define REPORT_PERF_DESC_H

#include "common/cursor.h"
#include "report/perf_format.h"

enum { PERF_NAME_BYTES = 96 };

/* Where a field stands, in 8-byte words: of a sample behind its header; of the trailer that other
 * records have, from its start. Negative: there is none. */
struct perf_layout {
	int8_t sample_tid, sample_time, sample_id;
	int8_t trailer_tid, trailer_time, trailer_id, trailer_cpu;
	uint8_t trailer_words; /* 0: records have no trailer */
};

struct perf_desc {
	uint32_t type, size_bytes;
	uint64_t config, period, sample_type, read_format, flags;
	uint64_t branch_type, regs_user, regs_intr;
	uint32_t stack_user_bytes;
	struct perf_layout layout;
	char name[PERF_NAME_BYTES]; /* "": not told by the file */
};

/* Reads an attr from the cursor, which it may use up to its end; an attr says itself how long it
 * is. False: malformed. */
MUST_CHECK bool perf_desc_read(struct cursor *c, struct perf_desc *ret_desc);

/* What the event is called, from type and config, if the file has no name for it. pmu: the name of
 * the type if the file has one, or NULL. */
void perf_desc_make_name(struct perf_desc *desc, const char *pmu);

static inline bool perf_desc_flag(const struct perf_desc *desc, unsigned int bit)
{
	return desc->flags >> bit & 1;
}

bool perf_desc_is_time(const struct perf_desc *desc);  /* periods count nanoseconds */
bool perf_desc_is_dummy(const struct perf_desc *desc); /* only there for its other records */
/* Of a sample without a period of its own. */
uint64_t perf_desc_period(const struct perf_desc *desc);

#endif
