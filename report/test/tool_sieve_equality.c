/*
 * Proves that the sieve costs no stacks: takes a trace recorded with --stack full, unwinds every
 * sample as it is, sieves its words and registers as the recorder would have, unwinds again, and
 * compares frame by frame.
 *
 *	tool_sieve_equality TRACE
 *
 * Prints the number of samples, of equal stacks, and of words kept; exits with 1 on a difference.
 */
#include "common/sieve.h"
#include "report/sample_reader.h"
#include "report/unwind.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 8192 };

struct run {
	struct recording *rec;
	struct unwind_result full, sieved;
	struct range_table ranges;
	uint64_t words[MAX_WORDS], keep[MAX_WORDS / 64];
	uint64_t n_samples, n_equal, n_words, n_kept;
};

/* The recorder's view of the process: its executable ranges. */
static void take_ranges(struct run *run, const struct address_space *space)
{
	range_table_clear(&run->ranges);
	for (size_t i = 0; i < space->n_mappings; i++)
		range_table_add(&run->ranges, space->mappings[i].start, space->mappings[i].end);
}

/* The sample as it would have been recorded with --stack sieve. */
static void sieve_sample(struct run *run, struct trace_sample *sample)
{
	struct sieve sieve = { .arch = run->rec->arch, .ranges = &run->ranges };
	uint32_t n = MIN(sample->stack.n_words, (uint32_t)MAX_WORDS), mark;

	memset(run->keep, 0, sizeof(run->keep));
	sieve_words(&sieve, sample->regs[run->rec->arch->sp], sample->stack.words, n, 0, n,
		run->keep, &mark);
	for (uint32_t i = 0; i < n; i++) {
		bool keep = run->keep[i / 64] >> i % 64 & 1;
		run->words[i] = keep ? sample->stack.words[i] : 0;
		run->n_kept += keep;
	}
	run->n_words += n;
	sample->stack.words = run->words;
	sample->stack.n_words = n;
	uint64_t regs = sieve_registers(&sieve, sample->regs_mask, sample->regs);
	for (unsigned r = 0; r < ARCH_MAX_REGS; r++) {
		if (!(regs >> r & 1))
			sample->regs[r] = 0;
	}
	sample->regs_mask = regs;
}

static bool same_stacks(const struct unwind_result *a, const struct unwind_result *b)
{
	if (a->n_frames != b->n_frames || a->end != b->end)
		return false;
	for (size_t i = 0; i < a->n_frames; i++) {
		if (a->frames[i].pc != b->frames[i].pc)
			return false;
	}
	return true;
}

static void show_difference(const struct run *run, const struct trace_sample *sample)
{
	const struct unwind_result *full = &run->full, *sieved = &run->sieved;
	printf("differs: pid %u at %" PRIu64 ": %zu frames (%s), sieved %zu (%s)\n", sample->pid,
		sample->time_ns, full->n_frames, unwind_end_text(full->end), sieved->n_frames,
		unwind_end_text(sieved->end));
	for (size_t i = 0; i < MAX(full->n_frames, sieved->n_frames) && i < 40; i++)
		printf("   %2zu %#" PRIx64 " %#" PRIx64 " %s\n", i,
			i < full->n_frames ? full->frames[i].pc : 0,
			i < sieved->n_frames ? sieved->frames[i].pc : 0,
			i < full->n_frames && full->frames[i].module ? full->frames[i].module->path
								     : "-");
}

static void judge(struct run *run, struct trace_sample *sample, const struct address_space *space)
{
	const struct arch *arch = run->rec->arch;
	struct module_table *modules = run->rec->modules;

	take_ranges(run, space);
	unwind_stack(arch, space, sample, module_table_load, modules, &run->full);
	sieve_sample(run, sample);
	unwind_stack(arch, space, sample, module_table_load, modules, &run->sieved);
	run->n_samples++;
	if (same_stacks(&run->full, &run->sieved))
		run->n_equal++;
	else if (run->n_samples - run->n_equal <= 5)
		show_difference(run, sample);
}

int main(int argc, char **argv)
{
	static struct unwind_frame frames[2][UNWIND_MAX_FRAMES];
	static struct run run;
	struct trace_sample sample;
	struct replay_thread thread;
	struct sample_reader *reader;
	struct err err = { 0 };

	run.full.frames = frames[0];
	run.sieved.frames = frames[1];
	if (argc != 2 ||
		!recording_open(argv[1], &(struct recording_options){ 0 }, &run.rec, &err) ||
		!sample_reader_new(run.rec, &reader, &err)) {
		fprintf(stderr, "usage: tool_sieve_equality TRACE: %s\n", err.text);
		return 2;
	}
	while (sample_reader_next_of_all(reader, &sample, &thread, &err)) {
		if (sample.stack.n_words)
			judge(&run, &sample, thread.space);
	}
	if (err.text[0]) {
		fprintf(stderr, "tool_sieve_equality: %s\n", err.text);
		return 2;
	}
	printf("%" PRIu64 " samples, %" PRIu64 " stacks equal; %.1f %% of the words kept\n",
		run.n_samples, run.n_equal,
		run.n_words ? 100.0 * (double)run.n_kept / (double)run.n_words : 0);
	sample_reader_free(reader);
	recording_close(run.rec);
	return run.n_samples && run.n_equal == run.n_samples ? 0 : 1;
}
