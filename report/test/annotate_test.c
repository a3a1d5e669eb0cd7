/*
 * From words to annotated instructions: which functions are meant, which instruction a sample
 * counts for, what is known of it, and what is said where there is no code.
 */
#include "report/test/chain.h"
#include "report/test/annotate_fixture.h"
#include "report/annotate_rows.h"

static const char *const no_dirs[] = { NULL };
static const struct symbol_search no_search = { .debug_dirs = no_dirs };
static const struct annotate_options plain = { .search = &no_search };

static void find(struct annotate_query *q, const struct made *m, const char *words)
{
	struct err err = { 0 };
	assert_false(profile_failed(m->p));
	assert_true(annotate_query_init(q, m->p, 0, &no_search, &err));
	if (!annotate_query_find(q, words, NULL, &err))
		fail_msg("%s", err.text);
}

static void annotate(struct annotation *a, struct annotate_query *q, size_t target)
{
	struct err err = { 0 };
	if (!annotate_init(a, q, &q->targets[target], &plain, &err))
		fail_msg("%s", err.text);
}

static int64_t sum_of(const struct annotation *a)
{
	int64_t sum = a->n_outside;
	for (size_t i = 0; i < a->n_insns; i++)
		sum += a->notes[i].self;
	return sum;
}

static struct made made_of_chain(void)
{
	build_chain();
	return made_new(in_scratch("chain"), "", PROFILE_USER);
}

/* Callers' addresses are inside their call instructions: main calls chain_plain. */
static uint64_t call_of(struct made *m, const char *callee)
{
	struct annotate_query q;
	struct annotation a;
	made_samples(
		m, made_frame(m, PROFILE_NO_STACK, "main", address_of("chain", "main"), false), 1);
	find(&q, m, "main");
	annotate(&a, &q, 0);
	uint64_t vaddr = 0;
	for (size_t i = 0; i < a.n_insns; i++)
		if (a.notes[i].target_name && !strcmp(a.notes[i].target_name, callee))
			vaddr = a.insns[i].vaddr + a.insns[i].size_bytes - 1;
	annotate_fini(&a);
	annotate_query_fini(&q);
	assert_int_not_equal(vaddr, 0);
	return vaddr;
}

