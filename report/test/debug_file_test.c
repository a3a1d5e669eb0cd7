/*
 * Debug information in other files: found where it should be, and refused when it is another's.
 */
#include "report/test/chain.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_dwz_moved_to_a_common_file_is_found),
		cmocka_unit_test(a_common_file_that_differs_is_refused),
		cmocka_unit_test(a_debug_file_is_found_by_build_id),
		cmocka_unit_test(a_debug_file_with_another_build_id_is_refused),
		cmocka_unit_test(a_debug_file_is_found_by_its_link),
		cmocka_unit_test(a_debug_file_whose_crc_differs_is_refused),
		cmocka_unit_test(a_linked_file_with_another_build_id_is_refused),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
