/*
 * The delta against a plain model of the reader: whatever a thread's stack does between samples,
 * words kept, reused and dropped must read back as the sieve of the whole snapshot.
 */
#include "common/snapshot.h"

#include "common/defs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
	STACK_WORDS = 4096, /* the thread's whole stack, ending at TOP */
	LIMIT_WORDS = 512,  /* of a snapshot */
	CODE = 0x401000,
	CODE_END = 0x402000,
};
#define TOP UINT64_C(0x7ffe10000000)
#define BOTTOM (TOP - 8 * STACK_WORDS)

/* What a reader knows of one slot. */
struct model {
	bool valid;
	uint32_t block;
	uint64_t sp;
	uint32_t n;
	uint64_t words[LIMIT_WORDS];
};

struct fixture {
	struct snapshot_cache *cache;
	struct range_table ranges;
	struct sieve sieve;
	uint64_t stack[STACK_WORDS];
	struct model models[TRACE_MAX_SLOTS];
	uint64_t reused;
};

static int set_up(void **state)
{
	struct err err;
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	range_table_add(&f->ranges, CODE, CODE_END);
	f->ranges.generation = 1;
	f->sieve = (struct sieve){ .arch = &arch_x86_64, .ranges = &f->ranges };
	assert_true(snapshot_cache_new(4, LIMIT_WORDS * 8, &arch_x86_64, &f->cache, &err));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	snapshot_cache_free(f->cache);
	free(f);
	return 0;
}

static uint64_t reader_word(const struct model *m, uint64_t addr)
{
	assert_true(m->valid);
	assert_true(addr >= m->sp && addr < m->sp + 8 * (uint64_t)m->n);
	return m->words[(addr - m->sp) / 8];
}

/* Reads the snapshot as the trace's reader does. */
static void read_back(
	const struct model *last, uint64_t sp, const struct trace_stack *stack, uint64_t *words)
{
	for (uint32_t i = 0; i < stack->n_words; i++) {
		if (i >= stack->reuse_from && i < stack->reuse_to)
			words[i] = reader_word(last, sp + 8 * (uint64_t)i);
		else if (stack->keep[i / 64] >> (i % 64) & 1)
			words[i] = stack->words[i];
		else
			words[i] = 0;
	}
}

static void check_against_whole(const struct fixture *f, uint64_t sp,
	const struct trace_stack *stack, const uint64_t *words)
{
	uint64_t keep[LIMIT_WORDS / 64] = { 0 };
	uint32_t mark;
	sieve_words(&f->sieve, sp, stack->words, stack->n_words, 0, stack->n_words, keep, &mark);
	for (uint32_t i = 0; i < stack->n_words; i++) {
		uint64_t wanted = keep[i / 64] >> (i % 64) & 1 ? stack->words[i] : 0;
		if (words[i] != wanted)
			fail_msg("word %u of %u reads %lx, not %lx (reused %u to %u)", i,
				stack->n_words, (unsigned long)words[i], (unsigned long)wanted,
				stack->reuse_from, stack->reuse_to);
	}
}

/* One sample of thread tid at sp; everything is checked. Returns the words reused. */
static uint32_t sample(struct fixture *f, uint32_t tid, uint32_t block, uint64_t sp)
{
	struct snapshot_key key = { .tid = tid, .block = block, .sp = sp };
	struct trace_stack stack = {
		.words = &f->stack[(sp - BOTTOM) / 8],
		.n_words = (uint32_t)MIN((TOP - sp) / 8, LIMIT_WORDS),
	};
	uint64_t words[LIMIT_WORDS];
	snapshot_cache_reduce(f->cache, &key, &f->sieve, &stack);
	assert_in_range(stack.slot, 0, 3);
	struct model *m = &f->models[stack.slot];
	if (stack.reuse_from < stack.reuse_to)
		assert_int_equal(m->block, block);
	read_back(m, sp, &stack, words);
	check_against_whole(f, sp, &stack, words);
	*m = (struct model){ .valid = true, .block = block, .sp = sp, .n = stack.n_words };
	memcpy(m->words, words, stack.n_words * sizeof(words[0]));
	f->reused += stack.reuse_to - stack.reuse_from;
	return stack.reuse_to - stack.reuse_from;
}

static uint64_t random_word(uint64_t addr)
{
	switch (rand() % 16) {
	case 0:
		return CODE + (uint64_t)rand() % 0x1000;
	case 1:
		return addr + (uint64_t)rand() % 0x1000;
	default:
		return (uint64_t)rand() << 32 | (uint64_t)rand();
	}
}

