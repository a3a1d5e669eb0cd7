/*
 * For tests that compare the unwinder with a memory to the walk alone. Include after cmocka.h.
 */
#ifndef REPORT_TEST_SAME_STACKS_H
#define REPORT_TEST_SAME_STACKS_H

#include "report/unwinder.h"

static inline void assert_same_stacks(
	const struct unwinder_stack *got, const struct unwind_result *want)
{
	assert_string_equal(unwind_end_text(got->end), unwind_end_text(want->end));
	assert_int_equal(got->used_exact_mode, want->used_exact_mode);
	assert_int_equal(got->n_frames, want->n_frames);
	assert_true(got->n_shared <= got->n_frames);
	for (size_t i = 0; i < got->n_frames; i++) {
		assert_int_equal(got->frames[i].pc, want->frames[i].pc);
		assert_ptr_equal(got->frames[i].module, want->frames[i].module);
		assert_int_equal(got->frames[i].vaddr, want->frames[i].vaddr);
		assert_int_equal(got->frames[i].flags, want->frames[i].flags);
	}
}

/* A number that tells a frame and all its callers; never 0. */
static inline uint32_t node_of(uint32_t parent, const struct unwind_frame *frame)
{
	uint64_t key = (frame->pc + parent) * 0x9e3779b97f4a7c15 ^ frame->vaddr;
	return (uint32_t)(key * 0xd6e8feb86659fd93 >> 32) | 1;
}

/* As unwinder.h shows: the leaf's node, from those of the frames that are shared. */
static inline uint32_t fill_nodes(const struct unwinder_stack *stack)
{
	size_t i = stack->n_frames - stack->n_shared;
	while (i < stack->n_frames && !stack->nodes[i])
		i++;
	uint32_t node = i < stack->n_frames ? stack->nodes[i] : 0;
	while (i-- > 0)
		stack->nodes[i] = node = node_of(node, &stack->frames[i]);
	return node;
}

/* The nodes lead to the leaf's as if nothing had been shared. */
static inline void assert_nodes(const struct unwinder_stack *stack)
{
	uint32_t want = 0;
	for (size_t i = 0; i < stack->n_frames - stack->n_shared; i++)
		assert_int_equal(stack->nodes[i], 0);
	for (size_t i = stack->n_frames; i-- > 0;)
		want = node_of(want, &stack->frames[i]);
	assert_int_equal(fill_nodes(stack), want);
}

#endif
