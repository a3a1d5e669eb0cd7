/*
 * How long samples stop a program: stops FILE SECONDS KIB spins on the clock with KIB of stack
 *below it, and writes one line to FILE:
 *
 *	STOPS MEDIAN_US P95_US LONG SUM_PERCENT
 *
 * A stop is 5 us or more between two looks at the clock: a sampling interrupt, with the kernel's
 * copy of the stack; or a timer tick, when nothing is sampled. LONG of the stops are above 100 us:
 *another program ran, such as a recorder. SUM is all of them, of the time. That a sample leaves
 *less of the program in the CPU's caches is not in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_STOPS = 1 << 20, KIB = 1024 };
static const double SHORTEST_US = 5, LONG_US = 100;

static double stops[MAX_STOPS];
static size_t n_stops;

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static __attribute__((noinline)) void spin(double seconds)
{
	double last = now_us(), end = last + seconds * 1e6;
	while (last < end && n_stops < MAX_STOPS) {
		double now = now_us();
		if (now - last >= SHORTEST_US)
			stops[n_stops++] = now - last;
		last = now;
	}
}

static __attribute__((noinline)) void spin_below(int kib, double seconds)
{
	char room[KIB];
	memset(room, kib, sizeof room);
	__asm__ volatile("" ::"r"(room) : "memory"); /* it is there, and stays */
	if (kib > 0)
		spin_below(kib - 1, seconds);
	else
		spin(seconds);
	__asm__ volatile("" ::"r"(room) : "memory");
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	double seconds = atof(argv[2]), sum_us = 0;
	spin_below(atoi(argv[3]), seconds);
	qsort(stops, n_stops, sizeof *stops, compare);
	size_t n_long = 0;
	for (size_t i = 0; i < n_stops; i++) {
		sum_us += stops[i];
		n_long += stops[i] > LONG_US;
	}
	FILE *out = fopen(argv[1], "w");
	if (!out)
		return 1;
	fprintf(out, "%zu %.3f %.3f %zu %.4f\n", n_stops, stops[n_stops / 2],
		stops[n_stops * 95 / 100], n_long, sum_us / seconds / 1e4);
	return fclose(out) ? 1 : 0;
}
