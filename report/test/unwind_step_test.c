/*
 * The unwinder against libgcc's, at every single instruction: the processor's trap flag raises
 * SIGTRAP after each instruction of a workload, and the handler unwinds the interrupted stack with
 * both. Runs through the dynamic linker's lazy binding, PLT entries, hand-written string functions,
 * prologues and epilogues of libc, libm and this program.
 *
 * Each stack is unwound again after what the recorder drops is gone from it: words and registers
 * that point neither to code nor into the stack.
 *
 * x86-64 only. -v prints differences one by one, and the number of instructions.
 */
#include "report/test/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#ifdef __has_feature
#define IS_CLANG_ASAN __has_feature(address_sanitizer)
#else
#define IS_CLANG_ASAN 0
#endif

#ifndef __x86_64__
int main(void)
{
	puts("SKIPPED: single-stepping is written for x86-64 only");
	return 77;
}
#elif defined(__SANITIZE_ADDRESS__) || IS_CLANG_ASAN
int main(void)
{
	puts("SKIPPED: takes minutes under the address sanitizer");
	return 77;
}
#else

#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <regex.h>
#include <signal.h>
#include <time.h>
#include <unwind.h>
#include <wchar.h>

enum { MAX_JUDGE = 512, TRAP_FLAG = 0x100, MAX_SHOWN = 20 };

static struct live live;
static uint64_t judge_pcs[MAX_JUDGE];
static size_t n_judge;
static uint64_t n_instructions, n_different, n_incomplete, n_exact;
static uint64_t n_sieve_different;
static struct unwind_frame sieved_frames[UNWIND_MAX_FRAMES];
static volatile sig_atomic_t is_verbose, is_stepping;
static bool judge_crashes;            /* libgcc follows stale expressions in gcc's own epilogues */
static uint64_t outer_pcs[MAX_JUDGE]; /* the frames outside a workload */
static size_t n_outer;

static _Unwind_Reason_Code judge_frame(struct _Unwind_Context *context, void *arg)
{
	int before;
	(void)arg;
	if (n_judge < MAX_JUDGE)
		judge_pcs[n_judge++] = _Unwind_GetIPInfo(context, &before);
	return _URC_NO_REASON;
}

/* libgcc ends a chain with a pc of 0 where it finds one. */
static bool agrees(const struct unwind_result *r, const uint64_t *pcs, size_t n)
{
	while (n > 0 && pcs[n - 1] == 0)
		n--;
	bool same = r->n_frames == n;
	for (size_t i = 0; same && i < n; i++)
		same = r->frames[i].pc == pcs[i];
	return same;
}

static void show(const struct unwind_result *r, const uint64_t *pcs, size_t n)
{
	Dl_info info;
	printf("# end: %s%s\n", unwind_end_text(r->end), r->used_exact_mode ? " (exact)" : "");
	for (size_t i = 0; i < MAX(r->n_frames, n) && i < 12; i++) {
		uint64_t ours = i < r->n_frames ? r->frames[i].pc : 0, theirs = i < n ? pcs[i] : 0;
		bool known = dladdr((void *)ours, &info) && info.dli_sname;
		printf("#   %2zu %#18lx %#18lx %s\n", i, ours, theirs, known ? info.dli_sname : "");
	}
}

/* Without libgcc: the walk must arrive, and arrive at the frames that called the workload. */
static bool arrives(const struct unwind_result *r)
{
	bool same = r->n_frames >= n_outer;
	for (size_t i = 1; same && i <= n_outer; i++)
		same = r->frames[r->n_frames - i].pc == outer_pcs[n_outer - i];
	return same && r->end == UNWIND_COMPLETE;
}

static void ask_judge(const ucontext_t *uc, const struct unwind_result *r)
{
	size_t skip = 0;
	uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	n_judge = 0;
	_Unwind_Backtrace(judge_frame, NULL);
	while (skip < n_judge && judge_pcs[skip] != pc)
		skip++;
	if (agrees(r, judge_pcs + skip, n_judge - skip))
		return;
	if (n_different++ < MAX_SHOWN && is_verbose)
		show(r, judge_pcs + skip, n_judge - skip);
}

static bool is_kept(uint64_t word, uint64_t sp)
{
	return address_space_find(&live.space, word) || (word >= sp && word < live.stack_end);
}

