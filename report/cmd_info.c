/*
 * ddrec info: what is in a trace and how good it is, without unwinding anything.
 */
#include "common/trace_reader.h"
#include "report/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct settings {
	bool blocks;
};

/* What one pass over the trace counts. */
struct totals {
	uint64_t n_blocks, samples, events, files;
	uint64_t sample_compressed, sample_raw, event_compressed;
	uint64_t with_stack, truncated, words, words_reused, words_nonzero;
	uint64_t in_kernel, lost_samples, lost_sideband;
	uint64_t first_ns, last_ns;
	struct trace_stats stats;
	bool has_stats;
};

static void count_samples(
	struct trace_reader *reader, const struct trace_block *block, struct totals *t)
{
	struct trace_sample sample;
	t->sample_compressed += block->compressed_bytes;
	t->sample_raw += block->raw_bytes;
	while (trace_reader_sample(reader, &sample)) {
		const struct trace_stack *stack = &sample.stack;
		t->samples++;
		t->in_kernel += sample.flags & TRACE_SAMPLE_IN_KERNEL;
		t->with_stack += stack->n_words > 0;
		t->truncated += stack->truncated;
		t->words += stack->n_words;
		t->words_reused += stack->reuse_to - stack->reuse_from;
		for (uint32_t i = 0; i < stack->n_words; i++)
			t->words_nonzero += stack->words[i] != 0;
		if (!t->first_ns)
			t->first_ns = sample.time_ns;
		t->last_ns = sample.time_ns;
	}
}

static void count_events(
	struct trace_reader *reader, const struct trace_block *block, struct totals *t)
{
	struct trace_event event;
	t->event_compressed += block->compressed_bytes;
	while (trace_reader_event(reader, &event)) {
		t->events++;
		if (event.kind != TRACE_LOST)
			continue;
		if (event.lost.of_sideband)
			t->lost_sideband += event.lost.count;
		else
			t->lost_samples += event.lost.count;
	}
}

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = { "?", "meta", "events", "samples", "file", "stats",
		"index" };
	return kind < ARRAY_LEN(names) ? names[kind] : names[0];
}

