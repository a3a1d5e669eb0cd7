/*
 * perf.data as an input: what the two passes share. input_perf.c opens the file and hands out
 * batches, perf_scan.c is the first pass, perf_batch.c the second.
 */
#ifndef REPORT_PERF_INPUT_H
#define REPORT_PERF_INPUT_H

#include "report/input.h"
#include "report/perf_file.h"
#include "report/perf_index.h"
#include "report/perf_kernel.h"

/* A batch is at most so many samples, and so many bytes of records: little enough to be read into
 * memory at once by each thread, and enough that few stacks begin a batch without a predecessor. */
enum { PERF_BATCH_SAMPLES = 512, PERF_BATCH_BYTES = 4 << 20 };

/* What is told of samples at the end; the unknown kinds of records come after these. */
enum perf_told {
	PERF_TOLD_GUEST,
	PERF_TOLD_32_BIT,
	PERF_TOLD_CHAIN_CUT,
	PERF_TOLD_NO_DEFERRED,
	PERF_TOLD_KERNEL, /* addresses without a name */
	PERF_N_TOLD,
	PERF_MAX_TOLD = PERF_N_TOLD + 24,
};

static const uint32_t perf_no_event = UINT32_MAX;

/* A user call chain that came later than its sample. */
struct perf_deferred {
	uint64_t cookie;
	uint32_t tid;
	uint32_t n_bytes; /* of its record, without the trailer */
	perf_place place;
};

struct perf_input {
	struct input in; /* first */
	struct perf_source source;
	struct perf_header header;
	struct perf_extent extent;
	const struct arch *arch;
	uint32_t *event_of_desc; /* perf_no_event: it makes no samples */
	uint32_t *desc_of_event;
	struct perf_index *indexes;     /* of each event's samples */
	struct perf_deferred *deferred; /* sorted after the first pass */
	size_t n_deferred, cap_deferred;
	struct perf_kernel kernel;
	struct build_id vdso_id;
	struct input_unknown told[PERF_MAX_TOLD];
	uint32_t chosen; /* event */
	size_t next;     /* entry of its index */
	uint64_t n_batches;
};

static inline struct perf_input *perf_input_of(struct input *in)
{
	return (struct perf_input *)in;
}

/* The first pass. */
MUST_CHECK bool perf_scan(struct perf_input *p, const struct input_sink *sink, struct err *err);

/* The second: struct input_format has the comments. */
MUST_CHECK bool perf_decoder_new(
	struct input *in, struct input_decoder **ret_decoder, struct err *err);
void perf_decoder_free(struct input_decoder *decoder, struct trace_damage *damage);
MUST_CHECK bool perf_decoder_begin(
	struct input_decoder *decoder, const struct input_batch *batch, struct err *err);
MUST_CHECK bool perf_decoder_next(
	struct input_decoder *decoder, struct trace_sample *ret_sample, struct err *err);

#endif
