/*
 * The life of a recording; see recording.h. struct recording holds what is open; everything is
 * closed in recording_close, whatever the point at which a recording ended.
 */
#include "record/recording.h"

#include "common/clock.h"
#include "record/finish.h"
#include "record/meta.h"
#include "common/output.h"
#include "record/plan.h"
#include "record/priority.h"
#include "record/signals.h"
#include "record/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum {
	ROUND_TIMEOUT_MS =
		250, /* a round at least this often, so that the trace on disk is fresh */
	POLL_SIGNALS = 0,
	POLL_OTHERS = 1,
};

struct recording {
	const struct record_settings *settings;
	struct recording_result *result;
	struct signals signals;
	struct output output;
	struct target target;
	struct perf_events events;
	struct cpu_list cpus;
	struct pollfd *polled;
	bool is_sampling;
	bool is_asked_to_end;
	uint64_t sample_from_ns, sample_until_ns; /* CLOCK_MONOTONIC */
	struct meta meta;
	struct trace_writer *writer;
	struct drain *drain;
};

/* Those asked for, which must be online, or all. */
static bool choose_cpus(struct recording *r, struct err *err)
{
	AUTO_CPU_LIST struct cpu_list online = { 0 };
	if (!cpu_list_online(&online, err))
		return false;
	if (r->settings->cpus)
		return cpu_list_choose(&online, r->settings->cpus, &r->cpus, err);
	r->cpus = online;
	online.cpus = NULL;
	return true;
}

static bool describe_recording(struct recording *r, char *const argv[], struct err *err)
{
	AUTO_BUF struct buf options = BUF_INIT;
	r->target.kind->write_options(&r->target, &options);
	if (r->settings->cpus)
		buf_fmt(&options, "%s-C %s", options.len ? " " : "", r->settings->cpus);
	buf_u8(&options, '\0');
	if (options.failed)
		return err_set(err, "no memory for the command line");
	return meta_init(&r->meta, &r->result->plan, (const char *)options.data, argv, err);
}

static bool open_target(struct recording *r, char *const argv[], struct err *err)
{
	struct target_request request = {
		.pids = r->settings->pids,
		.machine = r->settings->machine,
		.per_thread = r->settings->per_thread,
		.argv = argv,
		.mask = &r->signals.original,
		.stdout_is_traces = !r->output.path,
	};
	struct perf_events_config config = {
		.cpus = &r->cpus,
		.event_is_default = !r->settings->event,
		.ring_bytes = r->settings->ring_bytes,
	};
	if (!target_prepare(&request, &r->target, err))
		return false;
	r->result->plan.scope = r->target.kind->scope;
	return r->target.kind->open(&r->target, &config, &r->result->plan, &r->events, err);
}

static bool prepare(struct recording *r, char *const argv[], struct err *err)
{
	if (!plan_make(r->settings, &r->result->plan, &r->result->frequency_wished_hz, err) ||
		!choose_cpus(r, err) || !output_open(r->settings->output, &r->output, err) ||
		!signals_hold(&r->signals, argv, err) || !open_target(r, argv, err))
		return false;
	r->result->n_cpus = r->events.n_cpus;
	r->result->ring_wished_bytes = r->events.ring_wished_bytes;
	r->polled = calloc(POLL_OTHERS + target_max_polled(&r->target) + 2 * r->events.n_cpus,
		sizeof(*r->polled));
	if (!r->polled)
		return err_errno(err, "memory for %u CPUs", r->events.n_cpus);
	return describe_recording(r, argv, err);
}

/* Lets the command go; false, with the exit status set, when it cannot be executed. */
static bool start_command(struct recording *r, const char *command, struct err *err)
{
	int error;
	if (!launch_start(&r->target.command, &error, err))
		return false;
	if (error) {
		r->result->exit_status = launch_wait(&r->target.command);
		r->result->has_begun = false;
		errno = error;
		return err_errno(err, "cannot run '%s'", command);
	}
	return true;
}

static bool begin_trace(struct recording *r, struct err *err)
{
	struct trace_writer_options options = { .fd = r->output.fd, .name = r->output.name };
	r->result->has_begun = true;
	if (!output_begin(&r->output, err) ||
		!trace_writer_open(&options, &r->meta.trace, &r->writer, err))
		return false;
	struct drain_config config = {
		.events = &r->events,
		.plan = &r->result->plan,
		.writer = r->writer,
		.members_only = r->target.kind->members_only,
		.target_pid = (uint32_t)r->target.command.pid,
	};
	return drain_new(&config, &r->drain, err);
}

