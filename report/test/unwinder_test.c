/*
 * The unwinder with a memory: what may be taken over from the stack before and what may not, and
 * the limits. unwinder_random_test.c has random stacks, unwinder_trace_test.c recorded ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>

#include "report/test/unwinder_world.h"

/* Frames of one word each, from first on; all but the leaf's is as before. */
static size_t compare_deep(uint32_t first, uint32_t last_first, uint32_t n, uint32_t slot)
{
	w.sample.regs[w.arch->pc] = CODE + FRAMELESS;
	w.sample.regs[w.arch->sp] = STACK + 8ULL * first;
	w.sample.stack.words = w.words + first;
	w.sample.stack.n_words = n - first;
	w.sample.stack.slot = slot;
	w.sample.stack.reuse_from = last_first > first ? last_first - first : 0;
	w.sample.stack.reuse_to = last_first < n ? n - first : 0;
	return compare(&w.spaces[0]);
}

static void fill_with_calls(uint32_t n)
{
	for (size_t i = 0; i < n; i++)
		w.words[i] = CODE + FRAMELESS;
}

static void the_limit_of_depth_is_the_same(void **state)
{
	(void)state;
	for (uint32_t n = UNWIND_MAX_FRAMES - 4; n < UNWIND_MAX_FRAMES + 8; n++) {
		setup(&arch_x86_64);
		fill_with_calls(n);
		compare_deep(4, n, n, 0);
		for (uint32_t first = 4; first-- > 0;)
			compare_deep(first, first + 1, n, 0);
		compare_deep(3, 0, n, 0);
		teardown();
	}
}

static void deep_stacks_in_many_slots_have_bounded_memory(void **state)
{
	enum { N = 4000 };
	uint64_t n_shared = 0;
	(void)state;
	setup(&arch_x86_64);
	fill_with_calls(N);
	for (uint32_t slot = 0; slot < TRACE_MAX_SLOTS; slot++)
		compare_deep(1, N, N, slot);
	for (uint32_t slot = 0; slot < TRACE_MAX_SLOTS; slot++)
		n_shared += compare_deep(0, 1, N, slot);
	assert_in_range(n_shared, 1, UNWIND_MEMOS_BYTES / sizeof(struct unwind_frame));
	unwinder_begin_batch(w.unwinder);
	assert_int_equal(compare_deep(1, N, N, 1000), 0);
	assert_int_equal(compare_deep(0, 1, N, 1000), N - 1);
	teardown();
}

/* Of two equal samples, all but the leaf are shared unless something says no. */
static size_t shared_after(void (*change)(void))
{
	setup(&arch_x86_64);
	fill_with_calls(6);
	w.words[6] = CODE + FIRST;
	compare_deep(0, 7, 7, 3);
	w.sample.stack.reuse_to = 7;
	if (change)
		change();
	compare_deep(0, 0, 7, 3);
	size_t n_shared = w.n_shared;
	teardown();
	return n_shared;
}

static void begin_batch(void)
{
	unwinder_begin_batch(w.unwinder);
}

static void skip_one(void)
{
	unwinder_skip(w.unwinder, &w.sample);
}

static void another_thread(void)
{
	w.sample.tid++;
}

static void another_mapping(void)
{
	struct mapping far = { 0x10000000, 0x10001000, 0, &w.jit };
	assert_true(address_space_add(&w.spaces[0], &far));
}

static void without_registers(void)
{
	w.sample.regs_mask = 0;
	compare(&w.spaces[0]);
	w.sample.regs_mask = (1ULL << w.arch->n_regs) - 1;
}

static void another_slot(void)
{
	w.sample.stack.slot = 4;
	compare(&w.spaces[0]);
	w.sample.stack.n_words = 0;
	w.sample.stack.slot = 3;
	compare(&w.spaces[0]);
}

