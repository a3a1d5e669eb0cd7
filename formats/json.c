/*
 * The text report's content for scripts: JSON of the schema "ddrec-report", version 1. docs/json.md
 * says what each field means and promises what will stay; a field that goes or changes its meaning
 * raises the version. Rows have a line each, so that diff(1) and grep(1) have something to hold.
 *
 * Values are integers in the unit of their value type. What was written for people in sentences
 * (health.c) is here in numbers.
 */
#include "formats/json_report.h"
#include "formats/profile_filter.h"

enum { SCHEMA_VERSION = 1 };

void json_report_string(struct json_report *r, const char *key, uint32_t string)
{
	json_put_key(&r->w, key), json_put_string(&r->w, profile_string(r->p, string));
}

void json_report_count(struct json_report *r, const char *key, uint64_t n)
{
	json_put_key(&r->w, key), json_put_u64(&r->w, n);
}

void json_report_kind(struct json_report *r, enum profile_kind kind)
{
	static const char *const kinds[PROFILE_N_KINDS] = {
		[PROFILE_USER] = "user",
		[PROFILE_LIBRARY] = "library",
		[PROFILE_KERNEL] = "kernel",
		[PROFILE_JIT] = "jit",
		[PROFILE_OTHER] = "other",
	};
	json_put_key(&r->w, "kind"), json_put_string(&r->w, kinds[kind]);
}

/* A key and a string, or null. */
static void add_optional(struct json_report *r, const char *key, const char *str)
{
	json_put_key(&r->w, key);
	if (str)
		json_put_string(&r->w, str);
	else
		json_put_null(&r->w);
}

static void add_filters(struct json_report *r)
{
	static const struct profile_filter none = { 0 };
	const struct profile_filter *f = r->options->filter ? r->options->filter : &none;
	json_put_key(&r->w, "filters"), json_put_object(&r->w);
	add_optional(r, "comm", f->comm);
	add_optional(r, "pid", f->pids);
	add_optional(r, "tid", f->tids);
	add_optional(r, "time", f->time);
	add_optional(r, "focus", f->focus);
	add_optional(r, "ignore", f->ignore);
	json_put_end(&r->w);
}

static void add_view(struct json_report *r)
{
	static const char *const by[] = {
		[CALL_TREE_BY_PROCESS] = "process",
		[CALL_TREE_BY_THREAD] = "thread",
		[CALL_TREE_BY_MODULE] = "module",
	};
	const struct format_options *o = r->options;
	json_put_key(&r->w, "view"), json_put_object(&r->w);
	json_put_key(&r->w, "value"), json_put_u64(&r->w, o->tree.value);
	json_put_key(&r->w, "by"), json_put_string(&r->w, by[o->tree.by]);
	json_put_key(&r->w, "reverse"), json_put_bool(&r->w, o->tree.reverse);
	json_put_key(&r->w, "no_inline"), json_put_bool(&r->w, o->tree.no_inline);
	json_put_key(&r->w, "sort"), json_put_string(&r->w, o->children ? "total" : "self");
	json_put_key(&r->w, "min_percent");
	json_put_double(&r->w, o->min_percent > 0 ? o->min_percent : 0.5, 6);
	json_put_end(&r->w);
}

static void add_value_types(struct json_report *r)
{
	const struct profile *p = r->p;
	json_put_key(&r->w, "value_types"), json_put_array(&r->w);
	for (size_t i = 0; i < p->n_value_types || !i; i++) {
		json_put_object(&r->w);
		json_put_key(&r->w, "type");
		json_put_string(&r->w, profile_value_name(p, i));
		json_put_key(&r->w, "unit");
		json_put_string(&r->w, profile_value_unit(p, i));
		json_put_end(&r->w);
	}
	json_put_end(&r->w);
}

static void add_array(struct json_report *r, const char *key, const int64_t *values, size_t n)
{
	json_put_key(&r->w, key), json_put_array(&r->w);
	for (size_t i = 0; i < n; i++)
		json_put_i64(&r->w, values[i]);
	json_put_end(&r->w);
}

static void add_thread(struct json_report *r, size_t i, const int64_t *sums, size_t n_values)
{
	static const struct profile_thread unknown = { 0 };
	const struct profile_thread *thread = i < r->p->n_threads ? &r->p->threads[i] : &unknown;
	bool is_empty = true;
	for (size_t v = 0; v < n_values; v++)
		is_empty &= !sums[v];
	if (is_empty)
		return;
	json_put_object(&r->w);
	json_report_count(r, "pid", thread->pid);
	json_report_count(r, "tid", thread->tid);
	json_report_string(r, "name", thread->name);
	json_report_string(r, "process_name", thread->process_name);
	add_array(r, "values", sums, n_values);
	json_put_end(&r->w);
}

/* "totals" and "threads"; the last sums are those of samples of an unknown thread. */
static bool add_sums(struct json_report *r, struct err *err)
{
	const struct profile *p = r->p;
	size_t n = MAX(p->n_value_types, (size_t)1), n_threads = p->n_threads + 1;
	AUTO_FREE int64_t *sums = calloc(n_threads, n * sizeof *sums);
	AUTO_FREE int64_t *totals = calloc(n, sizeof *totals);
	if (!sums || !totals)
		return err_set(err, "JSON: out of memory");
	for (size_t i = 0; i < p->n_samples; i++) {
		size_t thread = MIN((size_t)p->samples[i].thread, p->n_threads);
		for (size_t v = 0; v < n; v++) {
			sums[thread * n + v] += profile_sample_value(p, i, v);
			totals[v] += profile_sample_value(p, i, v);
		}
	}
	r->total = totals[MIN(r->options->tree.value, n - 1)];
	add_array(r, "totals", totals, n);
	json_put_key(&r->w, "threads"), json_put_array(&r->w);
	for (size_t i = 0; i < n_threads; i++)
		add_thread(r, i, sums + i * n, n);
	json_put_end(&r->w);
	return true;
}

static bool add_report(struct json_report *r, struct err *err)
{
	json_put_object(&r->w);
	json_put_key(&r->w, "schema"), json_put_string(&r->w, "ddrec-report");
	json_put_key(&r->w, "version"), json_put_u64(&r->w, SCHEMA_VERSION);
	if (r->options->title)
		add_optional(r, "title", r->options->title);
	json_report_meta(r);
	json_report_health(r);
	add_filters(r);
	add_view(r);
	add_value_types(r);
	return add_sums(r, err) && json_report_modules(r, err) && json_report_functions(r, err) &&
		json_report_tree(r, err);
}

static bool json_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	struct json_report r = { .p = p, .options = options };
	struct err ignored = { 0 };
	json_writer_open(&r.w, out);
	r.w.lines_to = 2;
	bool ok = add_report(&r, err);
	return json_writer_close(&r.w, ok ? err : &ignored) && ok;
}

const struct format format_json = {
	.name = "json",
	.summary = "the report for scripts, see docs/json.md",
	.needs_threads = true,
	.needs_addresses = true, /* for the files of functions */
	.write = json_write,
};
