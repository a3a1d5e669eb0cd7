/*
 * Recordings of what runs already: tool_running ($W) is the target, and shell lines attach $R to
 * it. What is in the traces is counted by thread.
 *
 * Without the right to sample, everything here is skipped, loudly.
 */
#include "record/test/live.h"

#define MS UINT64_C(1000000)

static struct outcome o;

/* What a trace tells of a name: of a thread, or of the threads that had it. */
struct named {
	char name[16];
	uint32_t pid, tid;
	uint64_t samples, period_ns, last_ns;
};

enum { MAX_NAMED = 65536 };
static struct {
	struct named threads[MAX_NAMED];
	size_t n;
	uint64_t samples, period_ns, first_ns, last_ns;
	uint64_t memfds; /* mappings */
	uint32_t cpus;   /* bits */
	struct trace_meta meta;
	char command[256];
	struct trace_stats stats;
	bool has_stats;
} t;

static struct named *thread_of(uint32_t pid, uint32_t tid)
{
	for (size_t i = t.n; i-- > 0;)
		if (t.threads[i].tid == tid && t.threads[i].pid == pid)
			return &t.threads[i];
	assert_true(t.n < MAX_NAMED);
	t.threads[t.n] = (struct named){ .pid = pid, .tid = tid };
	return &t.threads[t.n++];
}

static void take_event(const struct trace_event *event)
{
	if (event->kind == TRACE_MMAP)
		t.memfds += strstr(event->mmap.path, "/memfd:ddrec-test-jit (deleted)") != NULL;
	if (event->kind == TRACE_COMM)
		snprintf(thread_of(event->pid, event->tid)->name, sizeof(t.threads[0].name), "%s",
			event->comm.name);
}

static void take_sample(const struct trace_sample *sample)
{
	struct named *thread = thread_of(sample->pid, sample->tid);
	thread->samples++;
	thread->period_ns += sample->period;
	thread->last_ns = sample->time_ns;
	t.first_ns = t.samples++ ? t.first_ns : sample->time_ns;
	t.last_ns = MAX(t.last_ns, sample->time_ns);
	t.period_ns += sample->period;
	t.cpus |= 1u << sample->cpu % 32;
}

static void take_trace(const char *name)
{
	struct err err = { 0 };
	struct trace_reader *r;
	struct trace_block block;
	struct trace_event event;
	struct trace_sample sample;
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!trace_reader_open(path, &r, &err))
		fail_msg("%s", err.text);
	memset(&t, 0, sizeof(t));
	t.meta = *trace_reader_meta(r);
	snprintf(t.command, sizeof(t.command), "%s", t.meta.command);
	while (trace_reader_next(r, &block, &err)) {
		if (block.kind == TRACE_BLOCK_STATS)
			t.has_stats = trace_reader_stats(r, &t.stats);
		while (block.kind == TRACE_BLOCK_EVENTS && trace_reader_event(r, &event))
			take_event(&event);
		while (block.kind == TRACE_BLOCK_SAMPLES && trace_reader_sample(r, &sample))
			take_sample(&sample);
	}
	assert_false(trace_reader_damage(r)->why[0] && t.has_stats);
	trace_reader_close(r);
}

static struct named sum_of(const char *name)
{
	struct named sum = { 0 };
	for (size_t i = 0; i < t.n; i++) {
		if (strcmp(t.threads[i].name, name) != 0)
			continue;
		sum.samples += t.threads[i].samples;
		sum.period_ns += t.threads[i].period_ns;
		sum.last_ns = MAX(sum.last_ns, t.threads[i].last_ns);
		sum.tid++; /* how many there are */
	}
	return sum;
}

static int set_up_tool(void **state)
{
	char tool[PATH_MAX + 64];
	if (set_up(state))
		return -1;
	snprintf(tool, sizeof(tool), "%.*s/tool_running",
		(int)(strrchr(getenv("T"), '/') - getenv("T")), getenv("T"));
	return setenv("W", tool, 1);
}

/* Shell functions: "target ARGS" starts the tool and waits until it is ready. */
static const char helpers[] =
	"target() { mkfifo ready.$$; \"$W\" \"$@\" > ready.$$ & p=$!; exec 3< ready.$$; "
	"read -r line <&3; cat <&3 > rest & exec 3<&-; rm -f ready.$$; }\n"
	"gone() { ! kill -0 $1 2>/dev/null; }\n";

/* By the CPUs, where the user may, and by threads; the state of a test. */
static char by_default[] = "", by_thread[] = "--per-thread";

