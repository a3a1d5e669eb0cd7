/*
 * The walker on made-up processes: stacks, code and rules written by hand, for x86-64 and aarch64
 * alike. One file of code with rules (mini_process.h), one that is lost, and one piece of JIT code.
 */
#include "report/test/mini_process.h"
#include "report/unwind.h"
#include "report/unwind_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum {
	CODE = 0x400000,
	JIT = 0x700000,
	LOST = 0x800000, /* a file that is not there */
	STACK = 0x7ffe0000,
	STACK_WORDS = 20000,
};

struct world {
	const struct arch *arch;
	struct elf_file *elf;
	struct module file, jit, lost;
	struct mapping mappings[3];
	struct address_space space;
	struct trace_sample sample;
	uint64_t words[STACK_WORDS];
	struct unwind_frame frames[UNWIND_MAX_FRAMES];
	struct unwind_result result;
};

static struct world w;

static void setup(const struct arch *arch)
{
	struct err err = { 0 };
	memset(&w, 0, sizeof(w));
	w.arch = arch;
	w.elf = mini_process_elf(arch);
	assert_non_null(w.elf);
	w.file = (struct module){ .path = "file", .loaded = true, .elf = w.elf };
	assert_true(unwind_table_build(w.elf, &w.file.unwind, &err));
	w.jit = (struct module){ .kind = MODULE_ANON, .path = "//anon", .loaded = true };
	w.lost = (struct module){ .path = "lost", .loaded = true };
	w.mappings[0] = (struct mapping){ CODE, CODE + CODE_BYTES, MINI_ELF_TEXT_OFF, &w.file };
	w.mappings[1] = (struct mapping){ JIT, JIT + 0x10000, 0, &w.jit };
	w.mappings[2] = (struct mapping){ LOST, LOST + 0x10000, 0, &w.lost };
	w.space = (struct address_space){ w.mappings, 3, 3, 1 };
	w.sample.regs_mask = (1ULL << arch->n_regs) - 1;
	w.sample.regs[arch->sp] = STACK;
	w.sample.stack.words = w.words;
	w.sample.stack.n_words = 100;
	w.result.frames = w.frames;
}

static void teardown(void)
{
	unwind_table_free(w.file.unwind);
	elf_file_close(w.elf);
}

static void set(uint8_t reg, uint64_t value)
{
	w.sample.regs[reg] = value;
}

static uint64_t at(size_t word)
{
	return STACK + 8 * word;
}

