/*
 * An annotated function as one HTML page that needs nothing else: no script, no network. Targets of
 * jumps are links. All data goes through xml_escape(); none stands in the style sheet.
 */
#include "report/annotate_output.h"

#include "formats/health.h"
#include "formats/number.h"
#include "formats/output.h"
#include "formats/xml_escape.h"

/* Made from annotate.css by the Makefile. */
#include "annotate.css.h"

#include <inttypes.h>
#include <string.h>

struct page {
	struct buf buf;
	FILE *out;
	struct annotate_report *r;
	const struct annotation *a;
	struct source_files *sources;
	const struct annotate_rows *rows;
	size_t item; /* its number is part of all ids */
};

static void add_escaped(struct page *w, const struct buf *text)
{
	xml_escape_n(&w->buf, (const char *)text->data, text->len);
}

/* Two cells; the heat is the background of the first. */
static void add_shares(struct page *w, int64_t self, int64_t total)
{
	double percent = number_share(self, w->a->target->self);
	int64_t second = annotate_shows_total(w->a, &w->r->look) ? total : self;
	if (self)
		buf_fmt(&w->buf, "<td class=\"n h\" style=\"--h:%.3f\">%.2f%%</td>",
			MIN(percent, 40) / 40, percent);
	else
		buf_str(&w->buf, "<td></td>");
	if (second)
		buf_fmt(&w->buf, "<td class=n>%.2f%%</td>", number_share(second, w->a->whole));
	else
		buf_str(&w->buf, "<td></td>");
}

static void add_lanes(struct page *w, size_t insn, bool is_insn)
{
	const struct jump_lanes *l = &w->rows->lanes;
	buf_str(&w->buf, "<td class=l>");
	for (unsigned i = 0; i < l->n_lanes && insn < w->a->n_insns; i++) {
		uint8_t cell = jump_lanes_cell(l, insn, i);
		buf_str(&w->buf, is_insn ? jump_lanes_glyph(cell) : cell & LANE_UP ? "│" : " ");
	}
	if (l->n_lanes)
		buf_fmt(&w->buf, "%s ", is_insn ? jump_lanes_end(l, insn) : " ");
	buf_str(&w->buf, "</td><td class=c>");
}

static void add_indent(struct page *w, uint32_t depth)
{
	if (!depth)
		return;
	buf_str(&w->buf, "<span class=d>");
	for (uint32_t i = 0; i < MIN(depth, 8u); i++)
		buf_str(&w->buf, "╎");
	buf_str(&w->buf, "</span> ");
}

static void add_target(struct page *w, const struct insn *insn, const struct annotated_insn *note)
{
	if (insn->has_target && insn->operands[0])
		buf_str(&w->buf, ", ");
	if (note->target_name) {
		buf_str(&w->buf, "<span class=callee>");
		xml_escape(&w->buf, note->target_name);
		if (note->target_off)
			buf_fmt(&w->buf, "+0x%" PRIx64, note->target_off);
		buf_str(&w->buf, "</span>");
	} else if (insn->has_target) {
		buf_fmt(&w->buf, "<a href=\"#f%zu-%" PRIx64 "\">%" PRIx64 "</a>", w->item,
			insn->target, insn->target);
	}
	if (insn->refers_to)
		buf_fmt(&w->buf, "<span class=d>  # %" PRIx64 "</span>", insn->refers_to);
}

/* Mnemonic, operands, target. */
static void add_insn(struct page *w, size_t i)
{
	const struct insn *insn = &w->a->insns[i];
	AUTO_BUF struct buf text = BUF_INIT;
	buf_fmt(&text, "%-6s %s", insn->mnemonic, insn->operands);
	add_escaped(w, &text);
	add_target(w, insn, &w->a->notes[i]);
}

