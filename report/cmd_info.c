/*
 * ddrec info: what is in a recording and how good it is, without unwinding anything. Of a trace,
 * blocks and bytes too.
 */
#include "common/buf.h"
#include "report/commands.h"
#include "report/input_formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct settings {
	bool blocks;
};

/* What one pass over the recording counts. */
struct totals {
	uint64_t n_blocks, samples, events, files;
	uint64_t sample_compressed, sample_raw, event_compressed;
	uint64_t with_stack, truncated, words, words_reused, words_nonzero;
	uint64_t in_kernel, lost_samples, lost_sideband;
	uint64_t first_ns, last_ns;
	struct trace_stats stats;
	bool has_stats;
};

static void count_sample(const struct trace_sample *sample, struct totals *t)
{
	const struct trace_stack *stack = &sample->stack;
	t->samples++;
	t->in_kernel += sample->flags & TRACE_SAMPLE_IN_KERNEL;
	t->with_stack += stack->n_words > 0;
	t->truncated += stack->truncated;
	t->words += stack->n_words;
	t->words_reused += stack->reuse_to - stack->reuse_from;
	for (uint32_t i = 0; i < stack->n_words; i++)
		t->words_nonzero += stack->words[i] != 0;
	if (!t->first_ns || sample->time_ns < t->first_ns)
		t->first_ns = sample->time_ns;
	t->last_ns = MAX(t->last_ns, sample->time_ns);
}

static void count_event(const struct trace_event *event, struct totals *t)
{
	t->events++;
	if (event->kind != TRACE_LOST)
		return;
	if (event->lost.of_sideband)
		t->lost_sideband += event->lost.count;
	else
		t->lost_samples += event->lost.count;
}

/* A trace. */

static void count_samples(
	struct trace_reader *reader, const struct trace_block *block, struct totals *t)
{
	struct trace_sample sample;
	t->sample_compressed += block->compressed_bytes;
	t->sample_raw += block->raw_bytes;
	while (trace_reader_sample(reader, &sample))
		count_sample(&sample, t);
}

