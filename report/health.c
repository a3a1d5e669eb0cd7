/*
 * The health of a profile: see health.h.
 */
#include "report/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Less coverage than this is said, unless it is a matter of a few samples. */
enum { COVERED_PERCENT = 85, FEW_PERIODS = 10 };

/* So many modules with a problem are told by name. */
enum { NAMED_MODULES = 20 };

static void PRINTF_LIKE(3, 4) note(struct profile *p, uint64_t count, const char *fmt, ...)
{
	char text[640];
	va_list args;
	if (!count)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	profile_add_note(p, text, count);
}

static void fill_stacks(const struct analysis *a, struct profile *p)
{
	struct profile_health *health = &p->health;
	health->n_samples = a->recorded;
	health->n_shown = a->recorded;
	health->n_user_stacks = a->stacks.n_user;
	health->n_complete = a->stacks.ends[UNWIND_COMPLETE];
	health->n_guessed = a->stacks.n_guessed;
	health->n_chains = a->stacks.n_chains;
	health->n_addresses = a->stacks.n_addresses;
	for (int end = 0; end < UNWIND_N_ENDS; end++) {
		if (end != UNWIND_COMPLETE && a->stacks.ends[end])
			profile_add_incomplete(
				p, unwind_end_text((enum unwind_end)end), a->stacks.ends[end]);
	}
	note(p, a->stacks.n_gone, "samples in exec or exit, when the user stack was gone");
}

static void fill_losses(const struct analysis *a, struct profile *p)
{
	const struct trace_meta *meta = a->rec->meta;
	const struct trace_stats *stats = &a->rec->in->stats;
	const struct replay_counts *counts = recording_counts(a->rec);
	p->health.n_lost = MAX(stats->lost_samples, counts->lost_samples);
	note(p, MAX(stats->lost_sideband, counts->lost_sideband),
		"lost records of mappings and processes: some code may be attributed wrongly");
	note(p, MAX(stats->throttled, counts->throttled),
		"times the kernel throttled sampling: the rate was too high for it");
	note(p, !meta->kernel_stacks,
		"the kernel's part of the stacks was not recorded (not allowed, or not wanted)");
	note(p, stats->coarse_range_tables,
		"processes with so many mappings that the sieve used coarse ranges");
}

/*
 * CPU time that the samples do not stand for. The kernel starts a period anew for each process, so
 * that processes shorter than a period are never sampled; recordings with many of them look
 * cheaper than they were. Of a damaged trace it is not told: there samples are missing anyway.
 */
static void fill_coverage(const struct analysis *a, struct profile *p)
{
	const struct trace_stats *stats = &a->rec->in->stats;
	const struct trace_meta *meta = a->rec->meta;
	const struct trace_damage *damage = recording_damage(a->rec);
	uint64_t target_ns =
		stats->target_user_ns + (meta->kernel_stacks ? stats->target_sys_ns : 0);
	uint64_t covered_ns = a->period;

	if (!meta->event_is_time || !meta->frequency_hz || !a->rec->in->has_stats)
		return;
	if (damage->is_cut || damage->n_bad_blocks || damage->n_bad_records)
		return;
	covered_ns += p->health.n_lost * (1000000000u / meta->frequency_hz);
	if (covered_ns < target_ns / 100 * COVERED_PERCENT &&
		target_ns - covered_ns > FEW_PERIODS * (1000000000u / meta->frequency_hz))
		note(p, (target_ns - covered_ns) / 1000000,
			"ms of the command's %.0f ms of CPU time that no sample stands for: "
			"processes shorter than a sampling period are missed",
			(double)target_ns / 1e6);
}

static void fill_damage(const struct analysis *a, struct profile *p)
{
	const struct trace_damage *damage = recording_damage(a->rec);
	p->health.is_damaged = damage->is_cut || damage->n_bad_blocks || damage->n_bad_records;
	p->health.damage = profile_add_string(p, damage->why);
	note(p, damage->n_bad_blocks, "damaged blocks of the recording left out (%s)", damage->why);
	note(p, damage->n_bad_records, "damaged records of the recording left out (%s)",
		damage->why);
	note(p, a->rec->n_left_out,
		"samples left out: more than a recording of a real program holds in so few bytes");
	note(p, recording_counts(a->rec)->n_left_out + a->rec->n_mappings_left_out,
		"records of mappings and processes left out: more than a real program has");
	note(p, a->stacks.n_cut,
		"samples without their innermost frames: the recording holds more stacks than it "
		"has "
		"bytes for");
	note(p, damage->is_cut,
		"the recording is cut: it was not finished, or the end is missing (%s)",
		damage->why);
	for (size_t i = 0; i < a->rec->in->n_unknown; i++)
		note(p, a->rec->in->unknown[i].count, "%s", a->rec->in->unknown[i].what);
}

