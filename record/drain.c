/* The draining round; see drain.h. */
#include "record/drain.h"

#include "common/clock.h"
#include "record/merge.h"
#include "record/perf_record.h"
#include "record/proc_maps.h"
#include "common/snapshot.h"

#include <string.h>

enum { N_SLOTS = 256 };
enum { SAMPLE_HEAD_BYTES = 384 }; /* what stands before the stack, with a short kernel chain */
_Static_assert((int)N_SLOTS <= (int)TRACE_MAX_SLOTS, "the trace has a slot for each");

struct drain {
	struct drain_config config;
	struct merge merge;
	struct sieve sieve;
	struct process_table *processes;
	struct snapshot_cache *snapshots; /* NULL when no snapshots are taken */
	struct drain_counts counts;
	struct address_set kernel_addresses;
	struct unidentified unidentified;
	struct perf_sample_scratch scratch;
	struct proc_maps_scratch maps_scratch;
	struct pid_set members; /* no bits: everyone */
};

bool drain_event(struct drain *d, const struct trace_event *event, struct err *err)
{
	process_table_event(d->processes, event);
	switch (event->kind) {
	case TRACE_MMAP:
		unidentified_add(&d->unidentified, &event->mmap);
		break;
	case TRACE_EXIT:
		if (d->snapshots)
			snapshot_cache_forget(d->snapshots, event->tid);
		break;
	case TRACE_LOST:
		if (event->lost.of_sideband)
			d->counts.lost_sideband += event->lost.count;
		else
			d->counts.lost_samples += event->lost.count;
		break;
	case TRACE_THROTTLE:
		d->counts.throttled += !event->throttle.resumed;
		break;
	default:
		break;
	}
	return trace_writer_event(d->config.writer, event, err);
}

/* A process whose beginning was lost: its mappings, from /proc, as if they came now. */
static bool learn_process(struct drain *d, const struct trace_sample *sample, struct err *err)
{
	struct proc_maps maps;
	struct trace_event event = {
		.kind = TRACE_MMAP,
		.time_ns = sample->time_ns,
		.pid = sample->pid,
		.tid = sample->pid,
	};
	bool ok = true;
	if (!proc_maps_open(&maps, sample->pid, &d->maps_scratch))
		return true;
	while (ok && proc_maps_next(&maps, &event.mmap))
		ok = drain_event(d, &event, err);
	proc_maps_close(&maps);
	return ok;
}

static void sieve_registers_of(struct drain *d, struct trace_sample *sample)
{
	uint64_t kept = sieve_registers(&d->sieve, sample->regs_mask, sample->regs);
	for (uint64_t left = sample->regs_mask & ~kept; left; left &= left - 1)
		sample->regs[__builtin_ctzll(left)] = 0;
	sample->regs_mask = kept;
}

static void count_words(struct drain *d, const struct trace_stack *stack)
{
	uint64_t reused = stack->reuse_to - stack->reuse_from;
	uint64_t kept = 0;
	for (uint32_t i = 0; i < (stack->n_words + 63) / 64; i++)
		kept += (uint64_t)__builtin_popcountll(stack->keep[i]);
	d->counts.words_seen += stack->n_words;
	d->counts.words_kept += kept;
	d->counts.words_reused += reused;
}

static void reduce_user_part(struct drain *d, struct trace_sample *sample, uint32_t block)
{
	struct snapshot_key key = {
		.tid = sample->tid,
		.block = block,
		.sp = sample->regs[d->sieve.arch->sp],
	};
	sieve_registers_of(d, sample);
	snapshot_cache_reduce(d->snapshots, &key, &d->sieve, &sample->stack);
	count_words(d, &sample->stack);
	d->counts.truncated_stacks += sample->stack.truncated && sample->tid == sample->pid;
}

static void note_kernel_addresses(struct drain *d, const struct trace_sample *sample)
{
	if (sample->flags & TRACE_SAMPLE_IN_KERNEL)
		address_set_add(&d->kernel_addresses, sample->ip);
	for (uint32_t i = 0; i < sample->n_kernel_pcs; i++)
		address_set_add(&d->kernel_addresses, sample->kernel_pcs[i]);
}

/* Not so where a process ends: CPUs are sampled there after its exit was told. */
static bool has_user_part(const struct trace_sample *sample)
{
	return sample->stack.n_words || sample->n_user_pcs ||
		!(sample->flags & TRACE_SAMPLE_IN_KERNEL);
}

static bool on_sample(struct drain *d, const struct perf_event_header *record,
	const struct ring *ring, struct err *err)
{
	struct trace_sample sample;
	bool is_new;
	if (!perf_record_sample(
		    record, d->config.events->sample_type, d->sieve.arch, &d->scratch, &sample)) {
		d->counts.malformed_records++;
		return true;
	}
	ring_prefetch_next(ring, record, SAMPLE_HEAD_BYTES + 8 * (size_t)sample.stack.n_words);
	if (d->config.plan->period)
		sample.period = d->config.plan->period;
	d->sieve.ranges = process_table_get_ranges(d->processes, sample.pid, &is_new);
	if (is_new && has_user_part(&sample)) {
		if (!learn_process(d, &sample, err))
			return false;
		d->sieve.ranges = process_table_get_ranges(d->processes, sample.pid, &is_new);
	}
	uint32_t block = trace_writer_prepare_sample(d->config.writer, err);
	if (!block)
		return false;
	if (sample.stack.n_words)
		reduce_user_part(d, &sample, block);
	else if (sample.regs_mask)
		sieve_registers_of(d, &sample);
	note_kernel_addresses(d, &sample);
	d->counts.samples++;
	return trace_writer_sample(d->config.writer, &sample, err);
}