/* Unwinds from pc and compares; then frees the world. */
#define EXPECT(pc, end, ...)                               \
	expect(pc, end, (const uint64_t[]){ __VA_ARGS__ }, \
		sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void expect(uint64_t pc, enum unwind_end end, const uint64_t *pcs, size_t n)
{
	set(w.arch->pc, pc);
	unwind_stack(w.arch, &w.space, &w.sample, NULL, NULL, &w.result);
	assert_string_equal(unwind_end_text(w.result.end), unwind_end_text(end));
	assert_int_equal(w.result.n_frames, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(w.frames[i].pc, pcs[i]);
	teardown();
}

enum { RDI = 5, RBX = 3, RBP = 6, RSP = 7, R11 = 11, X29 = 29, X30 = 30 };

static void calls_are_followed_to_the_first_frame(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + PUSHED; /* frameless returns here */
	w.words[1] = 11;
	w.words[2] = 22;    /* rbx */
	w.words[3] = at(8); /* rbp */
	w.words[4] = CODE + FRAMED;
	w.words[8] = 0;
	w.words[9] = CODE + FIRST;
	EXPECT(CODE + FRAMELESS, UNWIND_COMPLETE, CODE + FRAMELESS, CODE + PUSHED, CODE + FRAMED,
		CODE + FIRST);
	assert_int_equal(w.frames[0].flags, UNWIND_INTERRUPTED);
	assert_int_equal(w.frames[1].flags, 0);
	assert_int_equal(unwind_lookup_pc(&w.frames[1]), CODE + PUSHED - 1);
	assert_int_equal(w.frames[1].vaddr, MINI_ELF_TEXT + PUSHED - 1);
}

static void a_return_address_at_a_functions_end_belongs_to_the_call(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + 0x200; /* the last call of the function at 0x100 */
	w.words[4] = CODE + FIRST;
	EXPECT(CODE + FRAMELESS, UNWIND_COMPLETE, CODE + FRAMELESS, CODE + 0x200, CODE + FIRST);
}

/* PUSHED returns to 0: where fibers begin. It finds the caller's fp in words[3]. */
static void zero_ends_a_stack_only_with_a_zero_frame_pointer(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + PUSHED;
	EXPECT(CODE + FRAMELESS, UNWIND_COMPLETE, CODE + FRAMELESS, CODE + PUSHED);
	setup(&arch_x86_64);
	w.words[0] = CODE + PUSHED;
	w.words[3] = 1;
	EXPECT(CODE + FRAMELESS, UNWIND_NO_MAPPING, CODE + FRAMELESS, CODE + PUSHED);
}

static void zero_does_not_end_a_stack_at_its_leaf(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	EXPECT(CODE + FRAMELESS, UNWIND_NO_MAPPING, CODE + FRAMELESS);
}

static void says_why_a_word_is_missing(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.sample.stack.n_words = 3;
	EXPECT(CODE + PUSHED, UNWIND_OUTSIDE, CODE + PUSHED);
	setup(&arch_x86_64);
	w.sample.stack.n_words = 3;
	w.sample.stack.truncated = true;
	EXPECT(CODE + PUSHED, UNWIND_TRUNCATED, CODE + PUSHED);
	setup(&arch_x86_64); /* far away is no truncation */
	w.sample.stack.truncated = true;
	set(RBP, 1ULL << 40);
	EXPECT(CODE + FRAMED, UNWIND_OUTSIDE, CODE + FRAMED);
	setup(&arch_x86_64); /* below sp nothing is read */
	set(RBP, at(0) - 16);
	EXPECT(CODE + FRAMED, UNWIND_OUTSIDE, CODE + FRAMED);
}

static void an_address_without_mapping_ends_the_walk(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = 0x1234;
	EXPECT(CODE + FRAMELESS, UNWIND_NO_MAPPING, CODE + FRAMELESS);
}

static void no_registers_no_stack(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.sample.regs_mask = 0;
	expect(CODE, UNWIND_NO_REGISTERS, NULL, 0);
}

static void endless_stacks_stop_at_the_limit(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	for (size_t i = 0; i < STACK_WORDS; i++)
		w.words[i] = CODE + FRAMELESS;
	w.sample.stack.n_words = STACK_WORDS;
	set(w.arch->pc, CODE + FRAMELESS);
	unwind_stack(w.arch, &w.space, &w.sample, NULL, NULL, &w.result);
	assert_int_equal(w.result.end, UNWIND_DEPTH);
	assert_int_equal(w.result.n_frames, UNWIND_MAX_FRAMES);
	teardown();
}

static void plt_entries_push_half_way(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + FIRST;
	EXPECT(CODE + 0x50a, UNWIND_COMPLETE, CODE + 0x50a, CODE + FIRST);
	assert_false(w.result.used_exact_mode);
	setup(&arch_x86_64);
	w.words[1] = CODE + FIRST;
	EXPECT(CODE + 0x50b, UNWIND_COMPLETE, CODE + 0x50b, CODE + FIRST);
}

static void other_registers_are_followed_exactly(void **state)
{
	(void)state;
	setup(&arch_x86_64); /* rbx comes from the stack of the frame before */
	w.words[1] = at(6);
	w.words[3] = CODE + IN_RBX;
	w.words[6] = CODE + FIRST;
	EXPECT(CODE + PUSHED, UNWIND_COMPLETE, CODE + PUSHED, CODE + IN_RBX, CODE + FIRST);
	assert_true(w.result.used_exact_mode);
	setup(&arch_x86_64);
	set(R11, at(2));
	w.words[2] = CODE + FIRST;
	EXPECT(CODE + IN_R11, UNWIND_COMPLETE, CODE + IN_R11, CODE + FIRST);
	setup(&arch_x86_64);
	set(RDI, CODE + FIRST);
	EXPECT(CODE + RA_IN_RDI, UNWIND_COMPLETE, CODE + RA_IN_RDI, CODE + FIRST);
}

static void a_register_that_calls_may_change_is_unknown_in_the_caller(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	set(R11, at(2));
	set(RBP, 1);
	w.words[0] = CODE + IN_R11;
	EXPECT(CODE + FRAMELESS, UNWIND_BAD_RULE, CODE + FRAMELESS, CODE + IN_R11);
	setup(&arch_x86_64); /* and so is one that the recorder dropped */
	w.sample.regs_mask &= ~(1ULL << RBX);
	EXPECT(CODE + IN_RBX, UNWIND_BAD_RULE, CODE + IN_RBX);
}

static void jit_frames_are_walked_by_frame_pointer(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	set(RBP, at(3));
	w.words[3] = at(7);
	w.words[4] = JIT + 0x200;
	w.words[7] = 0;
	w.words[8] = CODE + FRAMELESS; /* CFA=rsp+8: sp is known exactly */
	w.words[9] = CODE + FIRST;
	EXPECT(JIT + 0x100, UNWIND_COMPLETE, JIT + 0x100, JIT + 0x200, CODE + FRAMELESS,
		CODE + FIRST);
	assert_int_equal(w.frames[1].flags, UNWIND_GUESSED);
	assert_int_equal(w.frames[2].flags, UNWIND_GUESSED);
	assert_int_equal(w.frames[3].flags, 0);
	assert_int_equal(w.frames[1].vaddr, 0x1ff);
}

static void guesses_are_bounded(void **state)
{
	static const uint64_t bad[] = { 0, STACK - 8, STACK + 4, STACK + 8 * 99, 1ULL << 40 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setup(&arch_x86_64);
		set(RBP, bad[i]);
		EXPECT(LOST + 0x100, UNWIND_NO_FILE, LOST + 0x100);
	}
	setup(&arch_x86_64); /* the word there is no code address */
	set(RBP, at(2));
	w.words[3] = 77;
	EXPECT(CODE + NO_RULE, UNWIND_NO_RULE, CODE + NO_RULE);
	setup(&arch_x86_64);
	set(RBP, at(99));
	w.sample.stack.truncated = true;
	EXPECT(CODE + NO_RULE, UNWIND_TRUNCATED, CODE + NO_RULE);
}

/* The last rule covers the code up to 0x900: a signal frame, with the caller's pc and sp in words.
 */
static void a_thread_behind_a_system_call_is_still_in_its_function(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	size_t size;
	char *image = elf_rawfile(elf_file_libelf(w.elf), &size);
	memcpy(image + MINI_ELF_TEXT_OFF + 0x8fe, arch_x86_64.syscall_code, 2);
	w.words[0] = CODE + FIRST;
	w.words[1] = at(4);
	EXPECT(CODE + 0x900, UNWIND_COMPLETE, CODE + 0x900, CODE + FIRST);
}

static void a_function_without_rule_does_not_follow_the_one_before(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + FIRST;
	w.words[1] = at(4);
	EXPECT(CODE + 0x900, UNWIND_NO_RULE, CODE + 0x900);
}

static void a_leaf_without_rule_returns_to_behind_a_call(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + CALL_SITE;
	EXPECT(CODE + NO_RULE, UNWIND_NO_RULE, CODE + NO_RULE, CODE + CALL_SITE);
	assert_int_equal(w.frames[1].flags, UNWIND_GUESSED);
	setup(&arch_x86_64); /* no call stands before this one */
	w.words[0] = CODE + CALL_SITE + 8;
	EXPECT(CODE + NO_RULE, UNWIND_NO_RULE, CODE + NO_RULE);
}

static void load_file(void *ctx, struct module *module)
{
	assert_ptr_equal(module, &w.file);
	module->elf = ctx;
	module->loaded = true;
}

/* Whether a frame has been in the module before, of this stack or another, makes no difference. */
static void a_guess_looks_into_a_module_that_is_not_loaded_yet(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.file.elf = NULL;
	w.file.loaded = false;
	w.words[0] = CODE + CALL_SITE;
	set(w.arch->pc, LOST);
	unwind_stack(w.arch, &w.space, &w.sample, load_file, w.elf, &w.result);
	assert_int_equal(w.result.n_frames, 2);
	assert_int_equal(w.frames[1].pc, CODE + CALL_SITE);
	teardown();
}

static void an_aarch64_leaf_without_rule_returns_to_who_called_it(void **state)
{
	(void)state;
	setup(&arch_aarch64);
	set(X30, CODE + CALL_SITE);
	EXPECT(CODE + NO_RULE, UNWIND_NO_RULE, CODE + NO_RULE, CODE + CALL_SITE);
	setup(&arch_aarch64); /* the call was to somewhere else: lr may be old */
	set(X30, CODE + CALL_SITE);
	set(X29, at(4));
	w.words[5] = CODE + FIRST;
	EXPECT(CODE + 0x810, UNWIND_COMPLETE, CODE + 0x810, CODE + FIRST);
}

static void the_entry_stub_is_the_first_frame(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + ENTRY + 33;
	EXPECT(CODE + FRAMELESS, UNWIND_COMPLETE, CODE + FRAMELESS, CODE + ENTRY + 33);
}

static void calls_to_nowhere_are_undone(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] = CODE + FRAMELESS;
	w.words[1] = CODE + FIRST;
	EXPECT(0, UNWIND_COMPLETE, 0, CODE + FRAMELESS, CODE + FIRST);
	assert_int_equal(w.frames[1].flags, UNWIND_GUESSED);
	setup(&arch_x86_64);
	EXPECT(0x1234, UNWIND_NO_MAPPING, 0x1234);
	setup(&arch_aarch64);
	set(X30, CODE + PUSHED);
	w.words[1] = CODE + FIRST;
	EXPECT(0, UNWIND_COMPLETE, 0, CODE + PUSHED, CODE + FIRST);
}

static void save_registers(size_t word, uint64_t pc, uint64_t sp)
{
	const struct arch_signal_frame *sf = w.arch->signal_frame;
	size_t first = word + sf->ucontext_off / 8;
	w.words[first + sf->reg_off[w.arch->pc] / 8] = pc;
	w.words[first + sf->reg_off[w.arch->sp] / 8] = sp;
}

static void trampolines_are_known_by_their_code(void **state)
{
	static const struct arch *const archs[] = { &arch_x86_64, &arch_aarch64 };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		setup(archs[i]);
		save_registers(0, CODE + FIRST, at(80));
		EXPECT(CODE + TRAMPOLINE, UNWIND_COMPLETE, CODE + TRAMPOLINE, CODE + FIRST);
		assert_int_equal(w.frames[1].flags, UNWIND_INTERRUPTED);
		assert_int_equal(unwind_lookup_pc(&w.frames[1]), CODE + FIRST);
		setup(archs[i]); /* as a return address */
		save_registers(0, CODE + FIRST, at(2000));
		EXPECT(CODE + TRAMPOLINE, UNWIND_OTHER_STACK, CODE + TRAMPOLINE, CODE + FIRST);
		setup(archs[i]);
		save_registers(0, CODE + FIRST, at(200));
		w.sample.stack.truncated = true;
		EXPECT(CODE + TRAMPOLINE, UNWIND_TRUNCATED, CODE + TRAMPOLINE, CODE + FIRST);
		setup(archs[i]); /* itself, again and again */
		save_registers(0, CODE + TRAMPOLINE, at(0));
		set(w.arch->pc, CODE + TRAMPOLINE);
		unwind_stack(w.arch, &w.space, &w.sample, NULL, NULL, &w.result);
		assert_int_equal(w.result.end, UNWIND_NO_PROGRESS);
		assert_true(w.result.n_frames < 100);
		teardown();
	}
}

