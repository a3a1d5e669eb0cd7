/*
 * Remembering stacks: see unwind_memo.h.
 */
#include "report/unwind_memo.h"

#include <stdlib.h>
#include <string.h>

enum {
	FRAME_BYTES = sizeof(struct unwind_frame) + sizeof(struct unwind_mark) + sizeof(uint32_t),
	MIN_FRAMES = 64,
};

static void forget(struct unwind_memos *memos, struct unwind_memo *memo)
{
	free(memo->frames);
	memos->bytes -= memo->cap * FRAME_BYTES;
	*memo = (struct unwind_memo){ 0 };
}

void unwind_memos_fini(struct unwind_memos *memos)
{
	for (size_t i = 0; i < TRACE_MAX_SLOTS; i++)
		forget(memos, &memos->slots[i]);
}

/* Slots mean other threads now: large arrays may lie in slots that are not used again. */
void unwind_memos_begin(struct unwind_memos *memos)
{
	memos->batch++;
	if (memos->bytes > UNWIND_MEMOS_BYTES / 2)
		unwind_memos_fini(memos);
}

struct unwind_memo *unwind_memos_find(struct unwind_memos *memos, const struct trace_sample *sample)
{
	if (!sample->stack.n_words || sample->stack.slot >= TRACE_MAX_SLOTS)
		return NULL;
	return &memos->slots[sample->stack.slot];
}

struct unwind_meeting unwind_memo_meeting(const struct unwind_memos *memos,
	const struct unwind_memo *memo, const struct unwind_walk *w)
{
	const struct trace_sample *sample = w->sample;
	const struct trace_stack *stack = &sample->stack;
	const struct unwind_meeting nowhere = { .from = UINT64_MAX };
	uint64_t sp = sample->regs[w->arch->sp], end = sp + 8 * (uint64_t)stack->n_words;
	uint64_t from = sp + 8 * (uint64_t)stack->reuse_from;
	uint64_t to = sp + 8 * (uint64_t)stack->reuse_to;
	if (!memo->n || memo->batch != memos->batch || memo->generation != w->space->generation ||
		memo->pid != sample->pid || memo->tid != sample->tid)
		return nowhere;
	if (end < sp)
		return nowhere;
	if (memo->reach.saw_end && (memo->stack_end != end || memo->truncated != stack->truncated))
		return nowhere;
	if (from >= to || memo->reach.low < from || memo->reach.high > to)
		return nowhere;
	return (struct unwind_meeting){
		.frames = memo->frames + memo->cap - memo->n,
		.marks = memo->marks + memo->cap - memo->n,
		.n = memo->n,
		.from = from,
	};
}

/* Makes room for n frames, taking the last n_shared along. */
static bool reserve(struct unwind_memos *memos, struct unwind_memo *memo, size_t n, size_t n_shared)
{
	size_t cap = MAX(n + n / 2, (size_t)MIN_FRAMES), old = memo->cap;
	if (n <= old)
		return true;
	if (memos->bytes + (cap - old) * FRAME_BYTES > UNWIND_MEMOS_BYTES)
		return false;
	struct unwind_frame *frames = malloc(cap * FRAME_BYTES);
	if (!frames)
		return false;
	struct unwind_mark *marks = (struct unwind_mark *)(frames + cap);
	uint32_t *nodes = (uint32_t *)(marks + cap);
	if (n_shared) {
		memcpy(frames + cap - n_shared, memo->frames + old - n_shared,
			n_shared * sizeof(*frames));
		memcpy(marks + cap - n_shared, memo->marks + old - n_shared,
			n_shared * sizeof(*marks));
		memcpy(nodes + cap - n_shared, memo->nodes + old - n_shared,
			n_shared * sizeof(*nodes));
	}
	free(memo->frames);
	memo->frames = frames;
	memo->marks = marks;
	memo->nodes = nodes;
	memo->cap = cap;
	memos->bytes += (cap - old) * FRAME_BYTES;
	return true;
}

void unwind_reach_add(struct unwind_reach *reach, const struct unwind_reach *more)
{
	reach->low = MIN(reach->low, more->low);
	reach->high = MAX(reach->high, more->high);
	reach->saw_end |= more->saw_end;
}

bool unwind_memo_put(struct unwind_memos *memos, struct unwind_memo *memo,
	const struct unwind_walk *w, size_t n_shared, enum unwind_end end)
{
	size_t n_new = w->n_frames, n = n_new + n_shared;
	bool is_wanted = n && !w->exact && end != UNWIND_DEPTH;
	memo->n = 0;
	if (!is_wanted || !reserve(memos, memo, n, n_shared))
		return false;
	size_t first = memo->cap - n;
	memcpy(memo->frames + first, w->frames, n_new * sizeof(*w->frames));
	memcpy(memo->marks + first, w->marks, n_new * sizeof(*w->marks));
	memset(memo->nodes + first, 0, n_new * sizeof(*memo->nodes));
	memo->n = n;
	memo->batch = memos->batch;
	memo->generation = w->space->generation;
	memo->stack_end = w->stack_end;
	memo->truncated = w->sample->stack.truncated;
	memo->pid = w->sample->pid;
	memo->tid = w->sample->tid;
	memo->reach = w->reach;
	memo->end = end;
	return true;
}
