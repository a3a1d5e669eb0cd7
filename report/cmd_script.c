/*
 * ddrec script: everything in a recording as text, one line a record: a trace in the order of the
 * file, perf.data in the order of time. For debugging and for golden tests.
 */
#include "common/trace_reader.h"
#include "report/commands.h"
#include "report/input_formats.h"
#include "report/print_record.h"
#include "report/replay_log.h"

#include <inttypes.h>
#include <stdio.h>

struct settings {
	bool words;
	const char *event;
};

static void print_file(const struct trace_file *file)
{
	printf("file kind %d pid %u bytes %zu build-id ", file->kind, file->pid, file->size_bytes);
	print_build_id(&file->build_id);
	putchar(' ');
	print_name(file->name);
	putchar('\n');
}

static void print_kernel_symbol(const struct trace_kernel_symbol *symbol)
{
	printf("kernel-symbol %" PRIx64 "+%" PRIx64 " ", symbol->start, symbol->size);
	print_name(symbol->name);
	putchar(' ');
	print_name(symbol->module[0] ? symbol->module : "-");
	putchar('\n');
}

static void print_meta(const struct trace_meta *meta)
{
	printf("meta arch ");
	print_name(meta->arch);
	printf(" event ");
	print_name(meta->event);
	printf(" frequency %u period %" PRIu64 " stack ", meta->frequency_hz, meta->period);
	print_name(meta->stack_mode);
	printf(",%u kernel %s command ", meta->stack_bytes, meta->kernel_stacks ? "yes" : "no");
	print_name(meta->command);
	putchar('\n');
}

static void print_stats(const struct trace_stats *s)
{
	printf("stats samples %" PRIu64 " lost %" PRIu64 " lost-events %" PRIu64 " throttled "
	       "%" PRIu64 " words %" PRIu64 " kept %" PRIu64 " reused %" PRIu64 " exit %d\n",
		s->samples, s->lost_samples, s->lost_sideband, s->throttled, s->stack_words_seen,
		s->stack_words_kept, s->stack_words_reused, s->exit_status);
}

/* A trace: as it is, block by block. */

static void print_block(
	struct trace_reader *reader, const struct printing *p, const struct trace_block *block)
{
	struct trace_event event;
	struct trace_sample sample;
	struct trace_file file;
	struct trace_kernel_symbol symbol;
	struct trace_stats stats;

	if (block->kind == TRACE_BLOCK_META)
		print_meta(trace_reader_meta(reader));
	else if (block->kind == TRACE_BLOCK_FILE && trace_reader_file(reader, &file))
		print_file(&file);
	else if (block->kind == TRACE_BLOCK_STATS && trace_reader_stats(reader, &stats))
		print_stats(&stats);
	while (block->kind == TRACE_BLOCK_FILE && trace_reader_kernel_symbol(reader, &symbol))
		print_kernel_symbol(&symbol);
	while (block->kind == TRACE_BLOCK_EVENTS && trace_reader_event(reader, &event))
		print_event(p, &event);
	while (block->kind == TRACE_BLOCK_SAMPLES && trace_reader_sample(reader, &sample))
		print_sample(p, &sample);
}

static bool print_trace(struct trace_reader *reader, const struct printing *p, struct err *err)
{
	struct trace_block block;
	while (trace_reader_next(reader, &block, err))
		print_block(reader, p, &block);
	const struct trace_damage *damage = trace_reader_damage(reader);
	if (damage->why[0])
		say("%s: %s", trace_reader_name(reader), damage->why);
	return !err->text[0];
}

/* Other inputs: the events are collected, so that they can be printed among the samples. */

struct collection {
	struct module_table *modules;
	struct replay_log *log;
};

static bool take_event(void *ctx, const struct trace_event *event, struct err *err)
{
	const struct collection *c = ctx;
	return replay_log_add(c->log, event, err);
}

static bool take_file(void *ctx UNUSED, const struct trace_file *file, struct err *err UNUSED)
{
	print_file(file);
	return true;
}

