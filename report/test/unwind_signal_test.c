/*
 * The unwinder in its own process, from inside signal handlers, against the call chain that is
 * known by construction: every frame must lie in the function that made it.
 *
 * A handler takes the ucontext of its own frame (getcontext), so that the walk goes through the
 * signal frame; unwind_step_test covers walks that start at the interrupted instruction.
 */
#include "report/test/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unwind.h>

static struct live live;

/* Functions of the chain under test, in sections of their own so that their ends are known. */
#if __has_attribute(noclone)
#define IN(section_name) __attribute__((noinline, noclone, section(section_name)))
#else
#define IN(section_name) __attribute__((noinline, section(section_name)))
#endif
extern char __start_chain_outer[], __stop_chain_outer[], __start_chain_inner[],
	__stop_chain_inner[], __start_chain_handler[], __stop_chain_handler[];

static bool is_in(const struct unwind_frame *f, const char *start, const char *stop)
{
	return unwind_lookup_pc(f) >= (uint64_t)start && unwind_lookup_pc(f) < (uint64_t)stop;
}

static struct unwind_result seen; /* frames are in live */
static uint64_t other_stack_end;  /* 0: the main stack */

IN("chain_handler") static void take_stack(void)
{
	ucontext_t uc;
	getcontext(&uc);
	uint64_t end = other_stack_end ? other_stack_end : live.stack_end;
	seen = *live_unwind(&live, &uc, end);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

static sigjmp_buf back;
static bool jump_back;

IN("chain_handler") static void on_signal(int sig)
{
	(void)sig;
	take_stack();
	if (jump_back)
		siglongjmp(back, 1);
}

IN("chain_inner") static void inner(void (*act)(void))
{
	volatile char frame[100];
	frame[3] = 1;
	act();
	frame[2] = frame[3];
}

IN("chain_outer") static int outer(void (*act)(void))
{
	volatile int one = 1;
	inner(act);
	return one;
}

static void raise_usr1(void)
{
	raise(SIGUSR1);
	__asm__ volatile("" ::: "memory");
}

/* handler frames, then a trampoline, then anything, then inner, then outer, then the end. */
static size_t find_frame(const char *start, const char *stop)
{
	for (size_t i = 0; i < seen.n_frames; i++)
		if (is_in(&seen.frames[i], start, stop))
			return i;
	return SIZE_MAX;
}

static void assert_chain(void)
{
	size_t i = find_frame(__start_chain_inner, __stop_chain_inner);
	assert_true(is_in(&seen.frames[0], __start_chain_handler, __stop_chain_handler));
	assert_true(is_in(&seen.frames[1], __start_chain_handler, __stop_chain_handler));
	assert_true(i > 2 && i < seen.n_frames);
	assert_true(is_in(&seen.frames[i + 1], __start_chain_outer, __stop_chain_outer));
	assert_int_equal(seen.end, UNWIND_COMPLETE);
}

static void catch_signal(int sig, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	sigaction(sig, &action, NULL);
}

static void walks_through_a_signal_frame(void **state)
{
	(void)state;
	catch_signal(SIGUSR1, 0);
	outer(raise_usr1);
	assert_chain();
	assert_true(seen.frames[3].flags & UNWIND_INTERRUPTED);
	assert_int_equal(seen.frames[3].pc, unwind_lookup_pc(&seen.frames[3]));
}

static void raise_in_handler(int sig)
{
	(void)sig;
	raise_usr1();
}

static void raise_usr2(void)
{
	raise(SIGUSR2);
	__asm__ volatile("" ::: "memory");
}

static void walks_through_nested_signal_frames(void **state)
{
	struct sigaction action = { .sa_handler = raise_in_handler };
	(void)state;
	catch_signal(SIGUSR1, 0);
	sigaction(SIGUSR2, &action, NULL);
	outer(raise_usr2);
	assert_chain();
}

static void says_that_the_interrupted_stack_is_another_one(void **state)
{
	static char alternate[64 << 10];
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) },
		off = { .ss_flags = SS_DISABLE };
	(void)state;
	sigaltstack(&stack, NULL);
	catch_signal(SIGUSR1, SA_ONSTACK);
	other_stack_end = (uint64_t)(alternate + sizeof(alternate));
	outer(raise_usr1);
	other_stack_end = 0;
	sigaltstack(&off, NULL);
	assert_int_equal(seen.end, UNWIND_OTHER_STACK);
	assert_int_equal(seen.n_frames, 4); /* take_stack, on_signal, trampoline, interrupted */
	assert_true(seen.frames[3].flags & UNWIND_INTERRUPTED);
}

/* A static buffer is below the main stack, so that a longer snapshot could have reached it. */
static void takes_a_short_snapshot_for_truncated(void **state)
{
	(void)state;
	catch_signal(SIGUSR1, 0);
	outer(raise_usr1);
	size_t whole = seen.n_frames;
	for (uint32_t n = live.sample.stack.n_words; n-- > 0;) {
		live.sample.stack.n_words = n;
		live.sample.stack.truncated = true;
		unwind_stack(arch_native(), &live.space, &live.sample, NULL, NULL, &live.result);
		assert_true(live.result.n_frames <= whole);
		if (live.result.n_frames < whole)
			assert_int_equal(live.result.end, UNWIND_TRUNCATED);
	}
	assert_int_equal(live.result.n_frames, 1);
}

static void (*volatile nowhere)(void);

