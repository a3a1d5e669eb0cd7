/* The recorder's small parts: lists of CPUs, --stack, /proc/PID/maps, unknown files, messages. */
#include "common/defs.h"
#include "record/cpu_list.h"
#include "record/meta.h"
#include "record/permissions.h"
#include "record/proc_maps.h"
#include "record/summary.h"
#include "record/unidentified.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct err err;

static void cpu_lists_need_not_be_contiguous(void **state UNUSED)
{
	struct cpu_list list;
	assert_true(cpu_list_parse("0-2,5,8-9\n", &list, &err));
	const uint32_t expected[] = { 0, 1, 2, 5, 8, 9 };
	assert_int_equal(list.n, ARRAY_LEN(expected));
	assert_memory_equal(list.cpus, expected, sizeof(expected));
	cpu_list_fini(&list);
}

static void bad_cpu_lists_are_refused(void **state UNUSED)
{
	static const char *const bad[] = { "", "\n", "-1", "1-", "3-1", "1,", "a", "1 2",
		"0-99999999", "0-8191,0-8191", "1--2" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cpu_list list;
		if (cpu_list_parse(bad[i], &list, &err))
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void stack_modes_and_sizes(void **state UNUSED)
{
	static const struct {
		const char *text;
		const char *mode; /* NULL: refused */
		uint32_t bytes;
	} cases[] = {
		{ "sieve", "sieve", STACK_MAX_BYTES },
		{ "full", "full", STACK_MAX_BYTES },
		{ "fp", "fp", 0 },
		{ "none", "none", 0 },
		{ "sieve,8192", "sieve", 8192 },
		{ "full,65528", "full", 65528 },
		{ "sieve,1003", "sieve", 1000 },
		{ "sieve,65536", NULL, 0 },
		{ "sieve,0", NULL, 0 },
		{ "sieve,-8", NULL, 0 },
		{ "sieve,", NULL, 0 },
		{ "sieve,8k", NULL, 0 },
		{ "fp,8192", NULL, 0 },
		{ "dwarf", NULL, 0 },
		{ "", NULL, 0 },
		{ "sievex", NULL, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct stack_request request;
		bool ok = stack_request_set(&request, cases[i].text, &err);
		if (ok != (cases[i].mode != NULL))
			fail_msg("--stack '%s'", cases[i].text);
		if (!ok)
			continue;
		assert_string_equal(request.mode->name, cases[i].mode);
		assert_int_equal(request.limit_bytes, cases[i].bytes);
	}
}

static void maps_lines_become_mappings(void **state UNUSED)
{
	struct trace_mmap m;
	char code[] = "7f1000-7f3000 r-xp 0002a000 fe:01 4711      /usr/lib/a b.so";
	assert_true(proc_maps_parse_line(code, &m));
	assert_int_equal(m.start, 0x7f1000);
	assert_int_equal(m.len, 0x2000);
	assert_int_equal(m.file_off, 0x2a000);
	assert_int_equal(m.prot, PROT_READ | PROT_EXEC);
	assert_int_equal(m.flags, MAP_PRIVATE);
	assert_true(m.dev_major == 0xfe && m.dev_minor == 1 && m.inode == 4711);
	assert_string_equal(m.path, "/usr/lib/a b.so");
	char anonymous[] = "7f1000-7f3000 rwxp 00000000 00:00 0 ";
	assert_true(proc_maps_parse_line(anonymous, &m));
	assert_string_equal(m.path, "//anon");
	char data[] = "7f1000-7f3000 rw-p 00000000 00:00 0 [heap]";
	assert_false(proc_maps_parse_line(data, &m));
	char cut[] = "7f1000-7f3000 r-x";
	assert_false(proc_maps_parse_line(cut, &m));
	char empty[] = "";
	assert_false(proc_maps_parse_line(empty, &m));
}

static void our_own_maps_hold_our_code(void **state UNUSED)
{
	static struct proc_maps_scratch scratch;
	struct proc_maps maps;
	struct trace_mmap m;
	uint64_t here = (uint64_t)(uintptr_t)our_own_maps_hold_our_code;
	bool found = false;
	assert_true(proc_maps_open(&maps, (uint32_t)getpid(), &scratch));
	while (proc_maps_next(&maps, &m))
		found |= here - m.start < m.len;
	proc_maps_close(&maps);
	assert_true(found);
}

static void only_nameless_files_are_remembered_once(void **state UNUSED)
{
	static struct unidentified u;
	struct trace_mmap m = { .inode = 7 };
	static const char *const ignored[] = { "[vdso]", "//anon", "/memfd:jit (deleted)", "" };
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++) {
		m.path = ignored[i];
		unidentified_add(&u, &m);
	}
	assert_int_equal(u.n, 0);
	m.path = "/usr/bin/x";
	unidentified_add(&u, &m);
	unidentified_add(&u, &m);
	assert_int_equal(u.n, 1);
	m.path = "/usr/bin/y";
	m.build_id.len = 20;
	unidentified_add(&u, &m);
	assert_int_equal(u.n, 1);
	for (uint32_t i = 0; i < UNIDENTIFIED_BUCKETS; i++) {
		uint64_t inode;
		const char *path = unidentified_find(&u, i, &inode);
		if (path) {
			assert_string_equal(path, "/usr/bin/x");
			assert_int_equal(inode, 7);
		}
	}
	m.build_id.len = 0;
	char name[32];
	m.path = name;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "/lib/%d", i);
		unidentified_add(&u, &m);
	}
	assert_int_equal(u.n, UNIDENTIFIED_MAX);
	assert_true(u.n_refused > 0);
}