/* Writes the description of what runs; then samples may come, or after the delay. */
static bool begin_sampling(struct recording *r, struct err *err)
{
	const struct target_kind *kind = r->target.kind;
	if (!begin_trace(r, err) || (kind->describe && !kind->describe(&r->target, r->drain, err)))
		return false;
	priority_raise(); /* not before: what is described shall not wait for us */
	r->sample_from_ns = clock_now_ns(CLOCK_MONOTONIC) + r->settings->delay_ns;
	r->sample_until_ns = r->settings->duration_ns ? r->sample_from_ns + r->settings->duration_ns
						      : UINT64_MAX;
	if (!r->settings->delay_ns)
		perf_events_enable(&r->events);
	r->is_sampling = !r->settings->delay_ns;
	return true;
}

/*
 * A command that is recorded is started before the trace is touched, and whatever happens to the
 * trace, it is waited for. One that is the clock only is started when all else runs.
 */
static bool start(struct recording *r, char *const argv[], bool *ret_goes_on, struct err *err)
{
	bool first = r->target.kind->is_command;
	r->meta.trace.target_pid = (uint32_t)target_pid(&r->target);
	r->meta.trace.start_mono_ns = clock_now_ns(CLOCK_MONOTONIC);
	r->meta.trace.start_real_ns = clock_now_ns(CLOCK_REALTIME);
	*ret_goes_on = false;
	if (first) {
		if (!start_command(r, argv[0], err))
			return false;
		priority_raise(); /* the rings fill already */
	}
	bool ok = begin_sampling(r, err);
	if (!first && argv && ok && !start_command(r, argv[0], err))
		return false;
	*ret_goes_on = ok || first;
	return ok;
}

/* In milliseconds, rounded up, and at most a round's. */
static int time_left_ms(const struct recording *r)
{
	uint64_t now = clock_now_ns(CLOCK_MONOTONIC);
	uint64_t due = r->is_sampling ? r->sample_until_ns : r->sample_from_ns;
	uint64_t left_ns = due - MIN(due, now);
	return left_ns > (uint64_t)ROUND_TIMEOUT_MS * 1000000 ? ROUND_TIMEOUT_MS
							      : (int)((left_ns + 999999) / 1000000);
}

static void wait_until(struct recording *r, nfds_t n_polled, int timeout_ms)
{
	r->polled[POLL_SIGNALS] = (struct pollfd){ r->signals.fd, POLLIN, 0 };
	if (poll(r->polled, n_polled, timeout_ms) <= 0 || !r->polled[POLL_SIGNALS].revents)
		return;
	if (r->target.command.pid)
		signals_forward(&r->signals, r->target.command.pid);
	else
		r->is_asked_to_end = signals_ask_for_end(&r->signals);
}

/* Waits for a ring to fill, a signal, an end, or the time of a round. */
static void wait_for_work(struct recording *r)
{
	nfds_t n = POLL_OTHERS;
	n += target_list_polled(&r->target, r->polled + n);
	for (uint32_t i = 0; i < 2 * r->events.n_cpus; i++)
		r->polled[n++] = (struct pollfd){ r->events.ring_fds[i], POLLIN, 0 };
	wait_until(r, n, time_left_ms(r));
}

static bool is_over(struct recording *r)
{
	return r->is_asked_to_end || target_has_ended(&r->target) ||
		(r->is_sampling && clock_now_ns(CLOCK_MONOTONIC) >= r->sample_until_ns);
}

/* Drains until the recording is over. */
static bool watch(struct recording *r, struct err *err)
{
	for (;;) {
		wait_for_work(r);
		if (is_over(r))
			return true;
		if (!r->is_sampling && clock_now_ns(CLOCK_MONOTONIC) >= r->sample_from_ns) {
			perf_events_enable(&r->events);
			r->is_sampling = true;
		}
		if (!drain_round(r->drain, err))
			return false;
	}
}

/* Passes signals on until the command ends; its exit status is ours. */
static void wait_for_command(struct recording *r)
{
	struct launch *command = &r->target.command;
	if (!command->pid)
		return;
	r->polled[POLL_OTHERS] = (struct pollfd){ command->pidfd, POLLIN, 0 };
	while (!launch_has_ended(command))
		wait_until(r, POLL_OTHERS + 1, ROUND_TIMEOUT_MS);
	r->result->exit_status = launch_wait(command);
}

