/*
 * The life of a recording; see recording.h. struct recording holds what is open; everything is
 * closed in recording_close, whatever the point at which a recording ended.
 */
#include "record/recording.h"

#include "common/clock.h"
#include "record/finish.h"
#include "record/meta.h"
#include "common/output.h"
#include "record/permissions.h"
#include "record/priority.h"
#include "record/signals.h"
#include "record/target.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

enum {
	ROUND_TIMEOUT_MS =
		250, /* a round at least this often, so that the trace on disk is fresh */
	POLL_SIGNALS = 0,
	POLL_TARGET = 1,
	POLL_EVENTS = 2,
};

struct recording {
	const struct record_settings *settings;
	struct recording_result *result;
	struct signals signals;
	struct output output;
	struct target target;
	struct perf_events events;
	struct pollfd *polled;
	nfds_t n_polled;
	struct meta meta;
	struct trace_writer *writer;
	struct drain *drain;
};

/* What was asked for, else the event's own period, else the default frequency. */
static void plan_rate(struct recording *r)
{
	struct perf_plan *plan = &r->result->plan;
	uint32_t wished_hz = r->settings->frequency_hz;
	if (!wished_hz && plan->source->period) {
		plan->period = plan->source->period;
		return;
	}
	wished_hz = wished_hz ? wished_hz : FREQUENCY_DEFAULT_HZ;
	plan->frequency_hz = (uint32_t)MIN((long)wished_hz, permissions_read().max_sample_rate);
	r->result->frequency_wished_hz = wished_hz;
}

static bool plan_recording(struct recording *r, struct err *err)
{
	const struct record_settings *s = r->settings;
	struct perf_plan *plan = &r->result->plan;
	*plan = (struct perf_plan){
		.source = s->event ? event_source_find(s->event, err) : event_sources,
		.stack = s->stack,
		.arch = s->arch,
		.features = PERF_FEATURES_ALL,
		.kernel = !s->no_kernel,
	};
	if (!plan->source)
		return false;
	if (plan->source->in_kernel && s->no_kernel)
		return err_set(err, "%s happen in the kernel, which --no-kernel leaves out",
			plan->source->name);
	plan_rate(r);
	return true;
}

static bool prepare(struct recording *r, char *const argv[], struct err *err)
{
	const struct record_settings *s = r->settings;
	struct perf_plan *plan = &r->result->plan;
	struct target_command command = { argv, &r->signals.original, false };
	if (!plan_recording(r, err) || !output_open(s->output, &r->output, err) ||
		!signals_hold(&r->signals, err))
		return false;
	command.stdout_is_traces = !r->output.path;
	if (!target_fork(&command, &r->target, err) ||
		!perf_events_open(plan, !s->event, r->target.pid, s->ring_bytes, &r->events, err))
		return false;
	r->result->n_cpus = r->events.n_cpus;
	r->result->ring_wished_bytes = r->events.ring_wished_bytes;
	r->polled = calloc(POLL_EVENTS + 2 * r->events.n_cpus, sizeof(*r->polled));
	if (!r->polled)
		return err_errno(err, "memory for %u CPUs", r->events.n_cpus);
	return meta_init(&r->meta, plan, argv, err);
}

/* Lets the command go; false, with the exit status set, when it cannot be executed. */
static bool start(struct recording *r, const char *command, struct err *err)
{
	int error;
	r->meta.trace.target_pid = (uint32_t)r->target.pid;
	r->meta.trace.start_mono_ns = clock_now_ns(CLOCK_MONOTONIC);
	r->meta.trace.start_real_ns = clock_now_ns(CLOCK_REALTIME);
	if (!target_start(&r->target, &error, err))
		return false;
	if (error) {
		r->result->exit_status = target_wait(&r->target);
		errno = error;
		return err_errno(err, "cannot run '%s'", command);
	}
	r->result->has_run = true;
	priority_raise();
	return true;
}

static bool begin_trace(struct recording *r, struct err *err)
{
	struct trace_writer_options options = { .fd = r->output.fd, .name = r->output.name };
	if (!output_begin(&r->output, err) ||
		!trace_writer_open(&options, &r->meta.trace, &r->writer, err))
		return false;
	struct drain_config config = {
		.events = &r->events,
		.plan = &r->result->plan,
		.writer = r->writer,
		.target_pid = (uint32_t)r->target.pid,
	};
	return drain_new(&config, &r->drain, err);
}

static void list_polled(struct recording *r)
{
	r->polled[POLL_SIGNALS] = (struct pollfd){ r->signals.fd, POLLIN, 0 };
	r->polled[POLL_TARGET] = (struct pollfd){ r->target.pidfd, POLLIN, 0 };
	r->n_polled = POLL_EVENTS + 2 * r->events.n_cpus;
	for (nfds_t i = POLL_EVENTS; i < r->n_polled; i++)
		r->polled[i] = (struct pollfd){ r->events.fds[i - POLL_EVENTS], POLLIN, 0 };
}

