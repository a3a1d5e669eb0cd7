/*
 * Answers for one known program, built in all the ways that change where its symbols are and how
 * they are written: DWARF versions, compilers, compression, dwz, separate files, linking modes.
 */
#include "report/test/tools.h"

static uint64_t address_of(const char *file, const char *symbol)
{
	char command[512];
	unsigned long long vaddr = 0;
	snprintf(command, sizeof(command), "nm %s | grep -w '%s$'", in_scratch(file), symbol);
	FILE *nm = popen(command, "r");
	if (fscanf(nm, "%llx", &vaddr) != 1)
		fail_msg("%s has no symbol %s", file, symbol);
	pclose(nm);
	return vaddr;
}

/* The number of the line in chain.c that says "mark: what". */
static uint32_t marked_line(const char *what)
{
	char line[512], mark[64];
	FILE *source = fopen(PROGRAMS "chain.c", "r");
	uint32_t found = 0;
	assert_non_null(source);
	snprintf(mark, sizeof(mark), "/* mark: %s */", what);
	for (uint32_t n = 1; !found && fgets(line, sizeof(line), source); n++)
		if (strstr(line, mark))
			found = n;
	fclose(source);
	assert_int_not_equal(found, 0);
	return found;
}

static void assert_frame(
	const struct symbol_frame *frame, const char *name, const char *what, bool is_inlined)
{
	assert_string_equal(or_unknown(frame->raw_name), name);
	assert_string_equal(basename(or_unknown(frame->file)), "chain.c");
	assert_int_equal(frame->file[0], '/');
	assert_int_equal(frame->line, marked_line(what));
	assert_int_equal(frame->is_inlined, is_inlined);
}

/* Asks from vaddr on until the innermost line is the marked one. */
static const struct symbol_answer *ask_for_line(struct module *m, uint64_t vaddr, const char *what)
{
	for (uint64_t off = 0; off < 64; off++) {
		const struct symbol_answer *a = ask(m, vaddr + off);
		if (a->n_frames && a->frames[0].line == marked_line(what))
			return a;
	}
	fail_msg("no code for '%s'", what);
	return NULL;
}

static void assert_plain_function(struct module *m, uint64_t chain_plain)
{
	const struct symbol_answer *a = ask_for_line(m, chain_plain, "plain");
	assert_int_equal(a->n_frames, 1);
	assert_frame(&a->frames[0], "chain_plain", "plain", false);
}

static void assert_inlined_chain(struct module *m, uint64_t chain_top)
{
	const struct symbol_answer *a = ask_for_line(m, chain_top, "inner");
	assert_int_equal(a->n_frames, 3);
	assert_frame(&a->frames[0], "chain_inner", "inner", true);
	assert_frame(&a->frames[1], "chain_middle", "middle calls inner", true);
	assert_frame(&a->frames[2], "chain_top", "top calls middle", false);
}

static void assert_full_answers(const char *name, const char *with_symbols)
{
	struct module m = open_module(name);
	const struct symbol_notes *notes = symbol_source_notes(m.source);
	if (notes->problem)
		fail_msg("%s: %s", name, notes->problem);
	assert_true(notes->has_debug_info);
	assert_true(notes->has_symbols);
	assert_plain_function(&m, address_of(with_symbols, "chain_plain"));
	assert_inlined_chain(&m, address_of(with_symbols, "chain_top"));
	close_module(&m);
}

static void assert_only_the_name(const char *name, const char *with_symbols)
{
	struct module m = open_module(name);
	const struct symbol_answer *a = ask(&m, address_of(with_symbols, "chain_plain") + 1);
	assert_int_equal(a->n_frames, 1);
	assert_string_equal(a->frames[0].raw_name, "chain_plain");
	assert_null(a->frames[0].file);
	assert_false(symbol_source_notes(m.source)->has_debug_info);
	close_module(&m);
}

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
		if (!run("%s -o $D/built $P/chain.c", builds[i].command)) {
			fprintf(stderr, "SKIPPED: '%s' does not build\n", builds[i].command);
			continue;
		}
		fprintf(stderr, "built by %s\n", builds[i].command);
		assert_full_answers("built", "built");
	}
}

