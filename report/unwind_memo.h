/*
 * The last stack of each slot of a batch, and where the next walk may take its outer part over.
 *
 * Why that is exact. In the fast mode, all that decides how a walk goes on from a frame that made a
 * call is: its pc, sp, fp (and whether it is known), flags and number of signal frames; the
 * mappings, with their files, which do not change; the words that are read from there on; and
 * where the snapshot starts and ends, if that was asked. So if a walk comes to a frame that the
 * slot's last walk also came to, with all of these equal, the rest is equal.
 *
 * - The frame: compared field by field. Frames that did not call (the leaf, an interrupted one) are
 *   not compared: the link register and the exact pc are theirs alone.
 * - The mappings: the generation is compared.
 * - The words: the trace tells a range of addresses whose words equal those of the slot's last
 *   snapshot. A walk reads nothing below sp, and sp only rises, but for signal frames, which are
 *   noted. So the range must begin at or below the frame's sp and the lowest sp that a signal frame
 *   led to, and end at or above all that the last walk read.
 * - The end: if the last walk tried to read beyond it, the ends must be equal, and as truncated.
 * - An interrupted frame's sp is asked whether it is inside the snapshot. The range, which is
 *   inside both snapshots, must reach there: so it was, and is.
 *
 * Not taken over are walks in exact mode (all registers matter; one in 200 stacks or fewer needs
 * it) and such that ended for their depth; nor is a part with which the stack would come to the
 * limit of depth. What a memo holds after taking over a part, it holds for the whole stack: what
 * the last walk read remains noted, also of frames that are gone. That can refuse a later meeting,
 * never allow a wrong one; and the full walk then notes anew.
 */
#ifndef REPORT_UNWIND_MEMO_H
#define REPORT_UNWIND_MEMO_H

#include "report/unwind_walk.h"

/* Of all memos of an unwinder. A frame takes 60 bytes; 1024 slots may have 270 frames each. */
enum { UNWIND_MEMOS_BYTES = 16 << 20 };

struct unwind_memo {
	/* Arrays of cap, in one piece of memory. The stack is the last n, leaf first: so that a
	 * new inner part goes in front of an outer one that stays where it is. */
	struct unwind_frame *frames;
	struct unwind_mark *marks;
	uint32_t *nodes;
	size_t cap, n; /* n 0: nothing is remembered */
	uint64_t batch, generation, stack_end;
	uint32_t pid, tid;
	bool truncated;
	struct unwind_reach reach;
	enum unwind_end end;
};

struct unwind_memos {
	uint64_t batch;
	size_t bytes; /* of all memos' arrays */
	struct unwind_memo slots[TRACE_MAX_SLOTS];
};

void unwind_memos_fini(struct unwind_memos *memos);
/* Nothing is remembered any more. */
void unwind_memos_begin(struct unwind_memos *memos);

/* The memo of the sample's slot; NULL: the sample has no snapshot. */
struct unwind_memo *unwind_memos_find(
	struct unwind_memos *memos, const struct trace_sample *sample);

/* Where a walk of the sample could meet the memo's. */
struct unwind_meeting unwind_memo_meeting(const struct unwind_memos *memos,
	const struct unwind_memo *memo, const struct unwind_walk *w);

void unwind_reach_add(struct unwind_reach *reach, const struct unwind_reach *more);

/* Puts the walk's frames in front of the memo's last n_shared; the whole ended so. False: such a
 * stack is not kept, or there is no memory; the memo then is empty, but where the n_shared lie they
 * are still to be read. */
bool unwind_memo_put(struct unwind_memos *memos, struct unwind_memo *memo,
	const struct unwind_walk *w, size_t n_shared, enum unwind_end end);

#endif