static void a_slots_last_stack_is_remembered_until_something_changes(void **state)
{
	(void)state;
	assert_int_equal(shared_after(NULL), 7);
	assert_int_equal(shared_after(another_slot), 7);
	assert_int_equal(shared_after(begin_batch), 0);
	assert_int_equal(shared_after(skip_one), 0);
	assert_int_equal(shared_after(another_thread), 0);
	assert_int_equal(shared_after(another_mapping), 0);
	assert_int_equal(shared_after(without_registers), 0);
}

static void a_slot_beyond_the_last_is_not_remembered(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	fill_with_calls(8);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(compare_deep(0, 0, 8, TRACE_MAX_SLOTS + i * 1000), 0);
	assert_int_equal(compare_deep(0, 0, 8, UINT32_MAX), 0);
	teardown();
}

/* The next sample of the thread. */
static size_t compare_next(uint32_t n_words, uint32_t reuse_from, uint32_t reuse_to)
{
	w.sample.stack.n_words = n_words;
	w.sample.stack.reuse_from = reuse_from;
	w.sample.stack.reuse_to = reuse_to;
	return compare(&w.spaces[0]);
}

static uint64_t at(size_t word)
{
	return STACK + 8 * word;
}

/* What a signal frame at this word says. */
static void save_registers(size_t word, uint64_t pc, uint64_t sp, uint64_t fp)
{
	const struct arch_signal_frame *sf = w.arch->signal_frame;
	size_t first = word + sf->ucontext_off / 8;
	w.words[first + sf->reg_off[w.arch->pc] / 8] = pc;
	w.words[first + sf->reg_off[w.arch->sp] / 8] = sp;
	w.words[first + sf->reg_off[w.arch->fp] / 8] = fp;
}

static void start_at(uint64_t pc)
{
	setup(&arch_x86_64);
	w.sample.regs[w.arch->pc] = pc;
}

/* The signal frame leads below itself, to a word that has changed. */
static void words_below_a_signal_frame_count(void **state)
{
	(void)state;
	start_at(CODE + FRAMELESS);
	w.words[0] = CODE + FRAMELESS;
	w.words[1] = CODE + TRAMPOLINE;
	save_registers(2, CODE + FRAMELESS, at(0), 0);
	compare_next(100, 0, 0);
	w.words[0] = CODE + PLT;
	assert_int_equal(compare_next(100, 1, 100), 0);
	teardown();
}

/* The interrupted frame's sp was below the snapshot, then is inside. */
static void the_snapshots_start_counts_behind_a_signal(void **state)
{
	(void)state;
	start_at(CODE + FRAMELESS);
	for (size_t i = 0; i < 5; i++)
		w.words[i] = CODE + FRAMELESS;
	w.words[5] = CODE + TRAMPOLINE;
	save_registers(6, CODE + FRAMELESS, at(2), 0);
	w.sample.regs[w.arch->sp] = at(4);
	w.sample.stack.words = w.words + 4;
	compare_next(96, 0, 0);
	w.sample.regs[w.arch->sp] = at(0);
	w.sample.stack.words = w.words;
	assert_int_equal(compare_next(100, 4, 100), 0);
	teardown();
}

/* An endless row of signal frames is cut where it began, counted from the leaf. */
static void signals_before_count(void **state)
{
	(void)state;
	start_at(CODE + FRAMELESS);
	w.words[49] = CODE + TRAMPOLINE;
	save_registers(50, CODE + TRAMPOLINE, at(50), 0);
	save_registers(10, CODE + FRAMELESS, at(49), 0);
	w.sample.regs[w.arch->sp] = at(49);
	w.sample.stack.words = w.words + 49;
	compare_next(51, 0, 0);
	w.sample.regs[w.arch->pc] = CODE + TRAMPOLINE;
	w.sample.regs[w.arch->sp] = at(10);
	w.sample.stack.words = w.words + 10;
	assert_int_equal(compare_next(90, 39, 90), 0);
	teardown();
}