static void attached_threads_are_all_sampled_and_the_target_is_unharmed(void **state)
{
	need_rights();
	shell(&o,
		"%starget workers 4000\n"
		"\"$R\" %s -F 499 -o w.zst -d 1.5 -p $p; echo recorded $?\n"
		"wait $p; echo target $?; sleep 0.1; cat rest",
		helpers, (const char *)*state);
	assert_non_null(strstr(o.output, "recorded 0\ntarget 7\nthe result is 42\n"));
	assert_non_null(strstr(o.output, "(tool_running), 3 threads, for 1.50 s: "));
	take_trace("w.zst");
	assert_non_null(strstr(t.command, "-p "));
	assert_true(t.meta.target_pid > 0);
	assert_true(sum_of("worker-a").samples > 5);
	assert_true(sum_of("worker-b").samples > 5);
	assert_true(sum_of("tool_running").samples > 5);
	/* Each moment of CPU time has its sample, and only one. */
	uint64_t cpu_ns = t.stats.target_sys_ns;
	assert_in_range(t.period_ns, cpu_ns / 100 * 75, cpu_ns / 100 * 125);
}

static void the_duration_is_kept(void **state UNUSED)
{
	need_rights();
	shell(&o, "sleep 30 & \"$R\" -o d.zst -d 0.7 -p $!; echo $?; kill $!");
	assert_non_null(strstr(o.output, "\n0\n"));
	take_trace("d.zst");
	uint64_t wall_ns = t.stats.end_mono_ns - t.meta.start_mono_ns;
	assert_in_range(wall_ns, 700 * MS, 1700 * MS);
}

static void rings_outlive_the_first_thread(void **state)
{
	need_rights();
	shell(&o,
		"%starget main-ends 1000 4000\n"
		"\"$R\" %s -q -F 499 -o ring.zst -d 2.5 -p $p; echo recorded $?; wait $p",
		helpers, (const char *)*state);
	assert_non_null(strstr(o.output, "recorded 0\n"));
	take_trace("ring.zst");
	struct named first = sum_of("tool_running"), worker = sum_of("worker-a");
	assert_true(first.samples > 5);
	assert_true(worker.last_ns > first.last_ns + 500 * MS);
	assert_true(worker.last_ns > t.meta.start_mono_ns + 2300 * MS);
}

static void a_process_without_its_first_thread_is_recorded(void **state)
{
	need_rights();
	shell(&o,
		"%starget main-ends 0 2500; sleep 0.3\n"
		"\"$R\" %s -F 499 -o zombie.zst -p $p; echo recorded $?; gone $p && echo gone",
		helpers, (const char *)*state);
	assert_non_null(strstr(o.output, "recorded 0\n"));
	take_trace("zombie.zst");
	assert_true(sum_of("worker-a").samples > 10);
}

static void later_threads_and_children_are_recorded(void **state)
{
	need_rights();
	shell(&o, "%starget grow 4000\n\"$R\" %s -q -F 499 -o grow.zst -p $p; echo recorded $?",
		helpers, (const char *)*state);
	assert_non_null(strstr(o.output, "recorded 0\n")); /* it ended with its target */
	take_trace("grow.zst");
	assert_true(sum_of("late-thread").samples > 5);
	assert_true(sum_of("late-child").samples > 5);
	assert_true(sum_of("tool_running").samples > 5);
}

static void children_that_run_already_are_recorded(void **state)
{
	need_rights();
	shell(&o,
		"%ssh -c '\"$W\" workers 2500 > /dev/null; exit 0' & s=$!; sleep 0.5\n"
		"\"$R\" %s -F 499 -o tree.zst -d 1 -p $s; wait $s",
		helpers, (const char *)*state);
	assert_non_null(strstr(o.output, "(sh) with 1 descendants, 4 threads, for"));
	take_trace("tree.zst");
	assert_true(sum_of("worker-a").samples > 5);
}

/* No sample twice although threads come and go while ddrec attaches, and hardly one is missing. */
static void threads_that_come_and_go_are_counted_once(void **state)
{
	need_rights();
	for (int i = 0; i < 3; i++) {
		shell(&o,
			"%starget churn 5000\n\"$R\" %s -q -F 1999 -o churn.zst -d 1.5 -p $p; wait "
			"$p",
			helpers, (const char *)*state);
		assert_string_equal(o.output, "");
		take_trace("churn.zst");
		uint64_t cpu_ns = t.stats.target_sys_ns;
		assert_true(sum_of("request").tid > 50);
		assert_in_range(t.period_ns, cpu_ns / 100 * 60, cpu_ns / 100 * 115);
		assert_true(t.last_ns > t.meta.start_mono_ns + 1300 * MS);
	}
}