static void every_sample_counts_for_one_instruction(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	struct made m = made_of_chain();
	uint64_t start = address_of("chain", "chain_plain");
	for (uint64_t off = 0; off < 4; off++) /* the middle of instructions, too */
		made_samples(&m,
			made_frame(&m, PROFILE_NO_STACK, "chain_plain", start + off, false),
			10 + (int64_t)off);
	find(&q, &m, "chain_plain");
	assert_int_equal(q.n_targets, 1);
	assert_int_equal(q.fit, FIT_EXACT);
	assert_int_equal(q.targets[0].self, 46);
	annotate(&a, &q, 0);
	assert_null(a.no_code);
	assert_int_equal(a.start, start);
	assert_true(a.n_insns >= 3);
	assert_int_equal(sum_of(&a), 46);
	assert_int_equal(a.n_outside, 0);
	size_t hot[5];
	size_t n = annotate_hottest(&a, 5, hot);
	assert_true(n >= 1 && n <= 4);
	for (size_t i = 1; i < n; i++)
		assert_true(a.notes[hot[i - 1]].self >= a.notes[hot[i]].self);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void a_call_has_what_it_calls_in_its_total_once(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	struct made m = made_of_chain();
	uint64_t call = call_of(&m, "chain_plain");
	uint64_t plain_at = address_of("chain", "chain_plain");
	uint32_t outer = made_frame(&m, PROFILE_NO_STACK, "main", call, false);
	uint32_t leaf = made_frame(&m, outer, "chain_plain", plain_at, false);
	made_samples(&m, leaf, 7);
	uint32_t again = made_frame(&m, leaf, "main", call, false);
	made_samples(&m, made_frame(&m, again, "chain_plain", plain_at, false), 5);
	find(&q, &m, "main");
	assert_int_equal(q.targets[0].self, 1); /* by call_of */
	assert_int_equal(q.targets[0].total, 13);
	annotate(&a, &q, 0);
	size_t at = insn_find(a.insns, a.n_insns, call);
	assert_true(at < a.n_insns);
	assert_int_equal(a.insns[at].flow, INSN_CALL);
	assert_int_equal(a.notes[at].self, 0);
	assert_int_equal(a.notes[at].total, 12);
	assert_string_equal(a.notes[at].target_name, "chain_plain");
	assert_int_equal(a.notes[at].target_off, 0);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void a_stub_is_named_for_what_it_calls(void **state)
{
	(void)state;
	struct made m = made_of_chain();
	assert_int_not_equal(call_of(&m, "printf@plt"), 0);
	profile_free(m.p);
}

/* chain_inner and chain_middle have no bodies: their instructions are in chain_top. */
static void an_inlined_function_is_marked_in_what_contains_it(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	struct made m = made_of_chain();
	uint64_t top = address_of("chain", "chain_top");
	uint32_t outer = made_frame(&m, PROFILE_NO_STACK, "chain_top", top + 4, false);
	uint32_t middle = made_frame(&m, outer, "chain_middle", top + 4, true);
	made_samples(&m, made_frame(&m, middle, "chain_inner", top + 4, true), 9);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "chain_top", top, false), 2);
	find(&q, &m, "chain_inner");
	assert_int_equal(q.n_targets, 1);
	assert_int_equal(q.targets[0].asked, 9);
	assert_int_equal(q.targets[0].self, 11);
	annotate(&a, &q, 0);
	assert_string_equal(a.name, "chain_top");
	assert_string_equal(a.asked, "chain_inner");
	assert_int_equal(sum_of(&a), 11);
	size_t n_asked = 0;
	for (size_t i = 0; i < a.n_insns; i++) {
		const struct annotated_insn *note = &a.notes[i];
		bool is_inner = note->n_frames == 3;
		assert_int_equal(note->is_asked, is_inner);
		n_asked += is_inner;
		if (is_inner)
			assert_string_equal(annotate_frame_name(&note->frames[0]), "chain_inner");
	}
	assert_true(n_asked >= 4);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void lines_are_summed(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	struct made m = made_of_chain();
	uint64_t top = address_of("chain", "chain_top");
	for (uint64_t off = 0; off < 10; off++)
		made_samples(
			&m, made_frame(&m, PROFILE_NO_STACK, "chain_top", top + off, false), 1);
	find(&q, &m, "chain_top");
	annotate(&a, &q, 0);
	assert_true(a.has_lines);
	assert_true(a.n_lines >= 2);
	int64_t sum = 0;
	bool has_inner = false;
	for (size_t i = 0; i < a.n_lines; i++) {
		sum += a.lines[i].self;
		has_inner |= a.lines[i].line == marked_line("inner") &&
			!strcmp(a.lines[i].function, "chain_inner");
		if (i)
			assert_true(a.lines[i - 1].self >= a.lines[i].self);
	}
	assert_int_equal(sum, 10);
	assert_true(has_inner);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void a_name_is_found_however_it_is_written(void **state)
{
	static const struct {
		const char *words;
		enum annotate_fit fit;
		size_t n;
	} cases[] = {
		{ "chain_top", FIT_EXACT, 1 },
		{ "chain:chain_top", FIT_EXACT, 1 },
		{ "chain_", FIT_PART, 2 },
		{ "^chain_(top|plain)$", FIT_PART, 2 },
		{ "plain", FIT_PART, 1 },
	};
	(void)state;
	struct made m = made_of_chain();
	made_samples(&m,
		made_frame(
			&m, PROFILE_NO_STACK, "chain_top", address_of("chain", "chain_top"), false),
		3);
	made_samples(&m,
		made_frame(&m, PROFILE_NO_STACK, "chain_plain", address_of("chain", "chain_plain"),
			false),
		4);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct annotate_query q;
		find(&q, &m, cases[i].words);
		assert_int_equal(q.fit, cases[i].fit);
		assert_int_equal(q.n_targets, cases[i].n);
		if (cases[i].n == 2)
			assert_true(q.targets[0].asked == 4 && q.targets[1].asked == 3);
		annotate_query_fini(&q);
	}
	profile_free(m.p);
}

static void what_is_not_there_is_said(void **state)
{
	static const struct {
		const char *words, *message;
	} cases[] = {
		{ "nothing_like_it", "no function with samples fits 'nothing_like_it'" },
		{ "chian_top", "did you mean 'chain_top'?" },
		{ "libc:chain_top", "no function with samples fits" },
		{ "chain_top@0x1", "no function with samples fits" },
	};
	(void)state;
	struct made m = made_of_chain();
	made_samples(&m,
		made_frame(
			&m, PROFILE_NO_STACK, "chain_top", address_of("chain", "chain_top"), false),
		3);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct annotate_query q;
		struct err err = { 0 };
		assert_true(annotate_query_init(&q, m.p, 0, &no_search, &err));
		assert_false(annotate_query_find(&q, cases[i].words, NULL, &err));
		assert_non_null(strstr(err.text, cases[i].message));
		annotate_query_fini(&q);
	}
	profile_free(m.p);
}

