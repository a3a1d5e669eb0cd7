/*
 * A sample of perf.data as a sample of the trace: the fields in the order of perf_event_open(2),
 * every one that kernels up to 6.19 write, and of them what a profile needs.
 */
#ifndef REPORT_PERF_SAMPLE_H
#define REPORT_PERF_SAMPLE_H

#include "common/trace_event.h"
#include "report/perf_desc.h"

/* Storage of a sample's arrays. */
struct perf_sample_room {
	uint64_t kernel_pcs[TRACE_MAX_CHAIN];
	uint64_t user_pcs[TRACE_MAX_CHAIN];
	uint64_t words[TRACE_MAX_STACK_WORDS]; /* if the record's are not aligned */
};

/* What a sample had that the trace's sample cannot tell. */
struct perf_sample_extra {
	bool has_cookie; /* the user's call chain comes in a record of its own, with this cookie */
	uint64_t cookie;
	bool is_guest;     /* taken in a virtual machine's guest, of which nothing is known */
	bool is_32_bit;    /* of a 32-bit process, whose stack is not unwound */
	bool is_chain_cut; /* more callers than TRACE_MAX_CHAIN */
};

/*
 * record: the whole record. stack.words points into it, or into room if it is not aligned to 8
 * bytes; slot and reuse range are left 0. False: malformed.
 */
MUST_CHECK bool perf_sample_read(const struct perf_desc *desc, const struct arch *arch,
	const uint8_t *record, size_t n, struct perf_sample_room *room,
	struct trace_sample *ret_sample, struct perf_sample_extra *ret_extra);

/* The deferred user call chain of a record of type 22; false: malformed. */
MUST_CHECK bool perf_sample_add_deferred(const uint8_t *record, size_t n, const struct arch *arch,
	struct perf_sample_room *room, struct trace_sample *sample,
	struct perf_sample_extra *extra);

#endif