static void fill(struct fixture *f)
{
	for (uint32_t i = 0; i < STACK_WORDS; i++)
		f->stack[i] = random_word(BOTTOM + 8 * (uint64_t)i);
}

static uint64_t *word_at(struct fixture *f, uint64_t addr)
{
	return &f->stack[(addr - BOTTOM) / 8];
}

static void an_unchanged_stack_is_reused_whole(void **state)
{
	struct fixture *f = *state;
	fill(f);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 0);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 100);
	assert_int_equal(sample(f, 1, 1, TOP - 400), 50);
	assert_int_equal(sample(f, 1, 1, TOP - 1600), 50);
}

static void another_block_or_thread_reuses_nothing(void **state)
{
	struct fixture *f = *state;
	fill(f);
	sample(f, 1, 1, TOP - 800);
	assert_int_equal(sample(f, 2, 1, TOP - 800), 0);
	assert_int_equal(sample(f, 1, 2, TOP - 800), 0);
}

static void new_ranges_end_reuse(void **state)
{
	struct fixture *f = *state;
	fill(f);
	sample(f, 1, 1, TOP - 800);
	range_table_add(&f->ranges, 0, UINT32_MAX);
	f->ranges.generation++;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 0);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 100);
}

static void a_forgotten_thread_reuses_nothing(void **state)
{
	struct fixture *f = *state;
	fill(f);
	sample(f, 1, 1, TOP - 800);
	snapshot_cache_forget(f->cache, 1);
	snapshot_cache_forget(f->cache, 99);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 0);
}

static void dropped_data_may_change(void **state)
{
	struct fixture *f = *state;
	fill(f);
	*word_at(f, TOP - 80) = 1;
	sample(f, 1, 1, TOP - 800);
	*word_at(f, TOP - 80) = 2;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 100);
	*word_at(f, TOP - 80) = CODE;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
	*word_at(f, TOP - 80) = 3;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
}

static void full_mode_sees_every_change(void **state)
{
	struct fixture *f = *state;
	fill(f);
	f->sieve.keep_all = true;
	*word_at(f, TOP - 80) = 1;
	sample(f, 1, 1, TOP - 800);
	*word_at(f, TOP - 80) = 2;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
}

static void a_signal_frame_ends_reuse(void **state)
{
	struct fixture *f = *state;
	fill(f);
	sample(f, 1, 1, TOP - 800);
	*word_at(f, TOP - 80) = arch_x86_64.signal_frame->mark_value;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
	*word_at(f, TOP - 80) = 7;
	assert_int_equal(sample(f, 1, 1, TOP - 800), 9);
	assert_int_equal(sample(f, 1, 1, TOP - 800), 100);
}

static void more_threads_than_slots_still_work(void **state)
{
	struct fixture *f = *state;
	fill(f);
	for (uint32_t i = 0; i < 100; i++)
		sample(f, 1 + i % 7, 1, TOP - 800);
	assert_int_equal(f->reused, 0);
	sample(f, 50, 1, TOP - 800);
	assert_int_equal(sample(f, 50, 1, TOP - 800), 100);
}

static void change_something(struct fixture *f, uint64_t sp)
{
	for (int n = rand() % 8; n > 0; n--) {
		uint64_t addr = sp + 8 * ((uint64_t)rand() % ((TOP - sp) / 8));
		*word_at(f, addr) = random_word(addr);
	}
	if (rand() % 20 == 0) {
		uint64_t addr = sp + 8 * ((uint64_t)rand() % ((TOP - sp) / 8));
		*word_at(f, addr) = arch_x86_64.signal_frame->mark_value;
	}
}

static void random_stacks_read_back(void **state)
{
	struct fixture *f = *state;
	uint64_t sp = TOP - 2048;
	uint32_t block = 1;
	srand(3);
	fill(f);
	for (int i = 0; i < 20000; i++) {
		int64_t step = 8 * (rand() % 200 - 100);
		if (sp + step < TOP && sp + step >= BOTTOM)
			sp += (uint64_t)step;
		change_something(f, sp);
		block += rand() % 500 == 0;
		if (rand() % 300 == 0)
			f->ranges.generation++;
		sample(f, 1 + (uint32_t)rand() % 3, block, sp);
		if (i % 2000 == 0)
			fill(f);
	}
	assert_true(f->reused > 100000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unchanged_stack_is_reused_whole),
		TEST(another_block_or_thread_reuses_nothing),
		TEST(new_ranges_end_reuse),
		TEST(a_forgotten_thread_reuses_nothing),
		TEST(dropped_data_may_change),
		TEST(full_mode_sees_every_change),
		TEST(a_signal_frame_ends_reuse),
		TEST(more_threads_than_slots_still_work),
		TEST(random_stacks_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
