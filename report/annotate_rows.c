/*
 * Rows of an annotated function: see annotate_rows.h.
 */
#include "report/annotate_rows.h"

#include "common/array.h"
#include "formats/number.h"

#include <string.h>

enum {
	CONTEXT = 4,       /* instructions kept around those that were sampled */
	SHORTEST_FOLD = 6, /* for fewer than these a row that says so is no gain */
	SHORT_FUNCTION = 64,
	MAX_LANES = 8,
};

struct rows_builder {
	struct annotate_rows *rows;
	const struct annotation *a;
	const struct annotate_look *look;
	bool *shown; /* by instruction */
};

bool annotate_rows_push(struct annotate_rows *rows, const struct annotate_row *row, struct err *err)
{
	if (!ARRAY_ROOM(rows->v, rows->cap, rows->n))
		return err_set(err, "no memory for the listing");
	rows->v[rows->n++] = *row;
	return true;
}

void annotate_rows_fini(struct annotate_rows *rows)
{
	free(rows->v);
	jump_lanes_fini(&rows->lanes);
	*rows = (struct annotate_rows){ 0 };
}

bool annotate_shows_total(const struct annotation *a, const struct annotate_look *look)
{
	return look->children || !a->target->self;
}

uint32_t annotate_depth(const struct annotation *a, size_t insn)
{
	uint32_t n = a->notes[insn].n_frames;
	return n ? n - 1 : 0;
}

/* What is left out. */

static bool is_warm(const struct rows_builder *b, size_t insn)
{
	const struct annotated_insn *note = &b->a->notes[insn];
	bool by_total = annotate_shows_total(b->a, b->look);
	int64_t value = by_total ? MAX(note->total, note->self) : note->self;
	int64_t whole = by_total ? b->a->target->total : b->a->target->self;
	if (b->a->asked && !note->is_asked)
		return false;
	return value && number_share(value, whole) >= b->look->min_percent;
}

static void show_around(const struct rows_builder *b, size_t insn)
{
	size_t first = insn - MIN(insn, (size_t)CONTEXT);
	size_t end = MIN(insn + CONTEXT + 1, b->a->n_insns);
	for (size_t i = first; i < end; i++)
		b->shown[i] = true;
}

static void show_short_gaps(const struct rows_builder *b)
{
	size_t n = b->a->n_insns;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && b->shown[end] == b->shown[i]; end++)
			;
		if (!b->shown[i] && end - i < SHORTEST_FOLD)
			memset(b->shown + i, true, end - i);
	}
}

static void choose_shown(const struct rows_builder *b)
{
	size_t n = b->a->n_insns;
	bool any = false;
	bool is_short = n <= SHORT_FUNCTION && b->look->min_percent == 0;
	for (size_t i = 0; i < n && !is_short && !b->look->full; i++) {
		if (!is_warm(b, i))
			continue;
		show_around(b, i);
		any = true;
	}
	if (!any)
		memset(b->shown, true, n);
	if (n)
		b->shown[0] = true;
	show_short_gaps(b);
}

/* Source lines and inlined calls. */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* How many frames, from the outermost, the two share: function and place of the inlined call. */
static uint32_t common_levels(const struct annotated_insn *x, const struct annotated_insn *y)
{
	uint32_t n = 0;
	for (; n < x->n_frames && n < y->n_frames; n++) {
		const struct symbol_frame *a = &x->frames[x->n_frames - 1 - n];
		const struct symbol_frame *b = &y->frames[y->n_frames - 1 - n];
		if (n && a[1].line != b[1].line)
			break;
		if (n && !is_same_text(a[1].file, b[1].file))
			break;
		if (!is_same_text(a->raw_name, b->raw_name))
			break;
	}
	return n;
}

static bool push_inlined(
	const struct rows_builder *b, size_t insn, uint32_t n_common, struct err *err)
{
	uint32_t n = b->a->notes[insn].n_frames;
	for (uint32_t k = MAX(n_common, 1u); k < n; k++) {
		struct annotate_row row = { .kind = ROW_INLINED, .insn = insn, .level = n - 1 - k };
		if (!annotate_rows_push(b->rows, &row, err))
			return false;
	}
	return true;
}

/* What of the source begins at this instruction. before: the one shown before it, or n_insns. */
static bool push_source(const struct rows_builder *b, size_t insn, size_t before, struct err *err)
{
	static const struct annotated_insn none;
	const struct annotated_insn *note = &b->a->notes[insn];
	const struct annotated_insn *last = before < b->a->n_insns ? &b->a->notes[before] : &none;
	if (!note->n_frames)
		return true;
	uint32_t n_common = common_levels(last, note);
	bool is_same_chain = n_common == note->n_frames && n_common == last->n_frames;
	if (!push_inlined(b, insn, n_common, err))
		return false;
	const struct symbol_frame *frame = &note->frames[0];
	if (!frame->line ||
		(is_same_chain && frame->line == last->frames[0].line &&
			is_same_text(frame->file, last->frames[0].file)))
		return true;
	struct annotate_row row = {
		.kind = ROW_SOURCE, .insn = insn, .file = frame->file, .line = frame->line
	};
	return annotate_rows_push(b->rows, &row, err);
}

static bool push_all(const struct rows_builder *b, struct err *err)
{
	size_t n = b->a->n_insns, before = n;
	for (size_t i = 0; i < n; i++) {
		size_t first = i;
		while (i < n && !b->shown[i])
			i++;
		struct annotate_row fold = { .kind = ROW_FOLD, .insn = i, .n_folded = i - first };
		if (i > first) {
			before = n;
			if (!annotate_rows_push(b->rows, &fold, err))
				return false;
		}
		if (i == n)
			break;
		struct annotate_row row = { .kind = ROW_INSN, .insn = i };
		if ((!b->look->no_source && !push_source(b, i, before, err)) ||
			!annotate_rows_push(b->rows, &row, err))
			return false;
		before = i;
	}
	return true;
}

bool annotate_rows_init(struct annotate_rows *rows, const struct annotation *a,
	struct source_files *sources, const struct annotate_look *look, struct err *err)
{
	AUTO_FREE bool *shown = calloc(a->n_insns + 1, sizeof(*shown));
	struct rows_builder b = { .rows = rows, .a = a, .look = look, .shown = shown };
	*rows = (struct annotate_rows){ 0 };
	if (!shown)
		return err_set(err, "no memory for the listing");
	if (look->no_asm && a->has_lines)
		return annotate_rows_of_lines(rows, a, sources, look, err);
	choose_shown(&b);
	if (jump_lanes_init(&rows->lanes, a->insns, a->n_insns, shown, MAX_LANES, err) &&
		push_all(&b, err))
		return true;
	annotate_rows_fini(rows);
	return false;
}