static void an_interrupt_ends_the_recording_and_not_the_target(void **state UNUSED)
{
	static const char *const signals[] = { "INT", "TERM", "HUP" };
	need_rights();
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		shell(&o,
			"%starget workers 4500\n"
			"env --default-signal=INT \"$R\" -q -F 499 -o int.zst -p $p & r=$!\n"
			"sleep 2; kill -%s $r; wait $r; echo recorded $?\n"
			"gone $p || echo lives; wait $p; echo target $?",
			helpers, signals[i]);
		assert_string_equal(o.output, "recorded 0\nlives\ntarget 7\n");
		assert_true(read_whole_trace("int.zst").samples > 10);
	}
}

static void a_killed_recorder_leaves_target_and_trace(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget workers 4500\n"
		"\"$R\" -q -F 499 -o kill.zst -p $p & r=$!\n"
		"sleep 2.5; kill -9 $r; wait $r; gone $p || echo lives; wait $p; echo target $?; "
		"sleep 0.1; cat rest",
		helpers);
	assert_non_null(strstr(o.output, "lives\ntarget 7\nthe result is 42\n"));
	take_trace("kill.zst");
	assert_false(t.has_stats);
	assert_true(t.samples > 10);
	assert_true(sum_of("worker-b").tid == 1);
}

static void a_command_may_be_the_clock(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget workers 4000\n"
		"\"$R\" -q -F 499 -o clock.zst -p $p sh -c 'sleep 1; exit 5'; echo recorded $?\n"
		"\"$R\" -q -o none.zst -p $p ./no-such-command; echo recorded $?; test ! -e "
		"none.zst\n"
		"gone $p || echo lives; wait $p; echo target $?",
		helpers);
	assert_non_null(strstr(o.output, "recorded 5\n"));
	assert_non_null(strstr(o.output, "recorded 127\nlives\ntarget 7\n"));
	take_trace("clock.zst");
	assert_non_null(strstr(t.command, " -- sh -c 'sleep 1; exit 5'"));
	assert_true(sum_of("worker-a").samples > 5);
	assert_int_equal(t.stats.exit_status, 5);
}

static void a_command_outlives_the_duration(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -q -d 0.5 -F 499 -o short.zst \"$W\" workers 2000; echo $?");
	assert_string_equal(o.output, "ready\nthe result is 42\n7\n");
	take_trace("short.zst");
	assert_in_range(t.stats.end_mono_ns - t.meta.start_mono_ns, 500 * MS, 1500 * MS);
	assert_true(t.samples > 10);
}

static void sampling_begins_after_the_delay(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -q -D 600 -F 499 -o delay.zst \"$W\" workers 1500; echo $?");
	assert_non_null(strstr(o.output, "\n7\n"));
	take_trace("delay.zst");
	assert_true(t.first_ns >= t.meta.start_mono_ns + 600 * MS);
	assert_in_range(t.samples, 20, 2 * 499);
	/* The threads that began before are known. */
	assert_true(sum_of("worker-a").samples > 5);
	shell(&o,
		"%starget workers 2500; \"$R\" -q -D 500 -F 499 -o delay.zst -d 0.5 -p $p; wait $p",
		helpers);
	take_trace("delay.zst");
	assert_true(t.first_ns >= t.meta.start_mono_ns + 500 * MS && t.samples > 5);
}

static void only_the_chosen_cpus_are_recorded(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"taskset -c 0 true && %starget workers 3000; \"$R\" -q -F 499 -C 0,0 -d 1 "
		"-o cpu.zst -p $p; wait $p",
		helpers);
	take_trace("cpu.zst");
	assert_int_equal(t.cpus, 1);
	assert_true(t.samples > 10 && t.samples < 700);
	shell(&o, "\"$R\" -C 8191 true; echo $?");
	assert_string_equal(o.output, "ddrec: CPU 8191 is not online\n125\n");
}

static void a_thousand_threads_are_attached_to(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget sleepers 1000\n"
		"\"$R\" --per-thread -o many.zst -d 0.2 -p $p; echo recorded $?; kill $p",
		helpers);
	if (strstr(o.output, "file descriptors")) {
		print_message("SKIP: %s", o.output);
		skip();
	}
	assert_non_null(strstr(o.output, " 1001 threads, for "));
	assert_non_null(strstr(o.output, "recorded 0\n"));
	take_trace("many.zst");
	assert_int_equal(sum_of("sleeper").tid, 1000);
}

