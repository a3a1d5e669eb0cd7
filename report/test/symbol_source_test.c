/*
 * Answers for one known program, built in all the ways that change where its symbols are and how
 * they are written: DWARF versions, compilers, compression, linking modes.
 */
#include "report/test/chain.h"

static const struct {
	const char *tool, *command;
} builds[] = {
	{ "gcc", "gcc -O2 -gdwarf-5" },
	{ "gcc", "gcc -O2 -gdwarf-4" },
	{ "gcc", "gcc -O2 -gdwarf-3 -gstrict-dwarf" },
	{ "gcc", "gcc -O0 -g" },
	{ "gcc", "gcc -O2 -g -fno-asynchronous-unwind-tables -gdwarf64" },
	{ "gcc", "gcc -O2 -g -static" },
	{ "gcc", "gcc -O2 -g -static-pie" },
	{ "gcc", "gcc -O2 -g -no-pie" },
	{ "gcc", "gcc -O2 -g -flto" },
	{ "gcc", "gcc -O2 -gsplit-dwarf -gdwarf-5" },
	{ "gcc", "gcc -O2 -gsplit-dwarf -gdwarf-4" },
	{ "gcc", "gcc -O2 -g -gz=zlib" },
	{ "gcc", "gcc -O2 -g -gz=zlib-gnu" },
	{ "gcc", "gcc -O2 -g -ffunction-sections -Wl,--gc-sections" },
	{ "gcc", "gcc -O2 -gdwarf-4 -ffunction-sections -Wl,--gc-sections" },
	{ "clang", "clang -O2 -gdwarf-5" },
	{ "clang", "clang -O2 -gdwarf-4" },
	{ "clang", "clang -O2 -gdwarf-5 -gsplit-dwarf" },
	{ "clang", "clang -O2 -gdwarf-4 -gsplit-dwarf" },
	{ "clang", "clang -O2 -g -ffunction-sections -Wl,--gc-sections" },
	{ "ld.lld", "clang -O2 -g -fuse-ld=lld -ffunction-sections -Wl,--gc-sections" },
	{ "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-gcc -O2 -g" },
	{ "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-gcc -O2 -g -static" },
};

static void every_way_to_build_gives_the_same_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		if (!have(builds[i].tool)) {
			fprintf(stderr, "SKIPPED: '%s': needs %s\n", builds[i].command,
				builds[i].tool);
			continue;
		}
		/* There, because clang leaves the .dwo file where it was called. */
		if (!run("source=$(realpath $P/chain.c) && cd $D && %s -o built $source",
			    builds[i].command)) {
			fprintf(stderr, "SKIPPED: '%s' does not build\n", builds[i].command);
			continue;
		}
		fprintf(stderr, "built by %s\n", builds[i].command);
		assert_full_answers("built", "built");
	}
}

static void zstd_compressed_sections_are_read(void **state)
{
	(void)state;
	build_chain();
	RUN_OR_SKIP("objcopy with zstd",
		"objcopy --compress-debug-sections=zstd $D/chain $D/zstd && readelf -t $D/zstd | "
		"grep ZSTD");
	assert_full_answers("zstd", "chain");
}

static void mini_debug_info_names_functions(void **state)
{
	(void)state;
	NEED("xz");
	build_chain();
	RUN_OR_SKIP("objcopy",
		"objcopy --only-keep-debug --remove-section .debug_* $D/chain $D/mini && "
		"xz -k -f $D/mini && strip -s $D/chain -o $D/stripped && "
		"objcopy --add-section .gnu_debugdata=$D/mini.xz $D/stripped $D/with_mini");
	assert_only_the_name("with_mini", "chain");
}

static void damaged_mini_debug_info_is_a_problem(void **state)
{
	(void)state;
	build_chain();
	RUN_OR_SKIP("objcopy",
		"head -c 300 /dev/zero >$D/zeros; strip -s $D/chain -o $D/stripped && "
		"objcopy --add-section .gnu_debugdata=$D/zeros $D/stripped $D/damaged");
	struct module m = open_module("damaged");
	assert_non_null(strstr(symbol_source_notes(m.source)->problem, ".gnu_debugdata"));
	close_module(&m);
}

/* Without split debug information the symbol table still names the function. */
static void a_missing_dwo_is_a_problem_and_costs_only_inlines(void **state)
{
	(void)state;
	RUN_OR_SKIP("gcc",
		"cp $P/chain.c $D/split.c && cd $D && "
		"gcc -O2 -gsplit-dwarf -gdwarf-5 -c split.c && "
		"gcc -o split split.o && rm *.dwo");
	struct module m = open_module("split");
	const struct symbol_answer *a =
		ask_for_line(&m, address_of("split", "chain_plain"), "plain");
	assert_int_equal(a->n_frames, 1);
	assert_string_equal(a->frames[0].raw_name, "chain_plain");
	assert_non_null(strstr(symbol_source_notes(m.source)->problem, ".dwo"));
	close_module(&m);
}

static void a_function_in_a_function_is_found(void **state)
{
	(void)state;
	RUN_OR_SKIP("gcc", "gcc -O1 -g -o $D/nested $P/nested.c");
	struct module m = open_module("nested");
	const struct symbol_answer *a = ask(&m, address_of("nested", "inner.0"));
	assert_int_equal(a->n_frames, 1);
	assert_string_equal(a->frames[0].raw_name, "inner");
	assert_int_not_equal(a->frames[0].line, 0);
	close_module(&m);
}

