/*
 * Makes a long trace of a real one: reads it several times, moves the times so that each pass goes
 * on where the last one ended, and writes all events and samples through the trace writer, as the
 * recorder would have.
 *
 *	tool_multiply_trace TRACE TIMES OUT
 *
 * The same threads come back in each pass, with the same stacks. Embedded files and kernel symbols
 * are written once, counts of the statistics are multiplied. Prints the samples written.
 */
#include "common/defs.h"
#include "common/trace_reader.h"
#include "common/trace_writer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct multiply {
	struct trace_reader *reader;
	struct trace_writer *writer;
	uint64_t n_passes, pass;
	uint64_t shift_ns;          /* added to the times of this pass */
	uint64_t first_ns, last_ns; /* of the trace */
	uint64_t n_samples;
	struct trace_stats stats;
	/* For each slot the block of the writer that its last snapshot went to. */
	uint32_t block_of_slot[TRACE_MAX_SLOTS];
	uint64_t keep[TRACE_MAX_STACK_WORDS / 64];
};

/* Dropped words read as 0; they are to be dropped again. */
static void mark_words_to_keep(struct multiply *m, struct trace_stack *stack)
{
	memset(m->keep, 0, sizeof(m->keep));
	for (uint32_t i = 0; i < stack->n_words; i++) {
		if (stack->words[i] != 0)
			m->keep[i / 64] |= (uint64_t)1 << i % 64;
	}
	stack->keep = m->keep;
}

static bool copy_samples(struct multiply *m, struct err *err)
{
	struct trace_sample sample;
	while (trace_reader_sample(m->reader, &sample)) {
		uint32_t block = trace_writer_prepare_sample(m->writer, err);
		if (block == 0)
			return false;
		sample.time_ns += m->shift_ns;
		if (sample.stack.n_words > 0) {
			mark_words_to_keep(m, &sample.stack);
			if (m->block_of_slot[sample.stack.slot] != block)
				sample.stack.reuse_from = sample.stack.reuse_to = 0;
			m->block_of_slot[sample.stack.slot] = block;
		}
		if (!trace_writer_sample(m->writer, &sample, err) ||
			!trace_writer_tick(m->writer, sample.time_ns, err))
			return false;
		m->n_samples++;
	}
	return true;
}

static bool copy_events(struct multiply *m, struct err *err)
{
	struct trace_event event;
	while (trace_reader_event(m->reader, &event)) {
		event.time_ns += m->shift_ns;
		if (!trace_writer_event(m->writer, &event, err))
			return false;
	}
	return true;
}

/* Kernel symbols are such a file, too. */
static bool copy_files(struct multiply *m, struct err *err)
{
	struct trace_file file;
	while (trace_reader_file(m->reader, &file)) {
		if (!trace_writer_file(m->writer, &file, err))
			return false;
	}
	return true;
}

static bool copy_block(struct multiply *m, uint32_t kind, struct err *err)
{
	if (kind == TRACE_BLOCK_EVENTS)
		return copy_events(m, err);
	if (kind == TRACE_BLOCK_SAMPLES)
		return copy_samples(m, err);
	if (kind == TRACE_BLOCK_FILE && m->pass + 1 == m->n_passes)
		return copy_files(m, err);
	return true;
}

static bool run_passes(struct multiply *m, struct err *err)
{
	struct trace_block block;
	for (m->pass = 0; m->pass < m->n_passes; m->pass++) {
		m->shift_ns = m->pass * (m->last_ns - m->first_ns + 1000000);
		if (!trace_reader_rewind(m->reader, err))
			return false;
		while (trace_reader_next(m->reader, &block, err)) {
			if (!copy_block(m, block.kind, err))
				return false;
		}
		if (err->text[0])
			return false;
	}
	return true;
}

/* The time range, by the blocks' headers, and the statistics. */
static bool look_at_trace(struct multiply *m, struct err *err)
{
	struct trace_block block;
	m->first_ns = UINT64_MAX;
	while (trace_reader_next(m->reader, &block, err)) {
		if (block.kind == TRACE_BLOCK_STATS)
			trace_reader_stats(m->reader, &m->stats);
		if (block.kind != TRACE_BLOCK_EVENTS && block.kind != TRACE_BLOCK_SAMPLES)
			continue;
		m->first_ns = MIN(m->first_ns, block.first_ns);
		m->last_ns = MAX(m->last_ns, block.last_ns);
	}
	if (err->text[0])
		return false;
	return m->first_ns <= m->last_ns || err_set(err, "the trace has no records");
}

static bool close_output(struct multiply *m, struct err *err)
{
	struct trace_stats stats = m->stats;
	uint64_t n = m->n_passes;
	uint64_t *counts[] = { &stats.samples, &stats.lost_samples, &stats.lost_sideband,
		&stats.throttled, &stats.recorder_user_ns, &stats.recorder_sys_ns,
		&stats.target_user_ns, &stats.target_sys_ns, &stats.stack_words_seen,
		&stats.stack_words_kept, &stats.stack_words_reused, &stats.rounds,
		&stats.recorder_end_ns };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		*counts[i] *= n;
	stats.end_mono_ns += m->shift_ns;
	return trace_writer_close(m->writer, &stats, err);
}

static bool multiply(struct multiply *m, const char *in, const char *out, struct err *err)
{
	struct trace_writer_options options = { .name = out };
	if (!trace_reader_open(in, &m->reader, err) || !look_at_trace(m, err))
		return false;
	struct trace_meta meta = *trace_reader_meta(m->reader);
	AUTO_FREE char *command = NULL;
	if (asprintf(&command, "%" PRIu64 " times: %s", m->n_passes, meta.command) < 0)
		return err_set(err, "not enough memory");
	meta.command = command;
	AUTO_CLOSE int fd = open(out, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
	options.fd = fd;
	if (fd < 0)
		return err_errno(err, "cannot write %s", out);
	return trace_writer_open(&options, &meta, &m->writer, err) && run_passes(m, err) &&
		close_output(m, err);
}

int main(int argc, char **argv)
{
	struct multiply *m = calloc(1, sizeof(*m));
	struct err err = { 0 };
	if (m && argc == 4)
		m->n_passes = strtoull(argv[2], NULL, 10);
	if (!m || m->n_passes == 0) {
		fprintf(stderr, "usage: tool_multiply_trace TRACE TIMES OUT\n");
		free(m);
		return 2;
	}
	bool ok = multiply(m, argv[1], argv[3], &err);
	if (ok)
		printf("%" PRIu64 " samples\n", m->n_samples);
	else
		fprintf(stderr, "tool_multiply_trace: %s\n", err.text);
	trace_writer_free(m->writer);
	trace_reader_close(m->reader);
	free(m);
	return ok ? 0 : 1;
}