static void too_few_descriptors_are_told_with_numbers(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget sleepers 40\n"
		"(ulimit -n 100; \"$R\" --per-thread -o few.zst -p $p; echo recorded $?; test ! -e "
		"few.zst); "
		"kill $p",
		helpers);
	assert_non_null(strstr(o.output, "ddrec: 41 threads on "));
	assert_non_null(strstr(o.output, "file descriptors, and the limit is 100; raise it"));
	assert_non_null(strstr(o.output, "recorded 125\n"));
}

static void ten_thousand_mappings_keep_their_names(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget mappings 10000\n"
		"\"$R\" -o maps.zst -d 0.2 -p $p; echo recorded $?; kill $p",
		helpers);
	assert_non_null(strstr(o.output, "recorded 0\n"));
	take_trace("maps.zst");
	assert_int_equal(t.memfds, 10000);
}

static void what_is_not_there_is_told(void **state UNUSED)
{
	need_rights();
	shell(&o, "true & p=$!; wait; \"$R\" -o no.zst -p $p; echo $?; test ! -e no.zst");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, "ddrec: there is no process "));
	assert_non_null(strstr(o.output, "\n125\n"));
	shell(&o,
		"%starget workers 1500; th=$(ls /proc/$p/task | tail -n 1)\n"
		"\"$R\" -p $th; echo $?; \"$R\" -a -p $p; echo $?; \"$R\"; echo $?; wait $p",
		helpers);
	assert_non_null(strstr(o.output, " is a thread of process "));
	assert_non_null(strstr(o.output, "-a records all processes; leave out -p\n125\n"));
	assert_non_null(strstr(o.output, "nothing to record: give a command, -p PID or -a"));
}

static void an_ordinary_user_is_told_what_helps(void **state UNUSED)
{
	need_rights();
	if (geteuid() != 0) {
		print_message("SKIP: only root can become another user\n");
		skip();
	}
	shell(&o,
		"mkdir -p -m 777 user; cp \"$R\" user; cd user\n"
		"cat /proc/sys/kernel/perf_event_paranoid\n"
		"u='setpriv --reuid=65534 --regid=65534 --clear-groups'\n"
		"$u ./ddrec-record -o a.zst -d 0.2 -a; echo $?\n"
		"sleep 5 & $u ./ddrec-record -o p.zst -p $!; echo $?; kill $!");
	if (atoi(o.output) > 0) {
		assert_non_null(
			strstr(o.output, "not allowed to sample the whole machine: kernel."));
		assert_non_null(strstr(o.output, "sudo sysctl kernel.perf_event_paranoid=0"));
		assert_non_null(strstr(o.output, "cap_perfmon"));
	}
	if (atoi(o.output) < 3)
		assert_non_null(strstr(o.output, ", which is another user's; run ddrec as root"));
}

static void an_ordinary_user_may_attach_to_an_own_process(void **state UNUSED)
{
	need_rights();
	if (geteuid() != 0) {
		print_message("SKIP: only root can become another user\n");
		skip();
	}
	shell(&o,
		"mkdir -p -m 777 user; cp \"$R\" \"$W\" user; cd user\n"
		"setpriv --reuid=65534 --regid=65534 --clear-groups sh -c '"
		"./tool_running workers 3500 & sleep 0.3\n"
		"./ddrec-record -F 499 -o own.zst -d 1.5 -p $!; echo recorded $?; wait $!; echo "
		"$?'");
	if (strstr(o.output, "recorded 125")) {
		print_message("SKIP: %s", o.output);
		skip();
	}
	assert_non_null(strstr(o.output, "recorded 0\n"));
	assert_non_null(strstr(o.output, "the result is 42\n7\n"));
	take_trace("user/own.zst");
	assert_true(sum_of("worker-a").samples > 5 && sum_of("worker-b").samples > 5);
}