static const char *text_of(struct buf *b)
{
	buf_u8(b, 0);
	assert_false(b->failed);
	return (const char *)b->data;
}

static void counts_and_sizes_read_well(void **state UNUSED)
{
	static const struct {
		uint64_t n;
		const char *count;
		const char *bytes;
	} cases[] = {
		{ 0, "0", "0 B" },
		{ 999, "999", "999 B" },
		{ 1000, "1,000", "1.0 kB" },
		{ 98000, "98,000", "98 kB" },
		{ 1234567, "1,234,567", "1.2 MB" },
		{ 999600, "999,600", "1.0 MB" },
		{ 12345678901, "12,345,678,901", "12 GB" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf count = BUF_INIT, bytes = BUF_INIT;
		summary_write_count(&count, cases[i].n);
		summary_write_bytes(&bytes, cases[i].n);
		assert_string_equal(text_of(&count), cases[i].count);
		assert_string_equal(text_of(&bytes), cases[i].bytes);
	}
}

static void durations_read_as_in_the_report(void **state UNUSED)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ms" },
		{ 1234567, "1.23 ms" },
		{ 812400000, "812 ms" },
		{ 999600000, "1.00 s" },
		{ 2294999999, "2.29 s" },
		{ 2296000000, "2.30 s" },
		{ 41340000000, "41.3 s" },
		{ 187000000000, "3 min 7 s" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		summary_write_duration(&b, cases[i].ns);
		assert_string_equal(text_of(&b), cases[i].text);
	}
}

static struct recording_result make_result(void)
{
	struct recording_result r = { .has_begun = true, .wall_ns = 6200000000 };
	r.plan = (struct perf_plan){ .source = event_source_find("cpu-clock", &err),
		.stack = stack_request_default(),
		.frequency_hz = 199,
		.kernel = true };
	r.frequency_wished_hz = 199;
	r.trace_bytes = 98000;
	r.stats.samples = 1234;
	r.stats.target_user_ns = 6000000000;
	r.target_ns = 6000000000;
	r.cpu_ns = 18000000;
	r.stats.recorder_user_ns = 58000000;
	return r;
}

static void the_summary_is_one_line(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT;
	struct record_settings settings = { .output = "trace.zst" };
	struct recording_result r = make_result();
	summary_write(&b, &r, &settings);
	assert_string_equal(text_of(&b),
		"1,234 samples (0 lost) of cpu-clock at 199 Hz in 6.20 s, 98 kB in trace.zst "
		"(79 B/sample), recorder used 0.3 % of the target's CPU");
}

