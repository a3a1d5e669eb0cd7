/*
 * What the trace's tests share: a stream of pseudo-random numbers, a small machine of threads whose
 * stacks grow and shrink and are sampled, copies of samples to compare with, and a trace as a file
 * in memory. Everything is a function of the seed.
 */
#ifndef COMMON_TEST_TRACE_FIXTURE_H
#define COMMON_TEST_TRACE_FIXTURE_H

#include "common/trace_reader.h"
#include "common/trace_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static uint64_t rng_state = 1;

static inline uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static inline uint64_t below(uint64_t n)
{
	return rng() % n;
}

static const struct trace_meta fixture_meta = {
	.ddrec_version = "0.1.0",
	.arch = "x86_64",
	.host = "host.example",
	.kernel = "6.18.0 #1 SMP",
	.cpu_model = "A CPU",
	.n_cpus = 16,
	.page_bytes = 4096,
	.event = "cpu-clock",
	.event_is_time = true,
	.frequency_hz = 999,
	.period = 0,
	.stack_mode = "sieve",
	.stack_bytes = 32768,
	.kernel_stacks = true,
	.start_mono_ns = 123456789012345,
	.start_real_ns = 1700000000123456789,
	.command = "./app --flag 'two words'",
	.target_pid = 4711,
};

static const struct trace_stats fixture_stats = {
	.end_mono_ns = 123456999012345,
	.samples = 1000,
	.lost_samples = 3,
	.lost_sideband = 1,
	.throttled = 2,
	.recorder_user_ns = 5000000,
	.recorder_sys_ns = 6000000,
	.target_user_ns = 7000000000,
	.target_sys_ns = 8000000,
	.stack_words_seen = 1000000,
	.stack_words_kept = 90000,
	.stack_words_reused = 800000,
	.ring_bytes = 1 << 20,
	.rounds = 17,
	.coarse_range_tables = 1,
	.exit_status = -3,
};

enum { STACK_LIMIT = 200, THREAD_WORDS = 600, N_PLACES = 64 };

/* A thread of the machine: its stack memory, and what a reader knows of it. */
struct fixture_thread {
	uint32_t pid, tid, slot;
	uint64_t top; /* address behind the last word */
	uint32_t sp;  /* index into memory */
	uint64_t memory[THREAD_WORDS];
	uint64_t seen[THREAD_WORDS]; /* by the reader, in the last snapshot */
	uint32_t seen_from, seen_to;
	uint32_t block; /* of the last snapshot; 0: none */
};

struct fixture_copy {
	struct trace_sample sample;
	uint64_t kernel_pcs[8], user_pcs[8];
	uint64_t words[STACK_LIMIT];
};

struct machine {
	struct fixture_thread *threads;
	uint32_t n_threads;
	uint64_t now_ns;
	uint64_t code[N_PLACES];
	uint32_t n_reusing, n_truncated; /* what the samples so far exercised */
};

static inline void machine_init(struct machine *m, uint32_t n_threads)
{
	*m = (struct machine){ .n_threads = n_threads, .now_ns = 1000000000000 };
	m->threads = calloc(n_threads, sizeof(*m->threads));
	for (uint32_t i = 0; i < N_PLACES; i++)
		m->code[i] = 0x7f0000000000 + below(1 << 24);
	for (uint32_t i = 0; i < n_threads; i++) {
		struct fixture_thread *t = &m->threads[i];
		t->pid = 100 + i / 3;
		t->tid = 1000 + i;
		t->slot = (i * 37) % TRACE_MAX_SLOTS;
		t->top = 0x7ffd00000000 + (uint64_t)i * 0x100000 + (i % 5 == 4 ? 3 : 0);
		t->sp = i % 2 ? THREAD_WORDS / 2 : THREAD_WORDS;
	}
}

static inline void machine_fini(struct machine *m)
{
	free(m->threads);
}

