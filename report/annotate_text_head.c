/*
 * What stands above the rows of an annotated function as text, and the parts of a line that it
 * shares with them: see annotate_text.h.
 */
#include "report/annotate_text.h"

#include "formats/health.h"
#include "formats/number.h"

#include <inttypes.h>
#include <string.h>

enum { LISTED = 20, MNEMONIC = 6 };
enum { HOT = 10, WARM = 2 }; /* percent */

/* Parts of a line. */

enum line_style text_heat(double percent)
{
	return percent >= HOT ? LINE_RED : percent >= WARM ? LINE_YELLOW : LINE_PLAIN;
}

void text_add_share(struct writer *w, int64_t part, int64_t whole)
{
	double percent = number_share(part, whole);
	line_style(&w->line, text_heat(percent));
	if (part)
		line_fmt(&w->line, "%6.2f%%", percent);
	else
		line_fmt(&w->line, "%7s", "");
	line_style(&w->line, LINE_PLAIN);
}

/* As one text, so that a number that is cut is not taken for whole. */
void text_add_place(struct writer *w, const char *file, uint32_t line)
{
	AUTO_BUF struct buf place = BUF_INIT;
	annotate_say_place(&place, file, line);
	line_add_buf(&w->line, &place);
}

static void add_target(struct writer *w, const struct insn *insn, const struct annotated_insn *note)
{
	if (insn->has_target && insn->operands[0])
		line_add(&w->line, ", ");
	if (note->target_name) {
		line_style(&w->line, LINE_GREEN);
		line_add(&w->line, note->target_name);
		if (note->target_off)
			line_fmt(&w->line, "+0x%" PRIx64, note->target_off);
		line_style(&w->line, LINE_PLAIN);
	} else if (insn->has_target) {
		line_fmt(&w->line, "%" PRIx64, insn->target);
	}
	if (insn->refers_to) {
		line_style(&w->line, LINE_DIM);
		line_fmt(&w->line, "  # %" PRIx64, insn->refers_to);
		line_style(&w->line, LINE_PLAIN);
	}
}

void text_add_insn(
	struct writer *w, const struct insn *insn, const struct annotated_insn *note, bool is_bold)
{
	line_style(&w->line, is_bold ? LINE_BOLD : LINE_PLAIN);
	line_add(&w->line, insn->mnemonic);
	if (insn->operands[0] || insn->has_target)
		line_fmt(&w->line, "%*s", MAX(1, MNEMONIC + 1 - (int)strlen(insn->mnemonic)), "");
	line_add(&w->line, insn->operands);
	line_style(&w->line, LINE_PLAIN);
	add_target(w, insn, note);
}

void text_add_source(struct writer *w, const char *file, uint32_t line)
{
	size_t len;
	const char *text = source_files_line(w->sources, file, line, &len);
	if (!text)
		return;
	size_t blanks = 0;
	while (blanks < len && (text[blanks] == ' ' || text[blanks] == '\t'))
		blanks++;
	line_add(&w->line, "  ");
	line_add_n(&w->line, text + blanks, len - blanks);
}

/* What stands above the rows. */

static void add_label(struct writer *w, const char *label)
{
	line_style(&w->line, LINE_DIM);
	line_fmt(&w->line, "%-9s ", label);
	line_style(&w->line, LINE_PLAIN);
}

static void write_problem(void *ctx, const char *text)
{
	struct writer *w = ctx;
	add_label(w, "note");
	line_add(&w->line, text);
	line_end(&w->line);
}

void text_write_head(struct writer *w)
{
	const struct annotation *a = w->a;
	AUTO_BUF struct buf name = BUF_INIT, share = BUF_INIT;
	annotate_say_name(&name, a->p, a->target);
	line_style(&w->line, LINE_BOLD);
	line_add_buf(&w->line, &name);
	line_style(&w->line, LINE_PLAIN);
	if (a->asked) {
		line_add(&w->line, ", which contains ");
		line_add_styled(&w->line, LINE_BOLD, a->asked);
	}
	line_end(&w->line);
	annotate_say_share(&share, a);
	add_label(w, "samples");
	line_add_buf(&w->line, &share);
	line_end(&w->line);
	add_label(w, "module");
	if (a->target->module < a->p->n_modules)
		line_add(&w->line, profile_string(a->p, a->p->modules[a->target->module].path));
	else
		line_add(&w->line, "unknown");
	line_end(&w->line);
	if (!a->no_code) {
		add_label(w, "code");
		line_fmt(&w->line, "0x%" PRIx64 " to 0x%" PRIx64 ", %zu instructions", a->start,
			a->end, a->n_insns);
		line_end(&w->line);
	}
	annotate_each_problem(a, w->sources, w->rows, write_problem, w);
}

