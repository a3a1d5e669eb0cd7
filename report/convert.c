/*
 * See convert.h. The first pass collects; then the events are merged among the samples, an event
 * before the samples of its time. Kernel symbols come last, when it is known which were hit.
 */
#include "report/convert.h"

#include "common/snapshot.h"
#include "common/trace_writer.h"
#include "report/kernel_symbols.h"
#include "report/late_exits.h"
#include "report/replay_log.h"

#include <string.h>

enum { N_SLOTS = 256, FIRST_ADDRESSES = 4096 };

/* Distinct kernel addresses, as a growing array that is made distinct whenever it is full. */
struct addresses {
	uint64_t *list;
	size_t n, cap;
};

struct convert {
	struct input *in;
	struct module_table *modules;
	struct replay_log *log;
	size_t next_event;
	struct kernel_symbols symbols;
	struct addresses kernel;
	uint8_t *vdso; /* copied */
	struct trace_file vdso_file;
	struct process_table *processes;
	struct late_exits late_exits;
	struct snapshot_cache *snapshots;
	struct sieve sieve;
	struct trace_writer *writer;
	struct convert_result result;
	uint64_t words_reused, last_ns, lost_by_damage;
};

static void convert_fini(struct convert *c)
{
	trace_writer_free(c->writer);
	snapshot_cache_free(c->snapshots);
	process_table_free(c->processes);
	kernel_symbols_fini(&c->symbols);
	replay_log_free(c->log);
	module_table_free(c->modules);
	free(c->kernel.list);
	free(c->vdso);
}

/* The first pass. */

static bool take_event(void *ctx, const struct trace_event *event, struct err *err)
{
	struct convert *c = ctx;
	return replay_log_add(c->log, event, err);
}

static bool take_file(void *ctx, const struct trace_file *file, struct err *err)
{
	struct convert *c = ctx;
	if (file->kind != TRACE_FILE_VDSO)
		return true;
	uint8_t *copy = malloc(file->size_bytes + 1);
	if (!copy)
		return err_set(err, "no memory for the vdso");
	memcpy(copy, file->data, file->size_bytes);
	free(c->vdso);
	c->vdso = copy;
	c->vdso_file = *file;
	c->vdso_file.name = "[vdso]";
	c->vdso_file.data = copy;
	return true;
}

static bool take_kernel_symbol(void *ctx, const struct trace_kernel_symbol *symbol, struct err *err)
{
	struct convert *c = ctx;
	return kernel_symbols_add(&c->symbols, symbol) ||
		err_set(err, "no memory for the kernel's symbols");
}

static bool read_all_but_samples(
	struct convert *c, const struct convert_options *options, struct err *err)
{
	const struct input_sink sink = { take_event, take_file, take_kernel_symbol, c };
	struct input *in = c->in;
	c->modules = module_table_new();
	c->log = c->modules ? replay_log_new(c->modules) : NULL;
	if (!c->log)
		return err_set(err, "no memory");
	return in->format->read_events(in, &sink, err) && replay_log_sort(c->log, err) &&
		input_choose_event(in, options->event, err);
}

static bool open_trace(struct convert *c, const struct convert_options *options, struct err *err)
{
	const struct trace_writer_options writer = { .fd = options->fd, .name = options->name };
	struct trace_meta meta = c->in->meta;
	c->sieve.arch = arch_find(meta.arch);
	c->sieve.keep_all = options->keep_all;
	if (!c->sieve.arch)
		return err_set(err, "%s: recorded on an unknown architecture, '%.32s'", c->in->name,
			meta.arch);
	if (strcmp(meta.stack_mode, "dwarf") == 0 || strcmp(meta.stack_mode, "full") == 0)
		meta.stack_mode = options->keep_all ? "full" : "sieve";
	return process_table_new(&c->processes, err) &&
		snapshot_cache_new(
			N_SLOTS, TRACE_MAX_STACK_WORDS * 8, c->sieve.arch, &c->snapshots, err) &&
		trace_writer_open(&writer, &meta, &c->writer, err);
}

/* Kernel addresses. */

