/*
 * Writes the page's data: see html_data.h. Columns are arrays of equal length.
 *
 *	functions	name, module (index), kind (enum profile_kind)
 *	stacks		parent: how far back it is, 0 for a root; code: function times two, one
 *			more where it is inlined
 *	pairs		of a thread and a stack that have samples: thread, stack, rows: how many
 *	rows		of all pairs, one after the other: bucket, as the difference to the row
 *			before in its pair; then for each value type the sums, or {"each": N} where
 *			all are N times the samples
 *
 * Each column is written in a walk of its own, so that nothing is held.
 */
#include "formats/html_data.h"

#include "formats/health.h"
#include "formats/html_rows.h"
#include "formats/html_stacks.h"

#include <string.h>

static void add_string(struct json_writer *w, const char *key, const char *str)
{
	json_put_key(w, key);
	json_put_string(w, str);
}

static void add_u64(struct json_writer *w, const char *key, uint64_t v)
{
	json_put_key(w, key);
	json_put_u64(w, v);
}

static void add_bool(struct json_writer *w, const char *key, bool v)
{
	json_put_key(w, key);
	json_put_bool(w, v);
}

static void add_text(struct json_writer *w, const char *key,
	void (*make)(struct buf *out, const struct profile *p), const struct profile *p)
{
	AUTO_BUF struct buf text = BUF_INIT;
	make(&text, p);
	json_put_key(w, key);
	json_put_string_n(w, text.data ? (const char *)text.data : "", text.len);
}

static void add_meta(
	struct json_writer *w, const struct profile *p, const struct format_options *options)
{
	const struct profile_meta *m = &p->meta;
	json_put_key(w, "meta"), json_put_object(w);
	add_string(w, "title", options->title ? options->title : profile_string(p, m->command));
	add_string(w, "command", profile_string(p, m->command));
	add_string(w, "host", profile_string(p, m->host));
	add_string(w, "kernel", profile_string(p, m->kernel));
	add_string(w, "arch", profile_string(p, m->arch));
	add_string(w, "event", profile_string(p, m->event));
	add_string(w, "tool", profile_string(p, m->tool));
	add_string(w, "source", profile_string(p, m->source));
	add_string(w, "clock", profile_string(p, m->clock));
	add_u64(w, "startMs", m->start_real_ns / 1000000);
	add_u64(w, "durationNs", m->duration_ns);
	add_u64(w, "frequency", m->frequency_hz);
	json_put_end(w);
}

static void add_health(struct json_writer *w, const struct profile *p)
{
	json_put_key(w, "health"), json_put_object(w);
	add_text(w, "phrase", health_phrase, p);
	add_text(w, "warning", health_warning, p);
	add_text(w, "lines", health_lines, p);
	if (!p->n_samples)
		add_text(w, "empty", health_why_empty, p);
	add_u64(w, "recorded", p->health.n_samples);
	add_bool(w, "damaged", p->health.is_damaged);
	json_put_end(w);
}

/* What the command line chose, which the page starts with. */
static void add_start(struct json_writer *w, const struct format_options *options)
{
	json_put_key(w, "start"), json_put_object(w);
	add_u64(w, "value", options->tree.value);
	add_string(w, "view", options->tree.reverse ? "reversed" : "graph");
	add_string(w, "group", options->tree.by == CALL_TREE_BY_THREAD ? "thread" : "process");
	add_bool(w, "inlined", !options->tree.no_inline);
	json_put_end(w);
}

static void add_value_types(struct json_writer *w, const struct profile *p)
{
	json_put_key(w, "values"), json_put_array(w);
	for (size_t i = 0; i < p->n_value_types; i++) {
		json_put_object(w);
		add_string(w, "type", profile_value_name(p, i));
		add_string(w, "unit", profile_value_unit(p, i));
		add_bool(w, "isEvent", profile_counts_events(p, i));
		json_put_end(w);
	}
	json_put_end(w);
}

static void add_threads(struct json_writer *w, const struct profile *p)
{
	json_put_key(w, "threads"), json_put_object(w);
	json_put_key(w, "name"), json_put_array(w);
	for (size_t i = 0; i < p->n_threads; i++)
		json_put_string(w, profile_string(p, p->threads[i].name));
	json_put_end(w);
	json_put_key(w, "process"), json_put_array(w);
	for (size_t i = 0; i < p->n_threads; i++)
		json_put_string(w, profile_string(p, p->threads[i].process_name));
	json_put_end(w);
	json_put_key(w, "pid"), json_put_array(w);
	for (size_t i = 0; i < p->n_threads; i++)
		json_put_u64(w, p->threads[i].pid);
	json_put_end(w);
	json_put_key(w, "tid"), json_put_array(w);
	for (size_t i = 0; i < p->n_threads; i++)
		json_put_u64(w, p->threads[i].tid);
	json_put_end(w), json_put_end(w);
}

static void add_modules(struct json_writer *w, const struct html_stacks *s)
{
	const struct profile *p = s->p;
	json_put_key(w, "modules"), json_put_object(w);
	json_put_key(w, "name"), json_put_array(w);
	for (size_t i = 0; i < s->modules.n; i++)
		json_put_string(w, profile_string(p, s->modules.keys[i].name));
	json_put_end(w);
	json_put_key(w, "path"), json_put_array(w);
	for (size_t i = 0; i < s->modules.n; i++) {
		uint32_t module = s->modules.keys[i].module;
		json_put_string(
			w, module < p->n_modules ? profile_string(p, p->modules[module].path) : "");
	}
	json_put_end(w);
	json_put_key(w, "kind"), json_put_array(w);
	for (size_t i = 0; i < s->modules.n; i++)
		json_put_u64(w, s->modules.keys[i].kind);
	json_put_end(w), json_put_end(w);
}

