/*
 * The unwinder with a memory gives what the walk alone gives: on random programs that call, return,
 * are interrupted, exec, fork and map, whose stacks and snapshots are now and then broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "report/test/unwinder_world.h"

enum { RANDOM_WORDS = 400, MAX_CALLS = 100, N_SLOTS = 5, N_RANDOM_SAMPLES = 60000 };

/* A program that calls, returns and is interrupted. */
struct call {
	uint64_t pc; /* in the function that is called */
	uint64_t sp, fp, lr;
};

struct thread {
	uint64_t memory[RANDOM_WORDS]; /* of its stack */
	struct call calls[MAX_CALLS];
	size_t n_calls;
	/* The slot's last snapshot. */
	uint64_t words[RANDOM_WORDS], sp;
	uint32_t n_words;
};

static struct thread threads[N_SLOTS];

static uint64_t stack_of(size_t slot)
{
	return STACK + slot * 0x10000;
}

static uint64_t random_code(void)
{
	static const uint16_t x86[] = { FRAMELESS, FRAMELESS, FRAMELESS, FRAMELESS, FRAMELESS,
		FRAMELESS, FRAMELESS, FRAMELESS, PUSHED, PUSHED, PUSHED, FRAMED, FRAMED, PLT,
		TRAMPOLINE, SIGNAL, NO_RULE, CALL_SITE, FIRST };
	static const uint16_t arm[] = { PUSHED, PUSHED, PUSHED, PUSHED, PUSHED, FRAMED, FRAMED,
		FRAMED, FRAMED, FRAMELESS, TRAMPOLINE, NO_RULE, CALL_SITE, FIRST };
	static const uint16_t exact[] = { IN_RBX, IN_R11, RA_IN_RDI, ENTRY };
	if (chance(8))
		return (chance(70) ? JIT : LOST) + random_below(0x100);
	if (chance(2))
		return CODE + exact[random_below(4)];
	return CODE + random_below(4) +
		(w.arch == &arch_x86_64 ? x86[random_below(ARRAY_LEN(x86))]
					: arm[random_below(ARRAY_LEN(arm))]);
}

static uint64_t random_value(size_t slot)
{
	if (chance(65))
		return random_code();
	if (chance(75))
		return stack_of(slot) + 8 * random_below(RANDOM_WORDS + 8) + (chance(3) ? 4 : 0);
	return chance(50) ? 0 : random_below(UINT64_MAX);
}

static void put(struct thread *t, size_t slot, uint64_t addr, uint64_t value)
{
	t->memory[(addr - stack_of(slot)) / 8] = value;
}

static const struct call *top_call(const struct thread *t)
{
	return &t->calls[t->n_calls - 1];
}

static bool has_room(const struct thread *t, size_t slot)
{
	return t->n_calls < MAX_CALLS && top_call(t)->sp > stack_of(slot) + 8 * 100;
}

/* The prologue of the function at pc; its rule is for the code behind. */
static struct call enter_function(
	struct thread *t, size_t slot, uint64_t pc, struct call c, uint64_t return_pc)
{
	bool is_x86 = w.arch == &arch_x86_64;
	uint64_t offset = (pc - CODE) & ~0xfULL, cfa = c.sp;
	c.pc = pc;
	c.lr = return_pc;
	if (is_x86)
		put(t, slot, c.sp -= 8, return_pc);
	if (offset == PUSHED) {
		put(t, slot, cfa - (is_x86 ? 16 : 32), c.fp);
		if (!is_x86)
			put(t, slot, cfa - 24, return_pc);
		c.sp = cfa - 32;
		c.fp = chance(50) ? c.fp : random_value(slot);
	} else if (offset == FRAMED || pc >= JIT) {
		put(t, slot, cfa - 16, c.fp);
		put(t, slot, cfa - 8, return_pc);
		c.fp = cfa - 16;
		c.sp = c.fp - 8 * random_below(10);
	}
	if (is_x86 || offset != FRAMELESS)
		c.lr = random_value(slot);
	return c;
}

