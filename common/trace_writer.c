/*
 * The trace writer: see trace_writer.h. It keeps one events block and one samples block open, and
 * decides when they close and in which order they go out. How records become bytes is in the
 * encoders (trace_event_codec, trace_sample_encoder, trace_fields, trace_file_codec); how bytes
 * leave the program, in trace_output.
 */
#include "common/trace_writer.h"
#include "common/trace_event_codec.h"
#include "common/trace_fields.h"
#include "common/trace_file_codec.h"
#include "common/trace_output.h"
#include "common/trace_sample_encoder.h"

#include <string.h>

enum {
	DEFAULT_BLOCK_BYTES = 1 << 20,
	MIN_BLOCK_BYTES = 4 << 10,
	MAX_BLOCK_BYTES = 8 << 20,
};

static const uint64_t MAX_AGE_NS = 1000000000; /* of a block's first record */

struct trace_writer {
	struct trace_output output;
	struct trace_event_encoder events;
	struct trace_sample_encoder samples;
	struct buf payload; /* where a payload is put together */
	size_t block_bytes;
	uint32_t samples_block; /* number of the open one, from 1 */
};

static size_t choose_block_bytes(size_t asked)
{
	if (!asked)
		return DEFAULT_BLOCK_BYTES;
	return MIN(MAX(asked, MIN_BLOCK_BYTES), MAX_BLOCK_BYTES);
}

/* Not touched in advance: most of it is used only if a large file is embedded. */
static bool init_payload(struct buf *b, size_t block_bytes)
{
	size_t cap = MAX(trace_sample_encoder_max_bytes(block_bytes),
		(size_t)TRACE_MAX_FILE_BYTES + TRACE_MAX_FILE_HEAD_BYTES);
	*b = (struct buf){ .data = malloc(cap), .cap = cap, .fixed = true };
	return b->data;
}

static bool init(struct trace_writer *w, const struct trace_writer_options *options,
	const struct trace_meta *meta, struct err *err)
{
	w->block_bytes = choose_block_bytes(options->block_bytes);
	w->samples_block = 1;
	size_t event_bytes = w->block_bytes + TRACE_MAX_EVENT_BYTES + TRACE_MAX_STRING_BYTES;
	if (!init_payload(&w->payload, w->block_bytes) ||
		!trace_event_encoder_init(&w->events, event_bytes) ||
		!trace_sample_encoder_init(&w->samples, meta->arch, w->block_bytes))
		return err_set(err, "%s: not enough memory for the trace writer", options->name);
	return trace_output_init(
		&w->output, options->fd, options->name, options->zstd_level, w->payload.cap, err);
}

static bool write_fields(struct trace_writer *w, uint32_t kind, const struct trace_fields *table,
	const void *record, struct err *err)
{
	buf_clear(&w->payload);
	trace_fields_encode(table, record, &w->payload);
	if (w->payload.failed)
		return err_set(err, "%s: the trace's description is too long", w->output.name);
	struct trace_block block = { .kind = kind, .n_records = 1 };
	return trace_output_block(&w->output, &block, w->payload.data, w->payload.len, err);
}

bool trace_writer_open(const struct trace_writer_options *options, const struct trace_meta *meta,
	struct trace_writer **ret_writer, struct err *err)
{
	AUTO(trace_writer_free) struct trace_writer *w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, "%s: not enough memory for the trace writer", options->name);
	if (!init(w, options, meta, err))
		return false;
	if (!write_fields(w, TRACE_BLOCK_META, &trace_meta_fields, meta, err))
		return false;
	*ret_writer = TAKE(w);
	return true;
}

void trace_writer_free(struct trace_writer *w)
{
	if (!w)
		return;
	trace_output_fini(&w->output);
	trace_sample_encoder_fini(&w->samples);
	trace_event_encoder_fini(&w->events);
	buf_fini(&w->payload);
	free(w);
}

static bool flush_events(struct trace_writer *w, struct err *err)
{
	struct trace_event_encoder *e = &w->events;
	if (!e->n_records)
		return true;
	struct trace_block block = {
		.kind = TRACE_BLOCK_EVENTS,
		.n_records = e->n_records,
		.first_ns = e->first_ns,
		.last_ns = e->last_ns,
	};
	bool ok = trace_output_block(&w->output, &block, e->payload.data, e->payload.len, err);
	trace_event_encoder_clear(e);
	return ok;
}

