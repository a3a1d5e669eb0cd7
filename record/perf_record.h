/*
 * The kernel's records (perf_event_open(2), "MMAP layout") as the trace's plain records.
 *
 * The layout follows from the attributes that record/perf_attr.c asks for: samples begin with
 * PERF_RECORD_SAMPLE_TYPE's fields, all other records end with the sample_id trailer of the same
 * fields, so that the time is at a fixed place in each.
 *
 * Pointers in the results point into the record, or into the scratch arrays of
 * struct perf_sample_scratch.
 */
#ifndef RECORD_PERF_RECORD_H
#define RECORD_PERF_RECORD_H

#include "common/trace_event.h"

#include <linux/perf_event.h>

/* In every record of every event. */
#define PERF_RECORD_COMMON_TYPE \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU)
/* In every sample, before what the stack mode adds; but a fixed period is in none. */
#define PERF_RECORD_SAMPLE_TYPE (PERF_RECORD_COMMON_TYPE | PERF_SAMPLE_IP | PERF_SAMPLE_PERIOD)

struct perf_sample_scratch {
	uint64_t kernel_pcs[TRACE_MAX_CHAIN];
	uint64_t user_pcs[TRACE_MAX_CHAIN];
};

/* Of a sample; -1 when it is cut. */
int32_t perf_record_sample_pid(const struct perf_event_header *record);

uint64_t perf_record_time(const struct perf_event_header *record);

/* What a record does not say of itself. */
struct perf_record_origin {
	bool of_sideband;
	bool has_build_ids; /* else the mark that mappings have one tells nothing: perf_attr.h */
};

/* False for records that the trace has no use for, and for malformed ones. */
bool perf_record_event(const struct perf_event_header *record, struct perf_record_origin origin,
	struct trace_event *ret_event);

/*
 * sample_type is the event's attr.sample_type. The sample comes as the kernel took it: all user
 * registers, stack.words in place, stack.keep NULL, period 0 when it is fixed. False when the
 * record is malformed.
 */
bool perf_record_sample(const struct perf_event_header *record, uint64_t sample_type,
	const struct arch *arch, struct perf_sample_scratch *scratch,
	struct trace_sample *ret_sample);

#endif
