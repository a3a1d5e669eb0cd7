/*
 * The flat table of the text view: one row per function, the share it took itself and the share
 * with all it called.
 */
#include "formats/name_cut.h"
#include "formats/number.h"
#include "formats/text.h"
#include "formats/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	DEFAULT_ROWS = 25,
	SHARE_COLUMNS = 18, /* what stands left of the name: shares and gaps, */
	COUNT_COLUMNS = 13, /* and the count, or more when one needs it */
	MIN_NAME_COLUMNS = 20,
	MAX_MODULE_COLUMNS = 24,
	MAX_PADDED_NAME = 60, /* without a limit: longer names push their module right */
};

static const char inlined_mark[] = " (inlined)";

struct layout {
	size_t count_columns;
	size_t name_limit;   /* 0: none */
	size_t name_columns; /* padded to */
	size_t module_limit;
};

static size_t name_length(const char *str)
{
	return utf8_length(str, strlen(str));
}

static bool is_by_module(const struct text *t)
{
	return t->options->tree.by == CALL_TREE_BY_MODULE;
}

/* What stands in the second column of names; nothing where the first holds it. */
static const char *row_module(const struct text *t, const struct flat_entry *row)
{
	return is_by_module(t) ? "" : text_module(t, row->module);
}

static bool counts_events(const struct text *t)
{
	return profile_counts_events(t->p, t->options->tree.value);
}

/* Events where they are what is summed; else samples, also beside times. */
static int64_t self_count(const struct text *t, const struct flat_entry *row)
{
	return counts_events(t) ? row->self : (int64_t)row->n_self_samples;
}

static struct layout make_layout(const struct text *t, const struct flat_entry *rows, size_t n)
{
	size_t widest_name = 8, widest_module = is_by_module(t) ? 0 : 6, width = t->options->width;
	size_t widest_count = COUNT_COLUMNS - 1;
	for (size_t i = 0; i < n; i++) {
		size_t mark = rows[i].is_inlined ? sizeof inlined_mark - 1 : 0;
		widest_name =
			MAX(widest_name, name_length(profile_string(t->p, rows[i].name)) + mark);
		widest_module = MAX(widest_module, name_length(row_module(t, &rows[i])));
		AUTO_BUF struct buf count = BUF_INIT;
		number_count(&count, self_count(t, &rows[i]));
		widest_count = MAX(widest_count, count.len);
	}
	struct layout layout = { .name_columns = MIN(widest_name, (size_t)MAX_PADDED_NAME),
		.count_columns = widest_count + 1 };
	if (!width)
		return layout;
	layout.module_limit = MIN(widest_module, (size_t)MAX_MODULE_COLUMNS);
	size_t taken = SHARE_COLUMNS + layout.count_columns + 2 + layout.module_limit;
	layout.name_limit = width > taken + MIN_NAME_COLUMNS ? width - taken : MIN_NAME_COLUMNS;
	layout.name_columns = MIN(widest_name, layout.name_limit);
	return layout;
}

/* Returns the columns used. */
static size_t add_name(struct text *t, const struct layout *layout, const struct flat_entry *row)
{
	const char *name = profile_string(t->p, row->name);
	size_t mark = row->is_inlined ? sizeof inlined_mark - 1 : 0;
	size_t used = name_cut(&t->buf, name, layout->name_limit ? layout->name_limit - mark : 0);
	if (!mark)
		return used;
	text_style(t, TEXT_DIM);
	buf_str(&t->buf, inlined_mark);
	text_style(t, TEXT_PLAIN);
	return used + mark;
}

static void add_row(struct text *t, const struct layout *layout, const struct flat_entry *row)
{
	AUTO_BUF struct buf count = BUF_INIT;
	number_count(&count, self_count(t, row));
	text_percent(t, row->self);
	buf_str(&t->buf, "  ");
	text_percent(t, row->total);
	buf_fmt(&t->buf, "%*.*s  ", (int)layout->count_columns, (int)count.len,
		(const char *)count.data);
	size_t used = add_name(t, layout, row);
	const char *module = row_module(t, row);
	if (*module) {
		size_t pad = used < layout->name_columns ? layout->name_columns - used : 0;
		buf_fmt(&t->buf, "%*s  ", (int)pad, "");
		text_style(t, TEXT_DIM);
		name_cut(&t->buf, module, layout->module_limit);
		text_style(t, TEXT_PLAIN);
	}
	buf_str(&t->buf, "\n");
}

static void add_rest(struct text *t, const struct flat_entry *rest, size_t n)
{
	int64_t self = 0;
	for (size_t i = 0; i < n; i++)
		self += rest[i].self;
	text_style(t, TEXT_DIM);
	buf_str(&t->buf, "  … ");
	number_count(&t->buf, (int64_t)n);
	buf_fmt(&t->buf, " more %s%s (", is_by_module(t) ? "module" : "function",
		n == 1 ? "" : "s");
	number_percent(&t->buf, number_share(self, t->total));
	buf_str(&t->buf, " self)\n");
	text_style(t, TEXT_PLAIN);
}

/* For who wonders that a function too small for a call of its own takes time. */
static void add_inlined_hint(struct text *t, const struct flat_entry *rows, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++)
		any |= rows[i].is_inlined;
	if (!any || t->options->tree.no_inline)
		return;
	text_style(t, TEXT_DIM);
	buf_str(&t->buf,
		"  (inlined): --no-inline gives their time to the functions that contain them\n");
	text_style(t, TEXT_PLAIN);
}

/* How many rows are worth showing: sorted by self, none without any. */
static size_t count_rows(const struct text *t, const struct flat_entry *rows, size_t n)
{
	size_t limit = t->options->max_rows ? t->options->max_rows : DEFAULT_ROWS, shown = 0;
	while (shown < MIN(n, limit) && (t->options->children || rows[shown].n_self_samples))
		shown++;
	return shown;
}

static void add_heading(struct text *t, const struct layout *layout)
{
	char heading[64];
	snprintf(heading, sizeof heading, "%s, by %s", is_by_module(t) ? "Modules" : "Functions",
		t->options->children ? "total (self and all they call)" : "self");
	text_heading(t, heading);
	text_style(t, TEXT_DIM);
	buf_fmt(&t->buf, "   SELF    TOTAL%*s  ", (int)layout->count_columns,
		counts_events(t) ? "SELF EVENTS" : "SELF SAMPLES");
	if (is_by_module(t))
		buf_str(&t->buf, "MODULE\n");
	else
		buf_fmt(&t->buf, "%-*s  MODULE\n", (int)layout->name_columns, "FUNCTION");
	text_style(t, TEXT_PLAIN);
}

bool text_flat_table(struct text *t, struct err *err)
{
	AUTO_FREE struct flat_entry *rows = NULL;
	size_t n;
	if (!flat_table_build(t->p, &t->options->tree, &rows, &n, err))
		return false;
	if (t->options->children)
		flat_table_sort_by_total(t->p, rows, n);
	size_t shown = count_rows(t, rows, n);
	struct layout layout = make_layout(t, rows, shown);
	add_heading(t, &layout);
	for (size_t i = 0; i < shown; i++)
		add_row(t, &layout, &rows[i]);
	if (shown < n)
		add_rest(t, rows + shown, n - shown);
	add_inlined_hint(t, rows, shown);
	buf_str(&t->buf, "\n");
	return true;
}
