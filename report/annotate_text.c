/*
 * An annotated function as text for people:
 *
 *	  of it    all address
 *	                          ▾ spin, inlined at known_shares.c:9
 *	                          ╎ burn.h:25  x ^= x << 13;
 *	                 1270  ┌▶ ╎ movq   %rax, %rdx
 *	 33.11% 19.94%   1273  │  ╎ shlq   $0xd, %rdx
 *
 * Shares of the function's own samples and of all, the address, the arrows of jumps, a bar for each
 * inlined call that the instruction is in, and the instruction. What does not fit the width is cut.
 */
#include "report/annotate_text.h"

#include "formats/number.h"
#include "formats/output.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_BARS = 6 };

/* Columns. */

static void add_shares(struct writer *w, int64_t self, int64_t total)
{
	text_add_share(w, self, w->a->target->self);
	if (annotate_shows_total(w->a, &w->r->look))
		text_add_share(w, total, w->a->whole);
	else
		text_add_share(w, self, w->a->whole);
}

static void add_heading(struct writer *w)
{
	line_style(&w->line, LINE_DIM);
	line_fmt(&w->line, "%7s%7s", "of it",
		annotate_shows_total(w->a, &w->r->look) ? "total" : "all");
	if (!w->r->look.no_asm || !w->a->has_lines)
		line_fmt(&w->line, " %*s", w->address_digits, "address");
	line_style(&w->line, LINE_PLAIN);
	line_end(&w->line);
}

/* Rows. */

/* The lanes beside a row that is no instruction: what goes on through it. */
static void add_passing_lanes(struct writer *w, size_t insn)
{
	const struct jump_lanes *l = &w->rows->lanes;
	line_style(&w->line, LINE_DIM);
	for (unsigned i = 0; i < l->n_lanes; i++) {
		bool passes = insn < w->a->n_insns && jump_lanes_cell(l, insn, i) & LANE_UP;
		line_add(&w->line, passes ? "│" : " ");
	}
	line_add(&w->line, l->n_lanes ? "  " : "");
	line_style(&w->line, LINE_PLAIN);
}

static void add_lanes(struct writer *w, size_t insn)
{
	const struct jump_lanes *l = &w->rows->lanes;
	if (!l->n_lanes)
		return;
	line_style(&w->line, LINE_DIM);
	for (unsigned i = 0; i < l->n_lanes; i++)
		line_add(&w->line, jump_lanes_glyph(jump_lanes_cell(l, insn, i)));
	line_add(&w->line, jump_lanes_end(l, insn));
	line_add(&w->line, " ");
	line_style(&w->line, LINE_PLAIN);
}

static void add_bars(struct writer *w, uint32_t depth)
{
	line_style(&w->line, LINE_DIM);
	for (uint32_t i = 0; i < MIN(depth, (uint32_t)MAX_BARS); i++)
		line_add(&w->line, "╎");
	line_add(&w->line, depth ? " " : "");
	line_style(&w->line, LINE_PLAIN);
}

static void add_margin(struct writer *w)
{
	line_fmt(&w->line, "%*s", 16 + w->address_digits, "");
}

static void write_insn(struct writer *w, const struct annotate_row *row)
{
	const struct insn *insn = &w->a->insns[row->insn];
	const struct annotated_insn *note = &w->a->notes[row->insn];
	enum line_style style = text_heat(number_share(note->self, w->a->target->self));
	add_shares(w, note->self, note->total);
	line_style(&w->line, LINE_DIM);
	line_fmt(&w->line, " %*" PRIx64, w->address_digits, insn->vaddr);
	line_style(&w->line, LINE_PLAIN);
	line_add_styled(&w->line, LINE_YELLOW, note->is_asked ? " ▌" : "  ");
	add_lanes(w, row->insn);
	add_bars(w, annotate_depth(w->a, row->insn));
	text_add_insn(w, insn, note, style == LINE_RED);
	line_end(&w->line);
}

static void write_source(struct writer *w, const struct annotate_row *row)
{
	add_margin(w);
	line_add(&w->line, " ");
	add_passing_lanes(w, row->insn);
	add_bars(w, annotate_depth(w->a, row->insn));
	line_style(&w->line, LINE_CYAN);
	text_add_place(w, row->file, row->line);
	text_add_source(w, row->file, row->line);
	line_style(&w->line, LINE_PLAIN);
	line_end(&w->line);
}