/* Of a listing without what indents it; the indentation there is that of inlined calls. */
static void add_source_text(struct page *w, const char *file, uint32_t line, bool is_indented)
{
	size_t len, blanks = 0;
	const char *text = source_files_line(w->sources, file, line, &len);
	if (!text)
		return;
	while (!is_indented && blanks < len && (text[blanks] == ' ' || text[blanks] == '\t'))
		blanks++;
	for (const char *at = text + blanks, *end = text + len; at < end;) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		xml_escape_n(&w->buf, at, (size_t)((tab ? tab : end) - at));
		buf_str(&w->buf, tab ? "\t" : "");
		at = tab ? tab + 1 : end;
	}
}

static void add_place(struct page *w, const char *file, uint32_t line)
{
	AUTO_BUF struct buf place = BUF_INIT;
	annotate_say_place(&place, file, line);
	add_escaped(w, &place);
}

/* Rows. */

static void write_insn(struct page *w, const struct annotate_row *row)
{
	const struct insn *insn = &w->a->insns[row->insn];
	const struct annotated_insn *note = &w->a->notes[row->insn];
	buf_fmt(&w->buf, "<tr id=\"f%zu-%" PRIx64 "\"%s>", w->item, insn->vaddr,
		note->is_asked ? " class=a" : "");
	add_shares(w, note->self, note->total);
	buf_fmt(&w->buf, "<td class=n>%" PRIx64 "</td>", insn->vaddr);
	add_lanes(w, row->insn, true);
	add_indent(w, annotate_depth(w->a, row->insn));
	add_insn(w, row->insn);
	buf_str(&w->buf, "</td></tr>\n");
}

static void write_source(struct page *w, const struct annotate_row *row)
{
	buf_str(&w->buf, "<tr class=s><td></td><td></td><td></td>");
	add_lanes(w, row->insn, false);
	add_indent(w, annotate_depth(w->a, row->insn));
	add_place(w, row->file, row->line);
	buf_str(&w->buf, "  ");
	add_source_text(w, row->file, row->line, false);
	buf_str(&w->buf, "</td></tr>\n");
}

static void write_inlined(struct page *w, const struct annotate_row *row)
{
	const struct symbol_frame *frame = &w->a->notes[row->insn].frames[row->level];
	const char *name = annotate_frame_name(frame);
	buf_str(&w->buf, "<tr class=i><td></td><td></td><td></td>");
	add_lanes(w, row->insn, false);
	add_indent(w, annotate_depth(w->a, row->insn) - row->level - 1);
	buf_str(&w->buf, "▾ <b>");
	xml_escape(&w->buf, name[0] ? name : "a call");
	buf_str(&w->buf, "</b>, inlined at ");
	add_place(w, frame[1].file, frame[1].line);
	buf_str(&w->buf, "</td></tr>\n");
}

static void write_fold(struct page *w, const struct annotate_row *row)
{
	buf_str(&w->buf, "<tr class=f><td></td><td></td><td></td>");
	add_lanes(w, row->insn, false);
	if (row->n_folded)
		buf_fmt(&w->buf, "⋯ %zu instructions", row->n_folded);
	else
		buf_str(&w->buf, "⋯");
	buf_str(&w->buf, "</td></tr>\n");
}

static void write_file_row(struct page *w, const struct annotate_row *row)
{
	buf_str(&w->buf, "<tr>");
	add_shares(w, row->self, row->self);
	buf_str(&w->buf, "<td></td><td></td><td><b>");
	xml_escape(&w->buf, row->file);
	buf_str(&w->buf, "</b></td></tr>\n");
}

static void write_line_row(struct page *w, const struct annotate_row *row)
{
	buf_str(&w->buf, "<tr>");
	add_shares(w, row->self, row->self);
	buf_fmt(&w->buf, "<td class=n>%u</td><td></td><td class=c>", row->line);
	add_source_text(w, row->file, row->line, true);
	buf_str(&w->buf, "</td></tr>\n");
}

static void write_row(struct page *w, const struct annotate_row *row)
{
	static void (*const write[])(struct page *, const struct annotate_row *) = {
		[ROW_INSN] = write_insn,
		[ROW_SOURCE] = write_source,
		[ROW_INLINED] = write_inlined,
		[ROW_FOLD] = write_fold,
		[ROW_FILE] = write_file_row,
		[ROW_LINE] = write_line_row,
	};
	write[row->kind](w, row);
}

