/*
 * An input: one opened file of recorded samples, whatever its format. Each format is a const struct
 * in a file of its own (input_trace.c, input_perf.c); what comes after asks only what stands here,
 * and does not know which one it was.
 *
 * It is read in two passes. The first gives everything but samples to a sink. The second hands out
 * *batches*, runs of samples in the order of time that can be decoded independently: each thread
 * takes the next batch and decodes it with a *decoder* of its own. What refers back to earlier
 * samples (trace_stack.slot and its reuse range) refers to samples of the same batch.
 *
 *	input_open("perf.data", &in, err);
 *	in->format->read_events(in, &sink, err);
 *	in->format->choose_event(in, 0, err);
 *	while (in->format->next_batch(in, &batch, err)) {          // one thread at a time
 *		in->format->begin(decoder, &batch, err);           // several threads at once
 *		while (in->format->next(decoder, &sample, err))
 *			...
 *	}
 */
#ifndef REPORT_INPUT_H
#define REPORT_INPUT_H

#include "common/err.h"
#include "common/trace_event.h"
#include "common/trace_input.h"
#include "common/trace_reader.h"
#include "report/kernel_cache.h"

struct import_format; /* formats/import.h */
struct input;
struct input_decoder; /* the format's own */

/* Takes what is not a sample, in the order of the file. What the pointers show holds during the
 * call only. */
struct input_sink {
	bool (*event)(void *ctx, const struct trace_event *event, struct err *err);
	bool (*file)(void *ctx, const struct trace_file *file, struct err *err);
	bool (*kernel_symbol)(void *ctx, const struct trace_kernel_symbol *symbol, struct err *err);
	void *ctx;
};

/* A run of samples of the event chosen, in the order of time. */
struct input_batch {
	uint64_t number;    /* counts from 0; results are put together in this order */
	uint32_t n_samples; /* as announced; a damaged file may hold fewer */
	uint64_t first_ns, last_ns;
	uint64_t after_ns; /* the latest last_ns of the batches before (recording.c) */
	uint64_t at;       /* the format's own */
};

/* What was sampled. A trace has one, perf.data may have several. */
struct input_event {
	const char *name;      /* "cycles", "cpu-clock", ... */
	bool is_time;          /* the period counts nanoseconds */
	uint32_t frequency_hz; /* asked for; 0: fixed period */
	uint64_t period;       /* the fixed period, or 0 */
	uint64_t n_samples;    /* known after read_events */
};

/* What was passed over or remains untold, for the health block: words that go with the count, as
 * "auxtrace records passed over". */
struct input_unknown {
	const char *what;
	uint64_t count;
};

struct input_format {
	const char *name; /* "ddrec trace", "perf.data" */
	/* By the first bytes of the file (at most 64). */
	bool (*is_mine)(const uint8_t *start, size_t n);
	/* Takes *file over, also when it fails. */
	bool (*open)(struct trace_input *file, struct input **ret_input, struct err *err);
	void (*close)(struct input *in);

	bool (*read_events)(struct input *in, const struct input_sink *sink, struct err *err);
	/* Whose samples the batches hold, by index in events. Goes back to the first batch; no
	 * decoder is in use. */
	bool (*choose_event)(struct input *in, uint32_t event, struct err *err);
	/* False at the end (err->text[0] is 0) or on a failure. The caller lets in one thread. */
	bool (*next_batch)(struct input *in, struct input_batch *ret_batch, struct err *err);

	bool (*decoder_new)(struct input *in, struct input_decoder **ret_decoder, struct err *err);
	/* Adds what the decoder found damaged to *damage. */
	void (*decoder_free)(struct input_decoder *decoder, struct trace_damage *damage);
	bool (*begin)(
		struct input_decoder *decoder, const struct input_batch *batch, struct err *err);
	/* False at the end of the batch (err->text[0] is 0) or on a failure. The sample holds until
	 * the next call. */
	bool (*next)(
		struct input_decoder *decoder, struct trace_sample *ret_sample, struct err *err);

	/* Where the file does not carry the kernel's symbols: gives those of the addresses (sorted)
	 * to the sink, as far as this machine knows them. NULL: read_events gave them. */
	bool (*kernel_symbols)(struct input *in, const uint64_t *addresses, size_t n,
		const struct input_sink *sink, struct err *err);
};

/* What all formats fill in; the first member of each format's own struct. */
struct input {
	const struct input_format *format;
	const char *name; /* of the file, for messages */
	uint64_t file_bytes;
	struct trace_meta meta; /* event, frequency and period: of the event chosen */
	struct input_event *events;
	uint32_t n_events;
	/* After read_events: */
	struct trace_stats stats; /* all 0 where the file has none */
	bool has_stats;
	struct trace_damage damage; /* found so far, without that of decoders */
	bool is_untimed;            /* the kernel gave no times: they tell the order only */
	const struct input_unknown *unknown; /* decoders that are freed may add to the counts */
	size_t n_unknown;
	struct kernel_place kernel; /* which kernel, for formats without its symbols */
};

/* Which profile of another tool the file is; NULL: none, or its start cannot be read. */
const struct import_format *input_find_profile(const struct trace_input *file);
/* Chooses the format by the file's first bytes. path "-": standard input. */
MUST_CHECK bool input_open(const char *path, struct input **ret_input, struct err *err);
/* Takes *file over, also when it fails. */
MUST_CHECK bool input_open_file(
	struct trace_input *file, struct input **ret_input, struct err *err);
void input_close(struct input *in);

/* The event with this name; name NULL: the first with samples. After read_events. Tells the format,
 * and sets what of in->meta is the event's. */
MUST_CHECK bool input_choose_event(struct input *in, const char *name, struct err *err);
DEFINE_AUTO(struct input *, input_close);

#endif