/* What the recorder's sieve does to a sample, less its care for signal frames. */
static void sieve(struct trace_sample *s)
{
	uint64_t sp = s->regs[7];
	for (uint32_t i = 0; i < s->stack.n_words; i++)
		if (!is_kept(live.words[i], sp))
			live.words[i] = 0;
	for (int reg = 0; reg < 16; reg++) {
		if (!is_kept(s->regs[reg], sp)) {
			s->regs[reg] = 0;
			s->regs_mask &= ~(1ULL << reg);
		}
	}
}

static void unwind_sieved(const struct unwind_result *whole)
{
	struct unwind_result r = { .frames = sieved_frames };
	sieve(&live.sample);
	unwind_stack(arch_native(), &live.space, &live.sample, NULL, NULL, &r);
	bool same = r.n_frames == whole->n_frames && r.end == whole->end;
	for (size_t i = 0; same && i < r.n_frames; i++)
		same = r.frames[i].pc == whole->frames[i].pc;
	n_sieve_different += !same;
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	(void)sig, (void)info;
	if (!is_stepping) /* the switching itself pushes without saying so in its CFI */
		return;
	n_instructions++;
	const struct unwind_result *r = live_unwind(&live, uc, live.stack_end);
	n_exact += r->used_exact_mode;
	n_incomplete += r->end != UNWIND_COMPLETE;
	if (!judge_crashes) {
		ask_judge(uc, r);
	} else if (n_outer == 0) { /* the first instruction, in step_through */
		for (size_t i = 1; i < r->n_frames; i++)
			outer_pcs[n_outer++] = r->frames[i].pc;
	} else if (!arrives(r) && n_different++ < MAX_SHOWN && is_verbose) {
		show(r, outer_pcs, n_outer);
	}
	unwind_sieved(r);
}

static void trap_on(void)
{
	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
}

