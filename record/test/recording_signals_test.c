/*
 * Signals while a command is recorded: it gets each one once, whoever sends it to whom, and the
 * trace is finished. This program is also the command, which counts what it gets.
 */
#include "record/test/live.h"

#include <signal.h>
#include <time.h>

/* ---- targets ---- */

/* Prints "ready", and how many signals came when none comes any more. */
static int count_signals(void)
{
	static const int counted[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	sigset_t set;
	int n = 0;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		sigaddset(&set, counted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	fflush(stdout);
	struct timespec wait = { 10, 0 };
	while (sigtimedwait(&set, NULL, &wait) > 0) {
		wait = (struct timespec){ 0, 700000000 };
		n++;
	}
	printf("got %d\n", n);
	return 0;
}

/* Runs a command in a group of its own, and sends a signal to it, or to the group, as soon as it
 * has printed something. */
static int send_signal(const char *to, int signal, char **argv)
{
	char output[4096];
	int fds[2], status;
	if (pipe(fds))
		return 99;
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(argv[0], argv);
		_exit(99);
	}
	close(fds[1]);
	ssize_t n;
	while ((n = read(fds[0], output, sizeof(output))) > 0) {
		if (write(STDOUT_FILENO, output, (size_t)n) == n && signal)
			kill(strcmp(to, "group") ? pid : -pid, signal);
		signal = 0;
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int be_target(char **argv)
{
	if (!strcmp(argv[1], "count"))
		return count_signals();
	if (!strcmp(argv[1], "interrupt-on-terminal"))
		return on_terminal("\003", argv + 2);
	if (!strcmp(argv[1], "send"))
		return send_signal(argv[2], atoi(argv[3]), argv + 4);
	return 99;
}

/* ---- the test's side ---- */

static struct outcome o;

static void a_signal_reaches_the_command_once(void **state UNUSED)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	static const char *const to[] = { "recorder", "group" };
	need_rights();
	for (size_t i = 0; i < ARRAY_LEN(signals) * ARRAY_LEN(to); i++) {
		shell(&o, "\"$T\" send %s %d \"$R\" -q -o count.zst \"$T\" count", to[i % 2],
			signals[i / 2]);
		if (strcmp(o.output, "ready\ngot 1\n") != 0)
			fail_msg("signal %d to %s: %s", signals[i / 2], to[i % 2], o.output);
		assert_int_equal(o.status, 0);
		read_whole_trace("count.zst");
	}
}

static void the_terminals_interrupt_reaches_the_command_once(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$T\" interrupt-on-terminal \"$R\" -q -o count.zst \"$T\" count");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.output, "got 1"));
	read_whole_trace("count.zst");
}

static void a_command_that_signals_its_group_is_not_hit_twice(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"\"$T\" send group 0 \"$R\" -q -o own.zst sh -c "
		"'\"$T\" count & trap : TERM; sleep 0.5; kill 0; wait; wait'");
	assert_non_null(strstr(o.output, "got 1"));
}

static void an_interrupt_ends_the_target_and_finishes_the_trace(void **state UNUSED)
{
	static const char *const to[] = { "recorder", "group" };
	need_rights();
	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		shell(&o,
			"\"$T\" send %s %d \"$R\" -q -F 999 -o int.zst sh -c "
			"'trap \"exit 7\" INT; i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); "
			"done; "
			"echo ready; while :; do :; done'",
			to[i], SIGINT);
		assert_int_equal(o.status, 7);
		assert_true(read_whole_trace("int.zst").samples > 0);
	}
}

static void a_terminated_recorder_ends_the_command(void **state UNUSED)
{
	need_rights();
	shell(&o, "\"$R\" -q -o term.zst sleep 20 & sleep 0.5; kill $!; wait $!");
	assert_int_equal(o.status, 128 + 15);
	read_whole_trace("term.zst");
}

/* Nothing of the recorder is left in its group when it has gone, however it went. */
static void no_witness_outlives_the_recorder(void **state UNUSED)
{
	need_rights();
	shell(&o,
		"\"$T\" send recorder %d \"$R\" -q -o gone.zst sh -c 'echo ready; exec sleep 0.3' "
		">/dev/null; sleep 0.2\n"
		"for p in $(grep -slx ddrec-record /proc/[0-9]*/comm); do\n"
		"grep -sa gone.z[s]t ${p%%comm}cmdline; done; true",
		SIGKILL);
	assert_string_equal(o.output, "");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_target(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_reaches_the_command_once),
		cmocka_unit_test(the_terminals_interrupt_reaches_the_command_once),
		cmocka_unit_test(a_command_that_signals_its_group_is_not_hit_twice),
		cmocka_unit_test(an_interrupt_ends_the_target_and_finishes_the_trace),
		cmocka_unit_test(a_terminated_recorder_ends_the_command),
		cmocka_unit_test(no_witness_outlives_the_recorder),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
