/*
 * The unwinder with a memory, for many samples of one recording: the same frames, ends and flags as
 * unwind_stack gives for each sample alone, sooner. It remembers code addresses (unwind_code.h),
 * and the last stack of each slot, of which it walks only the part that is new (unwind_memo.h).
 *
 * Samples of a block refer to earlier ones of the same block by slot, so these come in order and
 * none is left out:
 *
 *	u = unwinder_new(arch, module_table_load, modules);
 *	for each block {
 *		unwinder_begin_batch(u);
 *		for each sample {
 *			unwinder_walk(u, space, &sample, &stack);   (or unwinder_skip)
 *			i = stack.n_frames - stack.n_shared;
 *			while (i < stack.n_frames && !stack.nodes[i])
 *				i++;
 *			node = i < stack.n_frames ? stack.nodes[i] : ROOT;
 *			while (i-- > 0)
 *				stack.nodes[i] = node = child_of(node, &stack.frames[i]);
 *		}
 *	}
 *	unwinder_free(u);
 *
 * A sample without snapshot, or with a slot from TRACE_MAX_SLOTS up, is not remembered.
 *
 * An unwinder is for one thread at a time; it only reads modules and address spaces, but for load.
 */
#ifndef REPORT_UNWINDER_H
#define REPORT_UNWINDER_H

#include "common/defs.h"
#include "report/unwind.h"

struct unwinder;

struct unwinder_stack {
	/* Leaf first, as in unwind_result. The unwinder's, until its next call. */
	const struct unwind_frame *frames;
	/* A number for each frame, for the caller to set to what it likes. */
	uint32_t *nodes;
	size_t n_frames;
	/* The last (outermost) n_shared frames are those of the slot's previous stack, and their
	 * nodes are as the caller left them. The other frames' nodes are 0. */
	size_t n_shared;
	enum unwind_end end;
	bool used_exact_mode;
};

/* load, ctx: as for unwind_stack. NULL: no memory. */
struct unwinder *unwinder_new(const struct arch *arch, unwind_load *load, void *ctx);
void unwinder_free(struct unwinder *u);
DEFINE_AUTO(struct unwinder *, unwinder_free);

/* The samples that come next do not refer to those before. */
void unwinder_begin_batch(struct unwinder *u);

void unwinder_walk(struct unwinder *u, const struct address_space *space,
	const struct trace_sample *sample, struct unwinder_stack *ret_stack);

/* For a sample that is not walked: a later one may refer to it. */
void unwinder_skip(struct unwinder *u, const struct trace_sample *sample);

#endif