static void trap_off(void)
{
	__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

static void step_through(void (*work)(void))
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	sigaction(SIGTRAP, &action, NULL);
	n_instructions = n_different = n_incomplete = n_exact = n_outer = n_sieve_different = 0;
	trap_on();
	is_stepping = true;
	work();
	is_stepping = false;
	trap_off();
	if (is_verbose && n_sieve_different)
		printf("# %lu differ when sieved\n", n_sieve_different);
	if (is_verbose)
		printf("# %lu instructions, %lu different, %lu incomplete, %lu exact\n",
			n_instructions, n_different, n_incomplete, n_exact);
	assert_true(n_instructions > 100);
	assert_int_equal(n_different, 0);
	assert_int_equal(n_incomplete, 0);
	assert_int_equal(n_sieve_different, 0);
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

static void sort_work(void)
{
	int v[200];
	for (int i = 0; i < 200; i++)
		v[i] = (i * 7919) % 211;
	qsort(v, 200, sizeof(v[0]), compare_ints);
}

static void print_work(void)
{
	char text[200];
	wchar_t wide[50];
	snprintf(text, sizeof(text), "%d %s %.17g %Lf %a", 42, "text", 1.0 / 3, 2.5L, 0.1);
	swprintf(wide, 50, L"%ls %d", L"wide", 7);
	double d = strtod(text, NULL);
	long n = 0;
	sscanf("17 0x1f 3.5", "%ld %*x %lf", &n, &d);
}

static void string_work(void)
{
	char a[600], b[600];
	memset(a, 'x', sizeof(a));
	a[599] = 0;
	for (volatile size_t n = 1; n < 600; n = n * 3 / 2 + 1) {
		memcpy(b, a, n);
		memmove(b + 1, b, n - 1);
		b[n - 1] = 0;
		volatile size_t len = strlen(b) + (strchr(b, 'y') != NULL) + strnlen(a, n);
		len += (size_t)memcmp(a, b, n) + (size_t)strcmp(a, b);
		(void)len;
	}
	volatile char *found = strstr(a, "yz");
	(void)found;
}

static void math_work(void)
{
	volatile double sum = 0, x = 0.37;
	volatile float f = 1.5f;
	for (int i = 0; i < 5; i++, x = x * 3.1 + 0.1)
		sum += sin(x) + pow(x, 1.7) + exp(-x) + log(x) + tgamma(x) + atan2(x, 2) + sinf(f);
	(void)sum;
}

static void heap_work(void)
{
	void *p[40];
	for (size_t i = 0; i < 40; i++)
		p[i] = malloc(i * i * 13 + 1);
	for (size_t i = 0; i < 40; i += 2)
		free(p[i]);
	for (size_t i = 1; i < 40; i += 2)
		free(realloc(p[i], i * 100));
}

static void linker_work(void)
{
	void *lib = dlopen("libm.so.6", RTLD_LAZY);
	void *volatile found = dlsym(lib, "cbrtl");
	found = dlsym(RTLD_DEFAULT, "no_such_symbol");
	(void)found;
	if (lib)
		dlclose(lib);
}

/* The first calls of these go through the PLT to the dynamic linker. */
static void lazy_work(void)
{
	time_t now = 86400;
	struct tm tm;
	char text[64];
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	volatile double r = erf(0.5) + lgamma(2.5) + cbrt(3);
	(void)r;
}

static void regex_work(void)
{
	regex_t re;
	if (regcomp(&re, "^(a|b)*c+[0-9]{2,3}$", REG_EXTENDED) == 0) {
		regexec(&re, "abababcc123", 0, NULL, 0);
		regfree(&re);
	}
}

__attribute__((noinline)) static long alloca_frame(long n)
{
	char *p = __builtin_alloca((size_t)n * 16 + 16);
	memset(p, (int)n, (size_t)n * 16);
	return n ? alloca_frame(n - 1) + p[0] : p[0];
}

/* Realigns its stack: gcc finds the CFA through a saved copy (DRAP) or rbp. */
__attribute__((noinline)) static long realigned_frame(long n)
{
	_Alignas(64) volatile char big[128];
	char *p = __builtin_alloca((size_t)n + 32);
	memset(p, 1, (size_t)n + 32);
	big[0] = p[0];
	return n ? realigned_frame(n - 1) + big[0] : alloca_frame(3);
}

__attribute__((noinline, force_align_arg_pointer)) static long forced_frame(
	long a, long b, long c, long d, long e, long f, long g)
{
	_Alignas(32) volatile long v[8] = { a, b, c, d, e, f, g };
	return realigned_frame(v[0]) + v[6];
}

static void frame_work(void)
{
	volatile long r = forced_frame(3, 2, 3, 4, 5, 6, 7) + alloca_frame(5);
	(void)r;
}

static void jump_work(void)
{
	jmp_buf env;
	if (setjmp(env) == 0)
		longjmp(env, 1);
	volatile int e = feraiseexcept(FE_INEXACT);
	(void)e;
}

static void forget_exception(_Unwind_Reason_Code reason, struct _Unwind_Exception *e)
{
	(void)reason, (void)e;
}

/* As a C++ throw that nobody catches: the search ends without changing anything. */
static void exception_work(void)
{
	static struct _Unwind_Exception e;
	memcpy(&e.exception_class, "DDRCTEST", 8);
	e.exception_cleanup = forget_exception;
	volatile int result = (int)_Unwind_RaiseException(&e);
	(void)result;
}

#define STEP_TEST(work)                            \
	static void agrees_in_##work(void **state) \
	{                                          \
		(void)state;                       \
		step_through(work);                \
	}

STEP_TEST(sort_work)
STEP_TEST(print_work)
STEP_TEST(string_work)
STEP_TEST(math_work)
STEP_TEST(heap_work)
STEP_TEST(linker_work)
STEP_TEST(lazy_work)
STEP_TEST(regex_work)

static void arrives_from_realigned_frames(void **state)
{
	(void)state;
	judge_crashes = true;
	step_through(frame_work);
	judge_crashes = false;
	assert_true(n_exact > 50);
}

STEP_TEST(jump_work)
STEP_TEST(exception_work)

int main(int argc, char **argv)
{
	is_verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_in_lazy_work),
		cmocka_unit_test(agrees_in_sort_work),
		cmocka_unit_test(agrees_in_print_work),
		cmocka_unit_test(agrees_in_string_work),
		cmocka_unit_test(agrees_in_math_work),
		cmocka_unit_test(agrees_in_heap_work),
		cmocka_unit_test(agrees_in_linker_work),
		cmocka_unit_test(agrees_in_regex_work),
		cmocka_unit_test(arrives_from_realigned_frames),
		cmocka_unit_test(agrees_in_jump_work),
		cmocka_unit_test(agrees_in_exception_work),
	};
	_Unwind_Backtrace(judge_frame, NULL); /* loads what it needs */
	live_init(&live);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	live_fini(&live);
	return failed;
}
#endif