static inline uint64_t thread_address(const struct fixture_thread *t, uint32_t index)
{
	return t->top - 8 * (uint64_t)(THREAD_WORDS - index);
}

static inline uint64_t random_word(const struct machine *m, const struct fixture_thread *t)
{
	switch (below(4)) {
	case 0:
		return m->code[below(N_PLACES)];
	case 1:
		return thread_address(t, (uint32_t)below(THREAD_WORDS)) + (below(4) ? 0 : 3);
	case 2:
		return rng();
	default:
		return 0;
	}
}

/* The thread runs: returns from and calls some functions, which changes the lower stack. */
static inline void thread_runs(const struct machine *m, struct fixture_thread *t)
{
	uint32_t up = (uint32_t)below(MIN(60, THREAD_WORDS - t->sp + 1));
	uint32_t dirty_to = t->sp + up;
	t->sp = dirty_to - (uint32_t)below(MIN(60, dirty_to + 1));
	for (uint32_t i = t->sp; i < dirty_to; i++)
		t->memory[i] = random_word(m, t);
}

static inline void random_chain(const struct machine *m, uint64_t *pcs, uint32_t *n)
{
	*n = below(3) ? (uint32_t)below(9) : 0;
	for (uint32_t i = 0; i < *n; i++)
		pcs[i] = m->code[below(4) ? i : below(N_PLACES)] | 0xffffffff00000000;
}

static inline void random_regs(
	const struct machine *m, struct fixture_thread *t, struct trace_sample *s)
{
	s->regs_mask = rng() & 0x1ffff;
	if (below(10))
		s->regs_mask |= 1 << 16;
	s->regs_mask |= 1 << 7;
	for (unsigned i = 0; i < 17; i++)
		if (s->regs_mask >> i & 1)
			s->regs[i] = random_word(m, t);
	s->regs[7] = thread_address(t, t->sp);
	if (s->regs_mask >> 16 && below(4))
		s->regs[16] = s->ip;
}

/* Chooses what is reused of the last snapshot, and what a reader must see then. */
static inline void snapshot(struct machine *m, struct fixture_thread *t, struct fixture_copy *copy,
	uint64_t *keep, uint32_t block)
{
	struct trace_stack *stack = &copy->sample.stack;
	uint64_t seen[THREAD_WORDS] = { 0 };
	uint32_t limit = STACK_LIMIT - (uint32_t)below(2) * 17;
	uint32_t n = MIN(THREAD_WORDS - t->sp, limit);
	stack->slot = t->slot;
	stack->n_words = n;
	stack->truncated = n < THREAD_WORDS - t->sp;
	if (!n)
		return;
	uint32_t from = MAX(t->sp, t->seen_from), to = MIN(t->sp + n, t->seen_to);
	if (t->block == block && from < to && below(8)) {
		from += (uint32_t)below(2) * (uint32_t)below(to - from);
		to -= (uint32_t)below(2) * (uint32_t)below(to - from);
		stack->reuse_from = from - t->sp;
		stack->reuse_to = to - t->sp;
		m->n_reusing++;
	}
	for (uint32_t i = 0; i < n; i++) {
		bool reused = i >= stack->reuse_from && i < stack->reuse_to;
		bool kept = below(3) != 0;
		keep[i / 64] |= (uint64_t)kept << i % 64;
		seen[t->sp + i] = reused ? t->seen[t->sp + i] : kept ? t->memory[t->sp + i] : 0;
	}
	memcpy(copy->words, seen + t->sp, n * sizeof(*seen));
	memcpy(t->seen, seen, sizeof(seen));
	t->seen_from = t->sp;
	t->seen_to = t->sp + n;
	t->block = block;
	m->n_truncated += stack->truncated;
}

