/* See perf_reuse.h. */
#include "report/perf_reuse.h"

#include "common/defs.h"

#include <string.h>

enum { COMPARE_WORDS = 64 };

void perf_reuse_clear(struct perf_reuse *reuse)
{
	memset(reuse, 0, sizeof(*reuse));
}

static struct perf_reuse_last *find(struct perf_reuse *reuse, uint32_t tid)
{
	uint32_t i = tid * 2654435761u >> 16;
	struct perf_reuse_last *last = &reuse->last[i % PERF_REUSE_BUCKETS];
	while (last->slot_plus_1 && last->tid != tid)
		last = &reuse->last[++i % PERF_REUSE_BUCKETS];
	if (!last->slot_plus_1)
		*last = (struct perf_reuse_last){ .tid = tid, .slot_plus_1 = ++reuse->n_slots };
	return last;
}

/* How many of the last n words of both are equal. */
static uint32_t equal_tail(const uint64_t *a, const uint64_t *b, uint32_t n)
{
	uint32_t left = n;
	while (left >= COMPARE_WORDS &&
		memcmp(a + left - COMPARE_WORDS, b + left - COMPARE_WORDS, COMPARE_WORDS * 8) == 0)
		left -= COMPARE_WORDS;
	while (left > 0 && a[left - 1] == b[left - 1])
		left--;
	return n - left;
}

static void compare(const struct perf_reuse_last *last, uint64_t sp, struct trace_stack *stack)
{
	uint64_t low = MAX(sp, last->sp);
	uint64_t high =
		MIN(sp + 8 * (uint64_t)stack->n_words, last->sp + 8 * (uint64_t)last->n_words);
	if (!last->n_words || (sp - last->sp) % 8 || low >= high ||
		sp + 8 * (uint64_t)stack->n_words < sp)
		return;
	const uint64_t *mine = stack->words + (low - sp) / 8;
	uint32_t n = (uint32_t)((high - low) / 8);
	uint32_t equal = equal_tail(mine, last->words + (low - last->sp) / 8, n);
	stack->reuse_to = (uint32_t)((high - sp) / 8);
	stack->reuse_from = stack->reuse_to - equal;
}

void perf_reuse_find(
	struct perf_reuse *reuse, uint64_t sp, bool keeps_place, struct trace_sample *sample)
{
	struct trace_stack *stack = &sample->stack;
	struct perf_reuse_last *last = find(reuse, sample->tid);
	stack->slot = last->slot_plus_1 - 1;
	stack->reuse_from = stack->reuse_to = 0;
	compare(last, sp, stack);
	last->sp = sp;
	last->words = stack->words;
	last->n_words = keeps_place ? stack->n_words : 0;
}