/* Whether the event is of a process that is recorded. A fork makes the child one, or a stranger
 * that has got the pid of one. */
static bool concerns_member(struct drain *d, const struct trace_event *event)
{
	if (!d->members.bits || event->kind == TRACE_LOST || event->kind == TRACE_THROTTLE)
		return true;
	if (event->kind == TRACE_FORK && event->pid != event->fork.parent_pid) {
		if (pid_set_has(&d->members, (pid_t)event->fork.parent_pid))
			pid_set_add(&d->members, (pid_t)event->pid);
		else
			pid_set_remove(&d->members, (pid_t)event->pid);
	}
	return pid_set_has(&d->members, (pid_t)event->pid);
}

static bool samples_member(const struct drain *d, const struct perf_event_header *record)
{
	return !d->members.bits || pid_set_has(&d->members, perf_record_sample_pid(record));
}

static bool on_record(struct drain *d, const struct perf_event_header *record,
	const struct ring *ring, struct err *err)
{
	struct trace_event event;
	if (record->type == PERF_RECORD_SAMPLE)
		return !samples_member(d, record) || on_sample(d, record, ring, err);
	struct perf_record_origin origin = { ring->of_sideband,
		perf_plan_has_build_ids(d->config.plan) };
	if (perf_record_event(record, origin, &event) && concerns_member(d, &event))
		return drain_event(d, &event, err);
	return true;
}

static bool take_until(struct drain *d, uint64_t until_ns, struct err *err)
{
	const struct perf_event_header *record;
	struct ring *ring;
	perf_events_note_heads(d->config.events);
	merge_begin(&d->merge, until_ns);
	while ((record = merge_peek(&d->merge, &ring))) {
		if (!on_record(d, record, ring, err))
			return false;
		merge_advance(&d->merge);
	}
	d->counts.rounds++;
	return true;
}

static bool allocate(struct drain *d, struct err *err)
{
	const struct perf_plan *plan = d->config.plan;
	d->merge.rings = d->config.events->rings;
	d->merge.n_rings = 2 * d->config.events->n_cpus;
	d->merge.items = calloc(d->merge.n_rings, sizeof(*d->merge.items));
	if (!d->merge.items)
		return err_errno(err, "memory for the merge");
	if (plan->stack.mode->snapshot &&
		!snapshot_cache_new(
			N_SLOTS, plan->stack.limit_bytes, plan->arch, &d->snapshots, err))
		return false;
	return process_table_new(&d->processes, err);
}

bool drain_new(const struct drain_config *config, struct drain **ret_drain, struct err *err)
{
	AUTO(drain_free) struct drain *d = calloc(1, sizeof(*d));
	if (!d)
		return err_errno(err, "memory for draining");
	d->config = *config;
	d->sieve.arch = config->plan->arch;
	d->sieve.keep_all = !config->plan->stack.mode->sieved;
	if (!allocate(d, err) || (config->members_only && !pid_set_init(&d->members, err)))
		return false;
	if (config->target_pid)
		process_table_add(d->processes, config->target_pid);
	*ret_drain = TAKE(d);
	return true;
}

void drain_free(struct drain *d)
{
	if (!d)
		return;
	free(d->merge.items);
	snapshot_cache_free(d->snapshots);
	process_table_free(d->processes);
	pid_set_fini(&d->members);
	free(d);
}

bool drain_until(struct drain *d, uint64_t time_ns, struct err *err)
{
	return take_until(d, time_ns, err) && trace_writer_tick(d->config.writer, time_ns, err);
}

void drain_admit(struct drain *d, uint32_t pid)
{
	if (d->members.bits)
		pid_set_add(&d->members, (pid_t)pid);
}

void drain_begin_process(struct drain *d, uint32_t pid, uint32_t n_threads)
{
	drain_admit(d, pid);
	process_table_begin(d->processes, pid, n_threads);
}

bool drain_round(struct drain *d, struct err *err)
{
	return drain_until(d, clock_now_ns(CLOCK_MONOTONIC), err);
}

bool drain_all(struct drain *d, struct err *err)
{
	return take_until(d, UINT64_MAX, err);
}

const struct drain_counts *drain_counts(const struct drain *d)
{
	return &d->counts;
}

const struct process_table_counts *drain_process_counts(const struct drain *d)
{
	return process_table_counts(d->processes);
}

struct address_set *drain_kernel_addresses(struct drain *d)
{
	return &d->kernel_addresses;
}

const struct unidentified *drain_unidentified(const struct drain *d)
{
	return &d->unidentified;
}
