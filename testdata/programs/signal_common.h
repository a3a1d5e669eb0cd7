/*
 * A function that is interrupted all the time by a signal whose handler burns CPU: what
 * signal_altstack.c and signal_samestack.c differ in is only the handler's stack.
 */
#include "burn.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile uint64_t handler_sink;

NOINLINE static void handler_work(void)
{
	handler_sink += spin(1000000);
	NOT_A_TAIL_CALL();
}

static void on_signal(int signal)
{
	(void)signal;
	handler_work();
	NOT_A_TAIL_CALL();
}

NOINLINE static uint64_t interrupted_work(void)
{
	return spin(100000);
}

static int run_interrupted(double seconds, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags | SA_RESTART };
	struct itimerval every_5_ms = { { 0, 5000 }, { 0, 5000 } };
	if (sigaction(SIGVTALRM, &action, NULL) || setitimer(ITIMER_VIRTUAL, &every_5_ms, NULL))
		return 1;
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		sink += interrupted_work();
	return sink == 1;
}
