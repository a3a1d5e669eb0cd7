/*
 * Lanes for jumps: see jump_lanes.h.
 */
#include "report/jump_lanes.h"

#include <string.h>

enum { MAX_SPAN = 2000 }; /* instructions that an arrow may pass */
enum { TAKEN = 16 };      /* a cell without a line that belongs to a jump all the same */

struct bundle {                       /* all jumps to one instruction */
	uint32_t target, first, last; /* indices of instructions */
	uint32_t n_jumps;
};

struct jump {
	uint32_t source, target;
};

void jump_lanes_fini(struct jump_lanes *l)
{
	free(l->cells);
	free(l->ends);
	*l = (struct jump_lanes){ 0 };
}

static int compare_jumps(const void *a, const void *b)
{
	const struct jump *x = a, *y = b;
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->source > y->source) - (x->source < y->source);
}

static int compare_bundles(const void *a, const void *b)
{
	const struct bundle *x = a, *y = b;
	uint32_t x_span = x->last - x->first, y_span = y->last - y->first;
	if (x_span != y_span)
		return x_span < y_span ? -1 : 1;
	return (x->target > y->target) - (x->target < y->target);
}

static bool is_jump(const struct insn *insn)
{
	return (insn->flow == INSN_JUMP || insn->flow == INSN_BRANCH) && insn->has_target;
}

static size_t collect_jumps(
	const struct insn *insns, size_t n, const bool *shown, struct jump *jumps)
{
	size_t n_jumps = 0;
	for (size_t i = 0; i < n; i++) {
		size_t target = is_jump(&insns[i]) ? insn_find(insns, n, insns[i].target) : n;
		if (target == n || (shown && !shown[i] && !shown[target]))
			continue;
		jumps[n_jumps++] = (struct jump){ (uint32_t)i, (uint32_t)target };
	}
	if (n_jumps)
		qsort(jumps, n_jumps, sizeof(*jumps), compare_jumps);
	return n_jumps;
}

static size_t bundle_jumps(const struct jump *jumps, size_t n, struct bundle *bundles)
{
	size_t n_bundles = 0;
	for (size_t i = 0, end; i < n; i = end) {
		uint32_t target = jumps[i].target;
		for (end = i; end < n && jumps[end].target == target; end++)
			;
		bundles[n_bundles++] = (struct bundle){
			.target = target,
			.first = MIN(target, jumps[i].source),
			.last = MAX(target, jumps[end - 1].source),
			.n_jumps = (uint32_t)(end - i),
		};
	}
	if (n_bundles)
		qsort(bundles, n_bundles, sizeof(*bundles), compare_bundles);
	return n_bundles;
}

static bool is_free(const uint8_t *taken, unsigned n_lanes, unsigned lane, const struct bundle *b)
{
	for (size_t i = b->first; i <= b->last; i++)
		if (taken[i * n_lanes + lane])
			return false;
	return true;
}

/* The lane nearest to the code, or n_lanes. Taken cells get the bundle's vertical line. */
static unsigned take_lane(uint8_t *taken, unsigned n_lanes, const struct bundle *b)
{
	for (unsigned lane = n_lanes; lane-- > 0;) {
		if (!is_free(taken, n_lanes, lane, b))
			continue;
		for (size_t i = b->first; i <= b->last; i++)
			taken[i * n_lanes + lane] = (uint8_t)((i > b->first ? LANE_UP : 0) |
				(i < b->last ? LANE_DOWN : 0) | (b->first == b->last ? TAKEN : 0));
		return lane;
	}
	return n_lanes;
}

/* A line from the lane to the instruction, across the lanes between. */
static void draw_end(struct jump_lanes *l, size_t insn, unsigned lane, enum lane_end end)
{
	uint8_t *row = l->cells + insn * l->n_lanes;
	row[lane] |= LANE_RIGHT;
	for (unsigned i = lane + 1; i < l->n_lanes; i++)
		row[i] |= LANE_LEFT | LANE_RIGHT;
	l->ends[insn] = MAX(l->ends[insn], (uint8_t)end);
}

static void draw_bundle(struct jump_lanes *l, const struct jump *jumps, size_t n_jumps,
	const struct bundle *b, unsigned lane)
{
	size_t low = 0, high = n_jumps;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (jumps[mid].target < b->target)
			low = mid + 1;
		else
			high = mid;
	}
	draw_end(l, b->target, lane, LANE_TARGET);
	for (size_t i = low; i < low + b->n_jumps; i++)
		draw_end(l, jumps[i].source, lane, LANE_SOURCE);
}

