/* Whose kernel it was: the build, where it lay, and what the file does not tell. */
#include "report/perf_kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>

static struct perf_kernel kernel_at(const char *path, uint64_t address)
{
	struct perf_kernel kernel = { 0 };
	const struct trace_mmap mmap = { .path = path, .file_off = address };
	perf_kernel_note(&kernel, &mmap);
	return kernel;
}

static void the_symbol_that_tells_the_place_is_found(void **state)
{
	(void)state;
	struct perf_kernel k = kernel_at("[kernel.kallsyms]_stext", 0xffffffff81000000);
	assert_string_equal(k.symbol, "_stext");
	assert_int_equal(k.address, 0xffffffff81000000);
	assert_string_equal(kernel_at("[kernel.kallsyms]", 1).symbol, "");
	assert_string_equal(kernel_at("[ext4]", 1).symbol, "");
	assert_string_equal(
		kernel_at("[kernel.kallsyms]_a_symbol_that_no_kernel_ever_had", 1).symbol, "");
}

static void what_the_file_does_not_tell_is_said(void **state)
{
	struct perf_header h = { 0 };
	const char *why;
	(void)state;
	struct perf_kernel nowhere = { 0 }, somewhere = kernel_at("[kernel.kallsyms]_text", 1);
	assert_false(perf_kernel_is_ours(&nowhere, &h, &why));
	assert_non_null(strstr(why, "where the kernel lay"));
	assert_false(perf_kernel_is_ours(&somewhere, &h, &why));
	assert_non_null(strstr(why, "which kernel was recorded"));
}

static void another_build_is_not_ours(void **state)
{
	struct utsname name;
	const char *why;
	(void)state;
	uname(&name);
	struct perf_kernel k = kernel_at("[kernel.kallsyms]_text", 1);
	struct perf_build_id id = { .path = "[kernel.kallsyms]", .is_kernel = true };
	id.id = (struct build_id){ .bytes = "not this kernel", .len = 20 };
	/* The build-id decides, whatever the host is called. */
	struct perf_header h = {
		.host = name.nodename, .kernel = name.release, .build_ids = &id, .n_build_ids = 1
	};
	assert_false(perf_kernel_is_ours(&k, &h, &why));
	assert_non_null(strstr(why, "another kernel"));
	h = (struct perf_header){ .host = "elsewhere", .kernel = name.release };
	assert_false(perf_kernel_is_ours(&k, &h, &why));
	assert_non_null(strstr(why, "another kernel"));
}

/* Where this machine shows its kernel's addresses; elsewhere it is said that it does not. */
static void the_same_build_at_another_place_is_not_ours(void **state)
{
	struct utsname name;
	const char *why;
	unsigned long long address = 0;
	char line[256], type, symbol[200];
	(void)state;
	uname(&name);
	FILE *file = fopen("/proc/kallsyms", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %199s", &address, &type, symbol) == 3 &&
			strcmp(symbol, "_stext") == 0)
			break;
		address = 0;
	}
	if (file)
		fclose(file);
	const struct perf_header h = { .host = name.nodename, .kernel = name.release };
	struct perf_kernel k = kernel_at("[kernel.kallsyms]_stext", address ? address : 1);
	assert_int_equal(perf_kernel_is_ours(&k, &h, &why), address != 0);
	for (int shift = -1; shift <= 1; shift += 2) {
		k.address = address + (uint64_t)shift * 0x200000;
		assert_false(perf_kernel_is_ours(&k, &h, &why));
		assert_non_null(strstr(why, address ? "started anew" : "does not show"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_symbol_that_tells_the_place_is_found),
		cmocka_unit_test(what_the_file_does_not_tell_is_said),
		cmocka_unit_test(another_build_is_not_ours),
		cmocka_unit_test(the_same_build_at_another_place_is_not_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
