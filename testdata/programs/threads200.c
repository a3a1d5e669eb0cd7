/*
 * 200 threads, named worker-N, that burn CPU at the same time and end one after another. Proves
 * that per-thread stacks, names and slots hold up. Usage: threads200 [SECONDS [THREADS]], the
 * seconds of all together.
 */
#include "burn.h"

#include <pthread.h>
#include <stdio.h>

enum { MAX_THREADS = 200 };

static double seconds_each;

NOINLINE uint64_t thread_work(void)
{
	return spin(10000);
}

static void *worker(void *arg)
{
	char name[16];
	snprintf(name, sizeof(name), "worker-%d", (int)(intptr_t)arg);
	pthread_setname_np(pthread_self(), name);
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds_each);)
		sink += thread_work();
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : MAX_THREADS;
	pthread_t threads[MAX_THREADS];
	if (n < 1 || n > MAX_THREADS)
		return 1;
	seconds_each = seconds_argument(argc, argv, 2) / n;
	for (intptr_t i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, worker, (void *)i))
			return 1;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