/* utime and stime of /proc/PID/stat, in seconds, before and after the recording. */
static void shares_of_the_machine_are_those_of_proc(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget workers 9000; a=$p; taskset -c 0 true\n"
		"sh -c 'while :; do :; done' & b=$!\n"
		"cpu() { for i in $a $b; do cut -d' ' -f14,15 /proc/$i/stat; done; "
		"head -n 1 /proc/stat; }\n"
		"cpu > before; \"$R\" -q -a -F 499 -d 3 -o all.zst; s=$?; cpu > after\n"
		"echo $s $a $b; kill $a $b; cat before after | awk '{ print $1 == \"cpu\" ? "
		"$2 + $3 + $4 + $7 + $8 : $1 + $2 }'",
		helpers);
	int status;
	unsigned int a, b;
	unsigned long n[6];
	if (sscanf(o.output, "%d %u %u %lu %lu %lu %lu %lu %lu", &status, &a, &b, &n[0], &n[1],
		    &n[2], &n[3], &n[4], &n[5]) != 9)
		fail_msg("%s", o.output);
	assert_int_equal(status, 0);
	take_trace("all.zst");
	assert_int_equal(strncmp(t.command, "-a", 2), 0);
	const uint32_t pids[] = { a, b };
	for (int i = 0; i < 2; i++) {
		uint64_t own_ns = 0;
		for (size_t k = 0; k < t.n; k++)
			own_ns += t.threads[k].pid == pids[i] ? t.threads[k].period_ns : 0;
		double share = 100.0 * (double)own_ns / (double)t.period_ns;
		double by_proc = 100.0 * (double)(n[3 + i] - n[i]) / (double)(n[5] - n[2]);
		print_message("process %d: %.1f %% of the samples, %.1f %% of /proc\n", i, share,
			by_proc);
		if (share - by_proc > 3 || by_proc - share > 3)
			fail_msg("the shares differ by more than 3 points");
	}
	/* Kernel threads by name; the idle task takes no time. */
	assert_true(sum_of("kthreadd").tid >= 1 || geteuid() != 0);
	for (size_t k = 0; k < t.n; k++)
		assert_false(t.threads[k].pid == 0 && t.threads[k].samples);
}

static void nothing_is_left_behind(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"%starget sleepers 3; before=$(ls /proc/$p/fd | wc -l)\n"
		"for i in 1 2 3 4 5 6 7 8 9 10; do \"$R\" -q -F 499 -o left.zst -d 0.2 -p $p || "
		"echo failed; done\n"
		"test $(ls /proc/$p/fd | wc -l) = $before || echo descriptors\n"
		"for f in $(grep -slx ddrec-record /proc/[0-9]*/comm); do\n"
		"grep -sa left.z[s]t ${f%%%%comm}cmdline; done\n"
		"kill $p; wait $p; echo target $?",
		helpers);
	assert_null(strstr(o.output, "failed"));
	assert_null(strstr(o.output, "descriptors"));
	assert_null(strstr(o.output, "ddrec"));
	assert_non_null(strstr(o.output, "target 143\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(
			attached_threads_are_all_sampled_and_the_target_is_unharmed, by_default),
		cmocka_unit_test_prestate(
			attached_threads_are_all_sampled_and_the_target_is_unharmed, by_thread),
		cmocka_unit_test(the_duration_is_kept),
		cmocka_unit_test_prestate(rings_outlive_the_first_thread, by_default),
		cmocka_unit_test_prestate(rings_outlive_the_first_thread, by_thread),
		cmocka_unit_test_prestate(
			a_process_without_its_first_thread_is_recorded, by_default),
		cmocka_unit_test_prestate(
			a_process_without_its_first_thread_is_recorded, by_thread),
		cmocka_unit_test_prestate(later_threads_and_children_are_recorded, by_default),
		cmocka_unit_test_prestate(later_threads_and_children_are_recorded, by_thread),
		cmocka_unit_test_prestate(children_that_run_already_are_recorded, by_default),
		cmocka_unit_test_prestate(children_that_run_already_are_recorded, by_thread),
		cmocka_unit_test_prestate(threads_that_come_and_go_are_counted_once, by_default),
		cmocka_unit_test_prestate(threads_that_come_and_go_are_counted_once, by_thread),
		cmocka_unit_test(an_interrupt_ends_the_recording_and_not_the_target),
		cmocka_unit_test(a_killed_recorder_leaves_target_and_trace),
		cmocka_unit_test(a_command_may_be_the_clock),
		cmocka_unit_test(a_command_outlives_the_duration),
		cmocka_unit_test(sampling_begins_after_the_delay),
		cmocka_unit_test(only_the_chosen_cpus_are_recorded),
		cmocka_unit_test(a_thousand_threads_are_attached_to),
		cmocka_unit_test(too_few_descriptors_are_told_with_numbers),
		cmocka_unit_test(ten_thousand_mappings_keep_their_names),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(an_ordinary_user_is_told_what_helps),
		cmocka_unit_test(an_ordinary_user_may_attach_to_an_own_process),
		cmocka_unit_test(shares_of_the_machine_are_those_of_proc),
		cmocka_unit_test(nothing_is_left_behind),
	};
	return cmocka_run_group_tests(tests, set_up_tool, tear_down);
}