/* Two static functions of one name, and the parts that the compiler splits off. */
static void functions_of_one_name_are_told_apart(void **state)
{
	struct annotate_query q;
	char words[64];
	(void)state;
	RUN_OR_SKIP("gcc",
		"cd $D && for n in 1 2; do printf 'static __attribute__((noinline)) int same(int "
		"x) "
		"{ __asm__ volatile(\"\"); return x * %%d; }\\nint use%%d(int x) "
		"{ return same(x) + 1; }\\n' $((n + 3)) $n >s$n.c; done && "
		"printf 'int use1(int), use2(int); int main(int c, char **v) "
		"{ (void)v; return use1(c) + use2(c); }' >m.c && gcc -O2 -g -o twins s1.c s2.c "
		"m.c");
	struct made m = made_new(in_scratch("twins"), "", PROFILE_USER);
	char command[512];
	unsigned long long at[2] = { 0, 0 };
	snprintf(command, sizeof(command), "nm %s | grep -w same", in_scratch("twins"));
	FILE *nm = popen(command, "r");
	assert_int_equal(fscanf(nm, "%llx t same\n%llx", &at[0], &at[1]), 2);
	pclose(nm);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "same", at[0], false), 3);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "same", at[1], false), 5);
	find(&q, &m, "same");
	assert_int_equal(q.n_targets, 2);
	assert_int_equal(q.targets[0].body.start, at[1]);
	assert_int_equal(q.targets[0].self, 5);
	assert_int_equal(q.targets[1].self, 3);
	annotate_query_fini(&q);
	snprintf(words, sizeof(words), "same@0x%llx", at[0]);
	find(&q, &m, words);
	assert_int_equal(q.n_targets, 1);
	assert_int_equal(q.targets[0].self, 3);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void assert_no_code(struct made m, const char *words, const char *why)
{
	struct annotate_query q;
	struct annotation a;
	uint32_t stack = made_frame(&m, PROFILE_NO_STACK, "f", 0x1000, false);
	made_samples(&m, stack, 3);
	made_samples(&m, made_frame(&m, stack, "f", 0x1008, false), 4);
	find(&q, &m, words);
	annotate(&a, &q, 0);
	assert_non_null(a.no_code);
	if (!strstr(a.no_code, why))
		fail_msg("'%s' lacks '%s'", a.no_code, why);
	assert_int_equal(a.n_insns, 2);
	assert_int_equal(a.insns[0].vaddr, 0x1000);
	assert_int_equal(a.notes[0].self, 3);
	assert_int_equal(a.notes[0].total, 7);
	assert_int_equal(a.notes[1].self, 4);
	assert_int_equal(sum_of(&a), 7);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void without_code_the_addresses_are_counted(void **state)
{
	(void)state;
	build_chain();
	assert_no_code(made_new("[kernel]", "", PROFILE_KERNEL), "f", "kernel");
	assert_no_code(made_new("//anon", "", PROFILE_JIT), "f", "generated at run time");
	assert_no_code(made_new("/nonexistent/x", "", PROFILE_USER), "f", "No such file");
	assert_no_code(made_new(in_scratch("chain"), "0123456789abcdef", PROFILE_USER), "f",
		"build-id differs");
	assert_no_code(made_new("[vdso]", "00", PROFILE_LIBRARY), "f", "vdso");
	assert_no_code(made_new("", "", PROFILE_OTHER), "f", "no file");
}

/* A debug file has the sections' headers but not their bytes. */
static void a_debug_file_has_no_code(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	build_chain();
	RUN_OR_SKIP("objcopy", "objcopy --only-keep-debug $D/chain $D/only.debug");
	struct made m = made_new(in_scratch("only.debug"), "", PROFILE_USER);
	made_samples(&m,
		made_frame(
			&m, PROFILE_NO_STACK, "chain_top", address_of("chain", "chain_top"), false),
		3);
	find(&q, &m, "chain_top");
	annotate(&a, &q, 0);
	assert_non_null(a.no_code);
	assert_int_equal(sum_of(&a), 3);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

/* The unwind information tells where functions begin and end. */
static void stripped_code_is_annotated_by_its_unwind_table(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	build_chain();
	RUN_OR_SKIP("strip", "strip -s -o $D/bare $D/chain");
	uint64_t top = address_of("chain", "chain_top");
	struct made m = made_new(in_scratch("bare"), "", PROFILE_USER);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "[bare+0x1]", top + 1, false), 3);
	find(&q, &m, "[bare+0x1]");
	annotate(&a, &q, 0);
	assert_null(a.no_code);
	assert_int_equal(a.start, top);
	assert_int_equal(a.insns[a.n_insns - 1].flow, INSN_RETURN);
	assert_int_equal(sum_of(&a), 3);
	assert_false(a.has_lines);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

/* A function f of that many nops and a return. */
static bool build_nops(const char *name, unsigned n)
{
	return run("cd $D && printf '.globl main, f\\n.type f,@function\\nmain: ret\\nf: .skip %u, "
		   "0x90\\nret\\n.size f,.-f\\n' >%s.s && gcc -o %s %s.s",
		n, name, name, name);
}

static void a_huge_function_is_cut_and_nothing_is_lost(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	if (!build_nops("huge", 3000000))
		SKIP("gcc");
	uint64_t start = address_of("huge", "f");
	struct made m = made_new(in_scratch("huge"), "", PROFILE_USER);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "f", start, false), 3);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "f", start + 2999999, false), 4);
	find(&q, &m, "f");
	annotate(&a, &q, 0);
	assert_int_equal(a.n_insns, ANNOTATE_MAX_BYTES);
	assert_int_equal(a.n_bytes_left_out, 3000001 - ANNOTATE_MAX_BYTES);
	assert_int_equal(a.n_outside, 4);
	assert_int_equal(sum_of(&a), 7);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