static void write_inlined(struct writer *w, const struct annotate_row *row)
{
	const struct symbol_frame *frame = &w->a->notes[row->insn].frames[row->level];
	const char *name = annotate_frame_name(frame);
	add_margin(w);
	line_add(&w->line, " ");
	add_passing_lanes(w, row->insn);
	add_bars(w, annotate_depth(w->a, row->insn) - row->level - 1);
	line_style(&w->line, LINE_CYAN);
	line_add(&w->line, "▾ ");
	line_add(&w->line, name[0] ? name : "a call");
	line_style(&w->line, LINE_PLAIN);
	line_style(&w->line, LINE_DIM);
	if (frame[1].file) {
		line_add(&w->line, ", inlined at ");
		text_add_place(w, frame[1].file, frame[1].line);
	} else {
		line_add(&w->line, ", inlined");
	}
	line_style(&w->line, LINE_PLAIN);
	line_end(&w->line);
}

static void write_fold(struct writer *w, const struct annotate_row *row)
{
	line_style(&w->line, LINE_DIM);
	add_margin(w);
	line_add(&w->line, " ");
	add_passing_lanes(w, row->insn);
	line_style(&w->line, LINE_DIM);
	if (row->n_folded)
		line_fmt(&w->line, "⋯ %zu instructions", row->n_folded);
	else
		line_add(&w->line, "⋯");
	line_style(&w->line, LINE_PLAIN);
	line_end(&w->line);
}

static void write_file_row(struct writer *w, const struct annotate_row *row)
{
	line_end(&w->line);
	add_shares(w, row->self, row->self);
	line_add(&w->line, "  ");
	line_add_styled(&w->line, LINE_BOLD, row->file);
	line_end(&w->line);
}

static void write_line_row(struct writer *w, const struct annotate_row *row)
{
	size_t len;
	const char *text = source_files_line(w->sources, row->file, row->line, &len);
	add_shares(w, row->self, row->self);
	line_style(&w->line, LINE_DIM);
	line_fmt(&w->line, " %6u%s ", row->line, row->insn < w->a->n_insns ? " ┃" : "  ");
	line_style(&w->line, LINE_PLAIN);
	w->line.tabs_from = w->line.column;
	if (text)
		line_add_n(&w->line, text, len);
	line_end(&w->line);
}

static void write_row(struct writer *w, const struct annotate_row *row)
{
	static void (*const write[])(struct writer *, const struct annotate_row *) = {
		[ROW_INSN] = write_insn,
		[ROW_SOURCE] = write_source,
		[ROW_INLINED] = write_inlined,
		[ROW_FOLD] = write_fold,
		[ROW_FILE] = write_file_row,
		[ROW_LINE] = write_line_row,
	};
	write[row->kind](w, row);
}

static int digits_of(uint64_t v)
{
	return snprintf(NULL, 0, "%" PRIx64, v);
}

static bool write_item(struct writer *w, size_t item, struct err *err)
{
	AUTO(annotate_rows_fini) struct annotate_rows rows = { 0 };
	w->a = &w->r->items[item];
	w->sources = &w->r->sources[item];
	w->rows = &rows;
	w->address_digits = w->a->n_insns ? digits_of(w->a->insns[w->a->n_insns - 1].vaddr) : 0;
	w->address_digits = MAX(w->address_digits, 7);
	if (!annotate_rows_init(&rows, w->a, w->sources, &w->r->look, err))
		return false;
	/* Reads the files of all rows, so that what is wrong with them is known at the top. */
	for (size_t i = 0; i < rows.n && !w->r->look.no_source; i++)
		if (rows.v[i].file)
			(void)source_files_get(w->sources, rows.v[i].file);
	text_write_head(w);
	if (!w->r->look.no_source)
		text_write_hot_lines(w);
	if (!w->r->look.no_asm || !w->a->n_lines)
		text_write_hot_insns(w);
	line_end(&w->line);
	add_heading(w);
	for (size_t i = 0; i < rows.n; i++) {
		write_row(w, &rows.v[i]);
		if (!output_pass(&w->line.buf, w->out, err))
			return false;
	}
	line_end(&w->line);
	return true;
}

static void writer_fini_ptr(struct writer *w)
{
	buf_fini(&w->line.buf);
}

static bool text_write(struct annotate_report *r, FILE *out, struct err *err)
{
	AUTO(writer_fini)
	struct writer w = {
		.r = r, .out = out, .line = { .width = r->look.width, .has_styles = r->look.colour }
	};
	text_write_top(&w);
	for (size_t i = 0; i < r->n_items; i++)
		if (!write_item(&w, i, err))
			return false;
	return output_write(&w.line.buf, out, err);
}

const struct annotate_output annotate_output_text = {
	.name = "text",
	.write = text_write,
};
