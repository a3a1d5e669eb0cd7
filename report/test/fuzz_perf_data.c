/*
 * Fuzz entry: any bytes as a perf.data file; both passes, of every event, all that is handed out is
 * touched. One input in eight, by its last byte, is turned into a trace, too, since that takes
 * long.
 */
#include "report/convert.h"
#include "report/input.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t touch_bytes(const void *data, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += ((const uint8_t *)data)[i];
	return sum;
}

static bool take_event(void *ctx, const struct trace_event *event, struct err *err UNUSED)
{
	uint64_t *sum = ctx;
	if (event->kind == TRACE_MMAP)
		*sum += strlen(event->mmap.path) + event->mmap.build_id.len;
	else if (event->kind == TRACE_COMM)
		*sum += strlen(event->comm.name);
	else if (event->kind == TRACE_BUILD_ID)
		*sum += strlen(event->build_id.path);
	return true;
}

static bool take_file(void *ctx, const struct trace_file *file, struct err *err UNUSED)
{
	uint64_t *sum = ctx;
	*sum += touch_bytes(file->data, file->size_bytes);
	return true;
}

static bool take_symbol(void *ctx, const struct trace_kernel_symbol *symbol, struct err *err UNUSED)
{
	uint64_t *sum = ctx;
	*sum += strlen(symbol->name) + strlen(symbol->module);
	return true;
}

static uint64_t touch_sample(const struct trace_sample *s)
{
	if (s->n_kernel_pcs > TRACE_MAX_CHAIN || s->n_user_pcs > TRACE_MAX_CHAIN ||
		s->stack.n_words > TRACE_MAX_STACK_WORDS || s->stack.slot >= TRACE_MAX_SLOTS ||
		s->stack.reuse_from > s->stack.reuse_to || s->stack.reuse_to > s->stack.n_words)
		abort();
	return touch_bytes(s->kernel_pcs, 8 * s->n_kernel_pcs) +
		touch_bytes(s->user_pcs, 8 * s->n_user_pcs) +
		touch_bytes(s->stack.words, 8 * s->stack.n_words);
}

static uint64_t read_samples(struct input *in, uint32_t event, struct err *err)
{
	struct input_decoder *decoder;
	struct input_batch batch;
	struct trace_sample sample;
	uint64_t sum = 0, last_ns = 0;
	if (!in->format->choose_event(in, event, err) ||
		!in->format->decoder_new(in, &decoder, err))
		return 0;
	while (in->format->next_batch(in, &batch, err) && in->format->begin(decoder, &batch, err))
		while (in->format->next(decoder, &sample, err)) {
			if (sample.time_ns < last_ns)
				abort();
			last_ns = sample.time_ns;
			sum += touch_sample(&sample);
		}
	in->format->decoder_free(decoder, &in->damage);
	return sum;
}

static void convert(const char *path)
{
	struct err err = { 0 };
	AUTO(input_close) struct input *in = NULL;
	AUTO_CLOSE int fd = memfd_create("trace", MFD_CLOEXEC);
	const struct convert_options options = { .fd = fd, .name = "trace" };
	struct convert_result result;
	if (!input_open(path, &in, &err))
		return;
	if (convert_input(in, &options, &result, &err) == (err.text[0] != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	struct err err = { 0 };
	AUTO(input_close) struct input *in = NULL;
	AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t sum = 0;
	const struct input_sink sink = { take_event, take_file, take_symbol, &sum };
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size < 8 || memcmp(data, "PERFILE2", 8) != 0)
		return 0;
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (!input_open(path, &in, &err) || !in->format->read_events(in, &sink, &err))
		return 0;
	for (uint32_t i = 0; i < in->n_events; i++)
		sum += read_samples(in, i, &err);
	if (data[size - 1] % 8 == 0)
		convert(path);
	__asm__ volatile("" : : "r"(sum)); /* or all the touching would be optimized away */
	return 0;
}
