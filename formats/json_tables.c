/*
 * The tables of the JSON report: modules and functions, as the text's flat table sorts them.
 */
#include "formats/json_report.h"

#include <string.h>

static bool make_rows(struct json_report *r, enum call_tree_by by, struct flat_entry **ret_rows,
	size_t *ret_n, struct err *err)
{
	struct call_tree_options options = r->options->tree;
	options.by = by;
	if (!flat_table_build(r->p, &options, ret_rows, ret_n, err))
		return false;
	if (r->options->children)
		flat_table_sort_by_total(r->p, *ret_rows, *ret_n);
	return true;
}

static void add_values(struct json_report *r, const struct flat_entry *row)
{
	json_put_key(&r->w, "self"), json_put_i64(&r->w, row->self);
	json_put_key(&r->w, "total"), json_put_i64(&r->w, row->total);
	json_report_count(r, "self_samples", row->n_self_samples);
	json_report_count(r, "total_samples", row->n_samples);
}

static void add_module(struct json_report *r, const struct flat_entry *row)
{
	static const struct profile_module none = { 0 };
	const struct profile_module *m =
		row->module < r->p->n_modules ? &r->p->modules[row->module] : &none;
	json_put_object(&r->w);
	json_report_string(r, "name", row->name);
	json_report_string(r, "path", m->path);
	json_report_string(r, "build_id", m->build_id);
	json_report_kind(r, row->kind);
	add_values(r, row);
	json_put_end(&r->w);
}

bool json_report_modules(struct json_report *r, struct err *err)
{
	AUTO_FREE struct flat_entry *rows = NULL;
	size_t n;
	if (!make_rows(r, CALL_TREE_BY_MODULE, &rows, &n, err))
		return false;
	json_put_key(&r->w, "modules"), json_put_array(&r->w);
	for (size_t i = 0; i < n; i++)
		add_module(r, &rows[i]);
	json_put_end(&r->w);
	return true;
}

/* By function: its own file or else that of the first frame that has one. NULL: no memory. */
static uint32_t *make_files(const struct profile *p)
{
	uint32_t *files = calloc(p->n_functions + 1, sizeof *files);
	for (size_t i = 0; files && i < p->n_functions; i++)
		files[i] = p->functions[i].file;
	for (size_t i = 0; files && i < p->n_frames; i++)
		if (!files[p->frames[i].function])
			files[p->frames[i].function] = p->frames[i].file;
	return files;
}

static void add_function(struct json_report *r, const struct flat_entry *row, const uint32_t *files)
{
	static const struct profile_function none = { 0 };
	const struct profile_function *f =
		row->function < r->p->n_functions ? &r->p->functions[row->function] : &none;
	json_put_object(&r->w);
	json_report_string(r, "name", row->name);
	json_report_string(r, "raw_name", f->raw_name);
	json_put_key(&r->w, "module"),
		json_put_string(&r->w, profile_module_label(r->p, row->module));
	json_report_string(r, "file", f == &none ? 0 : files[row->function]);
	json_report_kind(r, row->kind);
	json_put_key(&r->w, "inlined"), json_put_bool(&r->w, row->is_inlined);
	json_put_key(&r->w, "has_symbol"), json_put_bool(&r->w, f->has_symbol);
	add_values(r, row);
	json_put_end(&r->w);
}

bool json_report_functions(struct json_report *r, struct err *err)
{
	AUTO_FREE struct flat_entry *rows = NULL;
	AUTO_FREE uint32_t *files = make_files(r->p);
	size_t n, limit = r->options->max_rows;
	if (!files)
		return err_set(err, "JSON: out of memory");
	if (!make_rows(r, CALL_TREE_BY_PROCESS, &rows, &n, err))
		return false;
	json_report_count(r, "n_functions", n);
	json_put_key(&r->w, "functions"), json_put_array(&r->w);
	for (size_t i = 0; i < n && (!limit || i < limit); i++)
		add_function(r, &rows[i], files);
	json_put_end(&r->w);
	return true;
}
