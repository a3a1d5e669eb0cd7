/*
 * The whole recorder on live commands: what the command sees, what ddrec record returns, what is in
 * the trace. Each test is a line of shell with $R for the recorder and $T for this program, which
 * is also the target of some of them (see targets).
 *
 * Without the right to sample, everything here is skipped, loudly.
 */
#include "record/test/live.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

/* ---- targets: what this program does when it is the command ---- */

/* 32 bytes that must never reach a trace; made at run time, so that they are in no file either. */
static void make_secret(volatile unsigned char *secret)
{
	for (int i = 0; i < 32; i++)
		secret[i] = (unsigned char)('A' + (i * 7 + 3) % 26 + (i & 1) * 32);
}

/* The address sanitizer would move the secrets from the stack to the heap. */
__attribute__((noinline, no_sanitize("address"))) static unsigned int burn(
	int depth, unsigned int ms)
{
	volatile unsigned char secrets[8][32];
	volatile unsigned int sum = 0;
	struct timespec now;
	for (int i = 0; i < 8; i++)
		make_secret(secrets[i]);
	if (depth > 0)
		return burn(depth - 1, ms) + secrets[depth % 8][depth % 32];
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	uint64_t end = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + ms;
	do {
		for (int i = 0; i < 100000; i++)
			sum += secrets[i % 8][i % 32];
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 < end);
	return sum;
}

static void *burn_in_thread(void *ms)
{
	burn(0, *(unsigned int *)ms);
	return NULL;
}

/* Burns in a thread that has a mapping just above its stack, as threads mostly do. */
static int burn_below_a_mapping(unsigned int ms)
{
	enum { STACK = 1 << 20 };
	pthread_t thread;
	pthread_attr_t attr;
	char *both = mmap(NULL, STACK + 65536, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return both == MAP_FAILED || pthread_attr_init(&attr) ||
		pthread_attr_setstack(&attr, both, STACK) ||
		pthread_create(&thread, &attr, burn_in_thread, &ms) || pthread_join(thread, NULL);
}

/* Touches n new pages. */
static int fault(size_t n)
{
	volatile char *pages =
		mmap(NULL, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || madvise((void *)pages, n * 4096, MADV_NOHUGEPAGE))
		return 1;
	for (size_t i = 0; i < n; i++)
		pages[i * 4096] = 1;
	return 0;
}

static int be_target(char **argv)
{
	if (!strcmp(argv[1], "burn"))
		return burn(20, (unsigned int)atoi(argv[2])) == 1;
	if (!strcmp(argv[1], "burn-thread"))
		return burn_below_a_mapping((unsigned int)atoi(argv[2]));
	if (!strcmp(argv[1], "fault"))
		return fault((size_t)atoi(argv[2]));
	if (!strcmp(argv[1], "on-terminal"))
		return on_terminal("", argv + 2);
	return 99;
}

static struct outcome o, direct;

static void exit_statuses_are_the_commands(void **state UNUSED)
{
	static const struct {
		const char *command;
		int status;
	} cases[] = {
		{ "true", 0 },
		{ "false", 1 },
		{ "sh -c 'exit 3'", 3 },
		{ "sh -c 'exit 255'", 255 },
		{ "sh -c 'kill -9 $$'", 128 + 9 },
		{ "sh -c 'kill -TERM $$'", 128 + 15 },
		{ "./no-such-command", 127 },
		{ "no-such-command-anywhere", 127 },
		{ "/etc/passwd", 126 },
		{ "/", 126 },
		{ "-- true", 0 },
		{ "", 125 },
		{ "--no-such-option true", 125 },
		{ "-o /nonexistent/x true", 125 },
		{ "--stack dwarf true", 125 },
		{ "-F 0 true", 125 },
		{ "-e no-such-event true", 125 },
		{ "-m 1 true", 125 },
		{ "--help", 0 },
		{ "--version", 0 },
	};
	need_rights();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		shell(&o, "\"$R\" %s", cases[i].command);
		if (o.status != cases[i].status)
			fail_msg("ddrec record %s: %d, not %d: %s", cases[i].command, o.status,
				cases[i].status, o.output);
	}
}