/* Waits for a ring to fill, a signal, the target's end, or the time of a round. */
static void wait_for_work(struct recording *r)
{
	if (poll(r->polled, r->n_polled, ROUND_TIMEOUT_MS) <= 0)
		return;
	if (r->polled[POLL_SIGNALS].revents)
		signals_forward(&r->signals, r->target.pid);
	/* An event of which all tasks are gone hangs up, and would for ever. */
	for (nfds_t i = POLL_EVENTS; i < r->n_polled; i++)
		if (r->polled[i].revents & (POLLHUP | POLLERR))
			r->polled[i].fd = -1;
}

static bool target_ended(struct recording *r)
{
	if (r->target.pidfd >= 0)
		return r->polled[POLL_TARGET].revents;
	return target_has_ended(&r->target);
}

/* Drains until the target ends. After a failure it only waits, and passes signals on. */
static bool watch(struct recording *r, bool ok, struct err *err)
{
	list_polled(r);
	for (;;) {
		if (!ok) {
			perf_events_disable(&r->events);
			r->n_polled = POLL_EVENTS;
		}
		wait_for_work(r);
		if (target_ended(r)) {
			priority_lower();
			return ok;
		}
		ok = ok && drain_round(r->drain, err);
	}
}

static void fill_stats(struct recording *r, struct trace_stats *stats)
{
	const struct drain_counts *counts = drain_counts(r->drain);
	const struct perf_plan *plan = &r->result->plan;
	struct rusage self, children;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	uint64_t own_ns = clock_timeval_ns(self.ru_utime) + clock_timeval_ns(self.ru_stime);
	*stats = (struct trace_stats){
		.end_mono_ns = r->meta.trace.start_mono_ns + r->result->wall_ns,
		.samples = counts->samples,
		.lost_samples =
			MAX(counts->lost_samples, perf_events_lost(&r->events, plan, false)),
		.lost_sideband =
			MAX(counts->lost_sideband, perf_events_lost(&r->events, plan, true)),
		.throttled = counts->throttled,
		.recorder_user_ns = clock_timeval_ns(self.ru_utime),
		.recorder_sys_ns = clock_timeval_ns(self.ru_stime),
		.target_user_ns = clock_timeval_ns(children.ru_utime),
		.target_sys_ns = clock_timeval_ns(children.ru_stime),
		.stack_words_seen = counts->words_seen,
		.stack_words_kept = counts->words_kept,
		.stack_words_reused = counts->words_reused,
		.ring_bytes = r->events.ring_bytes,
		.rounds = counts->rounds,
		.coarse_range_tables = drain_process_counts(r->drain)->coarse_tables,
		.exit_status = r->result->exit_status,
		.recorder_end_ns = own_ns - MIN(own_ns, r->result->cpu_ns),
	};
	r->result->truncated_stacks = counts->truncated_stacks;
	r->result->processes = *drain_process_counts(r->drain);
}

static bool finish(struct recording *r, struct err *err)
{
	struct recording_result *result = r->result;
	if (!finish_build_ids(drain_unidentified(r->drain), r->writer, err) ||
		!finish_vdso(r->writer, err) ||
		!finish_kernel_symbols(drain_kernel_addresses(r->drain), r->writer, err))
		return false;
	fill_stats(r, &result->stats);
	if (!trace_writer_close(r->writer, &result->stats, err))
		return false;
	result->trace_bytes = trace_writer_bytes(r->writer);
	return output_close(&r->output, err);
}

/* From the exec of the command to its end. */
static bool record(struct recording *r, struct err *err)
{
	bool ok = watch(r, begin_trace(r, err), err);
	uint64_t end_ns = clock_now_ns(CLOCK_MONOTONIC);
	r->result->wall_ns = end_ns - r->meta.trace.start_mono_ns;
	perf_events_disable(&r->events);
	r->result->exit_status = target_wait(&r->target);
	if (!ok || !drain_all(r->drain, err))
		return false;
	r->result->cpu_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
	return finish(r, err);
}

static void recording_close(struct recording *r)
{
	if (!r->result->has_run && r->output.fd >= 0)
		output_discard(&r->output);
	if (r->output.fd >= 0)
		close(r->output.fd);
	drain_free(r->drain);
	trace_writer_free(r->writer);
	meta_fini(&r->meta);
	free(r->polled);
	perf_events_close(&r->events);
	target_close(&r->target);
	signals_close(&r->signals);
}

bool recording_run(const struct record_settings *settings, char *const argv[],
	struct recording_result *ret_result, struct err *err)
{
	struct recording r = {
		.settings = settings,
		.result = ret_result,
		.signals = { .fd = -1 },
		.output = { .fd = -1 },
		.target = { .pidfd = -1, .go_fd = -1, .exec_fd = -1 },
	};
	*ret_result = (struct recording_result){ .exit_status = EXIT_RECORDER_FAILED };
	bool ok = prepare(&r, argv, err) && start(&r, argv[0], err) && record(&r, err);
	recording_close(&r);
	return ok;
}
