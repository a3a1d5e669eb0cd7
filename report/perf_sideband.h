/*
 * The kernel's records but samples, as events of the trace: mappings, names, forks, losses. Pure
 * functions of a record and the event it belongs to.
 */
#ifndef REPORT_PERF_SIDEBAND_H
#define REPORT_PERF_SIDEBAND_H

#include "report/perf_desc.h"
#include "report/perf_walk.h"

enum perf_sideband {
	PERF_SIDEBAND_EVENT,        /* *event is filled */
	PERF_SIDEBAND_KERNEL_MAP,   /* a mapping of the kernel's; *event is filled */
	PERF_SIDEBAND_SYMBOL,       /* *symbol is filled */
	PERF_SIDEBAND_LOST_SAMPLES, /* counted at the end by perf, or by the kernel's PMU driver */
	PERF_SIDEBAND_KNOWN,        /* of no use for stacks */
	PERF_SIDEBAND_UNKNOWN,      /* a kind that this reader does not know */
	PERF_SIDEBAND_MALFORMED,
};

/* desc gives the layout of the trailer. Strings point into the record. */
enum perf_sideband perf_sideband_read(const struct perf_record *record,
	const struct perf_desc *desc, struct trace_event *ret_event,
	struct trace_kernel_symbol *ret_symbol);

/* A field of a record: word number `word` of its trailer, or of its body if it is a sample. False:
 * the record is too short, or has no such field. */
bool perf_record_word(const struct perf_record *record, const struct perf_desc *desc,
	int8_t in_sample, int8_t in_trailer, uint64_t *ret_value);

/* The sample id of the record; 0: it has none. */
uint64_t perf_record_id(const struct perf_record *record, const struct perf_desc *desc);
/* Its time; 0: it has none, or perf made it up at the start. */
uint64_t perf_record_time_ns(const struct perf_record *record, const struct perf_desc *desc);

#endif
