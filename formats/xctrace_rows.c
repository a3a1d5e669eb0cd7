/*
 * Samples from the rows of an xctrace export: see xctrace_table.h.
 */
#include "formats/xctrace_table.h"

#include <stdio.h>
#include <string.h>

static void add_value_types(struct xctrace_table *t)
{
	static const struct {
		const char *type, *unit;
	} values[] = {
		[XCTRACE_NO_WEIGHT] = { "cpu-clock", "nanoseconds" },
		[XCTRACE_NS] = { "cpu-clock", "nanoseconds" },
		[XCTRACE_CYCLES] = { "cycles", "count" },
		[XCTRACE_EVENTS] = { "events", "count" },
	};
	/* Cycles and time may be called anything for people: "Cycles". */
	bool is_named = t->event && t->kind == XCTRACE_EVENTS;
	const char *type = is_named ? profile_string(t->p, t->event) : values[t->kind].type;
	profile_add_value_type(t->p, "samples", "count");
	profile_add_value_type(t->p, type, values[t->kind].unit);
	t->p->meta.event = profile_add_string(t->p, type);
	t->has_value_types = true;
}

bool xctrace_rows_add(struct xctrace_table *t, struct err *err)
{
	int64_t weight = (int64_t)t->row.weight;
	if (!t->has_value_types) {
		/* A counters-profile may be one of time, where a timer took the samples. */
		if (t->row.kind != XCTRACE_NO_WEIGHT)
			t->kind = t->row.kind;
		add_value_types(t);
	}
	if (t->row.kind != t->kind && t->row.kind != XCTRACE_NO_WEIGHT)
		return err_set(err, "its rows do not all weigh the same kind of thing");
	if (weight < 0) { /* sums of a function or thread could overflow where the total does not */
		profile_add_note(t->p, "samples with negative weights, left out", 1);
		return true;
	}
	if (__builtin_add_overflow(t->total, weight, &t->total))
		return err_set(err, "its weights add up to more than 63 bits");
	t->n_untimed += !t->row.has_time;
	t->n_unweighted += t->row.kind == XCTRACE_NO_WEIGHT;
	if (t->row.has_time)
		t->last_ns = t->row.time_ns;
	const struct profile_sample sample = { .time_ns = t->last_ns,
		.thread = xctrace_threads_get(&t->threads, t->row.thread, t->row.process),
		.cpu = (uint32_t)t->row.core,
		.stack = t->row.stack };
	if (t->threads.n_bytes > t->max_name_bytes)
		return err_set(err, "its references pair long names with too many processes");
	profile_add_sample(t->p, &sample, (const int64_t[]){ 1, weight });
	t->p->meta.duration_ns = MAX(t->p->meta.duration_ns, t->last_ns);
	return true;
}

/* What a sample stands for, where all stand for the same. */
static void describe_clock(struct xctrace_table *t)
{
	struct profile *p = t->p;
	char text[96];
	if (t->kind != XCTRACE_NS || !p->n_samples)
		return;
	int64_t each = profile_sample_value(p, 0, 1);
	for (size_t i = 1; i < p->n_samples; i++)
		if (profile_sample_value(p, i, 1) != each)
			return;
	snprintf(text, sizeof(text), "a sample stands for %.2f ms of CPU time", (double)each / 1e6);
	p->meta.clock = profile_add_string(p, text);
}

static void add_notes(struct xctrace_table *t)
{
	if (t->n_tables_left_out)
		profile_add_note(
			t->p, "other tables in the file are not shown", t->n_tables_left_out);
	if (t->n_untimed)
		profile_add_note(t->p,
			"samples have no time; they have that of the one before them",
			t->n_untimed);
	if (t->n_unweighted)
		profile_add_note(t->p, "samples have no weight", t->n_unweighted);
}

bool xctrace_rows_finish(struct xctrace_table *t, const struct import_input *in, struct err *err)
{
	struct profile *p = t->p;
	if (!t->is_taken)
		return err_set(err,
			"%s holds no table of samples (time-profile, cpu-profile or "
			"counters-profile)",
			in->name);
	if (!t->has_value_types)
		add_value_types(t);
	xctrace_stacks_place(&t->stacks);
	describe_clock(t);
	add_notes(t);
	p->meta.source = profile_add_string(p, in->name);
	p->meta.tool = profile_add_string(p, "xctrace");
	p->health.is_untold = true;
	p->health.n_samples = p->health.n_shown;
	return !profile_failed(p) || err_set(err, "%s: no memory for what it holds", in->name);
}