static void build_chain(void)
{
	if (!run("gcc -O2 -g -Wl,--build-id -o $D/chain $P/chain.c"))
		SKIP("gcc");
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

static void what_dwz_moved_to_a_common_file_is_found(void **state)
{
	(void)state;
	NEED("dwz");
	build_chain();
	RUN_OR_SKIP("dwz",
		"cp $D/chain $D/a; cp $D/chain $D/b; mkdir -p $D/.dwz; "
		"dwz -r -m $D/.dwz/common $D/a $D/b && readelf -S $D/a | grep gnu_debugaltlink");
	assert_full_answers("a", "chain");
	assert_true(run("rm -r $D/.dwz"));
}

static void a_common_file_that_differs_is_refused(void **state)
{
	(void)state;
	NEED("dwz");
	build_chain();
	RUN_OR_SKIP("dwz",
		"cp $D/chain $D/a; cp $D/chain $D/b; mkdir -p $D/.dwz; "
		"dwz -r -m $D/.dwz/common $D/a $D/b && cp $D/chain $D/.dwz/common");
	struct module m = open_module("a");
	assert_non_null(strstr(symbol_source_notes(m.source)->problem, "build-id differs"));
	const struct symbol_answer *a = ask(&m, address_of("chain", "chain_plain"));
	assert_string_equal(a->frames[0].raw_name, "chain_plain");
	close_module(&m);
	assert_true(run("rm -r $D/.dwz"));
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

/* Makes stripped and chain.debug, without the debug file in its place. */
static void build_stripped(const char *options)
{
	if (!run("gcc -O2 -g %s -o $D/chain $P/chain.c && rm -rf $D/debug $D/.debug $D/*.debug && "
		 "objcopy --only-keep-debug $D/chain $D/kept && "
		 "strip -s $D/chain -o $D/stripped",
		    options))
		SKIP("gcc and binutils");
}

#define BUILD_ID_PATH                                        \
	"$D/debug/.build-id/$(readelf -n $D/chain | sed -n " \
	"'s/.*Build ID: \\(..\\)\\(.*\\)/\\1\\/\\2/p').debug"
#define ADD_LINK "(cd $D && cp kept x.debug && objcopy --add-gnu-debuglink=x.debug stripped linked)"

static void a_debug_file_is_found_by_build_id(void **state)
{
	(void)state;
	build_stripped("-Wl,--build-id");
	assert_true(run("p=" BUILD_ID_PATH "; mkdir -p $(dirname $p) && cp $D/kept $p"));
	assert_full_answers("stripped", "chain");
}

static void a_debug_file_with_another_build_id_is_refused(void **state)
{
	(void)state;
	build_stripped("-Wl,--build-id");
	assert_true(run("p=" BUILD_ID_PATH "; mkdir -p $(dirname $p) && "
			"gcc -g -O1 -Wl,--build-id -o $D/other $P/chain.c && cp $D/other $p"));
	struct module m = open_module("stripped");
	const struct symbol_notes *notes = symbol_source_notes(m.source);
	assert_false(notes->has_debug_info);
	assert_null(notes->debug_file);
	assert_non_null(strstr(notes->problem, "build-id differs"));
	assert_int_equal(ask(&m, address_of("chain", "chain_plain"))->n_frames, 0);
	close_module(&m);
}

static const char *const link_places[] = {
	"mv $D/x.debug $D/x.tmp && mv $D/x.tmp $D/x.debug",
	"mkdir -p $D/.debug && mv $D/x.debug $D/.debug/",
	"mkdir -p $D/debug$D && mv $D/x.debug $D/debug$D/",
};

static void a_debug_file_is_found_by_its_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(link_places); i++) {
		build_stripped("-Wl,--build-id=none");
		assert_true(run(ADD_LINK));
		assert_true(run("%s", link_places[i]));
		assert_full_answers("linked", "chain");
	}
	assert_true(run("rm -rf $D/debug"));
}

static void a_debug_file_whose_crc_differs_is_refused(void **state)
{
	(void)state;
	build_stripped("-Wl,--build-id=none");
	assert_true(run(ADD_LINK " && echo >>$D/x.debug"));
	struct module m = open_module("linked");
	assert_non_null(strstr(symbol_source_notes(m.source)->problem, "CRC differs"));
	assert_false(symbol_source_notes(m.source)->has_debug_info);
	close_module(&m);
}

static void a_linked_file_with_another_build_id_is_refused(void **state)
{
	(void)state;
	build_stripped("-Wl,--build-id");
	assert_true(run(ADD_LINK " && gcc -g -O1 -Wl,--build-id -o $D/x.debug $P/chain.c"));
	struct module m = open_module("linked");
	assert_non_null(strstr(symbol_source_notes(m.source)->problem, "build-id differs"));
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
		cmocka_unit_test(what_dwz_moved_to_a_common_file_is_found),
		cmocka_unit_test(a_common_file_that_differs_is_refused),
		cmocka_unit_test(mini_debug_info_names_functions),
		cmocka_unit_test(damaged_mini_debug_info_is_a_problem),
		cmocka_unit_test(a_debug_file_is_found_by_build_id),
		cmocka_unit_test(a_debug_file_with_another_build_id_is_refused),
		cmocka_unit_test(a_debug_file_is_found_by_its_link),
		cmocka_unit_test(a_debug_file_whose_crc_differs_is_refused),
		cmocka_unit_test(a_linked_file_with_another_build_id_is_refused),
		cmocka_unit_test(a_missing_dwo_is_a_problem_and_costs_only_inlines),
		cmocka_unit_test(plt_stubs_are_named_after_what_they_call),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
