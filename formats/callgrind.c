/*
 * Callgrind's profile format (version 1), for callgrind_annotate, KCachegrind and speedscope. The
 * specification is "Callgrind Format Specification" of Valgrind's manual.
 *
 * The format knows functions and calls, not stacks: what a function costs for one caller of several
 * is for readers to guess. Threads and processes are summed. "calls=" says how many samples passed
 * through a call, for nobody counted how often it was made.
 *
 * Recursion: callgrind_annotate takes the sum of all calls to a function for its inclusive cost, so
 * that is made exact here (callgrind_graph.h), and every stack begins with a call by its process.
 * KCachegrind and speedscope add up a function's own cost and its calls: the same where nothing
 * recurses. KCachegrind shows functions that call each other as one cycle, whose total is right.
 *
 * One position column, and names always by number, written out the first time: a name that begins
 * with "(" is not taken for a number, and speedscope reads no other columns.
 */
#include "formats/callgrind_graph.h"

#include "formats/health.h"
#include "formats/output.h"
#include "formats/utf8.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { FLUSH_BYTES = 1 << 16 };

/* Names are numbered by kind, each in its own numbers. */
struct writer {
	const struct callgrind_graph *g;
	const struct profile *p;
	size_t main_value; /* comes first: readers sort by it */
	struct buf text;
	FILE *out;
	bool *is_known_function;               /* its name has been written */
	bool *is_known_object, *is_known_file; /* by text */
};

static void auto_writer_ptr(struct writer *w)
{
	buf_fini(&w->text);
	free(w->is_known_function);
	free(w->is_known_object);
	free(w->is_known_file);
}

static bool writer_init(struct writer *w)
{
	w->is_known_function = calloc(w->g->n_functions + 1, sizeof *w->is_known_function);
	w->is_known_object = calloc(w->g->texts.n + 1, sizeof *w->is_known_object);
	w->is_known_file = calloc(w->g->texts.n + 1, sizeof *w->is_known_file);
	return w->is_known_function && w->is_known_object && w->is_known_file;
}

/* The value type of column i. */
static size_t column(const struct writer *w, size_t i)
{
	return !i ? w->main_value : i - (i <= w->main_value);
}

static void add_name(struct writer *w, const char *key, uint32_t id, bool *is_known, uint32_t text)
{
	buf_fmt(&w->text, "%s=(%u)", key, id + 1);
	if (!*is_known) {
		buf_u8(&w->text, ' ');
		buf_str(&w->text, w->g->texts.entries[text].str);
	}
	*is_known = true;
	buf_u8(&w->text, '\n');
}

/* "ob=", "fl=" and "fn=", or of a callee "cob=" and so on. */
static void add_function(struct writer *w, uint32_t id, bool is_callee)
{
	const struct callgrind_function *f = &w->g->functions[id];
	add_name(w, is_callee ? "cob" : "ob", f->object, &w->is_known_object[f->object], f->object);
	add_name(w, is_callee ? "cfi" : "fl", f->file, &w->is_known_file[f->file], f->file);
	add_name(w, is_callee ? "cfn" : "fn", id, &w->is_known_function[id], f->name);
}

/* Costs are unsigned; only a difference of profiles has others. */
static int64_t value_of(const struct writer *w, const struct callgrind_cost *cost, size_t value)
{
	return MAX(w->g->values[cost->values + value], (int64_t)0);
}

static bool is_zero(const struct writer *w, const struct callgrind_cost *cost)
{
	for (size_t i = 0; i < w->g->n_values; i++)
		if (value_of(w, cost, i))
			return false;
	return true;
}

static void add_cost(struct writer *w, const struct callgrind_cost *cost)
{
	if (cost->callee != CALLGRIND_SELF) {
		add_function(w, cost->callee, true);
		buf_fmt(&w->text, "calls=%" PRId64 " 0\n", MAX(value_of(w, cost, 0), (int64_t)1));
	}
	buf_fmt(&w->text, "%u", cost->line);
	for (size_t i = 0; i < w->g->n_values; i++)
		buf_fmt(&w->text, " %" PRId64, value_of(w, cost, column(w, i)));
	buf_u8(&w->text, '\n');
}

