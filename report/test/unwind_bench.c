/*
 * How long a frame takes: unwinds samples of this program, taken by a timer while it works, again
 * and again. Not a test; build with `make build/report/test/unwind_bench`.
 */
#include "report/test/live.h"

#include <signal.h>
#include <time.h>

enum { MAX_SAMPLES = 100, ROUNDS = 4000 };

static struct live live;
static struct trace_sample samples[MAX_SAMPLES];
static uint64_t words[MAX_SAMPLES][8192];
static volatile size_t n_samples;

static void on_timer(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info;
	size_t n = n_samples;
	if (n == MAX_SAMPLES)
		return;
	live_sample(&live, context, live.stack_end);
	samples[n] = live.sample;
	samples[n].stack.n_words = MIN(live.sample.stack.n_words, ARRAY_LEN(words[n]));
	samples[n].stack.words = words[n];
	memcpy(words[n], live.words, samples[n].stack.n_words * sizeof(words[n][0]));
	n_samples = n + 1;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static int nested_work(unsigned depth, unsigned round)
{
	volatile char frame[64];
	int v[100];
	char text[100];
	frame[depth % 64] = 1;
	if (depth > 0)
		return nested_work(depth - 1, round) + frame[depth % 64];
	for (int i = 0; i < 100; i++)
		v[i] = (int)((unsigned)i * 7919 + round) % 101;
	qsort(v, 100, sizeof(v[0]), compare_ints);
	snprintf(text, sizeof(text), "%.15g %d", (double)v[3] / 7, v[4]);
	free(malloc(round % 5000));
	return v[1];
}

static void collect(void)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct itimerspec on = { { 0, 200000 }, { 0, 200000 } };
	timer_t timer;
	sigaction(SIGPROF, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		abort();
	timer_settime(timer, 0, &on, NULL);
	for (unsigned i = 0; n_samples < MAX_SAMPLES; i++)
		nested_work(i % 40, i);
	timer_delete(timer);
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others use the machine too */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	size_t frames = 0, exact = 0, complete = 0;
	live_init(&live);
	collect();
	double start = now_ns();
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < MAX_SAMPLES; i++) {
			unwind_stack(
				arch_native(), &live.space, &samples[i], NULL, NULL, &live.result);
			frames += live.result.n_frames;
			exact += live.result.used_exact_mode;
			complete += live.result.end == UNWIND_COMPLETE;
		}
	}
	double ns = now_ns() - start;
	size_t n = (size_t)MAX_SAMPLES * ROUNDS;
	printf("%.1f ns/frame, %.0f ns/stack of %.1f frames, %.1f %% complete, %.2f %% exact\n",
		ns / (double)frames, ns / (double)n, (double)frames / (double)n,
		100.0 * (double)complete / (double)n, 100.0 * (double)exact / (double)n);
	live_fini(&live);
	return 0;
}
