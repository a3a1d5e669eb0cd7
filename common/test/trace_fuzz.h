/*
 * What the trace reader's fuzz entry does with its bytes.
 */
#ifndef COMMON_TEST_TRACE_FUZZ_H
#define COMMON_TEST_TRACE_FUZZ_H

#include "common/trace_fields.h"
#include "common/trace_output.h"
#include "common/trace_reader.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static inline void write_bytes(int fd, const uint8_t *data, size_t size_bytes)
{
	if (write(fd, data, size_bytes) != (ssize_t)size_bytes)
		abort();
}

/* A whole trace of a meta block and one of this kind. The first payload byte counts records. */
static inline void write_as_block(int fd, uint32_t kind, const uint8_t *data, size_t size_bytes)
{
	struct err err;
	struct trace_output o;
	AUTO_BUF struct buf meta = BUF_INIT;
	const struct trace_meta m = { .arch = "x86_64", .command = "c" };
	struct trace_block block = { .kind = TRACE_BLOCK_META, .n_records = 1 };
	trace_fields_encode(&trace_meta_fields, &m, &meta);
	if (!trace_output_init(&o, fd, "fuzz", 1, size_bytes + meta.len + (1 << 20), &err) ||
		!trace_output_block(&o, &block, meta.data, meta.len, &err))
		abort();
	block.kind = kind;
	block.n_records = size_bytes ? MIN(data[0], (uint32_t)size_bytes) : 0;
	size_t skip = size_bytes > 0;
	if (!trace_output_block(&o, &block, data + skip, size_bytes - skip, &err) ||
		!trace_output_finish(&o, &err))
		abort();
	trace_output_fini(&o);
}

/* Sums up words, so that a reader that hands out bad memory is caught. */
static inline uint64_t touch(const struct trace_sample *s)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < s->stack.n_words; i++)
		sum += s->stack.words[i];
	for (uint32_t i = 0; i < s->n_kernel_pcs; i++)
		sum += s->kernel_pcs[i];
	for (uint32_t i = 0; i < s->n_user_pcs; i++)
		sum += s->user_pcs[i];
	return sum;
}

static inline uint64_t read_everything(int fd)
{
	char path[40];
	struct err err;
	AUTO(trace_reader_close) struct trace_reader *r = NULL;
	struct trace_block block;
	struct trace_event event;
	struct trace_sample sample;
	struct trace_file file;
	struct trace_kernel_symbol symbol;
	struct trace_stats stats;
	uint64_t sum = 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!trace_reader_open(path, &r, &err))
		return 0;
	while (trace_reader_next(r, &block, &err)) {
		while (trace_reader_event(r, &event))
			sum += event.kind == TRACE_MMAP ? (uint8_t)event.mmap.path[0] : 0;
		while (trace_reader_sample(r, &sample))
			sum += touch(&sample);
		while (trace_reader_kernel_symbol(r, &symbol))
			sum += (uint8_t)symbol.name[0] + (uint8_t)symbol.module[0];
		while (trace_reader_file(r, &file))
			sum += file.size_bytes ? file.data[file.size_bytes - 1] : 0;
		while (trace_reader_stats(r, &stats))
			sum += stats.samples;
	}
	return sum;
}

#endif