static void call_function(struct thread *t, size_t slot, bool is_leaf)
{
	static const uint16_t functions[] = { FRAMELESS, PUSHED, FRAMED };
	size_t first = is_leaf || w.arch == &arch_x86_64 ? 0 : 1;
	uint64_t pc = CODE + functions[first + random_below(3 - first)] + random_below(8);
	if (chance(8) && !is_leaf)
		pc = JIT + random_below(0x100);
	if (!has_room(t, slot))
		return;
	struct call c = *top_call(t);
	t->calls[t->n_calls++] = enter_function(t, slot, pc, c, c.pc + 1 + random_below(3));
}

/* A signal: the registers are saved, and the handler returns to the trampoline. */
static void interrupt(struct thread *t, size_t slot)
{
	const struct arch_signal_frame *sf = w.arch->signal_frame;
	if (!has_room(t, slot) || stack_of(slot) + 8 * 300 > top_call(t)->sp)
		return;
	struct call c = *top_call(t);
	uint64_t saved = c.sp - 8 * 130;
	if (w.arch == &arch_x86_64)
		saved = c.sp - 8 * 40;
	c.sp = saved;
	saved += sf->ucontext_off;
	put(t, slot, saved + sf->reg_off[w.arch->pc], c.pc);
	put(t, slot, saved + sf->reg_off[w.arch->sp], top_call(t)->sp);
	put(t, slot, saved + sf->reg_off[w.arch->fp], c.fp);
	t->calls[t->n_calls++] = enter_function(t, slot, CODE + PUSHED, c, CODE + TRAMPOLINE);
}

static void start_thread(struct thread *t, size_t slot)
{
	for (size_t i = 0; i < RANDOM_WORDS; i++)
		t->memory[i] = random_value(slot);
	t->n_calls = 1;
	t->calls[0] = (struct call){ .pc = CODE + FIRST,
		.sp = stack_of(slot) + 8 * (RANDOM_WORDS - random_below(9)) };
}

static void run_program(struct thread *t, size_t slot)
{
	if (!t->n_calls || chance(1))
		start_thread(t, slot);
	for (uint64_t n = random_below(5); n > 0 && t->n_calls > 1; n--)
		t->n_calls--;
	for (uint64_t n = random_below(6); n > 0; n--)
		call_function(t, slot, false);
	if (chance(10))
		interrupt(t, slot);
	if (chance(50))
		call_function(t, slot, true);
	for (uint64_t n = chance(10) ? random_below(4) : 0; n > 0; n--)
		t->memory[random_below(RANDOM_WORDS)] = random_value(slot);
}

/* Where the snapshot begins and ends, and registers, now and then broken ones. */
static void choose_registers(const struct thread *t, size_t slot)
{
	const struct call *c = top_call(t);
	uint64_t *regs = w.sample.regs, end = stack_of(slot) + 8 * RANDOM_WORDS;
	for (unsigned reg = 0; reg < w.arch->n_regs; reg++)
		regs[reg] = random_value(slot);
	regs[w.arch->sp] = c->sp;
	regs[w.arch->fp] = chance(97) ? c->fp : random_value(slot);
	regs[w.arch->pc] = chance(90) ? c->pc : chance(90) ? random_code() : random_value(slot);
	if (w.arch->lr != ARCH_NO_REG)
		regs[w.arch->lr] = c->lr;
	w.sample.regs_mask = (1ULL << w.arch->n_regs) - 1;
	if (chance(3))
		w.sample.regs_mask &= random_below(UINT64_MAX);
	if (chance(2)) /* half a word, or a bit of it */
		regs[w.arch->sp] += random_below(8);
	uint64_t n = (end - regs[w.arch->sp]) / 8;
	if (chance(30))
		n = random_below(n + 1);
	if (chance(20))
		n = MIN(60, n);
	w.sample.stack.n_words = (uint32_t)n;
	w.sample.stack.truncated = chance(50);
}

static bool is_equal(const struct thread *t, uint32_t i)
{
	uint64_t at = (w.sample.regs[w.arch->sp] + 8ULL * i - t->sp) / 8;
	return w.sample.regs[w.arch->sp] + 8ULL * i >= t->sp && at < t->n_words &&
		t->words[at] == w.words[i];
}

