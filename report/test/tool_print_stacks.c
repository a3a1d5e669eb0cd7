/*
 * Prints the unwound user stack of each sample as addresses in the files mapped, for comparison
 *with other unwinders.
 *
 *	tool_print_stacks RECORDING
 *
 * One line a sample: "TID TIME_NS END OFFSET...", the leaf first, of callers the byte before the
 * return address; "~" marks guesses. Where nothing is mapped, the address itself. END is one word,
 * "complete" or why the walk ended.
 */
#include "report/sample_reader.h"
#include "report/unwind_code.h"
#include "report/unwinder.h"

#include <inttypes.h>
#include <stdio.h>

static void print_frame(const struct address_space *space, const struct unwind_frame *frame)
{
	uint64_t at = unwind_lookup_pc(frame);
	(void)unwind_module_find(space, NULL, NULL, at, &at);
	printf(" %s%" PRIx64, frame->flags & UNWIND_GUESSED ? "~" : "", at);
}

static void print_stack(const struct address_space *space, const struct trace_sample *sample,
	const struct unwinder_stack *stack)
{
	printf("%" PRIu32 " %" PRIu64 " ", sample->tid, sample->time_ns);
	for (const char *end = unwind_end_text(stack->end); *end; end++)
		putchar(*end == ' ' ? '-' : *end);
	for (size_t i = 0; i < stack->n_frames; i++)
		print_frame(space, &stack->frames[i]);
	putchar('\n');
}

static bool print_all(struct recording *rec, struct err *err)
{
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	AUTO(unwinder_free)
	struct unwinder *u = unwinder_new(rec->arch, module_table_load, rec->modules);
	struct trace_sample sample;
	struct replay_thread thread;
	struct unwinder_stack stack;
	struct input_batch batch;

	if (!u || !sample_reader_new(rec, &reader, err))
		return false;
	while (recording_next_batch(rec, &batch, err)) {
		unwinder_begin_batch(u);
		if (!sample_reader_begin(reader, &batch, err))
			return false;
		while (sample_reader_next(reader, &sample, &thread, err)) {
			unwinder_walk(u, thread.space, &sample, &stack);
			print_stack(thread.space, &sample, &stack);
		}
	}
	return !err->text[0];
}

int main(int argc, char **argv)
{
	AUTO(recording_close) struct recording *rec = NULL;
	const struct recording_options options = { 0 };
	struct err err = { 0 };

	if (argc != 2 || !recording_open(argv[1], &options, &rec, &err) || !print_all(rec, &err)) {
		fprintf(stderr, "usage: tool_print_stacks RECORDING: %s\n", err.text);
		return 1;
	}
	return 0;
}