static bool take_kernel_symbol(
	void *ctx UNUSED, const struct trace_kernel_symbol *symbol, struct err *err UNUSED)
{
	print_kernel_symbol(symbol);
	return true;
}

static void print_events_until(
	const struct replay_log *log, size_t *next, uint64_t time_ns, const struct printing *p)
{
	for (; *next < replay_log_count(log); ++*next) {
		const struct trace_event *event = &replay_log_at(log, *next)->event;
		if (event->time_ns > time_ns)
			return;
		print_event(p, event);
	}
}

static bool print_samples(struct input *in, struct input_decoder *decoder,
	const struct replay_log *log, const struct printing *p, struct err *err)
{
	struct input_batch batch;
	struct trace_sample sample;
	size_t next = 0;
	while (in->format->next_batch(in, &batch, err)) {
		if (!in->format->begin(decoder, &batch, err))
			return false;
		while (in->format->next(decoder, &sample, err)) {
			print_events_until(log, &next, sample.time_ns, p);
			print_sample(p, &sample);
		}
		if (err->text[0])
			return false;
	}
	print_events_until(log, &next, UINT64_MAX, p);
	return !err->text[0];
}

static bool print_input(struct input *in, const char *event, struct printing *p, struct err *err)
{
	AUTO(module_table_free) struct module_table *modules = module_table_new();
	AUTO(replay_log_free) struct replay_log *log = modules ? replay_log_new(modules) : NULL;
	struct collection c = { modules, log };
	const struct input_sink sink = { take_event, take_file, take_kernel_symbol, &c };
	struct input_decoder *decoder;

	if (!log)
		return err_set(err, "no memory");
	if (!in->format->read_events(in, &sink, err) || !replay_log_sort(log, err) ||
		!input_choose_event(in, event, err) || !in->format->decoder_new(in, &decoder, err))
		return false;
	p->start_ns = in->meta.start_mono_ns;
	print_meta(&in->meta);
	for (uint32_t i = 0; i < in->n_events; i++) {
		printf("event samples %" PRIu64 " ", in->events[i].n_samples);
		print_name(in->events[i].name);
		putchar('\n');
	}
	bool ok = print_samples(in, decoder, log, p, err);
	in->format->decoder_free(decoder, &in->damage);
	for (size_t i = 0; i < in->n_unknown; i++)
		if (in->unknown[i].count)
			printf("%" PRIu64 " %s\n", in->unknown[i].count, in->unknown[i].what);
	if (in->damage.why[0])
		say("%s: %s", in->name, in->damage.why);
	return ok;
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 0, "words", NULL, "print the stack words that were kept, too", option_flag, AT(words) },
	{ 0, "event", "NAME", "of a recording with several events: print this one", option_string,
		AT(event) },
};

static const struct command command = {
	.program = "ddrec script",
	.usage = "[options] [TRACE]",
	.summary = "Prints a recording's events and samples as text, one line a record.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue =
		"TRACE is the file to read, a trace or perf.data: trace.zst (or, where there is\n"
		"none, perf.data) unless given, '-' for standard input.\n"
		"\n"
		"Exit status: 0 fine, 1 failed, 2 wrong usage.\n",
};

static int run(int argc, char **argv)
{
	AUTO(input_close) struct input *in = NULL;
	struct settings settings = { 0 };
	struct err err = { 0 };
	const char *path;
	int status;

	if (!command_line(&command, &settings, argc, argv, &path, &status))
		return status;
	if (!input_open(path, &in, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	struct trace_reader *reader = input_trace_reader(in);
	struct printing p = { arch_find(in->meta.arch), in->meta.start_mono_ns, settings.words };
	bool ok =
		reader ? print_trace(reader, &p, &err) : print_input(in, settings.event, &p, &err);
	if (!ok)
		say("%s", err.text);
	return !ok || fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

const struct report_command command_script = { "script", run };