static void signal_frames_without_known_code_follow_their_cfi(void **state)
{
	(void)state;
	setup(&arch_x86_64);
	w.words[0] =
		CODE + FRAMELESS; /* exact: the function's first byte would be pc - 1 too low */
	w.words[1] = at(10);
	w.words[10] = CODE + FIRST;
	EXPECT(CODE + SIGNAL, UNWIND_COMPLETE, CODE + SIGNAL, CODE + FRAMELESS, CODE + FIRST);
	assert_int_equal(w.frames[1].flags, UNWIND_INTERRUPTED);
}

static void aarch64_leaves_return_through_lr(void **state)
{
	(void)state;
	setup(&arch_aarch64);
	set(X30, 0x00ab000000000000 | (CODE + PUSHED)); /* signed */
	w.words[0] = at(6);
	w.words[1] = 0xffff000000000000 | (CODE + FRAMED);
	w.words[6] = 0;
	w.words[7] = CODE + FIRST;
	EXPECT(CODE + FRAMELESS, UNWIND_COMPLETE, CODE + FRAMELESS, CODE + PUSHED, CODE + FRAMED,
		CODE + FIRST);
}

static void aarch64_lr_is_used_once(void **state)
{
	(void)state;
	setup(&arch_aarch64);
	set(X30, CODE + FRAMELESS + 4);
	EXPECT(CODE + FRAMELESS, UNWIND_BAD_RULE, CODE + FRAMELESS, CODE + FRAMELESS + 4);
}