static int compare_addresses(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static void make_distinct(struct addresses *a)
{
	size_t n = 0;
	if (a->n)
		qsort(a->list, a->n, sizeof(*a->list), compare_addresses);
	for (size_t i = 0; i < a->n; i++) {
		if (!n || a->list[i] != a->list[n - 1])
			a->list[n++] = a->list[i];
	}
	a->n = n;
}

static bool add_address(struct addresses *a, uint64_t address)
{
	if (a->n == a->cap)
		make_distinct(a);
	if (2 * a->n >= a->cap) {
		size_t cap = a->cap ? 2 * a->cap : FIRST_ADDRESSES;
		uint64_t *list = realloc(a->list, cap * sizeof(*list));
		if (!list)
			return false;
		a->list = list;
		a->cap = cap;
	}
	a->list[a->n++] = address;
	return true;
}

/* As frames look them up: the leaf, and one less than each return address. */
static bool note_kernel_addresses(struct convert *c, const struct trace_sample *sample)
{
	bool ok = true;
	if (!sample->n_kernel_pcs && sample->flags & TRACE_SAMPLE_IN_KERNEL)
		ok = add_address(&c->kernel, sample->ip);
	for (uint32_t i = 0; ok && i < sample->n_kernel_pcs; i++)
		ok = add_address(&c->kernel, sample->kernel_pcs[i] - (i > 0));
	return ok;
}

/* The second pass. */

static bool write_events_until(struct convert *c, uint64_t time_ns, struct err *err)
{
	for (; c->next_event < replay_log_count(c->log); c->next_event++) {
		const struct trace_event *event = &replay_log_at(c->log, c->next_event)->event;
		if (event->time_ns > time_ns)
			return true;
		late_exits_event(&c->late_exits, c->processes, event);
		if (!trace_writer_event(c->writer, event, err))
			return false;
		c->result.n_events++;
		c->last_ns = MAX(c->last_ns, event->time_ns);
	}
	return true;
}

static void sieve_registers_of(struct convert *c, struct trace_sample *sample)
{
	uint64_t kept = sample->regs_mask;
	if (!c->sieve.keep_all)
		kept = sieve_registers(&c->sieve, sample->regs_mask, sample->regs);
	for (uint64_t left = sample->regs_mask & ~kept; left; left &= left - 1)
		sample->regs[__builtin_ctzll(left)] = 0;
	sample->regs_mask = kept;
}

static void reduce_stack(struct convert *c, struct trace_sample *sample, uint32_t block)
{
	struct trace_stack *stack = &sample->stack;
	const struct snapshot_key key = {
		.tid = sample->tid,
		.block = block,
		.sp = sample->regs[c->sieve.arch->sp],
	};
	snapshot_cache_reduce(c->snapshots, &key, &c->sieve, stack);
	c->result.words_seen += stack->n_words;
	c->words_reused += stack->reuse_to - stack->reuse_from;
	for (uint32_t i = 0; i < (stack->n_words + 63) / 64; i++)
		c->result.words_kept += (uint64_t)__builtin_popcountll(stack->keep[i]);
}

static bool write_sample(struct convert *c, struct trace_sample *sample, struct err *err)
{
	bool is_new;
	if (!write_events_until(c, sample->time_ns, err))
		return false;
	uint32_t block = trace_writer_prepare_sample(c->writer, err);
	if (!block)
		return false;
	c->sieve.ranges = process_table_get_ranges(c->processes, sample->pid, &is_new);
	if (sample->regs_mask)
		sieve_registers_of(c, sample);
	if (sample->stack.n_words)
		reduce_stack(c, sample, block);
	if (!note_kernel_addresses(c, sample))
		return err_set(err, "no memory for the kernel's addresses");
	c->result.n_samples++;
	c->last_ns = MAX(c->last_ns, sample->time_ns);
	return trace_writer_sample(c->writer, sample, err) &&
		trace_writer_tick(c->writer, sample->time_ns, err);
}

static bool write_samples(struct convert *c, struct input_decoder *decoder, struct err *err)
{
	const struct input_format *format = c->in->format;
	struct input_batch batch;
	struct trace_sample sample;
	while (format->next_batch(c->in, &batch, err)) {
		if (!format->begin(decoder, &batch, err))
			return false;
		while (format->next(decoder, &sample, err)) {
			if (!write_sample(c, &sample, err))
				return false;
		}
		if (err->text[0])
			return false;
	}
	return !err->text[0] && write_events_until(c, UINT64_MAX, err);
}

static bool write_kernel_symbols(struct convert *c, struct err *err)
{
	const struct input_sink sink = { take_event, take_file, take_kernel_symbol, c };
	make_distinct(&c->kernel);
	if (c->in->format->kernel_symbols && c->kernel.n &&
		!c->in->format->kernel_symbols(c->in, c->kernel.list, c->kernel.n, &sink, err))
		return false;
	kernel_symbols_sort(&c->symbols);
	return !c->symbols.n ||
		trace_writer_kernel_symbols(c->writer, c->symbols.symbols, c->symbols.n, err);
}

/* The trace is whole, but the recording is not: the least that says so is a lost record. */
static bool write_damage(struct convert *c, struct err *err)
{
	const struct trace_damage *damage = &c->in->damage;
	struct trace_event lost = { .kind = TRACE_LOST, .time_ns = c->last_ns };
	lost.lost.count = damage->n_bad_records + damage->n_bad_blocks + damage->is_cut;
	lost.lost.of_sideband = true;
	c->lost_by_damage = lost.lost.count;
	return !lost.lost.count || trace_writer_event(c->writer, &lost, err);
}

/* The input's statistics, if it has any, and in any case those of this trace. */
static bool close_trace(struct convert *c, struct err *err)
{
	const struct replay_counts *counts = replay_log_counts(c->log);
	struct trace_stats stats = c->in->stats;
	if (!c->in->has_stats)
		stats.end_mono_ns = c->last_ns;
	stats.samples = c->result.n_samples;
	stats.lost_samples = MAX(stats.lost_samples, counts->lost_samples);
	stats.lost_sideband = MAX(stats.lost_sideband, counts->lost_sideband) + c->lost_by_damage;
	stats.throttled = MAX(stats.throttled, counts->throttled);
	stats.stack_words_seen = c->result.words_seen;
	stats.stack_words_kept = c->result.words_kept;
	stats.stack_words_reused = c->words_reused;
	if (!trace_writer_close(c->writer, &stats, err))
		return false;
	c->result.bytes = trace_writer_bytes(c->writer);
	return true;
}

static bool run(struct convert *c, const struct convert_options *options, struct err *err)
{
	struct input_decoder *decoder;
	if (!read_all_but_samples(c, options, err) || !open_trace(c, options, err) ||
		!c->in->format->decoder_new(c->in, &decoder, err))
		return false;
	bool ok = write_samples(c, decoder, err);
	c->in->format->decoder_free(decoder, &c->in->damage);
	return ok && (!c->vdso || trace_writer_file(c->writer, &c->vdso_file, err)) &&
		write_kernel_symbols(c, err) && write_damage(c, err) && close_trace(c, err);
}

bool convert_input(struct input *in, const struct convert_options *options,
	struct convert_result *ret_result, struct err *err)
{
	struct convert c = { .in = in };
	bool ok = run(&c, options, err);
	*ret_result = c.result;
	convert_fini(&c);
	return ok;
}