static void aarch64_programs_are_annotated(void **state)
{
	struct annotate_query q;
	struct annotation a;
	(void)state;
	NEED("aarch64-linux-gnu-gcc");
	RUN_OR_SKIP(
		"aarch64-linux-gnu-gcc", "aarch64-linux-gnu-gcc -O2 -g -o $D/chain64 $P/chain.c");
	uint64_t top = address_of("chain64", "chain_top");
	struct made m = made_new(in_scratch("chain64"), "", PROFILE_USER);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "chain_top", top + 4, false), 3);
	find(&q, &m, "chain_top");
	annotate(&a, &q, 0);
	assert_null(a.no_code);
	assert_ptr_equal(a.arch, &arch_aarch64);
	assert_int_equal(a.notes[1].self, 3);
	assert_int_equal(a.n_undecoded, 0);
	assert_string_equal(a.insns[a.n_insns - 1].mnemonic, "ret");
	assert_true(a.has_lines);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

/* Rows: instructions rise, every one that was sampled has a row, and with --full all have. */
static void rows_leave_out_what_is_cold(void **state)
{
	struct annotate_query q;
	struct annotation a;
	struct annotate_rows rows;
	struct source_files sources;
	struct err err = { 0 };
	const struct source_search nowhere = { 0 };
	(void)state;
	if (!build_nops("long", 1000))
		SKIP("gcc");
	uint64_t start = address_of("long", "f");
	struct made m = made_new(in_scratch("long"), "", PROFILE_USER);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "f", start + 500, false), 99);
	made_samples(&m, made_frame(&m, PROFILE_NO_STACK, "f", start + 900, false), 1);
	find(&q, &m, "f");
	annotate(&a, &q, 0);
	source_files_init(&sources, &nowhere);
	static const struct {
		struct annotate_look look;
		size_t n_insns, n_folded;
	} cases[] = {
		{ { .full = true }, 1001, 0 },
		{ { .min_percent = 0 }, 19, 982 },
		{ { .min_percent = 50 }, 10, 991 },
		{ { .min_percent = 100 }, 1001, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n_insns = 0, n_folded = 0;
		assert_true(annotate_rows_init(&rows, &a, &sources, &cases[i].look, &err));
		for (size_t k = 0; k < rows.n; k++) {
			n_insns += rows.v[k].kind == ROW_INSN;
			n_folded += rows.v[k].n_folded;
		}
		assert_int_equal(n_insns, cases[i].n_insns);
		assert_int_equal(n_folded, cases[i].n_folded);
		annotate_rows_fini(&rows);
	}
	source_files_fini(&sources);
	annotate_fini(&a);
	annotate_query_fini(&q);
	profile_free(m.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_counts_for_one_instruction),
		cmocka_unit_test(a_call_has_what_it_calls_in_its_total_once),
		cmocka_unit_test(a_stub_is_named_for_what_it_calls),
		cmocka_unit_test(an_inlined_function_is_marked_in_what_contains_it),
		cmocka_unit_test(lines_are_summed),
		cmocka_unit_test(a_name_is_found_however_it_is_written),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(functions_of_one_name_are_told_apart),
		cmocka_unit_test(without_code_the_addresses_are_counted),
		cmocka_unit_test(a_debug_file_has_no_code),
		cmocka_unit_test(stripped_code_is_annotated_by_its_unwind_table),
		cmocka_unit_test(a_huge_function_is_cut_and_nothing_is_lost),
		cmocka_unit_test(aarch64_programs_are_annotated),
		cmocka_unit_test(rows_leave_out_what_is_cold),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