/* The events go first: samples need them. */
static bool flush_samples(struct trace_writer *w, struct err *err)
{
	struct trace_sample_encoder *e = &w->samples;
	if (!flush_events(w, err))
		return false;
	if (!e->n_records)
		return true;
	struct trace_block block = {
		.kind = TRACE_BLOCK_SAMPLES,
		.n_records = e->n_records,
		.first_ns = e->first_ns,
		.last_ns = e->last_ns,
	};
	buf_clear(&w->payload);
	trace_sample_encoder_payload(e, &w->payload);
	bool ok = trace_output_block(&w->output, &block, w->payload.data, w->payload.len, err);
	trace_sample_encoder_clear(e);
	w->samples_block++;
	return ok;
}

/* A failed output stays failed. */
static bool check_output(const struct trace_writer *w, struct err *err)
{
	if (w->output.failed)
		*err = w->output.first_error;
	return !w->output.failed;
}

bool trace_writer_event(struct trace_writer *w, const struct trace_event *event, struct err *err)
{
	if (!check_output(w, err))
		return false;
	if (!trace_event_encoder_has_room(&w->events) && !flush_events(w, err))
		return false;
	trace_event_encoder_add(&w->events, event);
	return true;
}

uint32_t trace_writer_prepare_sample(struct trace_writer *w, struct err *err)
{
	if (!check_output(w, err))
		return 0;
	if (!trace_sample_encoder_has_room(&w->samples, w->block_bytes) && !flush_samples(w, err))
		return 0;
	return w->samples_block;
}

bool trace_writer_sample(struct trace_writer *w, const struct trace_sample *sample, struct err *err)
{
	return trace_writer_prepare_sample(w, err) &&
		trace_sample_encoder_add(&w->samples, sample, err);
}

static bool is_old(uint32_t n_records, uint64_t first_ns, uint64_t now_ns)
{
	return n_records && now_ns > first_ns && now_ns - first_ns >= MAX_AGE_NS;
}

bool trace_writer_tick(struct trace_writer *w, uint64_t now_ns, struct err *err)
{
	if (!check_output(w, err))
		return false;
	if (is_old(w->samples.n_records, w->samples.first_ns, now_ns))
		return flush_samples(w, err);
	if (is_old(w->events.n_records, w->events.first_ns, now_ns))
		return flush_events(w, err);
	return true;
}

bool trace_writer_file(struct trace_writer *w, const struct trace_file *file, struct err *err)
{
	if (file->size_bytes > TRACE_MAX_FILE_BYTES)
		return err_set(err, "%s: '%s' with %zu bytes is too large for a trace",
			w->output.name, file->name, file->size_bytes);
	if (!flush_samples(w, err))
		return false;
	buf_clear(&w->payload);
	trace_file_encode(file, &w->payload);
	struct trace_block block = { .kind = TRACE_BLOCK_FILE, .n_records = 1 };
	return trace_output_block(&w->output, &block, w->payload.data, w->payload.len, err);
}

/* Encodes as many symbols as one block takes into the events' memory, which is free after a flush.
 * Returns how many. */
static size_t encode_symbols(
	struct trace_writer *w, const struct trace_kernel_symbol *symbols, size_t n)
{
	struct buf *b = &w->events.payload;
	size_t i = 0;
	while (i < n && (b->len == 0 || b->cap - b->len >= TRACE_MAX_SYMBOL_BYTES)) {
		trace_symbol_encode(&symbols[i], i ? &symbols[i - 1] : NULL, b);
		i++;
	}
	return i;
}

bool trace_writer_kernel_symbols(struct trace_writer *w, const struct trace_kernel_symbol *symbols,
	size_t n, struct err *err)
{
	if (!flush_samples(w, err))
		return false;
	while (n) {
		size_t n_done = encode_symbols(w, symbols, n);
		struct trace_file file = {
			.kind = TRACE_FILE_KERNEL_SYMBOLS,
			.name = "[kernel]",
			.data = w->events.payload.data,
			.size_bytes = w->events.payload.len,
		};
		bool ok = trace_writer_file(w, &file, err);
		trace_event_encoder_clear(&w->events);
		if (!ok)
			return false;
		symbols += n_done;
		n -= n_done;
	}
	return true;
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return w->output.bytes;
}

bool trace_writer_close(struct trace_writer *w, const struct trace_stats *stats, struct err *err)
{
	return flush_samples(w, err) &&
		write_fields(w, TRACE_BLOCK_STATS, &trace_stats_fields, stats, err) &&
		trace_output_finish(&w->output, err);
}