static void a_command_that_never_ran_leaves_no_trace(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -o none.zst ./no-such-command; test ! -e none.zst");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, "cannot run './no-such-command': No such file"));
	shell(&o, "echo old > old.zst; \"$R\" -o old.zst ./no-such-command; cat old.zst");
	assert_non_null(strstr(o.output, "\nold\n"));
}

static void a_new_trace_is_for_its_owner_only(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"umask 022; \"$R\" -q -o mode.zst true; stat -c %%a mode.zst\n"
		"chmod 640 mode.zst; \"$R\" -q -o mode.zst true; stat -c %%a mode.zst");
	assert_string_equal(o.output, "600\n640\n");
}

/* What the command prints with and without the recorder around it. */
static void same_as_direct(const char *command)
{
	shell(&direct, "%s", command);
	shell(&o, "env -i A=1 \"$R\" -q -o same.zst %s",
		strstr(command, "env -i A=1") ? command + strlen("env -i A=1") : command);
	assert_int_equal(o.status, direct.status);
	assert_string_equal(o.output, direct.output);
}

static void the_command_sees_no_recorder(void **state UNUSED)
{
	need_rights();
	same_as_direct("env -i A=1 env");
	same_as_direct("ls /proc/self/fd");
	same_as_direct("grep -E '^(Sig[PBIC]|Shd|NoNew|Seccomp|Cpus_allowed)' /proc/self/status");
	same_as_direct("cat /proc/self/limits");
	same_as_direct("pwd");
}

static void standard_streams_are_the_commands(void **state UNUSED)
{
	need_rights();
	shell(&o, "echo input | \"$R\" -q -o s.zst sh -c 'cat; echo to-err >&2'");
	assert_string_equal(o.output, "input\nto-err\n");
}

static void samples_have_stacks_and_mappings(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -F 999 -o burn.zst \"$T\" burn 500");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, "ddrec: next: ddrec report burn.zst"));
	struct contents c = read_whole_trace("burn.zst");
	assert_true(c.samples > 200);
	assert_int_equal(c.unmapped, 0);
	assert_true(c.with_stack > 200);
	assert_int_equal(c.stats.lost_samples, 0);
	uint64_t own_ns = c.stats.recorder_user_ns + c.stats.recorder_sys_ns;
	assert_in_range(c.stats.recorder_end_ns, 1, own_ns - 1);
	assert_true(c.stats.stack_words_kept < c.stats.stack_words_seen / 2);
	shell(&o, "zstd -q -t burn.zst");
	assert_true(o.status == 0 || o.status == 127);
}

static void every_stack_mode_records(void **state UNUSED)
{
	static const char *const modes[] = { "sieve,8192", "full", "fp", "none" };
	need_rights();
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		shell(&o, "\"$R\" -q -F 499 --stack %s -o mode.zst \"$T\" burn 200", modes[i]);
		assert_int_equal(o.status, 0);
		assert_string_equal(o.output, "");
		struct contents c = read_whole_trace("mode.zst");
		assert_true(c.samples > 20);
		assert_int_equal(c.with_stack > 0, i < 2);
	}
}

/* The kernel copies on into what is above a stack and in memory, so that every snapshot is full. */
static void a_full_snapshot_of_a_thread_is_no_deep_stack(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -F 999 --stack sieve,32768 -o thread.zst \"$T\" burn-thread 500");
	struct contents c = read_whole_trace("thread.zst");
	assert_true(c.truncated > c.samples / 2);
	assert_null(strstr(o.output, "deeper"));
	shell(&o, "\"$R\" -F 999 --stack sieve,1024 -o main.zst \"$T\" burn 500");
	assert_non_null(strstr(o.output, "may be deeper; try --stack sieve,65528"));
}

static void a_command_that_sleeps_gives_a_whole_trace(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -F 1 -o sleep.zst sleep 1");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, "warning: no samples: the command used too little"));
	assert_null(strstr(o.output, "next:"));
	struct contents c = read_whole_trace("sleep.zst");
	assert_int_equal(c.samples, 0);
	assert_true(c.events > 0);
}