/* What stands above the rows. */

static void add_term(struct page *w, const char *term)
{
	buf_fmt(&w->buf, "<dt>%s</dt><dd>", term);
}

static void write_problem(void *ctx, const char *text)
{
	struct page *w = ctx;
	add_term(w, "note");
	xml_escape(&w->buf, text);
	buf_str(&w->buf, "</dd>\n");
}

static void write_head(struct page *w)
{
	const struct annotation *a = w->a;
	AUTO_BUF struct buf name = BUF_INIT, share = BUF_INIT;
	annotate_say_name(&name, a->p, a->target);
	annotate_say_share(&share, a);
	buf_str(&w->buf, "<h2>");
	add_escaped(w, &name);
	if (a->asked) {
		buf_str(&w->buf, ", which contains ");
		xml_escape(&w->buf, a->asked);
	}
	buf_str(&w->buf, "</h2>\n<dl>");
	add_term(w, "samples");
	add_escaped(w, &share);
	buf_str(&w->buf, "</dd>\n");
	add_term(w, "module");
	if (a->target->module < a->p->n_modules)
		xml_escape(&w->buf, profile_string(a->p, a->p->modules[a->target->module].path));
	buf_str(&w->buf, "</dd>\n");
	if (!a->no_code) {
		add_term(w, "code");
		buf_fmt(&w->buf, "0x%" PRIx64 " to 0x%" PRIx64 ", %zu instructions</dd>\n",
			a->start, a->end, a->n_insns);
	}
	annotate_each_problem(a, w->sources, w->rows, write_problem, w);
	buf_str(&w->buf, "</dl>\n");
}

static void write_hot_lines(struct page *w)
{
	const struct annotation *a = w->a;
	if (!a->n_lines)
		return;
	buf_str(&w->buf, "<h3>Hottest lines</h3>\n<table>\n");
	for (size_t i = 0; i < a->n_lines && i < ANNOTATE_N_HOT; i++) {
		const struct annotated_line *line = &a->lines[i];
		buf_str(&w->buf, "<tr>");
		add_shares(w, line->self, line->self);
		buf_fmt(&w->buf, "<td><a href=\"#f%zu-%" PRIx64 "\">", w->item,
			a->insns[line->hottest].vaddr);
		add_place(w, line->file, line->line);
		buf_str(&w->buf, "</a></td><td>");
		add_source_text(w, line->file, line->line, false);
		if (line->function && line->function[0]) {
			buf_str(&w->buf, "<span class=d>  in ");
			xml_escape(&w->buf, line->function);
			buf_str(&w->buf, "</span>");
		}
		buf_str(&w->buf, "</td></tr>\n");
	}
	buf_str(&w->buf, "</table>\n");
}

static void write_hot_insns(struct page *w)
{
	size_t hot[ANNOTATE_N_HOT];
	size_t n = annotate_hottest(w->a, ANNOTATE_N_HOT, hot);
	if (!n)
		return;
	buf_fmt(&w->buf, "<h3>Hottest %s</h3>\n<table>\n",
		w->a->no_code ? "addresses" : "instructions");
	for (size_t i = 0; i < n; i++) {
		uint64_t vaddr = w->a->insns[hot[i]].vaddr;
		buf_str(&w->buf, "<tr>");
		add_shares(w, w->a->notes[hot[i]].self, w->a->notes[hot[i]].total);
		buf_fmt(&w->buf,
			"<td class=n><a href=\"#f%zu-%" PRIx64 "\">%" PRIx64 "</a></td><td>",
			w->item, vaddr, vaddr);
		add_insn(w, hot[i]);
		buf_str(&w->buf, "</td></tr>\n");
	}
	buf_str(&w->buf, "</table>\n");
}