/* A range of words that the slot's last snapshot has, too: often the outermost. */
static void mark_equal(const struct thread *t)
{
	struct trace_stack *stack = &w.sample.stack;
	stack->reuse_from = stack->reuse_to = 0;
	if ((w.sample.regs[w.arch->sp] - t->sp) % 8 || !stack->n_words || chance(3))
		return;
	uint32_t to = chance(80) ? stack->n_words : (uint32_t)random_below(stack->n_words);
	while (to > 0 && !is_equal(t, to - 1))
		to--;
	uint32_t from = to;
	while (from > 0 && is_equal(t, from - 1))
		from--;
	if (chance(10))
		from += (uint32_t)random_below(to - from + 1);
	stack->reuse_from = from;
	stack->reuse_to = to;
}

static void take_snapshot(struct thread *t, size_t slot)
{
	struct trace_stack *stack = &w.sample.stack;
	uint64_t sp = w.sample.regs[w.arch->sp];
	stack->slot = (uint32_t)slot;
	w.sample.pid = (uint32_t)slot % N_PROCESSES;
	w.sample.tid = (uint32_t)slot;
	memcpy(w.words, (const char *)t->memory + (sp - stack_of(slot)), 8ULL * stack->n_words);
	mark_equal(t);
	if (!stack->n_words)
		return;
	memcpy(t->words, w.words, 8ULL * stack->n_words);
	t->sp = sp;
	t->n_words = stack->n_words;
}

static void change_processes(void)
{
	struct address_space *space = &w.spaces[random_below(N_PROCESSES)];
	struct mapping again = { JIT, JIT + 0x8000, 0, chance(50) ? &w.jit : &w.lost };
	switch (random_below(3)) {
	case 0: /* exec */
		address_space_clear(space);
		map_all(space, chance(50) ? 0x100 : 0);
		break;
	case 1: /* mmap */
		assert_true(address_space_add(space, &again));
		break;
	case 2: /* fork */
		address_space_clear(space);
		address_space_clear(&w.spaces[0]);
		map_all(&w.spaces[0], 0);
		if (space != &w.spaces[0])
			assert_true(address_space_copy(space, &w.spaces[0]));
		break;
	}
}

static void random_sample(void)
{
	size_t slot = random_below(N_SLOTS);
	struct thread *t = &threads[slot];
	if (chance(2))
		change_processes();
	if (chance(1)) {
		unwinder_begin_batch(w.unwinder);
		for (size_t i = 0; i < N_SLOTS; i++)
			threads[i].n_words = 0;
	}
	run_program(t, slot);
	choose_registers(t, slot);
	take_snapshot(t, slot);
	if (chance(1))
		unwinder_skip(w.unwinder, &w.sample);
	else
		compare(&w.spaces[w.sample.pid]);
}

static void assert_all_of_it_happened(void)
{
	static const enum unwind_end ends[] = { UNWIND_COMPLETE, UNWIND_TRUNCATED, UNWIND_OUTSIDE,
		UNWIND_OTHER_STACK, UNWIND_NO_MAPPING, UNWIND_NO_FILE, UNWIND_NO_RULE,
		UNWIND_BAD_RULE, UNWIND_NO_REGISTERS };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (w.n_ends[ends[i]] < 100)
			fail_msg("too few: %s", unwind_end_text(ends[i]));
	assert_in_range(w.n_frames / N_RANDOM_SAMPLES, 10, UNWIND_MAX_FRAMES);
	assert_in_range(w.n_shared, w.n_frames / 8, w.n_frames / 2);
	assert_in_range(w.n_signals, 100, w.n_shared);
	if (w.arch == &arch_x86_64)
		assert_in_range(w.n_exact, 100, N_RANDOM_SAMPLES / 10);
}

static void random_stacks_are_the_same_with_a_memory(void **state)
{
	static const struct arch *const archs[] = { &arch_x86_64, &arch_aarch64 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(archs); i++) {
		setup(archs[i]);
		memset(threads, 0, sizeof(threads));
		for (size_t n = 0; n < N_RANDOM_SAMPLES; n++)
			random_sample();
		assert_all_of_it_happened();
		teardown();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_stacks_are_the_same_with_a_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
