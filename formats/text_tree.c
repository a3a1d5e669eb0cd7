/*
 * The call tree of the text view.
 *
 * A function with one child worth showing is followed by that child on the next line, in the same
 * column; only a real branch indents. So a chain of calls does not march off to the right:
 *
 *	 98.0%           main
 *	 98.0%    1.0%   run
 *	 60.0%   10.0%   ├─ parse
 *	 50.0%   50.0%   │  read_token
 *	 37.0%   37.0%   └─ write
 *
 * Direct recursion without a branch is one line ("fib ×12"), and the middle of a very long chain is
 * left out with a count. The walk follows parent and sibling links; nothing recurses.
 */
#include "common/array.h"
#include "formats/name_cut.h"
#include "formats/number.h"
#include "formats/text.h"
#include "formats/utf8.h"

#include <string.h>

enum {
	MIN_NAME_COLUMNS = 24,
	LEFT_COLUMNS = 18,
	MAX_MODULE_COLUMNS = 24,
	MAX_LEVELS = 32, /* of indentation; deeper lines lose the outermost */
	LONG_CHAIN = 64, /* rows; longer chains keep CHAIN_ENDS at either end */
	CHAIN_ENDS = 24,
};

/* One open branch above the current line. */
struct level {
	uint32_t node; /* the child of the branch that the current line is below */
	bool is_last;  /* nothing of the branch comes below it */
	bool is_drawn; /* false: a root, which has no branch sign */
};

struct printer {
	struct text *t;
	const struct call_tree *tree;
	struct level *levels;
	size_t n_levels, cap_levels;
};

/* The children that are shown, and what the others add up to. */
struct family {
	uint32_t n_shown;
	uint32_t n_below;
	int64_t below;
};

static bool is_shown(const struct printer *pr, const struct call_node *node)
{
	return node->total && number_share(node->total, pr->t->total) >= pr->t->min_percent;
}

static struct family family_of(const struct printer *pr, uint32_t id)
{
	struct family family = { 0 };
	const struct call_node *nodes = pr->tree->nodes;
	uint32_t first = nodes[id].first_child, end = first + nodes[id].n_children;
	for (uint32_t c = first; c < end; c++) {
		if (is_shown(pr, &nodes[c])) {
			family.n_shown++;
		} else {
			family.n_below++;
			family.below += nodes[c].total;
		}
	}
	return family;
}

static void format_below(const struct printer *pr, const struct family *family, struct buf *out)
{
	buf_str(out, "(");
	number_count(out, family->n_below);
	buf_fmt(out, " below %g %%: ", pr->t->min_percent);
	number_percent(out, number_share(family->below, pr->t->total));
	buf_str(out, ")");
}

/* The lines that lead from the branches above to this row; returns the columns they take. */
static size_t add_guides(struct printer *pr, bool is_branch, bool is_below)
{
	struct buf *out = &pr->t->buf;
	size_t from = pr->n_levels > MAX_LEVELS ? pr->n_levels - MAX_LEVELS : 0, n = 0;
	text_style(pr->t, TEXT_DIM);
	if (from)
		buf_str(out, "⋯  ");
	for (size_t i = from; i < pr->n_levels; i++) {
		const struct level *level = &pr->levels[i];
		bool ends_here = i + 1 == pr->n_levels && is_branch;
		if (!level->is_drawn)
			continue;
		bool is_last = level->is_last || (ends_here && is_below);
		if (ends_here)
			buf_str(out, is_last ? "└─ " : "├─ ");
		else
			buf_str(out, is_last ? "   " : "│  ");
		n++;
	}
	text_style(pr->t, TEXT_PLAIN);
	return 3 * n + (from ? 3 : 0);
}

static void add_blank_columns(struct printer *pr)
{
	buf_fmt(&pr->t->buf, "%*s", pr->t->options->tree.reverse ? 9 : 18, "");
}