void text_write_hot_lines(struct writer *w)
{
	const struct annotation *a = w->a;
	if (!a->n_lines)
		return;
	line_end(&w->line);
	line_add_styled(&w->line, LINE_BOLD, "Hottest lines");
	line_end(&w->line);
	for (size_t i = 0; i < a->n_lines && i < ANNOTATE_N_HOT; i++) {
		const struct annotated_line *line = &a->lines[i];
		text_add_share(w, line->self, a->target->self);
		line_add(&w->line, "  ");
		line_style(&w->line, LINE_CYAN);
		text_add_place(w, line->file, line->line);
		line_style(&w->line, LINE_PLAIN);
		text_add_source(w, line->file, line->line);
		if (line->function && line->function[0]) {
			line_style(&w->line, LINE_DIM);
			line_add(&w->line, "   in ");
			line_add(&w->line, line->function);
			line_style(&w->line, LINE_PLAIN);
		}
		line_end(&w->line);
	}
}

void text_write_hot_insns(struct writer *w)
{
	const struct annotation *a = w->a;
	size_t hot[ANNOTATE_N_HOT];
	size_t n = annotate_hottest(a, ANNOTATE_N_HOT, hot);
	if (!n)
		return;
	line_end(&w->line);
	line_add_styled(
		&w->line, LINE_BOLD, a->no_code ? "Hottest addresses" : "Hottest instructions");
	line_end(&w->line);
	for (size_t i = 0; i < n; i++) {
		const struct insn *insn = &a->insns[hot[i]];
		text_add_share(w, a->notes[hot[i]].self, a->target->self);
		line_style(&w->line, LINE_DIM);
		line_fmt(&w->line, "  %*" PRIx64 "  ", w->address_digits, insn->vaddr);
		line_style(&w->line, LINE_PLAIN);
		text_add_insn(w, insn, &a->notes[hot[i]], false);
		line_end(&w->line);
	}
}

/* The functions that the words fit. */
static void write_list(struct writer *w)
{
	const struct annotate_query *q = w->r->q;
	size_t n = MIN(q->n_targets, (size_t)LISTED);
	for (size_t i = 0; i < n; i++) {
		const struct annotate_target *t = &q->targets[i];
		AUTO_BUF struct buf choice = BUF_INIT, name = BUF_INIT;
		annotate_say_choice(&choice, q->p, t);
		annotate_say_name(&name, q->p, t);
		text_add_share(w, t->asked, q->whole);
		line_add(&w->line, "  ");
		/* Never cut: it is there to be copied. */
		line_style(&w->line, LINE_BOLD);
		line_add_uncut(&w->line, &choice);
		line_style(&w->line, LINE_PLAIN);
		line_add(&w->line, t->inlined != PROFILE_NONE ? "  inlined into " : "  ");
		line_add_buf(&w->line, &name);
		line_end(&w->line);
	}
	size_t n_more = q->n_targets - n + q->n_left_out;
	if (n_more) {
		line_fmt(&w->line, "%7s  and %zu more", "", n_more);
		line_end(&w->line);
	}
}

void text_write_top(struct writer *w)
{
	struct annotate_report *r = w->r;
	AUTO_BUF struct buf text = BUF_INIT;
	health_warning(&text, r->p);
	if (text.len) {
		line_add_styled(&w->line, LINE_RED, "WARNING   ");
		line_add_buf(&w->line, &text);
		line_end(&w->line);
	}
	if (r->q->n_targets > 1) {
		line_fmt(&w->line, "%zu functions fit '", r->q->n_targets + r->q->n_left_out);
		line_add(&w->line, r->words);
		line_add(&w->line,
			r->is_list ? "'; choose one by these words:"
				   : "'; others than the hottest are chosen by these words:");
		line_end(&w->line);
		write_list(w);
		line_end(&w->line);
	}
	if (r->is_list)
		return;
	buf_clear(&text);
	add_label(w, "event");
	line_add(&w->line, profile_string(r->p, r->p->meta.event));
	line_end(&w->line);
	annotate_say_skid(&text, r->p);
	add_label(w, "skid");
	line_add_buf(&w->line, &text);
	line_end(&w->line);
	line_end(&w->line);
}