static void fill_stats(struct recording *r, struct trace_stats *stats)
{
	const struct drain_counts *counts = drain_counts(r->drain);
	struct perf_totals totals = perf_events_totals(&r->events, &r->result->plan);
	struct target_cpu cpu = r->target.kind->cpu(&r->target, &totals);
	struct rusage self;
	getrusage(RUSAGE_SELF, &self);
	uint64_t own_ns = clock_timeval_ns(self.ru_utime) + clock_timeval_ns(self.ru_stime);
	*stats = (struct trace_stats){
		.end_mono_ns = r->meta.trace.start_mono_ns + r->result->wall_ns,
		.samples = counts->samples,
		.lost_samples = MAX(counts->lost_samples, totals.lost_samples),
		.lost_sideband = MAX(counts->lost_sideband, totals.lost_sideband),
		.throttled = counts->throttled,
		.recorder_user_ns = clock_timeval_ns(self.ru_utime),
		.recorder_sys_ns = clock_timeval_ns(self.ru_stime),
		.target_user_ns = cpu.user_ns,
		.target_sys_ns = cpu.sys_ns,
		.stack_words_seen = counts->words_seen,
		.stack_words_kept = counts->words_kept,
		.stack_words_reused = counts->words_reused,
		.ring_bytes = r->events.ring_bytes,
		.rounds = counts->rounds,
		.coarse_range_tables = drain_process_counts(r->drain)->coarse_tables,
		.exit_status = r->result->exit_status,
		.recorder_end_ns = own_ns - MIN(own_ns, r->result->cpu_ns),
	};
}

static void fill_result(struct recording *r)
{
	struct recording_result *result = r->result;
	AUTO_BUF struct buf what = BUF_INIT;
	if (r->target.kind->write_what)
		r->target.kind->write_what(&r->target, &what);
	buf_u8(&what, '\0');
	if (!what.failed)
		snprintf(result->what, sizeof(result->what), "%s", (const char *)what.data);
	fill_stats(r, &result->stats);
	result->target_ns = result->stats.target_user_ns + result->stats.target_sys_ns;
	result->truncated_stacks = drain_counts(r->drain)->truncated_stacks;
	result->processes = *drain_process_counts(r->drain);
	result->unreadable = r->target.described.unreadable;
	result->denied = r->target.denied;
	result->unsure = r->target.unsure;
}

static bool finish(struct recording *r, struct err *err)
{
	if (!finish_build_ids(drain_unidentified(r->drain), r->writer, err) ||
		!finish_vdso(r->writer, err) ||
		!finish_kernel_symbols(drain_kernel_addresses(r->drain), r->writer, err))
		return false;
	fill_result(r);
	if (!trace_writer_close(r->writer, &r->result->stats, err))
		return false;
	r->result->trace_bytes = trace_writer_bytes(r->writer);
	return output_close(&r->output, err);
}

static void end_sampling(struct recording *r)
{
	uint64_t end_ns = clock_now_ns(CLOCK_MONOTONIC);
	perf_events_disable(&r->events);
	priority_lower();
	r->result->wall_ns = end_ns - r->meta.trace.start_mono_ns;
	r->result->sampled_ns = end_ns - MIN(end_ns, r->sample_from_ns);
}

/* From the start to the end. A command that has ended tells its status before the trace is
 * finished, one that runs on when it likes. */
static bool record(struct recording *r, char *const argv[], struct err *err)
{
	bool goes_on;
	bool ok = start(r, argv, &goes_on, err);
	if (!goes_on)
		return false;
	ok = ok && watch(r, err);
	end_sampling(r);
	bool has_command = r->target.command.pid;
	r->result->exit_status = ok || has_command ? 0 : EXIT_RECORDER_FAILED;
	if (has_command && launch_has_ended(&r->target.command))
		wait_for_command(r);
	ok = ok && drain_all(r->drain, err);
	r->result->cpu_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
	ok = ok && finish(r, err);
	wait_for_command(r);
	if (!ok && !has_command)
		r->result->exit_status = EXIT_RECORDER_FAILED;
	return ok;
}

static void recording_close(struct recording *r)
{
	if (!r->result->has_begun && r->output.fd >= 0)
		output_discard(&r->output);
	if (r->output.fd >= 0)
		close(r->output.fd);
	drain_free(r->drain);
	trace_writer_free(r->writer);
	meta_fini(&r->meta);
	free(r->polled);
	perf_events_close(&r->events);
	cpu_list_fini(&r->cpus);
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
		.target = { .command = { .pidfd = -1, .go_fd = -1, .exec_fd = -1 } },
	};
	*ret_result = (struct recording_result){ .exit_status = EXIT_RECORDER_FAILED };
	bool ok = prepare(&r, argv, err) && record(&r, argv, err);
	recording_close(&r);
	return ok;
}
