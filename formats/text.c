/*
 * The text view, what `ddrec report` shows first: what was recorded, the flat table (text_flat.c),
 * the call tree (text_tree.c), and how far all this can be trusted (health.c).
 */
#include "formats/text.h"

#include "formats/health.h"
#include "formats/meta_text.h"
#include "formats/number.h"
#include "formats/output.h"
#include "formats/utf8.h"

#include <time.h>

static const char *const styles[TEXT_N_STYLES] = {
	[TEXT_PLAIN] = "\033[0m",
	[TEXT_HEADING] = "\033[1m",
	[TEXT_DIM] = "\033[2m",
	[TEXT_HOT] = "\033[1;31m",
	[TEXT_WARM] = "\033[33m",
};

void text_style(struct text *t, enum text_style style)
{
	if (t->options->colour)
		buf_str(&t->buf, styles[style]);
}

void text_percent(struct text *t, int64_t value)
{
	double percent = number_share(value, t->total);
	text_style(t, percent >= 10 ? TEXT_HOT : percent >= 2 ? TEXT_WARM : TEXT_PLAIN);
	buf_fmt(&t->buf, "%6.1f%%", percent);
	text_style(t, TEXT_PLAIN);
}

void text_heading(struct text *t, const char *heading)
{
	text_style(t, TEXT_HEADING);
	buf_str(&t->buf, heading);
	text_style(t, TEXT_PLAIN);
	buf_str(&t->buf, "\n");
}

const char *text_module(const struct text *t, uint32_t module)
{
	return profile_module_label(t->p, module);
}

static void add_label(struct text *t, const char *label)
{
	text_style(t, TEXT_DIM);
	buf_fmt(&t->buf, "%-9s ", label);
	text_style(t, TEXT_PLAIN);
}

/* A labelled line; nothing to say: no line. */
static void add_said(
	struct text *t, const char *label, void (*say)(struct buf *out, const struct profile *p))
{
	AUTO_BUF struct buf said = BUF_INIT;
	say(&said, t->p);
	t->buf.failed |= said.failed;
	if (!said.len)
		return;
	add_label(t, label);
	buf_bytes(&t->buf, said.data, said.len);
	buf_str(&t->buf, "\n");
}

static void say_command(struct buf *out, const struct profile *p)
{
	utf8_append_clean(out, profile_string(p, p->meta.command));
}

static void add_duration(struct text *t)
{
	const struct profile_meta *m = &t->p->meta;
	if (!m->duration_ns)
		return;
	add_label(t, "duration");
	number_duration(&t->buf, m->duration_ns);
	time_t start = (time_t)(m->start_real_ns / 1000000000);
	struct tm tm;
	char when[64];
	if (m->start_real_ns && gmtime_r(&start, &tm) &&
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf_fmt(&t->buf, ", from %s", when);
	buf_str(&t->buf, "\n");
}

static void add_total(struct text *t)
{
	add_label(t, "shown");
	number_value(&t->buf, t->p, t->options->tree.value, t->total);
	if (t->options->tree.value) {
		buf_str(&t->buf, " in ");
		number_samples(&t->buf, t->p->health.n_shown);
	}
	buf_str(&t->buf, " = 100 %\n");
}

static void add_warning(struct text *t)
{
	if (!t->p->health.is_damaged)
		return;
	text_style(t, TEXT_HOT);
	buf_str(&t->buf, "WARNING   ");
	health_warning(&t->buf, t->p);
	text_style(t, TEXT_PLAIN);
	buf_str(&t->buf, "\n\n");
}

static void add_header(struct text *t)
{
	add_warning(t);
	if (t->options->title) {
		add_label(t, "title");
		utf8_append_clean(&t->buf, t->options->title);
		buf_str(&t->buf, "\n");
	}
	add_said(t, "command", say_command);
	add_said(t, "host", meta_text_host);
	add_duration(t);
	add_said(t, "event", meta_text_event);
	if (t->p->n_samples)
		add_total(t);
	buf_str(&t->buf, "\n");
}

static bool add_call_tree(struct text *t, struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	if (!call_tree_build(
		    t->p, &t->options->tree, CALL_TREE_HEAVIEST_FIRST, t->min_percent, &tree, err))
		return false;
	text_call_tree(t, tree);
	return true;
}

static bool add_views(struct text *t, struct err *err)
{
	for (size_t i = 0; i < t->p->n_samples; i++)
		t->total += profile_sample_value(t->p, i, t->options->tree.value);
	add_header(t);
	if (!t->p->n_samples) {
		health_why_empty(&t->buf, t->p);
		buf_str(&t->buf, "\n\n");
		return true;
	}
	return text_flat_table(t, err) && add_call_tree(t, err);
}

static bool text_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO_BUF struct buf release = BUF_INIT;
	struct text t = { .p = p, .options = options };
	t.min_percent = options->min_percent > 0 ? options->min_percent : 0.5;
	bool ok = add_views(&t, err);
	if (ok) {
		text_heading(&t, "Health");
		health_lines(&t.buf, p);
	}
	release = t.buf;
	return ok && output_write(&t.buf, out, err);
}

const struct format format_text = {
	.name = "text",
	.summary = "flat table, call tree and the health of the profile (the default)",
	.write = text_write,
};