static bool add_costs(struct writer *w, struct err *err)
{
	uint32_t function = CALLGRIND_SELF;
	for (size_t i = 0; i < w->g->n_costs; i++) {
		const struct callgrind_cost *cost = &w->g->costs[i];
		if (cost->function != function) {
			function = cost->function;
			buf_u8(&w->text, '\n');
			add_function(w, function, false);
		}
		if (!is_zero(w, cost))
			add_cost(w, cost);
		if (w->text.len >= FLUSH_BYTES && !output_pass(&w->text, w->out, err))
			return false;
	}
	return true;
}

/* An identifier: the type, and its unit unless it is a count. */
static void add_event_name(struct writer *w, size_t value)
{
	const char *type = profile_value_name(w->p, value), *unit = profile_value_unit(w->p, value);
	size_t start = w->text.len;
	if (!isalpha((unsigned char)*type))
		buf_u8(&w->text, 'e');
	buf_str(&w->text, type);
	if (strcmp(unit, "count") != 0)
		buf_fmt(&w->text, "_%s", strcmp(unit, "nanoseconds") ? unit : "ns");
	for (size_t i = start; i < w->text.len; i++)
		if (!isalnum(w->text.data[i]))
			w->text.data[i] = '_';
}

static void add_events(struct writer *w)
{
	buf_str(&w->text, "events:");
	for (size_t i = 0; i < w->g->n_values; i++) {
		buf_u8(&w->text, ' ');
		add_event_name(w, column(w, i));
	}
	buf_u8(&w->text, '\n');
}

static void add_totals(struct writer *w, const char *key)
{
	buf_str(&w->text, key);
	for (size_t i = 0; i < w->g->n_values; i++) {
		int64_t total = 0;
		for (size_t c = 0; c < w->g->n_costs; c++)
			if (w->g->costs[c].callee == CALLGRIND_SELF)
				total += value_of(w, &w->g->costs[c], column(w, i));
		buf_fmt(&w->text, " %" PRId64, total);
	}
	buf_u8(&w->text, '\n');
}

static void add_line(struct writer *w, const char *key, const char *str)
{
	if (!*str)
		return;
	buf_str(&w->text, key);
	utf8_append_clean(&w->text, str);
	buf_u8(&w->text, '\n');
}

static void add_header(struct writer *w)
{
	const struct profile *p = w->p;
	buf_str(&w->text, "# callgrind format\nversion: 1\ncreator: ddrec\n");
	if (p->n_threads)
		buf_fmt(&w->text, "pid: %u\n", p->threads[0].pid);
	add_line(w, "cmd: ", profile_string(p, p->meta.command));
	buf_str(&w->text, "part: 1\ndesc: Sum of: all threads and processes\ndesc: Health: ");
	health_phrase(&w->text, p);
	if (p->health.is_damaged) {
		buf_str(&w->text, "\ndesc: WARNING: ");
		health_warning(&w->text, p);
	}
	if (!p->n_samples) {
		buf_str(&w->text, "\ndesc: Note: ");
		health_why_empty(&w->text, p);
	}
	buf_u8(&w->text, '\n');
	add_line(w, "desc: Event: ", profile_string(p, p->meta.clock));
	buf_str(&w->text, "positions: line\n");
	add_events(w);
	add_totals(w, "summary:");
}

static bool callgrind_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(callgrind_graph_fini) struct callgrind_graph g;
	if (!callgrind_graph_init(&g, p, &options->tree, err))
		return false;
	AUTO(auto_writer)
	struct writer w = {
		.g = &g,
		.p = p,
		.out = out,
		.main_value = options->tree.value < g.n_values ? options->tree.value : 0,
	};
	if (!writer_init(&w))
		return err_set(err, "callgrind: out of memory");
	add_header(&w);
	if (!add_costs(&w, err))
		return false;
	buf_u8(&w.text, '\n');
	add_totals(&w, "totals:");
	return output_write(&w.text, out, err);
}

const struct format format_callgrind = {
	.name = "callgrind",
	.summary = "for callgrind_annotate and KCachegrind",
	.default_file = "callgrind.out.ddrec",
	.needs_addresses = true,
	.write = callgrind_write,
};
