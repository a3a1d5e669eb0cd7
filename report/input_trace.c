/*
 * A trace of ddrec record as an input: see input.h. A batch is a block of samples. The first pass
 * notes where the blocks are; each decoder is a trace reader of its own.
 */
#include "common/array.h"
#include "report/input_formats.h"

#include <string.h>

struct trace_file_input {
	struct input in; /* first */
	struct trace_reader *reader;
	struct input_event event;
	struct trace_block *blocks; /* of samples */
	size_t n_blocks, cap_blocks;
	size_t next;
};

struct input_decoder {
	const struct trace_file_input *in;
	struct trace_reader *reader;
};

static struct trace_file_input *get(struct input *in)
{
	return (struct trace_file_input *)in;
}

struct trace_reader *input_trace_reader(struct input *in)
{
	return in->format == &input_trace ? get(in)->reader : NULL;
}

static bool is_trace(const uint8_t *start, size_t n)
{
	return n >= 4 && memcmp(start, "\x5d\x2a\x4d\x18", 4) == 0;
}

static void close_trace(struct input *in)
{
	struct trace_file_input *t = get(in);
	trace_reader_close(t->reader);
	free(t->blocks);
	free(t);
}

static bool open_trace(struct trace_input *file, struct input **ret_input, struct err *err)
{
	struct trace_reader *reader;
	if (!trace_reader_open_input(file, &reader, err))
		return false;
	struct trace_file_input *t = calloc(1, sizeof(*t));
	if (!t) {
		trace_reader_close(reader);
		return err_set(err, "no memory");
	}
	const struct trace_meta *meta = trace_reader_meta(reader);
	t->reader = reader;
	t->event = (struct input_event){
		.name = meta->event,
		.is_time = meta->event_is_time,
		.frequency_hz = meta->frequency_hz,
		.period = meta->period,
	};
	t->in = (struct input){
		.format = &input_trace,
		.name = trace_reader_name(reader),
		.file_bytes = trace_reader_file_bytes(reader),
		.meta = *meta,
		.events = &t->event,
		.n_events = 1,
	};
	*ret_input = &t->in;
	return true;
}

/* Pass one. */

static bool add_block(struct trace_file_input *t, const struct trace_block *block, struct err *err)
{
	if (!ARRAY_ROOM(t->blocks, t->cap_blocks, t->n_blocks))
		return err_set(err, "no memory for the blocks of a trace");
	t->blocks[t->n_blocks++] = *block;
	t->event.n_samples += block->n_records;
	return true;
}

static bool read_event_block(
	struct trace_file_input *t, const struct input_sink *sink, struct err *err)
{
	struct trace_event event;
	while (trace_reader_event(t->reader, &event)) {
		if (!sink->event(sink->ctx, &event, err))
			return false;
	}
	return true;
}

static bool read_file_block(
	struct trace_file_input *t, const struct input_sink *sink, struct err *err)
{
	struct trace_file file;
	struct trace_kernel_symbol symbol;

	if (!trace_reader_file(t->reader, &file))
		return true;
	if (!sink->file(sink->ctx, &file, err))
		return false;
	while (file.kind == TRACE_FILE_KERNEL_SYMBOLS &&
		trace_reader_kernel_symbol(t->reader, &symbol)) {
		if (!sink->kernel_symbol(sink->ctx, &symbol, err))
			return false;
	}
	return true;
}

static bool read_block(struct trace_file_input *t, const struct trace_block *block,
	const struct input_sink *sink, struct err *err)
{
	switch (block->kind) {
	case TRACE_BLOCK_EVENTS:
		return read_event_block(t, sink, err);
	case TRACE_BLOCK_FILE:
		return read_file_block(t, sink, err);
	case TRACE_BLOCK_SAMPLES:
		return add_block(t, block, err);
	case TRACE_BLOCK_STATS:
		t->in.has_stats = trace_reader_stats(t->reader, &t->in.stats);
		return true;
	}
	return true;
}

static bool read_trace_events(struct input *in, const struct input_sink *sink, struct err *err)
{
	struct trace_file_input *t = get(in);
	struct trace_block block;
	while (trace_reader_next(t->reader, &block, err)) {
		if (!read_block(t, &block, sink, err))
			return false;
	}
	in->damage = *trace_reader_damage(t->reader);
	return !err->text[0];
}

static bool choose_only_event(struct input *in, uint32_t event, struct err *err)
{
	struct trace_file_input *t = get(in);
	t->next = 0;
	return event == 0 || err_set(err, "a trace has one event");
}

/* Pass two. */

static bool next_block(struct input *in, struct input_batch *ret_batch, struct err *err)
{
	struct trace_file_input *t = get(in);
	err->text[0] = 0;
	if (t->next == t->n_blocks)
		return false;
	const struct trace_block *block = &t->blocks[t->next];
	*ret_batch = (struct input_batch){
		.number = t->next,
		.n_samples = block->n_records,
		.first_ns = block->first_ns,
		.last_ns = block->last_ns,
		.at = t->next,
	};
	t->next++;
	return true;
}

static bool new_decoder(struct input *in, struct input_decoder **ret_decoder, struct err *err)
{
	struct input_decoder *d = calloc(1, sizeof(*d));
	if (!d)
		return err_set(err, "no memory");
	d->in = get(in);
	if (!trace_reader_clone(d->in->reader, &d->reader, err)) {
		free(d);
		return false;
	}
	*ret_decoder = d;
	return true;
}

/* Cuts and missing blocks were seen in pass one; a decoder finds what is wrong inside blocks. */
static void free_decoder(struct input_decoder *d, struct trace_damage *damage)
{
	const struct trace_damage *found = trace_reader_damage(d->reader);
	damage->n_bad_blocks += MIN(found->n_bad_blocks, UINT32_MAX - damage->n_bad_blocks);
	damage->n_bad_records += found->n_bad_records;
	if (found->why[0] && (!damage->why[0] || found->why_at < damage->why_at)) {
		damage->why_at = found->why_at;
		memcpy(damage->why, found->why, sizeof(damage->why));
	}
	trace_reader_close(d->reader);
	free(d);
}

static bool begin_block(struct input_decoder *d, const struct input_batch *batch, struct err *err)
{
	return trace_reader_goto(d->reader, &d->in->blocks[batch->at], err);
}

static bool next_in_block(struct input_decoder *d, struct trace_sample *ret_sample, struct err *err)
{
	if (trace_reader_sample(d->reader, ret_sample))
		return true;
	(void)!trace_reader_ok(d->reader, err);
	return false;
}

const struct input_format input_trace = {
	.name = "ddrec trace",
	.is_mine = is_trace,
	.open = open_trace,
	.close = close_trace,
	.read_events = read_trace_events,
	.choose_event = choose_only_event,
	.next_batch = next_block,
	.decoder_new = new_decoder,
	.decoder_free = free_decoder,
	.begin = begin_block,
	.next = next_in_block,
};