/* Takes a sample of some thread, writes it, and keeps in *copy what must be read back. */
static inline bool machine_sample(
	struct machine *m, struct trace_writer *w, struct fixture_copy *copy, struct err *err)
{
	struct fixture_thread *t = &m->threads[below(m->n_threads)];
	struct trace_sample *s = &copy->sample;
	uint64_t keep[THREAD_WORDS / 64 + 1] = { 0 };
	uint32_t block = trace_writer_prepare_sample(w, err);
	if (!block)
		return false;
	memset(copy, 0, sizeof(*copy));
	thread_runs(m, t);
	m->now_ns += below(2000000);
	s->time_ns = m->now_ns - below(1000);
	s->pid = t->pid;
	s->tid = t->tid;
	s->cpu = (uint32_t)below(200);
	s->flags = below(4) ? 0 : TRACE_SAMPLE_IN_KERNEL;
	s->period = below(2) ? 1001001 : rng();
	s->ip = random_word(m, t);
	random_chain(m, copy->kernel_pcs, &s->n_kernel_pcs);
	random_chain(m, copy->user_pcs, &s->n_user_pcs);
	if (s->n_kernel_pcs && s->flags)
		s->ip = copy->kernel_pcs[0];
	random_regs(m, t, s);
	snapshot(m, t, copy, keep, block);
	struct trace_sample written = *s;
	written.kernel_pcs = copy->kernel_pcs;
	written.user_pcs = copy->user_pcs;
	written.stack.words = t->memory + t->sp;
	written.stack.keep = keep;
	return trace_writer_sample(w, &written, err);
}

static inline void assert_same_sample(
	const struct trace_sample *s, const struct fixture_copy *expected)
{
	const struct trace_sample *e = &expected->sample;
	assert_int_equal(s->time_ns, e->time_ns);
	assert_int_equal(s->pid, e->pid);
	assert_int_equal(s->tid, e->tid);
	assert_int_equal(s->cpu, e->cpu);
	assert_int_equal(s->flags, e->flags);
	assert_int_equal(s->period, e->period);
	assert_int_equal(s->ip, e->ip);
	assert_int_equal(s->n_kernel_pcs, e->n_kernel_pcs);
	assert_memory_equal(s->kernel_pcs, expected->kernel_pcs, 8 * s->n_kernel_pcs);
	assert_int_equal(s->n_user_pcs, e->n_user_pcs);
	assert_memory_equal(s->user_pcs, expected->user_pcs, 8 * s->n_user_pcs);
	assert_int_equal(s->regs_mask, e->regs_mask);
	assert_memory_equal(s->regs, e->regs, sizeof(s->regs));
	assert_int_equal(s->stack.n_words, e->stack.n_words);
	if (!s->stack.n_words)
		return;
	assert_int_equal(s->stack.slot, e->stack.slot);
	assert_int_equal(s->stack.truncated, e->stack.truncated);
	assert_int_equal(s->stack.reuse_from, e->stack.reuse_from);
	assert_int_equal(s->stack.reuse_to, e->stack.reuse_to);
	assert_memory_equal(s->stack.words, expected->words, 8 * s->stack.n_words);
}

/* A trace in memory, and the name by which a reader opens it. */
struct memory_file {
	int fd;
	char path[40];
};

static inline struct memory_file memory_file_open(void)
{
	struct memory_file f = { .fd = memfd_create("trace", MFD_CLOEXEC) };
	assert_true(f.fd >= 0);
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static inline struct trace_writer *writer_open(int fd, size_t block_bytes)
{
	struct err err = { { 0 } };
	struct trace_writer *w = NULL;
	struct trace_writer_options options = { .fd = fd, .name = "t", .block_bytes = block_bytes };
	if (!trace_writer_open(&options, &fixture_meta, &w, &err))
		fail_msg("%s", err.text);
	return w;
}

static inline struct trace_reader *reader_open(const char *path)
{
	struct err err = { { 0 } };
	struct trace_reader *r = NULL;
	if (!trace_reader_open(path, &r, &err))
		fail_msg("%s", err.text);
	return r;
}

#endif
