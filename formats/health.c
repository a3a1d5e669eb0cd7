/*
 * The health in words: see health.h.
 */
#include "formats/health.h"

#include "formats/number.h"
#include "formats/utf8.h"

#include <string.h>

static double share(uint64_t part, uint64_t whole)
{
	return number_share((int64_t)part, (int64_t)whole);
}

static void add_guessed(struct buf *out, const struct profile_health *h)
{
	number_percent(out, share(h->n_guessed, h->n_user_stacks));
	buf_str(out, " with a guessed frame");
}

void health_phrase(struct buf *out, const struct profile *p)
{
	const struct profile_health *h = &p->health;
	number_samples(out, h->n_shown);
	if (h->n_samples > h->n_shown) {
		buf_str(out, " of ");
		number_count(out, (int64_t)h->n_samples);
	}
	if (h->is_untold) {
		buf_str(out, ", imported");
		return;
	}
	buf_str(out, ", ");
	number_count(out, (int64_t)h->n_lost);
	buf_str(out, " lost");
	if (h->n_user_stacks) {
		buf_str(out, ", ");
		number_percent(out, share(h->n_complete, h->n_user_stacks));
		buf_str(out, " of stacks complete");
		if (share(h->n_guessed, h->n_user_stacks) > 1) {
			buf_str(out, " (");
			add_guessed(out, h);
			buf_str(out, ")");
		}
	} else if (h->n_chains) {
		buf_str(out, ", stacks by frame pointers");
	} else if (h->n_addresses) {
		buf_str(out, ", no stacks recorded");
	}
}

static void add_label(struct buf *out, const char *label)
{
	buf_fmt(out, "  %-11s", label);
}

static void add_lost(struct buf *out, const struct profile_health *h)
{
	buf_str(out, " kept, ");
	number_count(out, (int64_t)h->n_lost);
	buf_str(out, " lost");
	if (h->n_lost) {
		buf_str(out, " (");
		number_percent(out, share(h->n_lost, h->n_samples + h->n_lost));
		buf_str(out, ")");
	}
}

static void add_samples(struct buf *out, const struct profile *p)
{
	const struct profile_health *h = &p->health;
	add_label(out, "samples");
	number_count(out, (int64_t)h->n_samples);
	if (h->is_untold)
		buf_str(out, " in the file");
	else
		add_lost(out, h);
	buf_str(out, ", ");
	number_count(out, (int64_t)h->n_shown);
	buf_str(out, h->n_shown < h->n_samples ? " shown after filters" : " shown");
	if (h->n_samples) {
		buf_str(out, " (");
		number_percent(out, share(h->n_shown, h->n_samples));
		buf_str(out, ")");
	}
	buf_str(out, "\n");
}

/* The notes are written for many of what they count; these are the same for one. */
static const struct {
	const char *many, *one;
} singulars[] = {
	{ "samples ", "sample " },
	{ "lost records ", "lost record " },
	{ "damaged blocks ", "damaged block " },
	{ "damaged records ", "damaged record " },
	{ "processes ", "process " },
	{ "times ", "time " },
	{ "lines ", "line " },
	{ "counts ", "count " },
};

static void add_what(struct buf *out, const char *what, uint64_t n)
{
	for (size_t i = 0; n == 1 && i < ARRAY_LEN(singulars); i++) {
		size_t len = strlen(singulars[i].many);
		if (!strncmp(what, singulars[i].many, len)) {
			buf_str(out, singulars[i].one);
			what += len;
		}
	}
	utf8_append_clean(out, what);
}

void health_incomplete(struct buf *out, const struct profile *p)
{
	const struct profile_health *h = &p->health;
	for (size_t i = 0; i < h->n_incomplete; i++) {
		buf_str(out, i ? ", " : "");
		number_count(out, (int64_t)h->incomplete[i].count);
		buf_str(out, " ");
		add_what(out, profile_string(p, h->incomplete[i].what), h->incomplete[i].count);
	}
}

static size_t count_columns(uint64_t n)
{
	AUTO_BUF struct buf count = BUF_INIT;
	number_count(&count, (int64_t)n);
	return count.len;
}

static void add_counts(struct buf *out, const struct profile *p, const char *label,
	const struct profile_count *list, size_t n)
{
	size_t columns = 0;
	for (size_t i = 0; i < n; i++)
		columns = MAX(columns, count_columns(list[i].count));
	for (size_t i = 0; i < n; i++) {
		add_label(out, i ? "" : label);
		buf_fmt(out, "%*s", (int)(columns - count_columns(list[i].count)), "");
		number_count(out, (int64_t)list[i].count);
		buf_str(out, "  ");
		add_what(out, profile_string(p, list[i].what), list[i].count);
		buf_str(out, "\n");
	}
}

/* The stacks that were unwound from recorded words. */
static void add_unwound(struct buf *out, const struct profile *p)
{
	const struct profile_health *h = &p->health;
	add_label(out, "stacks");
	number_percent(out, share(h->n_complete, h->n_user_stacks));
	buf_str(out, " complete");
	if (h->n_guessed) {
		buf_str(out, " (");
		add_guessed(out, h);
		buf_str(out, ")");
	}
	buf_str(out, ": ");
	number_count(out, (int64_t)h->n_complete);
	buf_str(out, " of ");
	number_count(out, (int64_t)h->n_user_stacks);
	buf_str(out, " user stacks reach their thread's first frame\n");
	add_counts(out, p, "incomplete", h->incomplete, h->n_incomplete);
	add_label(out, "guessed");
	number_count(out, (int64_t)h->n_guessed);
	buf_str(out, h->n_guessed == 1 ? " stack has" : " stacks have");
	buf_str(out, " a frame found by a heuristic\n");
}

