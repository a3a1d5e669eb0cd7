/* See summary.h. */
#include "record/summary.h"

#include "record/permissions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void summary_write_count(struct buf *b, uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_u8(b, ',');
		buf_u8(b, (uint8_t)digits[i]);
	}
}

void summary_write_bytes(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB" };
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 999.5 && unit + 1 < ARRAY_LEN(units)) {
		value /= 1000;
		unit++;
	}
	buf_fmt(b, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void summary_write_duration(struct buf *b, uint64_t ns)
{
	double s = (double)ns / 1e9;
	if (ns < 999500000)
		buf_fmt(b, "%.3g ms", s * 1e3);
	else if (ns < 120000000000)
		buf_fmt(b, "%.*f s", ns < 10000000000 ? 2 : 1, s);
	else
		buf_fmt(b, "%" PRIu64 " min %" PRIu64 " s", ns / 60000000000, ns / 1000000000 % 60);
}

static void write_rate(struct buf *b, const struct perf_plan *plan)
{
	buf_fmt(b, " of %s", plan->source->name);
	if (!plan->period)
		buf_fmt(b, " at %u Hz", plan->frequency_hz);
	else if (plan->period > 1)
		buf_fmt(b, ", one in %" PRIu64 ",", plan->period);
}

/* What came after the end was no burden on the target; and a share of next to nothing says nothing.
 */
static void write_cost(struct buf *b, const struct recording_result *result)
{
	if (result->target_ns < 200000000)
		buf_fmt(b, ", recorder used %.0f ms of CPU", (double)result->cpu_ns / 1e6);
	else
		buf_fmt(b, ", recorder used %.1f %% of the target's CPU",
			percent(result->cpu_ns, result->target_ns));
}

void summary_write(struct buf *b, const struct recording_result *result,
	const struct record_settings *settings)
{
	const struct trace_stats *s = &result->stats;
	if (result->what[0]) {
		buf_fmt(b, "%s, for ", result->what);
		summary_write_duration(b, result->sampled_ns);
		buf_str(b, ": ");
	}
	summary_write_count(b, s->samples);
	buf_str(b, " samples (");
	summary_write_count(b, s->lost_samples);
	buf_str(b, " lost)");
	write_rate(b, &result->plan);
	if (!result->what[0]) {
		buf_str(b, " in ");
		summary_write_duration(b, result->wall_ns);
	}
	buf_str(b, ", ");
	summary_write_bytes(b, result->trace_bytes);
	if (strcmp(settings->output, "-") != 0)
		buf_fmt(b, " in %s", settings->output);
	if (s->samples)
		buf_fmt(b, " (%" PRIu64 " B/sample)", result->trace_bytes / s->samples);
	write_cost(b, result);
}

static void warn_about_kernel(struct buf *b, const struct recording_result *result,
	const struct record_settings *settings)
{
	if (result->plan.kernel || settings->no_kernel)
		return;
	buf_fmt(b,
		"the kernel's part was not allowed, so time in system calls is missing; "
		"it needs: sudo sysctl kernel.perf_event_paranoid=1 (it is %ld)\n",
		permissions_read().paranoid);
}

static void warn_about_lost_samples(struct buf *b, const struct recording_result *result)
{
	const struct trace_stats *s = &result->stats;
	if (!s->lost_samples)
		return;
	summary_write_count(b, s->lost_samples);
	buf_str(b, " samples were lost because a ring buffer was full; try ");
	if (s->ring_bytes < result->ring_wished_bytes)
		buf_fmt(b,
			"sudo sysctl kernel.perf_event_mlock_kb=%" PRIu64
			" (rings had to be smaller than wished)\n",
			2 * result->ring_wished_bytes / 1024);
	else if (s->ring_bytes < RING_MAX_BYTES)
		buf_fmt(b, "--ring-bytes %" PRIu64 "M\n", s->ring_bytes * 2 >> 20);
	else
		buf_str(b, "a lower --frequency\n");
}

static void warn_about_sideband(struct buf *b, const struct trace_stats *s)
{
	if (s->lost_sideband) {
		summary_write_count(b, s->lost_sideband);
		buf_str(b,
			" mappings or processes were lost, so some addresses will have no "
			"name; try a lower --frequency\n");
	}
	if (s->throttled) {
		buf_str(b, "the kernel paused sampling ");
		summary_write_count(b, s->throttled);
		buf_str(b, " times because interrupts took too long; try a lower --frequency\n");
	}
}

/* By default it is CPU time that is sampled, whatever the clock. */
static void warn_about_no_samples(struct buf *b, const struct recording_result *result)
{
	const struct event_source *source = result->plan.source;
	const char *who = result->what[0] ? "the target" : "the command";
	if (result->stats.samples || result->stats.lost_samples)
		return;
	if (source->is_time || source->by_default)
		buf_fmt(b,
			"no samples: %s used too little CPU time; "
			"try a higher --frequency\n",
			who);
	else if (result->plan.period)
		buf_fmt(b, "no samples: %s had no %s, or less than %" PRIu64 "\n", who,
			source->name, result->plan.period);
	else
		buf_fmt(b, "no samples: %s had no %s, or too few\n", who, source->name);
}

static void warn_about_stacks(struct buf *b, const struct recording_result *result)
{
	double share = percent(result->truncated_stacks, result->stats.samples);
	if (share < 1 || result->plan.stack.limit_bytes >= STACK_MAX_BYTES)
		return;
	buf_fmt(b,
		"%.0f %% of the stacks filled the snapshot of %u bytes and may be deeper; "
		"try --stack %s,%d\n",
		share, result->plan.stack.limit_bytes, result->plan.stack.mode->name,
		STACK_MAX_BYTES);
}

static void warn_about_unknown(struct buf *b, const struct recording_result *result)
{
	if (result->unreadable)
		buf_fmt(b,
			"the mappings of %" PRIu64
			" processes may not be read, so their addresses will have no name%s\n",
			result->unreadable,
			geteuid() ? "; run ddrec as root (or give ddrec-record the capability "
				    "cap_sys_ptrace)"
				  : "");
	if (result->denied)
		buf_fmt(b,
			"%" PRIu64
			" threads of descendants may not be sampled; run ddrec as root\n",
			result->denied);
	if (result->unsure)
		buf_fmt(b, "%" PRIu64 " threads came while ddrec attached, and may be missing\n",
			result->unsure);
}

void summary_write_warnings(struct buf *b, const struct recording_result *result,
	const struct record_settings *settings)
{
	if (result->frequency_wished_hz > result->plan.frequency_hz)
		buf_fmt(b, "the kernel allows at most %u Hz (kernel.perf_event_max_sample_rate)\n",
			result->plan.frequency_hz);
	warn_about_no_samples(b, result);
	warn_about_kernel(b, result, settings);
	warn_about_lost_samples(b, result);
	warn_about_sideband(b, &result->stats);
	warn_about_stacks(b, result);
	warn_about_unknown(b, result);
}

static void write_own_cost(struct buf *b, const struct recording_result *result)
{
	const struct trace_stats *s = &result->stats;
	buf_fmt(b, "CPU of the recorder: %.1f us per sample, and %.0f ms after the end\n",
		s->samples ? (double)result->cpu_ns / 1e3 / (double)s->samples : 0,
		(double)s->recorder_end_ns / 1e6);
}

void summary_write_choices(struct buf *b, const struct recording_result *result)
{
	const struct perf_plan *plan = &result->plan;
	const struct trace_stats *s = &result->stats;
	buf_fmt(b, "event %s (%s), %s, kernel %s\n", plan->source->name, plan->source->help,
		plan->stack.mode->name, plan->kernel ? "included" : "excluded");
	buf_fmt(b, "%u CPUs, a ring of ", result->n_cpus);
	summary_write_bytes(b, s->ring_bytes);
	buf_fmt(b, " each, drained %" PRIu64 " times\n", s->rounds);
	write_own_cost(b, result);
	buf_fmt(b, "stack words: %" PRIu64 " seen, %" PRIu64 " reused, %" PRIu64 " kept\n",
		s->stack_words_seen, s->stack_words_reused, s->stack_words_kept);
	buf_fmt(b, "%" PRIu64 " main threads' stacks filled the snapshot of %u bytes\n",
		result->truncated_stacks, plan->stack.limit_bytes);
	if (result->processes.unknown_processes || result->processes.coarse_tables)
		buf_fmt(b,
			"%" PRIu64 " processes met unprepared, %" PRIu64 " coarse range tables\n",
			result->processes.unknown_processes, result->processes.coarse_tables);
}
