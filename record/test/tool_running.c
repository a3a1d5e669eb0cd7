/*
 * Programs that run already when a recorder comes: one for each word of main. They say "ready", and
 * burn CPU in threads with names, come and go, sleep, or map files.
 */
#include "common/clock.h"
#include "common/defs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define MS UINT64_C(1000000)

__attribute__((noinline)) static uint64_t spin(int depth, uint64_t until_ns)
{
	volatile uint64_t n = 0;
	if (depth)
		return spin(depth - 1, until_ns) + 1;
	while (clock_now_ns(CLOCK_MONOTONIC) < until_ns)
		for (int i = 0; i < 1000; i++)
			n++;
	return n & 1;
}

static uint64_t after_ms(uint64_t ms)
{
	return clock_now_ns(CLOCK_MONOTONIC) + ms * MS;
}

struct work {
	const char *name;
	uint64_t until_ns;
};

static void *be_worker(void *arg)
{
	struct work work = *(struct work *)arg;
	free(arg);
	prctl(PR_SET_NAME, work.name);
	spin(20, work.until_ns);
	return NULL;
}

static pthread_t start_worker(const char *name, uint64_t until_ns)
{
	pthread_t thread;
	struct work *work = malloc(sizeof(*work));
	*work = (struct work){ name, until_ns };
	if (pthread_create(&thread, NULL, be_worker, work))
		exit(98);
	return thread;
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* Main and two workers for so long; then a result and a status of its own. */
static int workers(uint64_t ms)
{
	uint64_t until = after_ms(ms);
	pthread_t a = start_worker("worker-a", until), b = start_worker("worker-b", until);
	say_ready();
	spin(20, until);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	puts("the result is 42");
	return 7;
}

/* The first thread ends after some time, a worker goes on. */
static int main_ends(uint64_t main_ms, uint64_t ms)
{
	start_worker("worker-a", after_ms(ms));
	say_ready();
	spin(20, after_ms(main_ms));
	pthread_exit(NULL);
}

/* After a while a new thread and a new process. */
static int grow(uint64_t ms)
{
	uint64_t until = after_ms(ms);
	say_ready();
	spin(20, after_ms(700));
	pthread_t late = start_worker("late-thread", until);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_NAME, "late-child");
		spin(20, until);
		_exit(0);
	}
	pthread_join(late, NULL);
	waitpid(child, NULL, 0);
	return 0;
}

static void *be_request(void *arg UNUSED)
{
	prctl(PR_SET_NAME, "request");
	spin(5, after_ms(3));
	return NULL;
}

/* As a server with a thread for each request. */
static void *serve(void *arg)
{
	uint64_t until = *(uint64_t *)arg;
	prctl(PR_SET_NAME, "server");
	while (clock_now_ns(CLOCK_MONOTONIC) < until) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, be_request, NULL))
			exit(98);
		pthread_join(thread, NULL);
	}
	return NULL;
}

static int churn(uint64_t ms)
{
	pthread_t threads[4];
	uint64_t until = after_ms(ms);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		if (pthread_create(&threads[i], NULL, serve, &until))
			return 98;
	say_ready();
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void *sleep_in_thread(void *arg UNUSED)
{
	prctl(PR_SET_NAME, "sleeper");
	sleep(600);
	return NULL;
}

static int sleepers(int n)
{
	pthread_t thread;
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread, &small, sleep_in_thread, NULL))
			return 98;
	say_ready();
	sleep(600);
	return 0;
}

/* So many executable mappings that the kernel cannot join, of a file that has no name any more. */
static int mappings_of_memfd(size_t n)
{
	int fd = memfd_create("ddrec-test-jit", MFD_CLOEXEC);
	char *at = mmap(NULL, n * 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || ftruncate(fd, 8192) || at == MAP_FAILED)
		return 98;
	for (size_t i = 0; i < n; i++)
		if (mmap(at + i * 8192, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd,
			    0) == MAP_FAILED)
			return 97;
	say_ready();
	sleep(600);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 99;
	uint64_t n = argv[2] ? strtoull(argv[2], NULL, 10) : 0;
	if (!strcmp(argv[1], "workers"))
		return workers(n);
	if (!strcmp(argv[1], "main-ends"))
		return main_ends(n, strtoull(argv[3], NULL, 10));
	if (!strcmp(argv[1], "grow"))
		return grow(n);
	if (!strcmp(argv[1], "churn"))
		return churn(n);
	if (!strcmp(argv[1], "sleepers"))
		return sleepers((int)n);
	if (!strcmp(argv[1], "mappings"))
		return mappings_of_memfd(n);
	return 99;
}