static bool count_blocks(struct trace_reader *reader, const struct settings *settings,
	struct totals *t, struct err *err)
{
	struct trace_block block;
	while (trace_reader_next(reader, &block, err)) {
		t->n_blocks++;
		if (settings->blocks)
			printf("%-8s at %-10" PRIu64 " %8u bytes, %8u raw, %6u records\n",
				kind_name(block.kind), block.file_off, block.compressed_bytes,
				block.raw_bytes, block.n_records);
		if (block.kind == TRACE_BLOCK_SAMPLES)
			count_samples(reader, &block, t);
		else if (block.kind == TRACE_BLOCK_EVENTS)
			count_events(reader, &block, t);
		else if (block.kind == TRACE_BLOCK_STATS)
			t->has_stats = trace_reader_stats(reader, &t->stats);
		else if (block.kind == TRACE_BLOCK_FILE)
			t->files++;
	}
	return !err->text[0];
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_meta(const struct trace_reader *reader)
{
	const struct trace_meta *meta = trace_reader_meta(reader);
	time_t start = (time_t)(meta->start_real_ns / 1000000000u);
	char when[64] = "";
	struct tm tm;

	if (localtime_r(&start, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &tm);
	print_line("trace:       %s, %" PRIu64 " bytes, by ddrec %s", trace_reader_name(reader),
		trace_reader_file_bytes(reader), meta->ddrec_version);
	print_line("command:     %s", meta->command);
	print_line("recorded:    %s on %s", when, meta->host);
	print_line("machine:     %s, %u CPUs (%s), Linux %s", meta->arch, meta->n_cpus,
		meta->cpu_model, meta->kernel);
	if (meta->frequency_hz)
		print_line("event:       %s at %u Hz", meta->event, meta->frequency_hz);
	else
		print_line("event:       %s, every %" PRIu64 "", meta->event, meta->period);
	print_line("stacks:      %s, at most %u bytes; kernel part %s", meta->stack_mode,
		meta->stack_bytes, meta->kernel_stacks ? "recorded" : "not recorded");
}

static void print_samples(const struct trace_reader *reader, const struct totals *t)
{
	uint64_t lost = MAX(t->lost_samples, t->stats.lost_samples);
	printf("samples:     %" PRIu64 " over %.3f s, %" PRIu64 " in the kernel; %" PRIu64
	       " lost (%.2f %%)\n",
		t->samples, (double)(t->last_ns - t->first_ns) / 1e9, t->in_kernel, lost,
		100 * ratio(lost, lost + t->samples));
	printf("             %.1f bytes per sample of the file, %.1f in sample blocks, %.1f raw\n",
		ratio(trace_reader_file_bytes(reader), t->samples),
		ratio(t->sample_compressed, t->samples), ratio(t->sample_raw, t->samples));
	if (t->with_stack)
		printf("snapshots:   %" PRIu64
		       ", %.0f words on average; %.1f %% unchanged, %.1f %% "
		       "of all words kept; %" PRIu64 " filled the limit\n",
			t->with_stack, ratio(t->words, t->with_stack),
			100 * ratio(t->words_reused, t->words),
			100 * ratio(t->words_nonzero, t->words), t->truncated);
	printf("events:      %" PRIu64 " (mappings, names, forks, exits), %" PRIu64 " lost\n",
		t->events, MAX(t->lost_sideband, t->stats.lost_sideband));
	printf("blocks:      %" PRIu64 ", of them %" PRIu64 " embedded files or tables\n",
		t->n_blocks, t->files);
}

static void print_cost(const struct totals *t)
{
	const struct trace_stats *s = &t->stats;
	uint64_t all_ns = s->recorder_user_ns + s->recorder_sys_ns;
	uint64_t end_ns = MIN(s->recorder_end_ns, all_ns);
	double recorder = (double)(all_ns - end_ns);
	double target = (double)(s->target_user_ns + s->target_sys_ns);

	if (!t->has_stats)
		return;
	printf("cost:        recorder %.1f ms CPU (%.1f us per sample) and %.1f ms after the end, "
	       "command %.2f s CPU: %.2f %%\n",
		recorder / 1e6, t->samples ? recorder / 1e3 / (double)t->samples : 0,
		(double)end_ns / 1e6, target / 1e9, target > 0 ? 100 * recorder / target : 0);
	printf("rings:       %" PRIu64 " bytes each, drained %" PRIu64 " times; throttled %" PRIu64
	       " times\n",
		s->ring_bytes, s->rounds, s->throttled);
	printf("exit status: %d\n", s->exit_status);
}

static void print_damage(const struct trace_reader *reader)
{
	const struct trace_damage *damage = trace_reader_damage(reader);
	if (!damage->is_cut && !damage->n_bad_blocks && !damage->n_bad_records) {
		puts("health:      whole");
		return;
	}
	printf("health:      %s; %u blocks and %" PRIu64 " records unusable: %s\n",
		damage->is_cut ? "CUT" : "DAMAGED", damage->n_bad_blocks, damage->n_bad_records,
		damage->why);
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 0, "blocks", NULL, "list the blocks of the file too", option_flag, AT(blocks) },
};

static const struct command command = {
	.program = "ddrec info",
	.usage = "[options] [TRACE]",
	.summary = "Tells what is in a trace, and how good it is.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue =
		"TRACE is the file to read: trace.zst unless given, '-' for standard input.\n"
		"\n"
		"Exit status: 0 fine, 1 failed (nothing could be read), 2 wrong usage. A cut or\n"
		"damaged trace that can be read in part is fine; the last line tells.\n",
};

static int run(int argc, char **argv)
{
	AUTO(trace_reader_close) struct trace_reader *reader = NULL;
	struct settings settings = { 0 };
	struct totals totals = { 0 };
	struct err err = { 0 };
	const char *trace;
	int status;

	if (!command_line(&command, &settings, argc, argv, &trace, &status))
		return status;
	if (!trace_reader_open(trace, &reader, &err) ||
		!count_blocks(reader, &settings, &totals, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	print_meta(reader);
	print_samples(reader, &totals);
	print_cost(&totals);
	print_damage(reader);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

const struct report_command command_info = { "info", run };