static void call_nowhere(void)
{
	nowhere();
	__asm__ volatile("" ::: "memory");
}

static void expect_caller_of_nowhere(void (*to)(void))
{
	nowhere = to;
	catch_signal(SIGSEGV, SA_NODEFER);
	jump_back = true;
	if (sigsetjmp(back, 1) == 0)
		outer(call_nowhere);
	jump_back = false;
	signal(SIGSEGV, SIG_DFL);
	assert_chain();
	assert_int_equal(seen.frames[3].pc, (uint64_t)to);
	assert_null(seen.frames[3].module);
	assert_true(seen.frames[4].flags & UNWIND_GUESSED);
}

static void finds_the_caller_of_a_null_pointer(void **state)
{
	(void)state;
	expect_caller_of_nowhere(NULL);
}

static void finds_the_caller_of_a_wild_pointer(void **state)
{
	static char data[64]; /* not executable */
	(void)state;
	expect_caller_of_nowhere((void (*)(void))(void *)data);
}

static int compare_and_take(const void *a, const void *b)
{
	take_stack();
	return *(const int *)a - *(const int *)b;
}

static void sort(void)
{
	int v[] = { 2, 1 };
	qsort(v, 2, sizeof(v[0]), compare_and_take);
	__asm__ volatile("" ::: "memory");
}

static void walks_through_a_callback_from_libc(void **state)
{
	(void)state;
	outer(sort);
	size_t i = find_frame(__start_chain_inner, __stop_chain_inner);
	assert_true(i < seen.n_frames);
	assert_true(is_in(&seen.frames[i + 1], __start_chain_outer, __stop_chain_outer));
	assert_int_equal(seen.end, UNWIND_COMPLETE);
}

static void *thread_main(void *arg)
{
	pthread_attr_t attr;
	void *stack;
	size_t size;
	(void)arg;
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &stack, &size);
	pthread_attr_destroy(&attr);
	other_stack_end = (uint64_t)stack + size;
	outer(raise_usr1);
	other_stack_end = 0;
	return NULL;
}

static void walks_to_the_start_of_a_thread(void **state)
{
	pthread_t thread;
	(void)state;
	catch_signal(SIGUSR1, 0);
	assert_int_equal(pthread_create(&thread, NULL, thread_main, NULL), 0);
	pthread_join(thread, NULL);
	assert_chain();
}

/* The timer interrupts anything; libgcc, asked in the same handler, is the judge. */
enum { MAX_JUDGE = 512 };
static volatile uint64_t n_samples, n_different;
static uint64_t judge_pcs[MAX_JUDGE];
static size_t n_judge;

static _Unwind_Reason_Code judge_frame(struct _Unwind_Context *context, void *arg)
{
	(void)arg;
	if (n_judge < MAX_JUDGE)
		judge_pcs[n_judge++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

static void on_timer(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	(void)sig, (void)info;
	const struct unwind_result *r = live_unwind(&live, uc, live.stack_end);
	size_t skip = 0;
	n_judge = 0;
	_Unwind_Backtrace(judge_frame, NULL);
	while (skip < n_judge && judge_pcs[skip] != r->frames[0].pc)
		skip++;
	while (n_judge > skip && judge_pcs[n_judge - 1] == 0)
		n_judge--;
	bool same = r->n_frames == n_judge - skip && r->end == UNWIND_COMPLETE;
	for (size_t i = 0; same && i < r->n_frames; i++)
		same = r->frames[i].pc == judge_pcs[skip + i];
	n_samples++;
	n_different += !same;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void busy_work(unsigned round)
{
	char text[100];
	int v[500];
	for (int i = 0; i < 500; i++)
		v[i] = (int)((unsigned)i * 7919 + round) % 501;
	qsort(v, 500, sizeof(v[0]), compare_ints);
	snprintf(text, sizeof(text), "%.15g %d", (double)v[3] / 7, v[4]);
	volatile double d = strtod(text, NULL);
	void *p = malloc(round % 5000 + (size_t)d);
	memset(text, 0, sizeof(text));
	free(p);
}

static void agrees_with_libgcc_wherever_the_timer_hits(void **state)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct itimerspec on = { { 0, 100000 }, { 0, 100000 } };
	timer_t timer;
	(void)state;
	sigaction(SIGPROF, &action, NULL);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	timer_settime(timer, 0, &on, NULL);
	for (unsigned i = 0; n_samples < 3000 && i < 1000000; i++)
		busy_work(i);
	timer_delete(timer);
	printf("# %lu samples, %lu differ\n", n_samples, n_different);
	assert_true(n_samples > 0);
	assert_int_equal(n_different, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_through_a_signal_frame),
		cmocka_unit_test(walks_through_nested_signal_frames),
		cmocka_unit_test(says_that_the_interrupted_stack_is_another_one),
		cmocka_unit_test(takes_a_short_snapshot_for_truncated),
		cmocka_unit_test(finds_the_caller_of_a_null_pointer),
		cmocka_unit_test(finds_the_caller_of_a_wild_pointer),
		cmocka_unit_test(walks_through_a_callback_from_libc),
		cmocka_unit_test(walks_to_the_start_of_a_thread),
		cmocka_unit_test(agrees_with_libgcc_wherever_the_timer_hits),
	};
	_Unwind_Backtrace(judge_frame, NULL); /* loads what it needs */
	live_init(&live);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	live_fini(&live);
	return failed;
}
