/*
 * ddrec script: everything in a trace as text, one line a record, in file order. For debugging and
 * for golden tests, so the lines hold nothing that differs between runs of the same reader.
 *
 * One printer for each kind of event, in a table.
 */
#include "common/trace_reader.h"
#include "formats/utf8.h"
#include "report/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct settings {
	bool words;
};

struct printer {
	const char *name;
	void (*print)(const struct trace_event *event);
};

/* Names come from the recorded processes: what a terminal would obey, and what is no UTF-8, is
 * shown as \xHH. */
static void print_name(const char *name)
{
	for (const char *end = name + strlen(name), *from = name; from < end; from = name) {
		uint32_t c = utf8_next(&name, end);
		bool is_malformed = c == UTF8_REPLACEMENT && name == from + 1;
		bool is_plain = !is_malformed && !utf8_is_harmful(c) && c != '\\';
		for (; from < name; from++)
			printf(is_plain ? "%c" : "\\x%02x", (unsigned char)*from);
	}
}

static void print_build_id(const struct build_id *id)
{
	for (unsigned i = 0; i < id->len; i++)
		printf("%02x", id->bytes[i]);
	if (!id->len)
		putchar('-');
}

static void print_mmap(const struct trace_event *event)
{
	const struct trace_mmap *m = &event->mmap;
	printf(" %#" PRIx64 "-%#" PRIx64 " off %#" PRIx64 " prot %x flags %x dev %x:%x inode "
	       "%" PRIu64 " build-id ",
		m->start, m->start + m->len, m->file_off, m->prot, m->flags, m->dev_major,
		m->dev_minor, m->inode);
	print_build_id(&m->build_id);
	putchar(' ');
	print_name(m->path);
}

static void print_comm(const struct trace_event *event)
{
	printf(" %s ", event->comm.is_exec ? "exec" : "name");
	print_name(event->comm.name);
}

static void print_fork(const struct trace_event *event)
{
	printf(" parent %u/%u", event->fork.parent_pid, event->fork.parent_tid);
}

static void print_nothing(const struct trace_event *event UNUSED)
{
}

static void print_lost(const struct trace_event *event)
{
	printf(" %" PRIu64 " %s on cpu %u", event->lost.count,
		event->lost.of_sideband ? "events" : "samples", event->lost.cpu);
}

static void print_throttle(const struct trace_event *event)
{
	printf(" cpu %u %s", event->throttle.cpu, event->throttle.resumed ? "resumed" : "paused");
}

static void print_build_id_event(const struct trace_event *event)
{
	putchar(' ');
	print_build_id(&event->build_id.id);
	putchar(' ');
	print_name(event->build_id.path);
}

static const struct printer printers[] = {
	[TRACE_MMAP] = { "mmap", print_mmap },
	[TRACE_COMM] = { "comm", print_comm },
	[TRACE_FORK] = { "fork", print_fork },
	[TRACE_EXIT] = { "exit", print_nothing },
	[TRACE_LOST] = { "lost", print_lost },
	[TRACE_THROTTLE] = { "throttle", print_throttle },
	[TRACE_BUILD_ID] = { "build-id", print_build_id_event },
};

struct printing {
	struct trace_reader *reader;
	const struct settings *settings;
	const struct arch *arch; /* NULL: unknown; registers by number */
	uint64_t start_ns;
};

static void print_head(
	const struct printing *p, const char *kind, uint64_t time_ns, uint32_t pid, uint32_t tid)
{
	bool is_before = time_ns < p->start_ns;
	uint64_t distance_ns = is_before ? p->start_ns - time_ns : time_ns - p->start_ns;
	printf("%s %s%" PRIu64 ".%09" PRIu64 " %u/%u", kind, is_before ? "-" : "",
		distance_ns / 1000000000, distance_ns % 1000000000, pid, tid);
}

static void print_event(const struct printing *p, const struct trace_event *event)
{
	if ((size_t)event->kind >= ARRAY_LEN(printers) || !printers[event->kind].print)
		return;
	print_head(p, printers[event->kind].name, event->time_ns, event->pid, event->tid);
	printers[event->kind].print(event);
	putchar('\n');
}

static void print_chain(const char *name, const uint64_t *pcs, uint32_t n)
{
	if (!n)
		return;
	printf(" %s", name);
	for (uint32_t i = 0; i < n; i++)
		printf("%c%" PRIx64, i ? ',' : ' ', pcs[i]);
}

static void print_registers(const struct printing *p, const struct trace_sample *sample)
{
	if (!sample->regs_mask)
		return;
	printf(" regs");
	for (unsigned r = 0; r < ARCH_MAX_REGS; r++) {
		if (!(sample->regs_mask >> r & 1))
			continue;
		if (p->arch && r < p->arch->n_regs)
			printf(" %s=%" PRIx64, p->arch->reg_names[r], sample->regs[r]);
		else
			printf(" r%u=%" PRIx64, r, sample->regs[r]);
	}
}