/* An interrupted frame without a rule stands at the snapshot's end. */
static void a_word_beyond_the_end_counts_when_it_comes(void **state)
{
	(void)state;
	start_at(CODE + FRAMELESS);
	w.words[0] = CODE + FRAMELESS;
	w.words[1] = CODE + TRAMPOLINE;
	save_registers(2, CODE + NO_RULE, at(60), 0);
	w.words[60] = CODE + CALL_SITE;
	compare_next(60, 0, 0);
	assert_int_equal(compare_next(61, 0, 60), 0);
	assert_int_not_equal(compare_next(61, 0, 61), 0);
	teardown();
}

/* A snapshot that would go around address 0 has no words. */
static void a_stack_that_cannot_be_is_not_taken_over(void **state)
{
	(void)state;
	setup(&arch_aarch64);
	w.sample.regs[w.arch->pc] = CODE + FRAMELESS;
	w.sample.regs[w.arch->lr] = CODE + PUSHED;
	w.sample.regs[w.arch->sp] = -8ULL * 50;
	w.words[1] = CODE + FIRST;
	compare_next(40, 0, 0);
	assert_int_equal(compare_next(40, 0, 40), 2);
	assert_int_equal(compare_next(100, 0, 40), 0);
	teardown();
}

/* Two states of a process's mappings whose notes on an address want the same place. */
static void an_address_means_what_is_mapped_there_now(void **state)
{
	const uint64_t pc = CODE + FRAMELESS;
	struct address_space *spaces = w.spaces;
	(void)state;
	start_at(pc);
	w.words[0] = w.words[3] = CODE + FIRST;
	do {
		address_space_clear(&spaces[1]);
		map_all(&spaces[1], 0x100);
	} while (unwind_code_slot(spaces[1].generation, pc) !=
		unwind_code_slot(spaces[0].generation, pc));
	w.sample.stack.n_words = 100;
	for (size_t i = 0; i < 6; i++)
		compare(&spaces[i % 2]);
	teardown();
}

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static void load_once(void *ctx, struct module *module)
{
	pthread_mutex_lock(&loading);
	if (!atomic_load_explicit(&module->loaded, memory_order_relaxed))
		load(ctx, module);
	pthread_mutex_unlock(&loading);
}

/* Returns the sum of the stacks' lengths. */
static void *walk_often(void *sample)
{
	struct unwinder *u = unwinder_new(w.arch, load_once, &w);
	struct unwinder_stack stack;
	size_t n_frames = 0;
	for (size_t i = 0; u && i < 100; i++) {
		unwinder_walk(u, &w.spaces[0], sample, &stack);
		n_frames += stack.n_frames;
	}
	unwinder_free(u);
	return (void *)n_frames;
}

/* For the thread sanitizer: the file is loaded by whoever comes first. */
static void threads_share_modules_that_they_load_on_the_way(void **state)
{
	pthread_t threads[4];
	(void)state;
	start_at(CODE + FRAMELESS);
	fill_with_calls(6);
	w.words[6] = CODE + FIRST;
	w.sample.stack.n_words = 7;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, walk_often, &w.sample), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *n_frames;
		assert_int_equal(pthread_join(threads[i], &n_frames), 0);
		assert_int_equal((size_t)n_frames, 800);
	}
	teardown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_of_depth_is_the_same),
		cmocka_unit_test(deep_stacks_in_many_slots_have_bounded_memory),
		cmocka_unit_test(a_slots_last_stack_is_remembered_until_something_changes),
		cmocka_unit_test(a_slot_beyond_the_last_is_not_remembered),
		cmocka_unit_test(words_below_a_signal_frame_count),
		cmocka_unit_test(the_snapshots_start_counts_behind_a_signal),
		cmocka_unit_test(signals_before_count),
		cmocka_unit_test(a_word_beyond_the_end_counts_when_it_comes),
		cmocka_unit_test(a_stack_that_cannot_be_is_not_taken_over),
		cmocka_unit_test(an_address_means_what_is_mapped_there_now),
		cmocka_unit_test(threads_share_modules_that_they_load_on_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
