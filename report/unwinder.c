/*
 * The unwinder with a memory: see unwinder.h. The walk itself is unwind.c's.
 */
#include "report/unwinder.h"

#include "report/unwind_memo.h"

#include <stdlib.h>
#include <string.h>

struct unwinder {
	struct unwind_walk walk;
	struct unwind_code *codes;
	struct unwind_memos memos;
	/* The walk's, and for a stack that no slot remembers. Most is never touched. */
	struct unwind_frame frames[UNWIND_MAX_FRAMES];
	struct unwind_mark marks[UNWIND_MAX_FRAMES];
	uint32_t nodes[UNWIND_MAX_FRAMES];
};

struct unwinder *unwinder_new(const struct arch *arch, unwind_load *load, void *ctx)
{
	AUTO(unwinder_free) struct unwinder *u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->codes = unwind_codes_new();
	if (!u->codes)
		return NULL;
	u->walk.arch = arch;
	u->walk.load = load;
	u->walk.ctx = ctx;
	u->walk.codes = u->codes;
	u->walk.frames = u->frames;
	return TAKE(u);
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	unwind_memos_fini(&u->memos);
	free(u->codes);
	free(u);
}

void unwinder_begin_batch(struct unwinder *u)
{
	unwind_memos_begin(&u->memos);
}

void unwinder_skip(struct unwinder *u, const struct trace_sample *sample)
{
	struct unwind_memo *memo = unwind_memos_find(&u->memos, sample);
	if (memo)
		memo->n = 0;
}

/* Stacks that no slot remembers. */
static void give_walk(struct unwinder *u, struct unwinder_stack *ret)
{
	ret->frames = u->frames;
	ret->nodes = memset(u->nodes, 0, u->walk.n_frames * sizeof(*u->nodes));
	ret->n_frames = u->walk.n_frames;
	ret->n_shared = 0;
}

static void give_memo(const struct unwind_memo *memo, size_t n_shared, struct unwinder_stack *ret)
{
	ret->frames = memo->frames + memo->cap - memo->n;
	ret->nodes = memo->nodes + memo->cap - memo->n;
	ret->n_frames = memo->n;
	ret->n_shared = n_shared;
}

/* Completes the walk by the n frames from the meeting on. */
static void take_over(struct unwind_walk *w, size_t n)
{
	memcpy(w->frames + w->n_frames, w->meeting.frames + w->meeting.at, n * sizeof(*w->frames));
	w->n_frames += n;
}

static enum unwind_end walk_with_memo(
	struct unwinder *u, struct unwind_memo *memo, struct unwinder_stack *ret)
{
	struct unwind_walk *w = &u->walk;
	size_t n_shared = 0;
	w->marks = u->marks;
	w->meeting = unwind_memo_meeting(&u->memos, memo, w);
	int end = unwind_walk(w);
	if (end == UNWIND_MEETS) {
		n_shared = w->meeting.n - w->meeting.at;
		end = memo->end;
		unwind_reach_add(&w->reach, &memo->reach);
	}
	if (unwind_memo_put(&u->memos, memo, w, n_shared, (enum unwind_end)end)) {
		give_memo(memo, n_shared, ret);
	} else {
		if (n_shared)
			take_over(w, n_shared);
		give_walk(u, ret);
	}
	return (enum unwind_end)end;
}

void unwinder_walk(struct unwinder *u, const struct address_space *space,
	const struct trace_sample *sample, struct unwinder_stack *ret_stack)
{
	struct unwind_walk *w = &u->walk;
	struct unwind_memo *memo = unwind_memos_find(&u->memos, sample);
	w->space = space;
	w->sample = sample;
	if (memo) {
		ret_stack->end = walk_with_memo(u, memo, ret_stack);
	} else {
		w->marks = NULL;
		w->meeting = (struct unwind_meeting){ .from = UINT64_MAX };
		ret_stack->end = (enum unwind_end)unwind_walk(w);
		give_walk(u, ret_stack);
	}
	ret_stack->used_exact_mode = w->exact;
}