static void a_trace_on_standard_output_is_not_mixed_with_the_commands(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -q -o - sh -c 'echo from the command; \"$T\" burn 100' > mixed.zst");
	assert_int_equal(o.status, 0);
	assert_string_equal(o.output, "from the command\n");
	assert_true(read_whole_trace("mixed.zst").events > 0);
	shell(&o, "\"$R\" -q -o - sh -c 'echo lost && exit 3' > mixed.zst 2>&-");
	assert_int_equal(o.status, 3);
	assert_true(read_whole_trace("mixed.zst").events > 0);
}

static void closed_standard_streams_take_no_descriptor_of_the_recorder(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -v -o closed.zst sh -c 'test ! -e /proc/self/fd/2' <&- >&- 2>&-");
	assert_int_equal(o.status, 0);
	assert_true(read_whole_trace("closed.zst").events > 0);
}

static void a_terminal_gets_no_trace(void **state UNUSED)
{
	shell(&o, "\"$T\" on-terminal \"$R\" -o - true");
	assert_int_equal(o.status, 125);
	assert_non_null(strstr(o.output, "will not write a trace to a terminal; use -o FILE"));
}

static void standard_output_takes_a_trace(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -o - \"$T\" burn 100 > pipe.zst");
	assert_null(strstr(o.output, "next:"));
	assert_true(read_whole_trace("pipe.zst").events > 0);
	shell(&o, "\"$R\" -o - \"$T\" burn 100 | cat > pipe.zst");
	assert_true(read_whole_trace("pipe.zst").events > 0);
}

static void a_killed_recorder_harms_neither_target_nor_trace(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"rm -f done; \"$R\" -q -F 999 -o kill.zst sh -c '\"$T\" burn 3500; echo ok > done' "
		"&\n"
		"sleep 2.5; kill -9 $!; wait $!\n"
		"for i in $(seq 400); do test -e done && break; sleep 0.2; done; cat done");
	assert_non_null(strstr(o.output, "ok\n"));
	struct contents c = read_trace("kill.zst");
	assert_false(c.has_stats);
	assert_true(c.samples > 100);
}

static void a_full_disk_leaves_the_target_alone(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -o /dev/full sh -c '\"$T\" burn 300; exit 5'");
	assert_int_equal(o.status, 5);
	assert_non_null(strstr(o.output, "No space left"));
}

/* How many of the secret's 4-byte pieces are in the bytes of a decompressed trace. */
static int count_leaks(const char *name)
{
	enum { LIMIT = 64 << 20 };
	char command[PATH_MAX + 64];
	unsigned char secret[32];
	int leaks = 0;
	snprintf(command, sizeof(command), "zstd -dcq '%s/%s'", directory, name);
	FILE *pipe = popen(command, "re");
	AUTO_FREE char *bytes = malloc(LIMIT);
	assert_true(pipe && bytes);
	size_t size = fread(bytes, 1, LIMIT, pipe);
	pclose(pipe);
	assert_true(size > 1000);
	make_secret(secret);
	for (size_t at = 0; at + 4 <= sizeof(secret); at += 4)
		leaks += memmem(bytes, size, secret + at, 4) != NULL;
	return leaks;
}

static void a_secret_on_the_stack_stays_there(void **state UNUSED)
{
	need_rights();
	shell(&o, "zstd --version");
	if (o.status) {
		print_message("SKIP: no zstd program\n");
		skip();
	}
	shell(&o, "\"$R\" -q -F 999 -o secret.zst \"$T\" burn 1000");
	assert_int_equal(o.status, 0);
	assert_true(read_whole_trace("secret.zst").with_stack > 300);
	assert_int_equal(count_leaks("secret.zst"), 0);
	/* The search would find it: without the sieve it is there. */
	shell(&o, "\"$R\" -q -F 999 --stack full -o open.zst \"$T\" burn 200");
	assert_true(count_leaks("open.zst") > 0);
}