/* What others call a function by comes before what its library calls it; with debug information or
 * without, stripped or not. */
static void a_function_has_the_name_that_others_know(void **state)
{
	static const struct {
		const char *symbol, *name;
	} names[] = {
		{ "take", "take" },
		{ "give", "give_everything" },
		{ "__start", "__start" },
		{ "__hidden", "__hidden" },
	};
	(void)state;
	RUN_OR_SKIP("gcc", "gcc -O1 -g -fPIC -shared -o $D/aliases $P/aliases.c");
	struct module m = open_module("aliases");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct symbol_answer *a = ask(&m, address_of("aliases", names[i].symbol));
		assert_int_equal(a->n_frames, 1);
		assert_string_equal(a->frames[0].raw_name, names[i].name);
		assert_int_not_equal(a->frames[0].line, 0);
	}
	close_module(&m);
	RUN_OR_SKIP("strip", "strip -s -o $D/aliases_stripped $D/aliases");
	m = open_module("aliases_stripped");
	assert_string_equal(ask(&m, address_of("aliases", "take"))->frames[0].raw_name, "take");
	close_module(&m);
}

static bool function_has_inlined(struct module *m, uint64_t vaddr, const char *name)
{
	for (uint64_t off = 0; off < 32; off++) {
		const struct symbol_answer *a = ask(m, vaddr + off);
		if (a->n_frames == 2 && !strcmp(or_unknown(a->frames[0].raw_name), name))
			return true;
	}
	return false;
}

static void lambdas_are_told_apart_by_their_lines(void **state)
{
	(void)state;
	RUN_OR_SKIP("g++", "g++ -O2 -g -o $D/lambdas $P/lambdas.cc");
	struct module m = open_module("lambdas");
	uint64_t vaddr = address_of("lambdas", "with_lambdas");
	assert_true(function_has_inlined(&m, vaddr, "with_lambdas::{lambda:7}::operator()"));
	assert_true(function_has_inlined(&m, vaddr, "with_lambdas::{lambda:8}::operator()"));
	close_module(&m);
}

static const char *const plt_builds[] = {
	"gcc -O1 -Wl,-z,lazy -fcf-protection=none",
	"gcc -O1 -Wl,-z,now -fcf-protection=none",
	"gcc -O1 -Wl,-z,lazy -fcf-protection -Wl,-z,ibtplt",
	"gcc -O1 -Wl,-z,now -fcf-protection -Wl,-z,ibtplt",
	"gcc -O1 -no-pie -Wl,-z,lazy",
	"clang -O1",
	"clang -O1 -fuse-ld=lld",
	"aarch64-linux-gnu-gcc -O1 -Wl,-z,lazy",
	"aarch64-linux-gnu-gcc -O1 -Wl,-z,now",
	"aarch64-linux-gnu-gcc -O1 -mbranch-protection=standard -Wl,-z,force-bti",
};

/* binutils writes "call 1040 <puts@plt>": its names are the expected ones. */
static uint64_t called_stub(const char *objdump, const char *name)
{
	char command[512];
	unsigned long long vaddr = 0;
	snprintf(command, sizeof(command),
		"%s -d %s | sed -n 's/.*\\(call\\|bl\\|jmp\\|b\\)[ \\t]*\\([0-9a-f]*\\) "
		"<%s@plt>/\\2/p'",
		objdump, in_scratch("plt"), name);
	FILE *out = popen(command, "r");
	if (fscanf(out, "%llx", &vaddr) != 1)
		vaddr = 0;
	pclose(out);
	return vaddr;
}

static void plt_stubs_are_named_after_what_they_call(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plt_builds); i++) {
		bool is_arm = strstr(plt_builds[i], "aarch64") != NULL;
		const char *objdump = is_arm ? "aarch64-linux-gnu-objdump" : "objdump";
		if (!run("%s -o $D/plt $P/chain.c", plt_builds[i])) {
			fprintf(stderr, "SKIPPED: '%s' does not build\n", plt_builds[i]);
			continue;
		}
		uint64_t stub = called_stub(objdump, "puts");
		fprintf(stderr, "built by %s: puts@plt at %llx\n", plt_builds[i],
			(unsigned long long)stub);
		assert_int_not_equal(stub, 0);
		struct module m = open_module("plt");
		for (uint64_t off = 0; off < 8; off += 4) {
			const struct symbol_answer *a = ask(&m, stub + off);
			assert_int_equal(a->n_frames, 1);
			assert_string_equal(a->frames[0].raw_name, "puts@plt");
		}
		close_module(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_build_gives_the_same_answers),
		cmocka_unit_test(zstd_compressed_sections_are_read),
		cmocka_unit_test(mini_debug_info_names_functions),
		cmocka_unit_test(damaged_mini_debug_info_is_a_problem),
		cmocka_unit_test(a_missing_dwo_is_a_problem_and_costs_only_inlines),
		cmocka_unit_test(a_function_in_a_function_is_found),
		cmocka_unit_test(a_function_has_the_name_that_others_know),
		cmocka_unit_test(lambdas_are_told_apart_by_their_lines),
		cmocka_unit_test(plt_stubs_are_named_after_what_they_call),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