static void add_addresses(struct buf *out, const struct profile_health *h)
{
	add_label(out, "stacks");
	if (!h->n_chains && !h->n_user_stacks) {
		buf_str(out, "not recorded (--stack none): the sampled addresses alone\n");
		return;
	}
	number_samples(out, h->n_addresses);
	buf_str(out, " without a stack: the sampled address alone\n");
}

static void add_stacks(struct buf *out, const struct profile *p)
{
	const struct profile_health *h = &p->health;
	if (h->n_user_stacks)
		add_unwound(out, p);
	if (h->n_chains) {
		add_label(out, "stacks");
		number_count(out, (int64_t)h->n_chains);
		buf_fmt(out, " frame-pointer chain%s by the kernel; how whole %s is not known\n",
			h->n_chains == 1 ? "" : "s", h->n_chains == 1 ? "it is" : "they are");
	}
	if (h->n_addresses)
		add_addresses(out, h);
	if (h->n_user_stacks || h->n_chains || h->n_addresses)
		return;
	add_label(out, "stacks");
	buf_str(out, "no sample has a user stack\n");
}

static void add_recorder(struct buf *out, const struct profile *p)
{
	const struct profile_meta *m = &p->meta;
	if (!m->recorder_cpu_ns && !m->target_cpu_ns)
		return;
	add_label(out, "recorder");
	number_duration(out, m->recorder_cpu_ns);
	buf_str(out, " of CPU");
	if (m->target_cpu_ns) {
		buf_str(out, ", ");
		number_percent(out, share(m->recorder_cpu_ns, m->target_cpu_ns));
		buf_str(out, " of the target's ");
		number_duration(out, m->target_cpu_ns);
	}
	buf_str(out, "\n");
}

static void add_clock(struct buf *out, const struct profile *p)
{
	const char *event = profile_string(p, p->meta.event);
	if (!*event)
		return;
	add_label(out, "clock");
	utf8_append_clean(out, event);
	if (p->meta.frequency_hz) {
		buf_str(out, ", ");
		number_count(out, p->meta.frequency_hz);
		buf_str(out, " Hz");
	}
	buf_str(out, "\n");
}

static void add_damage(struct buf *out, const struct profile *p)
{
	const char *damage = profile_string(p, p->health.damage);
	buf_str(out, "the recording is damaged");
	if (*damage) {
		buf_str(out, ": ");
		utf8_append_clean(out, damage);
	}
}

void health_warning(struct buf *out, const struct profile *p)
{
	if (!p->health.is_damaged)
		return;
	add_damage(out, p);
	buf_str(out, "; what follows is the part that could be read");
}

/* What the file itself says, as it is: a line for each of its comments. */
static void add_remarks(struct buf *out, const struct profile *p)
{
	const char *at = profile_string(p, p->meta.remarks), *label = "it says";
	while (*at) {
		size_t len = strcspn(at, "\n");
		AUTO_FREE char *line = strndup(at, len);
		at += len + (at[len] == '\n');
		if (!line) {
			out->failed = true;
			return;
		}
		add_label(out, label);
		utf8_append_clean(out, line);
		buf_str(out, "\n");
		label = "";
	}
}

static void add_origin(struct buf *out, const struct profile *p)
{
	const char *source = profile_string(p, p->meta.source);
	const char *format = profile_string(p, p->meta.import_format);
	add_label(out, "quality");
	buf_str(out, "imported from ");
	utf8_append_clean(out, *source ? source : "a profile");
	if (*format) {
		buf_str(out, " (");
		utf8_append_clean(out, format);
		buf_str(out, ")");
	}
	buf_str(out, ": it tells nothing of lost samples or incomplete stacks\n");
}

/* An imported profile. */
static void add_untold(struct buf *out, const struct profile *p)
{
	add_samples(out, p);
	add_origin(out, p);
	if (p->meta.frequency_hz)
		add_clock(out, p);
	add_counts(out, p, "notes", p->health.notes, p->health.n_notes);
	add_remarks(out, p);
}

void health_lines(struct buf *out, const struct profile *p)
{
	if (p->health.is_untold) {
		add_untold(out, p);
		return;
	}
	add_samples(out, p);
	add_stacks(out, p);
	add_recorder(out, p);
	add_clock(out, p);
	add_counts(out, p, "notes", p->health.notes, p->health.n_notes);
}

/* Why a whole recording may hold nothing. */
static void add_why_idle(struct buf *out, const struct profile *p)
{
	if (profile_counts_events(p, 1)) {
		buf_str(out, "there were too few ");
		utf8_append_clean(out, profile_value_name(p, 1));
		return;
	}
	buf_str(out, "the program used too little CPU time");
	if (p->meta.frequency_hz) {
		buf_str(out, " (a sample is taken every ");
		number_duration(out, 1000000000 / p->meta.frequency_hz);
		buf_str(out, " of it)");
	}
}

void health_why_empty(struct buf *out, const struct profile *p)
{
	if (p->health.n_samples == 1) {
		buf_str(out, "The only sample does not pass the filters.");
		return;
	}
	if (p->health.n_samples) {
		buf_str(out, "None of the ");
		number_count(out, (int64_t)p->health.n_samples);
		buf_str(out, " samples passes the filters.");
		return;
	}
	if (p->health.is_damaged) {
		buf_str(out, "No sample could be read: ");
		add_damage(out, p);
		buf_str(out, ".");
		return;
	}
	if (p->health.is_untold) {
		buf_str(out, "The imported profile holds no samples.");
		return;
	}
	buf_str(out, "The recording holds no samples: ");
	add_why_idle(out, p);
	buf_str(out, ". Record for longer or at a higher rate.");
}