/* The lanes that stay empty, all to the left, are given up. */
static void drop_empty_lanes(struct jump_lanes *l, size_t n, unsigned first_used)
{
	unsigned n_used = l->n_lanes - first_used;
	for (size_t i = 0; i < n; i++)
		memmove(l->cells + i * n_used, l->cells + i * l->n_lanes + first_used, n_used);
	l->n_lanes = n_used;
}

static void draw_all(struct jump_lanes *l, const struct jump *jumps, size_t n_jumps,
	const struct bundle *bundles, size_t n_bundles, unsigned *lanes, size_t n)
{
	unsigned first_used = l->n_lanes;
	for (size_t i = 0; i < n_bundles; i++) {
		bool is_long = bundles[i].last - bundles[i].first > MAX_SPAN;
		lanes[i] = is_long ? l->n_lanes : take_lane(l->cells, l->n_lanes, &bundles[i]);
		l->n_undrawn += lanes[i] == l->n_lanes ? bundles[i].n_jumps : 0;
		first_used = MIN(first_used, lanes[i]);
	}
	for (size_t i = 0; i < n_jumps; i++)
		l->ends[jumps[i].source] =
			jumps[i].target > jumps[i].source ? LANE_UNDRAWN_DOWN : LANE_UNDRAWN_UP;
	for (size_t i = 0; i < n_bundles; i++)
		if (lanes[i] < l->n_lanes)
			draw_bundle(l, jumps, n_jumps, &bundles[i], lanes[i]);
	drop_empty_lanes(l, n, first_used);
}

bool jump_lanes_init(struct jump_lanes *l, const struct insn *insns, size_t n, const bool *shown,
	unsigned max_lanes, struct err *err)
{
	AUTO_FREE struct jump *jumps = calloc(n + 1, sizeof(*jumps));
	AUTO_FREE struct bundle *bundles = calloc(n + 1, sizeof(*bundles));
	AUTO_FREE unsigned *lanes = calloc(n + 1, sizeof(*lanes));
	*l = (struct jump_lanes){ .n_lanes = MIN(max_lanes, (unsigned)LANES_MAX) };
	l->cells = calloc(n + 1, MAX(l->n_lanes, 1u));
	l->ends = calloc(n + 1, 1);
	if (!jumps || !bundles || !lanes || !l->cells || !l->ends)
		return err_set(err, "no memory for the jumps");
	l->n_jumps = collect_jumps(insns, n, shown, jumps);
	size_t n_bundles = bundle_jumps(jumps, l->n_jumps, bundles);
	draw_all(l, jumps, l->n_jumps, bundles, n_bundles, lanes, n);
	return true;
}

const char *jump_lanes_end(const struct jump_lanes *l, size_t insn)
{
	static const char *const ends[] = {
		[LANE_NO_END] = " ",
		[LANE_UNDRAWN_UP] = "↑",
		[LANE_UNDRAWN_DOWN] = "↓",
		[LANE_SOURCE] = "─",
		[LANE_TARGET] = "▶",
	};
	return ends[l->ends[insn]];
}

const char *jump_lanes_glyph(uint8_t cell)
{
	static const char *const glyphs[16] = {
		[LANE_UP] = "╵",
		[LANE_DOWN] = "╷",
		[LANE_UP | LANE_DOWN] = "│",
		[LANE_LEFT] = "╴",
		[LANE_LEFT | LANE_UP] = "┘",
		[LANE_LEFT | LANE_DOWN] = "┐",
		[LANE_LEFT | LANE_UP | LANE_DOWN] = "┤",
		[LANE_RIGHT] = "╶",
		[LANE_RIGHT | LANE_UP] = "└",
		[LANE_RIGHT | LANE_DOWN] = "┌",
		[LANE_RIGHT | LANE_UP | LANE_DOWN] = "├",
		[LANE_RIGHT | LANE_LEFT] = "─",
		[LANE_RIGHT | LANE_LEFT | LANE_UP] = "┴",
		[LANE_RIGHT | LANE_LEFT | LANE_DOWN] = "┬",
		[LANE_RIGHT | LANE_LEFT | LANE_UP | LANE_DOWN] = "┼",
	};
	const char *glyph = glyphs[cell & LANE_SIDES];
	return glyph ? glyph : " ";
}
