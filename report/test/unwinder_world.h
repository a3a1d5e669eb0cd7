/*
 * Made-up processes (mini_process.h) for the tests of the unwinder with a memory. Include after
 * cmocka.h.
 */
#ifndef REPORT_TEST_UNWINDER_WORLD_H
#define REPORT_TEST_UNWINDER_WORLD_H

#include "report/test/mini_process.h"
#include "report/test/same_stacks.h"
#include "report/unwind_memo.h"
#include "report/unwind_table.h"

enum {
	CODE = 0x400000,
	JIT = 0x700000,
	LOST = 0x800000, /* a file that is not there */
	STACK = 0x7ffe0000,
	STACK_WORDS = 20000,
	N_PROCESSES = 3,
};

struct world {
	const struct arch *arch;
	struct module file, jit, lost;
	struct address_space spaces[N_PROCESSES];
	struct unwinder *unwinder;
	struct trace_sample sample;
	uint64_t words[STACK_WORDS];
	struct unwind_frame frames[UNWIND_MAX_FRAMES];
	uint64_t n_frames, n_shared, n_ends[UNWIND_N_ENDS], n_exact, n_signals;
};

static struct world w;
static uint64_t random_state;

static inline uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

static inline bool chance(unsigned percent)
{
	return random_below(100) < percent;
}

/* shift: the file's code that lies at CODE. */
static inline void map_all(struct address_space *space, uint64_t shift)
{
	const struct mapping mappings[] = {
		{ CODE, CODE + CODE_BYTES - shift, MINI_ELF_TEXT_OFF + shift, &w.file },
		{ JIT, JIT + 0x10000, 0, &w.jit },
		{ LOST, LOST + 0x10000, 0, &w.lost },
	};
	for (size_t i = 0; i < ARRAY_LEN(mappings); i++)
		assert_true(address_space_add(space, &mappings[i]));
}

/* The file is loaded when it is first needed. */
static inline void load(void *ctx, struct module *module)
{
	struct err err = { 0 };
	assert_ptr_equal(ctx, &w);
	assert_ptr_equal(module, &w.file);
	module->elf = mini_process_elf(w.arch);
	assert_true(module->elf && unwind_table_build(module->elf, &module->unwind, &err));
	module->loaded = true;
}

static inline void setup(const struct arch *arch)
{
	memset(&w, 0, sizeof(w));
	random_state = 88172645463325252;
	w.arch = arch;
	w.file = (struct module){ .path = "file" };
	w.jit = (struct module){ .kind = MODULE_ANON, .path = "//anon", .loaded = true };
	w.lost = (struct module){ .path = "lost", .loaded = true };
	for (size_t i = 0; i < N_PROCESSES; i++)
		map_all(&w.spaces[i], 0);
	w.unwinder = unwinder_new(arch, load, &w);
	assert_non_null(w.unwinder);
	unwinder_begin_batch(w.unwinder);
	w.sample.regs_mask = (1ULL << arch->n_regs) - 1;
	w.sample.regs[arch->sp] = STACK;
	w.sample.stack.words = w.words;
}

static inline void teardown(void)
{
	unwinder_free(w.unwinder);
	for (size_t i = 0; i < N_PROCESSES; i++)
		address_space_clear(&w.spaces[i]);
	unwind_table_free(w.file.unwind);
	elf_file_close(w.file.elf);
}

/* Unwinds the sample both ways; returns how many frames were taken over. */
static inline size_t compare(const struct address_space *space)
{
	struct unwind_result want = { .frames = w.frames };
	struct unwinder_stack got;
	unwind_stack(w.arch, space, &w.sample, load, &w, &want);
	unwinder_walk(w.unwinder, space, &w.sample, &got);
	assert_same_stacks(&got, &want);
	if (chance(95)) /* else: the caller had no room */
		assert_nodes(&got);
	w.n_frames += got.n_frames;
	w.n_shared += got.n_shared;
	w.n_ends[got.end]++;
	w.n_exact += got.used_exact_mode;
	for (size_t i = got.n_frames - got.n_shared; i < got.n_frames; i++)
		w.n_signals += got.frames[i].flags & UNWIND_INTERRUPTED ? 1 : 0;
	return got.n_shared;
}

#endif