/* Columns for a name that has this much beside it; 0: no limit. */
static size_t name_limit(const struct printer *pr, size_t beside)
{
	size_t width = pr->t->options->width, taken = LEFT_COLUMNS + beside;
	if (!width)
		return 0;
	return width > taken + MIN_NAME_COLUMNS ? width - taken : MIN_NAME_COLUMNS;
}

/* Follows direct recursion as long as nothing branches off; sums what it spent itself, and in
 * *family what is too small to show along it (but a branch at its end has a row for that). */
static uint32_t skip_recursion(const struct printer *pr, uint32_t id, int64_t *ret_self,
	uint32_t *ret_times, struct family *family)
{
	const struct call_node *nodes = pr->tree->nodes;
	*ret_self = nodes[id].self;
	*ret_times = 1;
	for (*family = family_of(pr, id); family->n_shown == 1;) {
		uint32_t child = nodes[id].first_child;
		if (nodes[child].name != nodes[id].name || nodes[child].module != nodes[id].module)
			break;
		id = child;
		struct family more = family_of(pr, id);
		more.n_below += family->n_below;
		more.below += family->below;
		*family = more;
		*ret_self += nodes[id].self;
		++*ret_times;
	}
	if (family->n_shown > 1) {
		struct family own = family_of(pr, id);
		family->n_below -= own.n_below;
		family->below -= own.below;
	}
	return id;
}

/* What stands behind a name: that it was inlined, its module when the caller's is another one, how
 * often it calls itself, and what it calls that is too small to show. */
static void format_remarks(const struct printer *pr, const struct call_node *node, uint32_t times,
	const struct family *family, struct buf *out)
{
	const char *module = node->function == PROFILE_NONE ? "" : text_module(pr->t, node->module);
	if (times > 1)
		buf_fmt(out, " ×%u", times);
	if (node->is_inlined)
		buf_str(out, " (inlined)");
	if (*module && node->module != pr->tree->nodes[node->parent].module) {
		buf_str(out, "  ");
		name_cut(out, module, pr->t->options->width ? MAX_MODULE_COLUMNS : 0);
	}
	if (family->n_below) {
		buf_str(out, "  ");
		format_below(pr, family, out);
	}
}

/* Prints the row of a node; returns the last node that the row stands for. */
static uint32_t add_row(struct printer *pr, uint32_t id, bool is_branch)
{
	struct text *t = pr->t;
	const struct call_node *node = &pr->tree->nodes[id];
	struct family family;
	int64_t self;
	uint32_t times, last = skip_recursion(pr, id, &self, &times, &family);
	text_percent(t, node->total);
	buf_str(&t->buf, "  ");
	if (!t->options->tree.reverse) {
		if (self)
			text_percent(t, self);
		else
			buf_str(&t->buf, "       ");
		buf_str(&t->buf, "  ");
	}
	AUTO_BUF struct buf remarks = BUF_INIT;
	format_remarks(pr, node, times, &family, &remarks);
	size_t beside = add_guides(pr, is_branch, false) +
		utf8_length((const char *)remarks.data, remarks.len);
	name_cut(&t->buf, profile_string(t->p, node->name), name_limit(pr, beside));
	text_style(t, TEXT_DIM);
	buf_bytes(&t->buf, remarks.data, remarks.len);
	text_style(t, TEXT_PLAIN);
	buf_str(&t->buf, "\n");
	return last;
}

static bool push_level(struct printer *pr, uint32_t child, bool is_last, bool is_drawn)
{
	if (!ARRAY_ROOM(pr->levels, pr->cap_levels, pr->n_levels))
		return false;
	pr->levels[pr->n_levels++] = (struct level){ child, is_last, is_drawn };
	return true;
}

static bool has_more(const struct printer *pr, uint32_t id)
{
	const struct call_node *parent = &pr->tree->nodes[pr->tree->nodes[id].parent];
	bool is_last = id + 1 == parent->first_child + parent->n_children;
	return !is_last && is_shown(pr, &pr->tree->nodes[id + 1]);
}