static void count_events(
	struct trace_reader *reader, const struct trace_block *block, struct totals *t)
{
	struct trace_event event;
	t->event_compressed += block->compressed_bytes;
	while (trace_reader_event(reader, &event))
		count_event(&event, t);
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

/* Other inputs. */

static bool take_event(void *ctx, const struct trace_event *event, struct err *err UNUSED)
{
	count_event(event, ctx);
	return true;
}

static bool take_file(void *ctx, const struct trace_file *file UNUSED, struct err *err UNUSED)
{
	struct totals *t = ctx;
	t->files++;
	return true;
}

static bool take_symbol(
	void *ctx UNUSED, const struct trace_kernel_symbol *symbol UNUSED, struct err *err UNUSED)
{
	return true;
}

static bool count_event_samples(
	struct input *in, struct input_decoder *decoder, struct totals *t, struct err *err)
{
	struct input_batch batch;
	struct trace_sample sample;
	while (in->format->next_batch(in, &batch, err)) {
		if (!in->format->begin(decoder, &batch, err))
			return false;
		while (in->format->next(decoder, &sample, err))
			count_sample(&sample, t);
		if (err->text[0])
			return false;
	}
	return !err->text[0];
}

/* All events' samples. */
static bool count_input(struct input *in, struct totals *t, struct err *err)
{
	const struct input_sink sink = { take_event, take_file, take_symbol, t };
	bool ok = in->format->read_events(in, &sink, err);
	for (uint32_t i = in->n_events; ok && i-- > 0;) { /* so that the first is left chosen */
		struct input_decoder *decoder;
		if (!in->format->choose_event(in, i, err) ||
			!in->format->decoder_new(in, &decoder, err))
			return false;
		ok = count_event_samples(in, decoder, t, err);
		in->format->decoder_free(decoder, &in->damage);
	}
	return ok;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_event(const struct input_event *event, bool is_one_of_several)
{
	AUTO_BUF struct buf b = BUF_INIT;
	if (event->frequency_hz)
		buf_fmt(&b, " at %u Hz", event->frequency_hz);
	else
		buf_fmt(&b, ", every %" PRIu64, event->period);
	if (is_one_of_several)
		buf_fmt(&b, ": %" PRIu64 " samples", event->n_samples);
	print_line("event:       %s%.*s", event->name, (int)b.len, (const char *)b.data);
}

static const char *or_unknown(const char *text)
{
	return text[0] ? text : "unknown";
}

static void print_machine(const struct trace_meta *meta)
{
	AUTO_BUF struct buf cpus = BUF_INIT;
	if (meta->n_cpus)
		buf_fmt(&cpus, ", %u CPUs (%s)", meta->n_cpus, or_unknown(meta->cpu_model));
	print_line("machine:     %s%.*s, Linux %s", meta->arch, (int)cpus.len,
		(const char *)cpus.data, or_unknown(meta->kernel));
}

static void print_stacks(const struct trace_meta *meta)
{
	AUTO_BUF struct buf limit = BUF_INIT;
	if (meta->stack_bytes)
		buf_fmt(&limit, ", at most %u bytes", meta->stack_bytes);
	print_line("stacks:      %s%.*s; kernel part %s", meta->stack_mode, (int)limit.len,
		(const char *)limit.data, meta->kernel_stacks ? "recorded" : "not recorded");
}

static void print_meta(const struct input *in)
{
	const struct trace_meta *meta = &in->meta;
	time_t start = (time_t)(meta->start_real_ns / 1000000000u);
	bool is_by_perf = strncmp(meta->ddrec_version, "perf", 4) == 0;
	char when[64] = "at an unknown time";
	struct tm tm;

	if (meta->start_real_ns && localtime_r(&start, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", &tm);
	print_line("%-12s %s, %" PRIu64 " bytes, by %s%s",
		in->format == &input_trace ? "trace:" : "perf.data:", in->name, in->file_bytes,
		is_by_perf ? "" : "ddrec ", meta->ddrec_version);
	print_line("command:     %s", or_unknown(meta->command));
	print_line("recorded:    %s on %s", when, or_unknown(meta->host));
	print_machine(meta);
	for (uint32_t i = 0; i < in->n_events; i++)
		print_event(&in->events[i], in->n_events > 1);
	print_stacks(meta);
}

static void print_samples(const struct input *in, const struct totals *t)
{
	uint64_t lost = MAX(t->lost_samples, t->stats.lost_samples);
	printf("samples:     %" PRIu64, t->samples);
	if (!in->is_untimed)
		printf(" over %.3f s", (double)(t->last_ns - t->first_ns) / 1e9);
	printf(", %" PRIu64 " in the kernel; %" PRIu64 " lost (%.2f %%)\n", t->in_kernel, lost,
		100 * ratio(lost, lost + t->samples));
	printf("             %.1f bytes per sample of the file", ratio(in->file_bytes, t->samples));
	if (t->n_blocks)
		printf(", %.1f in sample blocks, %.1f raw", ratio(t->sample_compressed, t->samples),
			ratio(t->sample_raw, t->samples));
	putchar('\n');
	if (t->with_stack)
		printf("snapshots:   %" PRIu64
		       ", %.0f words on average; %.1f %% unchanged, %.1f %% "
		       "of all words kept; %" PRIu64 " filled the limit\n",
			t->with_stack, ratio(t->words, t->with_stack),
			100 * ratio(t->words_reused, t->words),
			100 * ratio(t->words_nonzero, t->words), t->truncated);
	printf("events:      %" PRIu64 " (mappings, names, forks, exits), %" PRIu64 " lost\n",
		t->events, MAX(t->lost_sideband, t->stats.lost_sideband));
	if (t->n_blocks)
		printf("blocks:      %" PRIu64 ", of them %" PRIu64 " embedded files or tables\n",
			t->n_blocks, t->files);
	for (size_t i = 0; i < in->n_unknown; i++) {
		if (in->unknown[i].count)
			print_line("note:        %" PRIu64 " %s", in->unknown[i].count,
				in->unknown[i].what);
	}
}

/* A trace that was made of a perf.data file has statistics, but nobody's cost in them. */
static void print_cost(const struct totals *t)
{
	const struct trace_stats *s = &t->stats;
	uint64_t all_ns = s->recorder_user_ns + s->recorder_sys_ns;
	uint64_t end_ns = MIN(s->recorder_end_ns, all_ns);
	double recorder = (double)(all_ns - end_ns);
	double target = (double)(s->target_user_ns + s->target_sys_ns);

	if (!t->has_stats || (!all_ns && !s->rounds))
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

static void print_damage(const struct trace_damage *damage)
{
	if (!damage->is_cut && !damage->n_bad_blocks && !damage->n_bad_records) {
		puts("health:      whole");
		return;
	}
	AUTO_BUF struct buf blocks = BUF_INIT;
	if (damage->n_bad_blocks)
		buf_fmt(&blocks, "%u blocks and ", damage->n_bad_blocks);
	print_line("health:      %s; %.*s%" PRIu64 " records unusable: %s",
		damage->is_cut ? "CUT" : "DAMAGED", (int)blocks.len, (const char *)blocks.data,
		damage->n_bad_records, damage->why);
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 0, "blocks", NULL, "list the blocks of a trace too", option_flag, AT(blocks) },
};

static const struct command command = {
	.program = "ddrec info",
	.usage = "[options] [TRACE]",
	.summary = "Tells what is in a recording, and how good it is.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue =
		"TRACE is the file to read, a trace or perf.data: trace.zst (or, where there is\n"
		"none, perf.data) unless given, '-' for standard input.\n"
		"\n"
		"Exit status: 0 fine, 1 failed (nothing could be read), 2 wrong usage. A cut or\n"
		"damaged trace that can be read in part is fine; the last line tells.\n",
};

static bool count_all(
	struct input *in, const struct settings *settings, struct totals *t, struct err *err)
{
	struct trace_reader *reader = input_trace_reader(in);
	if (!reader)
		return count_input(in, t, err);
	if (!count_blocks(reader, settings, t, err))
		return false;
	in->damage = *trace_reader_damage(reader);
	return true;
}

static int run(int argc, char **argv)
{
	AUTO(input_close) struct input *in = NULL;
	struct settings settings = { 0 };
	struct totals totals = { 0 };
	struct err err = { 0 };
	const char *path;
	int status;

	if (!command_line(&command, &settings, argc, argv, &path, &status))
		return status;
	if (!input_open(path, &in, &err) || !count_all(in, &settings, &totals, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	print_meta(in);
	print_samples(in, &totals);
	print_cost(&totals);
	print_damage(&in->damage);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

const struct report_command command_info = { "info", run };