/* For each module, the samples with a frame in it, and those of them with such a frame that has no
 * name. */
struct module_hit {
	uint64_t samples, nameless;
};

/* Whether a caller of the node is in the node's module, and, where nameless is given, without a
 * name there. Mostly the next caller is, so that this costs little. */
static bool has_caller_like(
	const struct stack_tree *tree, uint32_t node, const struct frame_table *nameless)
{
	uint32_t module = tree->nodes[node].module;
	for (uint32_t at = tree->nodes[node].parent; at != STACK_TREE_ROOT;
		at = tree->nodes[at].parent)
		if (tree->nodes[at].module == module &&
			(!nameless || frame_table_is_nameless(nameless, at)))
			return true;
	return false;
}

/* The samples that go through a node count for its module, unless a caller has counted them. */
static void count_hits(const struct analysis *a, const struct frame_table *frames,
	struct module_hit *of_module, uint64_t *of_node)
{
	const struct stack_node *nodes = a->tree.nodes;
	for (size_t i = 0; i < a->n_samples; i++)
		of_node[a->samples[i].node] += a->samples[i].count;
	for (size_t i = a->tree.n_nodes; i-- > 1;)
		of_node[nodes[i].parent] += of_node[i];
	for (uint32_t i = 1; i < a->tree.n_nodes; i++) {
		if (nodes[i].module == STACK_NO_MODULE)
			continue;
		struct module_hit *hit = &of_module[nodes[i].module];
		if (!has_caller_like(&a->tree, i, NULL))
			hit->samples += of_node[i];
		if (frame_table_is_nameless(frames, i) && !has_caller_like(&a->tree, i, frames))
			hit->nameless += of_node[i];
	}
}

/* By samples, most first. */
static int compare_hits(const void *a, const void *b, void *ctx)
{
	const uint64_t *samples = ctx;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	if (samples[left] != samples[right])
		return samples[left] > samples[right] ? -1 : 1;
	return left < right ? -1 : left > right;
}

/* Calls say_one for the NAMED_MODULES things with most samples; returns the samples of the others.
 */
static uint64_t note_most(struct profile *p, const struct analysis *a, uint64_t *samples, size_t n,
	void (*say_one)(struct profile *p, const struct analysis *a, size_t index, uint64_t count))
{
	AUTO_FREE uint32_t *order = calloc(n + 1, sizeof(*order));
	size_t n_hit = 0;
	uint64_t others = 0;
	for (size_t i = 0; order && i < n; i++) {
		if (samples[i])
			order[n_hit++] = (uint32_t)i;
	}
	if (n_hit)
		qsort_r(order, n_hit, sizeof(*order), compare_hits, samples);
	for (size_t i = 0; i < n_hit; i++) {
		if (i < NAMED_MODULES)
			say_one(p, a, order[i], samples[order[i]]);
		else
			others += samples[order[i]];
	}
	return others;
}

static void note_unusable(struct profile *p, const struct analysis *a, size_t index, uint64_t count)
{
	note(p, count, "samples with frames in a module that is not usable: %s",
		module_table_at(a->rec->modules, index)->problem);
}

static void note_stripped(struct profile *p, const struct analysis *a, size_t index, uint64_t count)
{
	note(p, count, "samples with unnamed frames in %s, which has no symbol table (stripped?)",
		module_base_name(module_table_at(a->rec->modules, index)));
}

static bool is_trusted(const struct analysis *a, uint32_t module)
{
	if (module == STACK_NO_MODULE)
		return false;
	const struct module *m = module_table_at(a->rec->modules, module);
	return m->kind == MODULE_FILE && m->elf && !m->build_id.len;
}

