/*
 * 200 threads at the same time that do a fixed amount of work: threads UNITS. A unit takes about a
 * second of CPU, all threads together. testdata/programs/threads200.c burns a given time instead,
 * so a recorder would not slow it down.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { N_THREADS = 200, N_VALUES = 500, ROUNDS_PER_UNIT = 125 };

static unsigned n_rounds;

static int compare_values(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static __attribute__((noinline)) uint32_t sort_some(uint32_t seed)
{
	uint32_t values[N_VALUES];
	for (unsigned i = 0; i < N_VALUES; i++)
		values[i] = seed = seed * 1664525 + 1013904223;
	qsort(values, N_VALUES, sizeof(values[0]), compare_values);
	return values[N_VALUES / 2];
}

/* Deep stacks, of a depth that changes. */
static __attribute__((noinline)) uint32_t descend(unsigned depth, uint32_t seed)
{
	volatile uint32_t here = seed;
	return (depth ? descend(depth - 1, seed + depth) : sort_some(seed)) ^ here;
}

static void *work(void *arg)
{
	volatile uint32_t sum = (uint32_t)(uintptr_t)arg;
	for (unsigned i = 0; i < n_rounds; i++)
		sum += descend(i % 30, sum);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[N_THREADS];
	n_rounds = ROUNDS_PER_UNIT * (argc > 1 ? (unsigned)atoi(argv[1]) : 1);
	for (uintptr_t i = 0; i < N_THREADS; i++) {
		if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
			return 1;
	}
	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