static void warnings_name_one_setting_each(void **state UNUSED)
{
	struct record_settings settings = { .output = "trace.zst" };
	struct recording_result r = make_result();
	AUTO_BUF struct buf quiet = BUF_INIT, loud = BUF_INIT;
	summary_write_warnings(&quiet, &r, &settings);
	assert_int_equal(quiet.len, 0);
	r.plan.kernel = false;
	r.stats.lost_samples = 5;
	r.stats.ring_bytes = r.ring_wished_bytes = 4 << 20;
	r.stats.throttled = 2;
	r.truncated_stacks = 600;
	r.plan.stack.limit_bytes = 32768;
	r.frequency_wished_hz = 999999;
	summary_write_warnings(&loud, &r, &settings);
	const char *text = text_of(&loud);
	assert_non_null(strstr(text, "kernel.perf_event_paranoid=1"));
	assert_non_null(strstr(text, "--ring-bytes 8M"));
	assert_non_null(strstr(text, "--frequency"));
	assert_non_null(strstr(text, "--stack sieve,65528"));
	assert_non_null(strstr(text, "the kernel allows at most 199 Hz (kernel."));
}

static void no_samples_are_explained(void **state UNUSED)
{
	struct record_settings settings = { .output = "trace.zst" };
	struct recording_result r = make_result();
	AUTO_BUF struct buf time = BUF_INIT, faults = BUF_INIT;
	r.stats.samples = 0;
	summary_write_warnings(&time, &r, &settings);
	assert_string_equal(text_of(&time),
		"no samples: the command used too little CPU time; try a higher --frequency\n");
	r.plan.source = event_source_find("page-faults", &err);
	r.plan.period = 100;
	summary_write_warnings(&faults, &r, &settings);
	assert_string_equal(
		text_of(&faults), "no samples: the command had no page-faults, or less than 100\n");
}

static void refusals_name_the_setting(void **state UNUSED)
{
	struct perf_plan plan = { .source = event_source_find("cpu-clock", &err) };
	struct perf_plan switches = { .source = event_source_find("context-switches", &err) };
	struct perf_plan hardware = { .source = event_source_find("cycles", &err) };
	struct permissions p = { .paranoid = 3, .mlock_kb = 516 };
	assert_false(permissions_explain_open(&p, &plan, 0, EACCES, &err));
	assert_non_null(strstr(err.text, "sudo sysctl kernel.perf_event_paranoid=2"));
	assert_non_null(strstr(err.text, "is 3"));
	p.paranoid = 2;
	permissions_explain_open(&p, &switches, 0, EACCES, &err);
	assert_non_null(strstr(err.text, "context-switches, which happen in the kernel: "));
	assert_non_null(strstr(err.text, "sudo sysctl kernel.perf_event_paranoid=1"));
	p.seccomp = 2;
	permissions_explain_open(&p, &plan, 0, EPERM, &err);
	assert_non_null(strstr(err.text, "seccomp"));
	permissions_explain_open(&p, &plan, 0, ENOSYS, &err);
	assert_non_null(strstr(err.text, "seccomp"));
	permissions_explain_open(&p, &hardware, 0, ENOENT, &err);
	assert_non_null(strstr(err.text, "cpu-clock"));
	permissions_explain_open(&p, &plan, 0, EMFILE, &err);
	assert_non_null(strstr(err.text, "ulimit -Hn"));
	assert_false(permissions_explain_ring(&p, EPERM, &err));
	assert_non_null(strstr(err.text, "sysctl kernel.perf_event_mlock_kb=2064"));
}

static void command_lines_are_quoted_for_the_shell(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT;
	char *argv[] = { "gcc", "-O2", "a b.c", "", "it's", "$x", NULL };
	meta_quote_command(&b, argv);
	assert_string_equal(text_of(&b), "gcc -O2 'a b.c' '' 'it'\\''s' '$x'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_lists_need_not_be_contiguous),
		cmocka_unit_test(bad_cpu_lists_are_refused),
		cmocka_unit_test(stack_modes_and_sizes),
		cmocka_unit_test(maps_lines_become_mappings),
		cmocka_unit_test(our_own_maps_hold_our_code),
		cmocka_unit_test(only_nameless_files_are_remembered_once),
		cmocka_unit_test(counts_and_sizes_read_well),
		cmocka_unit_test(durations_read_as_in_the_report),
		cmocka_unit_test(the_summary_is_one_line),
		cmocka_unit_test(warnings_name_one_setting_each),
		cmocka_unit_test(no_samples_are_explained),
		cmocka_unit_test(refusals_name_the_setting),
		cmocka_unit_test(command_lines_are_quoted_for_the_shell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