/* A sample counts once, however many of its files are trusted. */
static bool note_trusted(
	const struct analysis *a, const uint64_t *of_node, struct profile *p, struct err *err)
{
	AUTO_FREE bool *has_trusted = calloc(a->tree.n_nodes, sizeof(*has_trusted));
	uint64_t trusted = 0;

	if (!has_trusted)
		return err_set(err, "no memory for the health of the profile");
	for (uint32_t i = 1; i < a->tree.n_nodes; i++) {
		const struct stack_node *node = &a->tree.nodes[i];
		has_trusted[i] = has_trusted[node->parent];
		if (!has_trusted[i] && is_trusted(a, node->module)) {
			has_trusted[i] = true;
			trusted += of_node[i];
		}
	}
	note(p, trusted, "samples with frames in files without a build-id, trusted by their path");
	return true;
}

/* counts has room for a number per module. */
static void note_modules(const struct analysis *a, struct profile *p,
	const struct module_hit *of_module, uint64_t *counts)
{
	size_t n_modules = module_table_count(a->rec->modules);

	for (size_t i = 0; i < n_modules; i++) {
		const struct module *m = module_table_at(a->rec->modules, i);
		counts[i] = m->problem ? of_module[i].samples : 0;
	}
	note(p, note_most(p, a, counts, n_modules, note_unusable),
		"times a sample has frames in one of many more modules that are not usable");
	for (size_t i = 0; i < n_modules; i++) {
		const struct module *m = module_table_at(a->rec->modules, i);
		bool is_stripped = m->kind == MODULE_FILE && m->is_stripped;
		counts[i] = is_stripped ? of_module[i].nameless : 0;
	}
	note(p, note_most(p, a, counts, n_modules, note_stripped),
		"times a sample has unnamed frames in one of many more stripped files");
}

static bool fill_modules(const struct analysis *a, const struct frame_table *frames,
	struct profile *p, struct err *err)
{
	size_t n_modules = module_table_count(a->rec->modules);
	AUTO_FREE struct module_hit *of_module = calloc(n_modules + 1, sizeof(*of_module));
	AUTO_FREE uint64_t *of_node = calloc(a->tree.n_nodes, sizeof(*of_node));
	AUTO_FREE uint64_t *counts = calloc(n_modules + 1, sizeof(*counts));
	if (!of_module || !of_node || !counts)
		return err_set(err, "no memory for the health of the profile");
	count_hits(a, frames, of_module, of_node);
	note_modules(a, p, of_module, counts);
	return note_trusted(a, of_node, p, err);
}

static void note_unnamed(
	struct profile *p, const struct analysis *a UNUSED, size_t index, uint64_t count)
{
	note(p, count, "samples whose innermost function has no symbol, in %s",
		profile_string(p, p->modules[index].name));
}

/* Samples whose innermost function has no name, by module. */
static bool fill_unnamed(const struct analysis *a, struct profile *p, struct err *err)
{
	AUTO_FREE uint64_t *unnamed = calloc(p->n_modules + 1, sizeof(*unnamed));
	uint64_t nowhere = 0;

	if (!unnamed)
		return err_set(err, "no memory for the health of the profile");
	for (size_t i = 0; i < p->n_samples; i++) {
		uint32_t stack = p->samples[i].stack;
		uint64_t count = (uint64_t)profile_sample_count(p, i);
		if (stack == PROFILE_NO_STACK) {
			nowhere += count;
			continue;
		}
		const struct profile_frame *frame = &p->frames[p->stacks[stack].frame];
		if (p->functions[frame->function].has_symbol)
			continue;
		unnamed[frame->module == PROFILE_NONE ? p->n_modules : frame->module] += count;
	}
	note(p, note_most(p, a, unnamed, p->n_modules, note_unnamed),
		"samples whose innermost function has no symbol, in many more modules");
	note(p, unnamed[p->n_modules], "samples at addresses where nothing is mapped");
	note(p, nowhere, "samples without any frame");
	return true;
}

bool health_fill(const struct analysis *a, const struct frame_table *frames, struct profile *p,
	struct err *err)
{
	fill_stacks(a, p);
	fill_losses(a, p);
	fill_coverage(a, p);
	fill_damage(a, p);
	if (!fill_modules(a, frames, p, err) || !fill_unnamed(a, p, err))
		return false;
	profile_sort_health(p);
	return true;
}