static void an_ordinary_user_may_record_user_space(void **state UNUSED)
{
	need_rights();
	if (geteuid() != 0) {
		print_message("SKIP: only root can become another user\n");
		skip();
	}
	shell(&o,
		"mkdir -m 777 -p user; cp \"$R\" \"$T\" user; cd user\n"
		"setpriv --reuid=65534 --regid=65534 --clear-groups "
		"./ddrec-record -F 499 -o u.zst ./recording_test burn 300");
	if (o.status == 125 || o.status == 127) {
		print_message("SKIP: %s", o.output);
		skip();
	}
	assert_int_equal(o.status, 0);
	assert_true(read_whole_trace("user/u.zst").with_stack > 50);
}

static void counted_events_add_up(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -e page-faults -o fault.zst \"$T\" fault 20000");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, " of page-faults, one in 100, in "));
	struct contents c = read_whole_trace("fault.zst");
	assert_int_equal(c.periods, 100 * c.samples);
	/* The rest are those of the start, which are more under a sanitizer. */
	assert_in_range(c.periods, 19900, 30000);
	shell(&o, "\"$R\" -e page-faults -F 499 -o fault.zst \"$T\" fault 1000");
	assert_non_null(strstr(o.output, " of page-faults at 499 Hz in "));
}

static void events_in_the_kernel_need_the_right_to_sample_it(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -e context-switches -o switch.zst sh -c 'sleep 0.1; sleep 0.1'");
	if (o.status == 0)
		assert_true(read_whole_trace("switch.zst").samples >= 2);
	shell(&o, "\"$R\" -e context-switches --no-kernel true");
	assert_int_equal(o.status, 125);
	assert_non_null(strstr(o.output, "context-switches happen in the kernel"));
	if (geteuid() != 0) {
		print_message("SKIP: only root can become another user\n");
		skip();
	}
	shell(&o,
		"mkdir -p -m 777 user; cp \"$R\" user; cd user\n"
		"cat /proc/sys/kernel/perf_event_paranoid\n"
		"setpriv --reuid=65534 --regid=65534 --clear-groups "
		"./ddrec-record -e context-switches -o u.zst true");
	if (atoi(o.output) < 2)
		return;
	assert_int_equal(o.status, 125);
	assert_non_null(strstr(o.output, "context-switches, which happen in the kernel: kernel."));
	assert_non_null(strstr(o.output, "sudo sysctl kernel.perf_event_paranoid=1"));
}

static void many_processes_and_threads_lose_nothing(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"\"$R\" -F 999 -o storm.zst sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do "
		"for j in 1 2 3 4 5 6 7 8 9 10; do (true); /bin/true; done; done'");
	assert_int_equal(o.status, 0);
	struct contents c = read_whole_trace("storm.zst");
	assert_int_equal(c.stats.lost_sideband, 0);
	assert_true(c.events > 500);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_target(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_statuses_are_the_commands),
		cmocka_unit_test(a_command_that_never_ran_leaves_no_trace),
		cmocka_unit_test(a_new_trace_is_for_its_owner_only),
		cmocka_unit_test(the_command_sees_no_recorder),
		cmocka_unit_test(standard_streams_are_the_commands),
		cmocka_unit_test(samples_have_stacks_and_mappings),
		cmocka_unit_test(every_stack_mode_records),
		cmocka_unit_test(a_full_snapshot_of_a_thread_is_no_deep_stack),
		cmocka_unit_test(a_command_that_sleeps_gives_a_whole_trace),
		cmocka_unit_test(standard_output_takes_a_trace),
		cmocka_unit_test(a_trace_on_standard_output_is_not_mixed_with_the_commands),
		cmocka_unit_test(a_terminal_gets_no_trace),
		cmocka_unit_test(closed_standard_streams_take_no_descriptor_of_the_recorder),
		cmocka_unit_test(a_killed_recorder_harms_neither_target_nor_trace),
		cmocka_unit_test(a_full_disk_leaves_the_target_alone),
		cmocka_unit_test(a_secret_on_the_stack_stays_there),
		cmocka_unit_test(an_ordinary_user_may_record_user_space),
		cmocka_unit_test(counted_events_add_up),
		cmocka_unit_test(events_in_the_kernel_need_the_right_to_sample_it),
		cmocka_unit_test(many_processes_and_threads_lose_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