static bool write_item(struct page *w, size_t item, struct err *err)
{
	AUTO(annotate_rows_fini) struct annotate_rows rows = { 0 };
	w->a = &w->r->items[item];
	w->sources = &w->r->sources[item];
	w->rows = &rows;
	w->item = item;
	if (!annotate_rows_init(&rows, w->a, w->sources, &w->r->look, err))
		return false;
	for (size_t i = 0; i < rows.n && !w->r->look.no_source; i++)
		if (rows.v[i].file)
			(void)source_files_get(w->sources, rows.v[i].file);
	write_head(w);
	if (!w->r->look.no_source)
		write_hot_lines(w);
	if (!w->r->look.no_asm || !w->a->n_lines)
		write_hot_insns(w);
	buf_fmt(&w->buf,
		"<h3>Listing</h3>\n<table>\n<tr><th class=n>of it<th class=n>%s<th class=n>%s"
		"<th><th></tr>\n",
		annotate_shows_total(w->a, &w->r->look) ? "total" : "of all",
		w->r->look.no_asm && w->a->has_lines ? "line" : "address");
	for (size_t i = 0; i < rows.n; i++) {
		write_row(w, &rows.v[i]);
		if (!output_pass(&w->buf, w->out, err))
			return false;
	}
	buf_str(&w->buf, "</table>\n");
	return true;
}

static void write_list(struct page *w)
{
	const struct annotate_query *q = w->r->q;
	if (q->n_targets < 2)
		return;
	buf_fmt(&w->buf, "<h3>%zu functions fit</h3>\n<table>\n", q->n_targets + q->n_left_out);
	for (size_t i = 0; i < q->n_targets; i++) {
		AUTO_BUF struct buf choice = BUF_INIT, name = BUF_INIT;
		annotate_say_choice(&choice, q->p, &q->targets[i]);
		annotate_say_name(&name, q->p, &q->targets[i]);
		buf_fmt(&w->buf, "<tr><td class=n>%.2f%%</td><td>",
			number_share(q->targets[i].asked, q->whole));
		add_escaped(w, &choice);
		buf_str(&w->buf,
			q->targets[i].inlined == PROFILE_NONE ? "</td><td class=d>"
							      : "</td><td class=d>inlined into ");
		add_escaped(w, &name);
		buf_str(&w->buf, "</td></tr>\n");
	}
	buf_str(&w->buf, "</table>\n");
}

static void write_top(struct page *w)
{
	AUTO_BUF struct buf text = BUF_INIT;
	buf_str(&w->buf,
		"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'\">\n"
		"<meta name=viewport content=\"width=device-width\">\n<title>");
	xml_escape(&w->buf, w->r->words);
	buf_fmt(&w->buf, " - ddrec annotate</title>\n<style>\n%s</style>\n<h1>", annotate_css);
	xml_escape(&w->buf, w->r->words);
	buf_str(&w->buf, "</h1>\n<dl>");
	health_warning(&text, w->r->p);
	if (text.len) {
		add_term(w, "WARNING");
		add_escaped(w, &text);
		buf_str(&w->buf, "</dd>\n");
	}
	buf_clear(&text);
	add_term(w, "event");
	xml_escape(&w->buf, profile_string(w->r->p, w->r->p->meta.event));
	buf_str(&w->buf, "; ");
	annotate_say_skid(&text, w->r->p);
	add_escaped(w, &text);
	buf_str(&w->buf, "</dd>\n</dl>\n");
	write_list(w);
}

static void page_fini_ptr(struct page *w)
{
	buf_fini(&w->buf);
}

static bool html_write(struct annotate_report *r, FILE *out, struct err *err)
{
	AUTO(page_fini) struct page w = { .r = r, .out = out };
	write_top(&w);
	for (size_t i = 0; i < r->n_items; i++)
		if (!write_item(&w, i, err))
			return false;
	buf_str(&w.buf, "</html>\n");
	return output_write(&w.buf, out, err);
}

const struct annotate_output annotate_output_html = {
	.name = "html",
	.default_file = "annotate.html",
	.write = html_write,
};