static void add_functions(struct json_writer *w, const struct html_stacks *s)
{
	json_put_key(w, "functions"), json_put_object(w);
	json_put_key(w, "name"), json_put_array(w);
	for (size_t i = 0; i < s->n_used; i++)
		json_put_string(w, profile_string(s->p, s->functions.keys[s->used[i].key].name));
	json_put_end(w);
	json_put_key(w, "module"), json_put_array(w);
	for (size_t i = 0; i < s->n_used; i++)
		json_put_u64(w, s->used[i].module);
	json_put_end(w);
	json_put_key(w, "kind"), json_put_array(w);
	for (size_t i = 0; i < s->n_used; i++)
		json_put_u64(w, s->functions.keys[s->used[i].key].kind);
	json_put_end(w), json_put_end(w);
}

static void add_stacks(struct json_writer *w, const struct html_stacks *s)
{
	json_put_key(w, "stacks"), json_put_object(w);
	json_put_key(w, "parent"), json_put_array(w);
	for (uint32_t i = 0; i < s->n_stacks; i++) {
		uint32_t parent = s->stacks[i].parent;
		json_put_u64(w, parent == PROFILE_NO_STACK ? 0 : i - parent);
	}
	json_put_end(w);
	json_put_key(w, "code"), json_put_array(w);
	for (size_t i = 0; i < s->n_stacks; i++)
		json_put_u64(w, s->stacks[i].code);
	json_put_end(w), json_put_end(w);
}

static uint64_t count_rows(const struct html_rows *r, size_t first, size_t end)
{
	uint64_t n = 0;
	for (size_t i = first; i < end; i = html_rows_row_end(r, i))
		n++;
	return n;
}

static void add_pairs(struct json_writer *w, const struct html_rows *r)
{
	json_put_key(w, "pairs"), json_put_object(w);
	json_put_key(w, "thread"), json_put_array(w);
	for (size_t i = 0; i < r->n; i = html_rows_pair_end(r, i))
		json_put_u64(w, r->entries[i].thread);
	json_put_end(w);
	json_put_key(w, "stack"), json_put_array(w);
	for (size_t i = 0; i < r->n; i = html_rows_pair_end(r, i))
		json_put_u64(w, r->entries[i].stack);
	json_put_end(w);
	json_put_key(w, "rows"), json_put_array(w);
	for (size_t i = 0, end; i < r->n; i = end) {
		end = html_rows_pair_end(r, i);
		json_put_u64(w, count_rows(r, i, end));
	}
	json_put_end(w), json_put_end(w);
}

static void add_buckets(struct json_writer *w, const struct html_rows *r)
{
	uint64_t before = 0;
	size_t pair_end = 0;
	json_put_key(w, "bucket"), json_put_array(w);
	for (size_t i = 0; i < r->n; i = html_rows_row_end(r, i)) {
		if (i == pair_end) {
			pair_end = html_rows_pair_end(r, i);
			before = 0;
		}
		json_put_u64(w, html_rows_bucket(r, i) - before);
		before = html_rows_bucket(r, i);
	}
	json_put_end(w);
}

/* Whether each sample has the same value: then the sums need not be told. */
static bool is_multiple(const struct profile *p, size_t value_type, int64_t *ret_each)
{
	int64_t first = p->n_samples ? profile_sample_count(p, 0) : 0;
	int64_t each = first > 0 ? profile_sample_value(p, 0, value_type) / first : 0;
	for (size_t i = 0; i < p->n_samples; i++) {
		int64_t product;
		if (__builtin_mul_overflow(profile_sample_count(p, i), each, &product) ||
			product != profile_sample_value(p, i, value_type))
			return false;
	}
	*ret_each = each;
	return p->n_samples;
}

static void add_sums(struct json_writer *w, const struct html_rows *r, size_t value_type)
{
	int64_t each;
	if (value_type && is_multiple(r->p, value_type, &each)) {
		json_put_object(w);
		json_put_key(w, "each"), json_put_i64(w, each);
		json_put_end(w);
		return;
	}
	json_put_array(w);
	for (size_t i = 0, end; i < r->n; i = end) {
		end = html_rows_row_end(r, i);
		json_put_i64(w, html_rows_sum(r, i, end, value_type));
	}
	json_put_end(w);
}

static void add_rows(struct json_writer *w, const struct html_rows *r)
{
	json_put_key(w, "rows"), json_put_object(w);
	if (r->n_buckets)
		add_buckets(w, r);
	json_put_key(w, "sums"), json_put_array(w);
	for (size_t i = 0; i < MAX(r->p->n_value_types, 1u); i++)
		add_sums(w, r, i);
	json_put_end(w), json_put_end(w);
	json_put_key(w, "times"), json_put_object(w);
	add_u64(w, "buckets", r->n_buckets);
	add_u64(w, "startNs", r->n_buckets ? r->start_ns : 0);
	add_u64(w, "bucketNs", r->bucket_ns);
	json_put_end(w);
}

bool html_data_write(struct json_writer *w, struct profile *p, const struct format_options *options,
	size_t max_rows, struct err *err)
{
	AUTO(auto_html_stacks) struct html_stacks s;
	AUTO(auto_html_rows) struct html_rows r = { 0 };
	if (!html_stacks_init(&s, p, err) || !html_rows_init(&r, &s, max_rows, err))
		return false;
	json_put_object(w);
	add_u64(w, "version", HTML_DATA_VERSION);
	add_meta(w, p, options);
	add_health(w, p);
	add_start(w, options);
	add_value_types(w, p);
	add_threads(w, p);
	add_modules(w, &s);
	add_functions(w, &s);
	add_stacks(w, &s);
	add_pairs(w, &r);
	add_rows(w, &r);
	json_put_end(w);
	return true;
}
