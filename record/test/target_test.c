/* What is recorded, without a kernel that agrees: options, lists, /proc's texts, messages,
 * attributes. */
#include "common/defs.h"
#include "record/cpu_list.h"
#include "record/meta.h"
#include "record/option_values.h"
#include "record/permissions.h"
#include "record/proc_maps.h"
#include "record/proc_tasks.h"
#include "record/summary.h"
#include "record/target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct err err;

static void times_are_decimal_numbers(void **state UNUSED)
{
	static const struct {
		const char *text;
		uint64_t seconds_ns, milliseconds_ns; /* 0: refused, or nothing */
	} cases[] = {
		{ "1", 1000000000, 1000000 },
		{ "0.25", 250000000, 250000 },
		{ ".5", 500000000, 500000 },
		{ "90.", 90000000000, 90000000 },
		{ "0", 0, 0 },
		{ "", 0, 0 },
		{ ".", 0, 0 },
		{ "-1", 0, 0 },
		{ " 1", 0, 0 },
		{ "1s", 0, 0 },
		{ "1e3", 0, 0 },
		{ "inf", 0, 0 },
		{ "0x10", 0, 0 },
		{ "1.2.3", 0, 0 },
		{ "99999999999999999999", 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t ns = 0;
		if (set_seconds(&ns, cases[i].text, &err) != (cases[i].seconds_ns > 0) ||
			(cases[i].seconds_ns && ns != cases[i].seconds_ns))
			fail_msg("'%s' seconds: %llu", cases[i].text, (unsigned long long)ns);
		ns = 0;
		if (!set_milliseconds(&ns, cases[i].text, &err))
			ns = 0;
		if (ns != cases[i].milliseconds_ns)
			fail_msg("'%s' ms: %llu", cases[i].text, (unsigned long long)ns);
	}
}

static void process_lists_hold_each_once(void **state UNUSED)
{
	struct pid_list list;
	assert_true(pid_list_parse("77,1,77,4194303", &list, &err));
	assert_int_equal(list.n, 3);
	assert_true(list.pids[0] == 77 && list.pids[1] == 1 && list.pids[2] == 4194303);
	pid_list_fini(&list);
	static const char *const bad[] = { "", ",", "1,", ",1", "0", "-1", "1 2", "1x", "4194304",
		"99999999999999999999", "nginx" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *field = NULL;
		if (set_pids(&field, bad[i], &err))
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void sets_of_processes_tell_what_is_new(void **state UNUSED)
{
	AUTO_PID_SET struct pid_set set = { NULL };
	assert_true(pid_set_init(&set, &err));
	assert_true(pid_set_add(&set, 63));
	assert_false(pid_set_add(&set, 63));
	assert_true(pid_set_add(&set, 64) && pid_set_add(&set, PID_MAX - 1));
	assert_true(pid_set_has(&set, 64) && !pid_set_has(&set, 65));
	assert_false(pid_set_add(&set, -1) || pid_set_add(&set, PID_MAX));
}

static void chosen_cpus_are_online_and_counted_once(void **state UNUSED)
{
	struct cpu_list online, chosen;
	assert_true(cpu_list_parse("0-3,6", &online, &err));
	assert_true(cpu_list_choose(&online, "6,1-2,2", &chosen, &err));
	const uint32_t expected[] = { 1, 2, 6 };
	assert_int_equal(chosen.n, ARRAY_LEN(expected));
	assert_memory_equal(chosen.cpus, expected, sizeof(expected));
	cpu_list_fini(&chosen);
	assert_false(cpu_list_choose(&online, "3-4", &chosen, &err));
	assert_string_equal(err.text, "CPU 4 is not online");
	assert_false(cpu_list_choose(&online, "x", &chosen, &err));
	cpu_list_fini(&online);
}

/* A name may hold blanks, parentheses and what looks like the rest of the line. */
static void parent_and_time_are_read_behind_any_name(void **state UNUSED)
{
	static const struct {
		const char *stat;
		pid_t parent;
		uint64_t ticks;
	} cases[] = {
		{ "77 (nginx) S 12 77 77 0 -1 4194560 80 0 3 0 14 15 160 17 20 0 1 0 5 6", 12,
			206 },
		{ "77 (tmux: server) R 1 77 77 0 -1 4194560 80 0 3 0 0 1 0 0 20", 1, 1 },
		{ "77 (x) S 99 (y) S 5 77 77 0 -1 4194560 80 0 3 0 0 0 0 0 20", 5, 0 },
		{ "77 (a\nb)) Z 3 77 77 0 -1 4194560 80 0 3 0 9 0 0 0 20", 3, 9 },
		{ "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20", 0, 1 },
		{ "77 (cut", -1, 0 },
		{ "77 (cut) S 12 77 77 0 -1 4194560 80 0 3 0 14", -1, 0 },
		{ "", -1, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct proc_stat stat = proc_tasks_parse_stat(cases[i].stat);
		if (stat.parent != cases[i].parent || stat.ticks != cases[i].ticks)
			fail_msg("'%s'", cases[i].stat);
	}
}

/* As /proc/PID/maps of Linux 6.18 had them. */
static void deleted_and_nameless_files_keep_what_they_are_called(void **state UNUSED)
{
	static const struct {
		const char *line, *path;
	} cases[] = {
		{ "7f3c9a200000-7f3c9a201000 r-xp 00000000 00:01 1042                       "
		  "/memfd:swiftshader_jit (deleted)",
			"/memfd:swiftshader_jit (deleted)" },
		{ "7f3c9a3c5000-7f3c9a51a000 r-xp 00026000 fe:00 326269                     "
		  "/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)",
			"/usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)" },
		{ "7ffd1b9f2000-7ffd1b9f4000 r-xp 00000000 00:00 0                          [vdso]",
			"[vdso]" },
		{ "2a5e9f200000-2a5e9f240000 r-xp 00000000 00:00 0 ", "//anon" },
		{ "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 [anon: jit code]",
			"[anon: jit code]" },
		{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  "
		  "[vsyscall]",
			"[vsyscall]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trace_mmap m;
		char line[256];
		snprintf(line, sizeof(line), "%s", cases[i].line);
		assert_true(proc_maps_parse_line(line, &m));
		assert_string_equal(m.path, cases[i].path);
	}
}

static void the_tree_holds_children_but_not_the_recorder(void **state UNUSED)
{
	struct pid_list roots = { 0 }, tree = { 0 };
	char name[PROC_NAME_BYTES];
	pid_t child = fork();
	if (child == 0) {
		pid_t grandchild = fork();
		if (grandchild == 0)
			pause();
		pause();
	}
	usleep(100000);
	assert_true(pid_list_add(&roots, child));
	assert_true(proc_tasks_tree(&roots, &tree, &err));
	assert_int_equal(tree.n, 2);
	assert_true(pid_list_has(&tree, child));
	roots.pids[0] = getppid();
	pid_t grandchild = tree.pids[tree.pids[0] == child];
	tree.n = 0;
	assert_true(proc_tasks_tree(&roots, &tree, &err));
	assert_true(pid_list_has(&tree, getppid()));
	assert_false(pid_list_has(&tree, getpid()) || pid_list_has(&tree, child));
	prctl(PR_SET_NAME, "a (b) c");
	assert_true(proc_tasks_name(getpid(), getpid(), name));
	assert_string_equal(name, "a (b) c");
	assert_int_equal(proc_tasks_process_of(getpid()), getpid());
	kill(child, SIGKILL);
	kill(grandchild, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(proc_tasks_process_of(child), 0);
	assert_false(proc_tasks_name(child, child, name));
	pid_list_fini(&roots);
	pid_list_fini(&tree);
}

/* A kind of target differs in what is asked of the kernel by its scope only. */
static void attributes_follow_the_scope(void **state UNUSED)
{
	static const struct {
		const struct target_kind *kind;
		bool delayed;
		bool samples_on_exec, sideband_on_exec, sideband_disabled, inherit, exclude_idle;
	} cases[] = {
		{ &target_command, false, true, true, true, true, false },
		{ &target_command, true, false, true, true, true, false },
		{ &target_processes, false, false, false, false, true, false },
		{ &target_machine, false, false, false, false, false, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct perf_plan plan = {
			.source = event_source_find("cpu-clock", &err),
			.scope = cases[i].kind->scope,
			.delayed = cases[i].delayed,
			.stack = stack_request_default(),
			.arch = arch_native(),
			.frequency_hz = 99,
		};
		struct perf_event_attr sampling, sideband, keeper;
		perf_attr_sampling(&plan, &sampling);
		perf_attr_sideband(&plan, &sideband);
		perf_attr_keeper(4096, &keeper);
		assert_true(sampling.disabled && keeper.disabled);
		assert_int_equal(sampling.enable_on_exec, cases[i].samples_on_exec);
		assert_int_equal(sideband.enable_on_exec, cases[i].sideband_on_exec);
		assert_int_equal(sideband.disabled, cases[i].sideband_disabled);
		assert_int_equal(sampling.inherit, cases[i].inherit);
		assert_int_equal(sampling.exclude_idle, cases[i].exclude_idle);
		/* Or the kernel would not let them share a ring. */
		assert_true(keeper.use_clockid && keeper.clockid == sampling.clockid);
		assert_false(keeper.inherit || keeper.enable_on_exec);
		assert_int_equal(keeper.wakeup_watermark, 4096);
	}
}

static const char *text_of(struct buf *b)
{
	buf_u8(b, 0);
	assert_false(b->failed);
	return (const char *)b->data;
}

static void refusals_name_the_target(void **state UNUSED)
{
	struct perf_plan machine = { .source = event_source_find("cpu-clock", &err),
		.scope = target_machine.scope };
	struct perf_plan process = { .source = machine.source, .scope = target_processes.scope };
	struct permissions p = { .paranoid = 1, .mlock_kb = 516 };
	assert_false(permissions_explain_open(&p, &machine, -1, EACCES, &err));
	assert_non_null(strstr(err.text, "the whole machine: kernel.perf_event_paranoid is 1"));
	assert_non_null(strstr(err.text, "sudo sysctl kernel.perf_event_paranoid=0"));
	assert_non_null(strstr(err.text, "cap_perfmon"));
	p.paranoid = 2;
	assert_false(permissions_explain_open(&p, &process, 1, EACCES, &err));
	assert_non_null(strstr(err.text, "not allowed to sample process 1, which "));
	assert_non_null(strstr(err.text, "cap_perfmon,cap_sys_ptrace"));
	p.paranoid = 3;
	assert_false(permissions_explain_open(&p, &process, 1, EACCES, &err));
	assert_non_null(strstr(err.text, "sudo sysctl kernel.perf_event_paranoid=2"));
}

static void titles_are_options_and_command(void **state UNUSED)
{
	struct perf_plan plan = { .source = event_source_find("cpu-clock", &err),
		.stack = stack_request_default(),
		.arch = arch_native() };
	char *argv[] = { "make", "-j 2", NULL };
	struct target_process processes[] = { { .pid = 77, .name = "nginx" }, { .pid = 8 } };
	struct target t = { .processes = processes, .n_processes = 2 };
	AUTO_BUF struct buf options = BUF_INIT, what = BUF_INIT;
	struct meta m;
	target_processes.write_options(&t, &options);
	assert_string_equal(text_of(&options), "-p 77,8");
	t.described = (struct description){ .processes = 5, .threads = 13 };
	target_processes.write_what(&t, &what);
	assert_string_equal(
		text_of(&what), "attached to 77 (nginx), 8 () with 3 descendants, 13 threads");
	assert_true(meta_init(&m, &plan, "-a -C 0", argv, &err));
	assert_string_equal(m.trace.command, "-a -C 0 -- make '-j 2'");
	meta_fini(&m);
	assert_true(meta_init(&m, &plan, "-p 77", NULL, &err));
	assert_string_equal(m.trace.command, "-p 77");
	meta_fini(&m);
	assert_true(meta_init(&m, &plan, "", argv, &err));
	assert_string_equal(m.trace.command, "make '-j 2'");
	meta_fini(&m);
}

static void the_summary_says_what_was_recorded(void **state UNUSED)
{
	struct record_settings settings = { .output = "trace.zst" };
	struct recording_result r = {
		.what = "attached to 77 (nginx), 13 threads",
		.wall_ns = 5100000000,
		.sampled_ns = 5000000000,
		.trace_bytes = 98000,
		.target_ns = 6000000000,
		.cpu_ns = 18000000,
		.unreadable = 3,
		.denied = 2,
		.unsure = 1,
	};
	AUTO_BUF struct buf line = BUF_INIT, warnings = BUF_INIT;
	r.plan = (struct perf_plan){ .source = event_source_find("cpu-clock", &err),
		.stack = stack_request_default(),
		.frequency_hz = 199,
		.kernel = true };
	r.stats.samples = 1234;
	summary_write(&line, &r, &settings);
	assert_string_equal(text_of(&line),
		"attached to 77 (nginx), 13 threads, for 5.00 s: 1,234 samples (0 lost) of "
		"cpu-clock at 199 Hz, 98 kB in trace.zst (79 B/sample), recorder used 0.3 % of the "
		"target's CPU");
	summary_write_warnings(&warnings, &r, &settings);
	const char *text = text_of(&warnings);
	assert_non_null(strstr(text, "the mappings of 3 processes may not be read"));
	assert_non_null(strstr(text, "2 threads of descendants may not be sampled"));
	assert_non_null(strstr(text, "1 threads came while ddrec attached"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_decimal_numbers),
		cmocka_unit_test(process_lists_hold_each_once),
		cmocka_unit_test(sets_of_processes_tell_what_is_new),
		cmocka_unit_test(chosen_cpus_are_online_and_counted_once),
		cmocka_unit_test(parent_and_time_are_read_behind_any_name),
		cmocka_unit_test(deleted_and_nameless_files_keep_what_they_are_called),
		cmocka_unit_test(the_tree_holds_children_but_not_the_recorder),
		cmocka_unit_test(attributes_follow_the_scope),
		cmocka_unit_test(refusals_name_the_target),
		cmocka_unit_test(titles_are_options_and_command),
		cmocka_unit_test(the_summary_says_what_was_recorded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