static void print_stack(const struct printing *p, const struct trace_stack *stack)
{
	uint32_t kept = 0;
	if (!stack->n_words)
		return;
	for (uint32_t i = 0; i < stack->n_words; i++)
		kept += stack->words[i] != 0;
	printf(" stack slot %u words %u kept %u reused %u..%u%s", stack->slot, stack->n_words, kept,
		stack->reuse_from, stack->reuse_to, stack->truncated ? " truncated" : "");
	for (uint32_t i = 0; p->settings->words && i < stack->n_words; i++) {
		if (stack->words[i])
			printf(" +%x:%" PRIx64, 8 * i, stack->words[i]);
	}
}

static void print_sample(const struct printing *p, const struct trace_sample *sample)
{
	print_head(p, "sample", sample->time_ns, sample->pid, sample->tid);
	printf(" cpu %u period %" PRIu64 "%s ip %" PRIx64, sample->cpu, sample->period,
		sample->flags & TRACE_SAMPLE_IN_KERNEL ? " kernel" : "", sample->ip);
	print_chain("kernel-stack", sample->kernel_pcs, sample->n_kernel_pcs);
	print_chain("user-stack", sample->user_pcs, sample->n_user_pcs);
	print_registers(p, sample);
	print_stack(p, &sample->stack);
	putchar('\n');
}

static void print_file(const struct printing *p)
{
	struct trace_file file;
	struct trace_kernel_symbol symbol;
	if (!trace_reader_file(p->reader, &file))
		return;
	printf("file kind %d pid %u bytes %zu build-id ", file.kind, file.pid, file.size_bytes);
	print_build_id(&file.build_id);
	putchar(' ');
	print_name(file.name);
	putchar('\n');
	while (file.kind == TRACE_FILE_KERNEL_SYMBOLS &&
		trace_reader_kernel_symbol(p->reader, &symbol)) {
		printf("kernel-symbol %" PRIx64 "+%" PRIx64 " ", symbol.start, symbol.size);
		print_name(symbol.name);
		putchar(' ');
		print_name(symbol.module[0] ? symbol.module : "-");
		putchar('\n');
	}
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

static void print_stats(const struct printing *p)
{
	struct trace_stats s;
	if (!trace_reader_stats(p->reader, &s))
		return;
	printf("stats samples %" PRIu64 " lost %" PRIu64 " lost-events %" PRIu64 " throttled "
	       "%" PRIu64 " words %" PRIu64 " kept %" PRIu64 " reused %" PRIu64 " exit %d\n",
		s.samples, s.lost_samples, s.lost_sideband, s.throttled, s.stack_words_seen,
		s.stack_words_kept, s.stack_words_reused, s.exit_status);
}

static void print_block(const struct printing *p, const struct trace_block *block)
{
	struct trace_event event;
	struct trace_sample sample;

	if (block->kind == TRACE_BLOCK_META)
		print_meta(trace_reader_meta(p->reader));
	else if (block->kind == TRACE_BLOCK_FILE)
		print_file(p);
	else if (block->kind == TRACE_BLOCK_STATS)
		print_stats(p);
	while (block->kind == TRACE_BLOCK_EVENTS && trace_reader_event(p->reader, &event))
		print_event(p, &event);
	while (block->kind == TRACE_BLOCK_SAMPLES && trace_reader_sample(p->reader, &sample))
		print_sample(p, &sample);
}

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{ 0, "words", NULL, "print the stack words that were kept, too", option_flag, AT(words) },
};

static const struct command command = {
	.program = "ddrec script",
	.usage = "[options] [TRACE]",
	.summary = "Prints a trace's events and samples as text, one line a record.",
	.options = options,
	.n_options = ARRAY_LEN(options),
	.epilogue = "TRACE is the file to read: trace.zst unless given, '-' for standard input.\n"
		    "\n"
		    "Exit status: 0 fine, 1 failed, 2 wrong usage.\n",
};

static int run(int argc, char **argv)
{
	AUTO(trace_reader_close) struct trace_reader *reader = NULL;
	struct settings settings = { 0 };
	struct trace_block block;
	struct err err = { 0 };
	const char *trace;
	int status;

	if (!command_line(&command, &settings, argc, argv, &trace, &status))
		return status;
	if (!trace_reader_open(trace, &reader, &err)) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	const struct trace_meta *meta = trace_reader_meta(reader);
	struct printing p = { reader, &settings, arch_find(meta->arch), meta->start_mono_ns };
	while (trace_reader_next(reader, &block, &err))
		print_block(&p, &block);
	const struct trace_damage *damage = trace_reader_damage(reader);
	if (damage->why[0])
		say("%s: %s", trace_reader_name(reader), damage->why);
	if (err.text[0])
		say("%s", err.text);
	return err.text[0] || fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

const struct report_command command_script = { "script", run };