static void aarch64_frame_records_give_the_cfa_after_a_guess(void **state)
{
	(void)state;
	setup(&arch_aarch64);
	set(X29, at(5));
	w.words[5] = at(20); /* the record of the JIT frame; its caller's sp is not known */
	w.words[6] = CODE + PUSHED;
	w.words[20] = at(40); /* at the bottom of PUSHED's 32 bytes */
	w.words[21] = CODE + PUSHED + 4;
	w.words[24] = 0; /* PUSHED + 4 again: CFA=sp+32, sp=at(24) */
	w.words[25] = CODE + FIRST;
	EXPECT(JIT + 0x100, UNWIND_COMPLETE, JIT + 0x100, CODE + PUSHED, CODE + PUSHED + 4,
		CODE + FIRST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_followed_to_the_first_frame),
		cmocka_unit_test(a_return_address_at_a_functions_end_belongs_to_the_call),
		cmocka_unit_test(zero_ends_a_stack_only_with_a_zero_frame_pointer),
		cmocka_unit_test(zero_does_not_end_a_stack_at_its_leaf),
		cmocka_unit_test(says_why_a_word_is_missing),
		cmocka_unit_test(an_address_without_mapping_ends_the_walk),
		cmocka_unit_test(no_registers_no_stack),
		cmocka_unit_test(endless_stacks_stop_at_the_limit),
		cmocka_unit_test(plt_entries_push_half_way),
		cmocka_unit_test(other_registers_are_followed_exactly),
		cmocka_unit_test(a_register_that_calls_may_change_is_unknown_in_the_caller),
		cmocka_unit_test(jit_frames_are_walked_by_frame_pointer),
		cmocka_unit_test(guesses_are_bounded),
		cmocka_unit_test(a_thread_behind_a_system_call_is_still_in_its_function),
		cmocka_unit_test(a_function_without_rule_does_not_follow_the_one_before),
		cmocka_unit_test(a_leaf_without_rule_returns_to_behind_a_call),
		cmocka_unit_test(a_guess_looks_into_a_module_that_is_not_loaded_yet),
		cmocka_unit_test(an_aarch64_leaf_without_rule_returns_to_who_called_it),
		cmocka_unit_test(the_entry_stub_is_the_first_frame),
		cmocka_unit_test(calls_to_nowhere_are_undone),
		cmocka_unit_test(trampolines_are_known_by_their_code),
		cmocka_unit_test(signal_frames_without_known_code_follow_their_cfi),
		cmocka_unit_test(aarch64_leaves_return_through_lr),
		cmocka_unit_test(aarch64_lr_is_used_once),
		cmocka_unit_test(aarch64_frame_records_give_the_cfa_after_a_guess),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