/* The first node behind the row that starts with id, if the chain goes on; else 0. */
static uint32_t next_in_chain(const struct printer *pr, uint32_t id)
{
	int64_t self;
	uint32_t times;
	struct family family;
	uint32_t last = skip_recursion(pr, id, &self, &times, &family);
	return family.n_shown == 1 ? pr->tree->nodes[last].first_child : 0;
}

/* How many rows the chain from id on has, up to its branch or end. */
static size_t chain_length(const struct printer *pr, uint32_t id)
{
	size_t n = 0;
	for (; id; id = next_in_chain(pr, id))
		n++;
	return n;
}

static void add_gap(struct printer *pr, size_t n)
{
	add_blank_columns(pr);
	add_guides(pr, false, false);
	text_style(pr->t, TEXT_DIM);
	buf_str(&pr->t->buf, "… ");
	number_count(&pr->t->buf, (int64_t)n);
	buf_str(&pr->t->buf, " more frames, one calling the next …\n");
	text_style(pr->t, TEXT_PLAIN);
}

/* Prints a node and the chain below it; returns where the chain ends. */
static uint32_t add_chain(struct printer *pr, uint32_t id, bool is_branch)
{
	size_t n = chain_length(pr, id);
	for (size_t row = 0;; row++) {
		uint32_t next = next_in_chain(pr, id);
		uint32_t last = add_row(pr, id, is_branch && !row);
		if (!next)
			return last;
		id = next;
		if (n <= LONG_CHAIN || row + 1 != CHAIN_ENDS)
			continue;
		add_gap(pr, n - 2 * CHAIN_ENDS);
		for (size_t skip = n - 2 * CHAIN_ENDS; skip; skip--)
			id = next_in_chain(pr, id);
	}
}

static void add_below_row(struct printer *pr, const struct family *family)
{
	add_blank_columns(pr);
	add_guides(pr, pr->n_levels && pr->levels[pr->n_levels - 1].is_drawn, true);
	text_style(pr->t, TEXT_DIM);
	format_below(pr, family, &pr->t->buf);
	text_style(pr->t, TEXT_PLAIN);
	buf_str(&pr->t->buf, "\n");
}

/* Goes to the next row after all below the innermost level is done; false: nothing is left. */
static bool next_branch(struct printer *pr)
{
	while (pr->n_levels) {
		struct level *level = &pr->levels[pr->n_levels - 1];
		struct family family = family_of(pr, pr->tree->nodes[level->node].parent);
		if (has_more(pr, level->node)) {
			level->node++;
			level->is_last = !has_more(pr, level->node) && !family.n_below;
			return true;
		}
		if (family.n_below)
			add_below_row(pr, &family);
		pr->n_levels--;
	}
	return false;
}

static bool print_tree(struct printer *pr)
{
	const struct call_node *nodes = pr->tree->nodes;
	if (!family_of(pr, 0).n_shown)
		return true;
	if (!push_level(pr, nodes[0].first_child, false, false))
		return false;
	for (;;) {
		const struct level *level = &pr->levels[pr->n_levels - 1];
		if (pr->n_levels == 1 && level->node != nodes[0].first_child)
			buf_str(&pr->t->buf, "\n");
		uint32_t id = add_chain(pr, level->node, level->is_drawn);
		bool branches = family_of(pr, id).n_shown > 0;
		if (branches && !push_level(pr, nodes[id].first_child, false, true))
			return false;
		if (!branches && !next_branch(pr))
			return true;
	}
}

void text_call_tree(struct text *t, const struct call_tree *tree)
{
	bool reverse = t->options->tree.reverse;
	text_heading(t, reverse ? "Callers: each hot function, then who called it" : "Call tree");
	text_style(t, TEXT_DIM);
	buf_str(&t->buf, reverse ? "  TOTAL  FUNCTION\n" : "  TOTAL     SELF  FUNCTION\n");
	text_style(t, TEXT_PLAIN);
	struct printer pr = { .t = t, .tree = tree };
	if (!print_tree(&pr))
		t->buf.failed = true;
	free(pr.levels);
	buf_str(&t->buf, "\n");
}
