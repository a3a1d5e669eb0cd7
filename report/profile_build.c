/*
 * From an analysis to a profile: see profile_build.h.
 */
#include "report/profile_build.h"

#include "report/frame_table.h"
#include "report/health.h"

#include <stdio.h>
#include <string.h>

/* For each frame that of its function alone. */
static uint32_t *add_functions_alone(struct profile *p)
{
	size_t n = p->n_frames;
	uint32_t *alone = calloc(n + 1, sizeof(*alone));
	for (size_t i = 0; alone && i < n; i++) {
		const struct profile_frame *frame = &p->frames[i];
		struct profile_frame added = {
			.function = frame->function,
			.module = frame->module,
			.is_inlined = frame->is_inlined,
		};
		alone[i] = profile_add_frame(p, &added);
	}
	return alone;
}

/*
 * The profile's stack for each node of the analysis's tree; parents come first in the tree. With
 * addresses, two nodes hardly ever have one stack, so it is not looked up. Without, they often do.
 */
static uint32_t *add_stacks(const struct analysis *a, const struct frame_table *frames,
	bool with_addresses, struct profile *p)
{
	uint32_t *stacks = calloc(a->tree.n_nodes, sizeof(*stacks));
	AUTO_FREE uint32_t *alone = with_addresses ? NULL : add_functions_alone(p);
	if (!stacks || (!with_addresses && !alone)) {
		free(stacks);
		return NULL;
	}
	p->has_addresses = with_addresses;
	stacks[STACK_TREE_ROOT] = PROFILE_NO_STACK;
	for (uint32_t node = 1; node < a->tree.n_nodes; node++) {
		struct frame_run run = frame_table_of_node(frames, node);
		uint32_t stack = stacks[a->tree.nodes[node].parent];
		for (uint32_t i = run.n; i-- > 0;)
			stack = alone ? profile_add_stack(p, stack, alone[run.frames[i]])
				      : profile_push_stack(p, stack, run.frames[i]);
		stacks[node] = stack;
	}
	return stacks;
}

/* A process that no event told of is named by its number. */
static uint32_t add_name(struct profile *p, const char *name, uint32_t pid)
{
	char number[16];
	snprintf(number, sizeof(number), ":%u", pid);
	return profile_add_string(p, name ? name : number);
}

static void add_threads(const struct analysis *a, struct profile *p)
{
	for (size_t i = 0; i < a->n_threads; i++) {
		const struct analysis_thread *from = &a->threads[i];
		struct profile_thread thread = {
			.pid = from->pid,
			.tid = from->tid,
			.name = add_name(p, from->name, from->pid),
			.process_name = add_name(p, from->process_name, from->pid),
		};
		profile_add_thread(p, &thread);
	}
}

static void add_sample(const struct analysis *a, const struct analysis_sample *from, uint32_t stack,
	const int64_t *values, struct profile *p)
{
	uint64_t start_ns = a->rec->meta->start_mono_ns;
	struct profile_sample sample = {
		.time_ns = from->time_ns > start_ns ? from->time_ns - start_ns : 0,
		.thread = from->thread,
		.cpu = from->cpu,
		.stack = stack,
	};
	profile_add_sample(p, &sample, values);
}

static void add_samples(
	const struct analysis *a, const uint32_t *stacks, bool with_times, struct profile *p)
{
	/* No more than their sum can hold; only a made-up period comes near. */
	uint64_t max_period = INT64_MAX / (a->recorded + 1);
	for (size_t i = 0; i < a->n_samples; i++) {
		const struct analysis_sample *from = &a->samples[i];
		uint64_t period = MIN(from->period, max_period * from->count);
		const int64_t values[] = { from->count, (int64_t)period };
		if (with_times)
			add_sample(a, from, stacks[from->node], values, p);
		else
			profile_sum_sample(p, from->thread, stacks[from->node], values);
	}
}

static uint32_t describe_clock(struct profile *p, const struct trace_meta *meta)
{
	char text[256];
	if (!meta->frequency_hz)
		snprintf(text, sizeof(text), "a sample every %llu of them",
			(unsigned long long)meta->period);
	else if (meta->event_is_time)
		snprintf(text, sizeof(text), "a sample stands for %.2f ms of CPU time, at %u Hz",
			1000.0 / meta->frequency_hz, meta->frequency_hz);
	else
		snprintf(text, sizeof(text), "about %u samples a second of CPU time",
			meta->frequency_hz);
	return profile_add_string(p, text);
}

/* What recording cost while the command ran: the work at the end harms nobody. */
static uint64_t recorder_cpu_ns(const struct trace_stats *stats)
{
	uint64_t all_ns = stats->recorder_user_ns + stats->recorder_sys_ns;
	return all_ns - MIN(all_ns, stats->recorder_end_ns);
}

static void fill_meta(const struct analysis *a, struct profile *p)
{
	const struct trace_meta *from = a->rec->meta;
	const struct trace_stats *stats = &a->rec->in->stats;
	uint64_t end_ns = recording_end_ns(a->rec);
	bool is_timed = !a->rec->in->is_untimed;
	p->meta = (struct profile_meta){
		.command = profile_add_string(p, from->command),
		.host = profile_add_string(p, from->host),
		.kernel = profile_add_string(p, from->kernel),
		.arch = profile_add_string(p, from->arch),
		.event = profile_add_string(p, from->event),
		.tool = profile_add_string(p, from->ddrec_version),
		.source = profile_add_string(p, recording_name(a->rec)),
		.clock = describe_clock(p, from),
		.start_real_ns = from->start_real_ns,
		.duration_ns =
			is_timed && end_ns > from->start_mono_ns ? end_ns - from->start_mono_ns : 0,
		.recorder_cpu_ns = recorder_cpu_ns(stats),
		.target_cpu_ns = stats->target_user_ns + stats->target_sys_ns,
		.frequency_hz = from->frequency_hz,
	};
	profile_add_value_type(p, "samples", "count");
	profile_add_value_type(p, from->event, from->event_is_time ? "nanoseconds" : "count");
}

bool profile_build(struct analysis *a, const struct profile_build_options *options,
	struct profile **ret_profile, struct err *err)
{
	AUTO(profile_free) struct profile *p = profile_new();
	AUTO(frame_table_free) struct frame_table *frames = NULL;

	if (!p)
		return err_set(err, "no memory for the profile");
	fill_meta(a, p);
	if (!frame_table_build(a, options, p, &frames, err))
		return false;
	AUTO_FREE uint32_t *stacks = add_stacks(a, frames, options->with_addresses, p);
	if (!stacks)
		return err_set(err, "no memory for stacks");
	add_threads(a, p);
	add_samples(a, stacks, options->with_times, p);
	if (profile_failed(p))
		return err_set(err, "no memory for the profile");
	if (!health_fill(a, frames, p, err))
		return false;
	if (profile_failed(p))
		return err_set(err, "no memory for the profile");
	*ret_profile = TAKE(p);
	return true;
}
