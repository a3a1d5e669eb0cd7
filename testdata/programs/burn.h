/* What the programs to profile share: burning CPU for a while, and a call that stays a call. */
#ifndef TESTDATA_BURN_H
#define TESTDATA_BURN_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define NOINLINE __attribute__((noinline, noclone))
/* After a call: keeps the compiler from turning it into a jump, which would lose the frame. */
#define NOT_A_TAIL_CALL() __asm__ volatile("")

static inline uint64_t thread_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Some arithmetic, always inlined: the time is the caller's own. */
static inline __attribute__((always_inline)) uint64_t spin(uint64_t rounds)
{
	uint64_t x = 88172645463325252u;
	for (uint64_t i = 0; i < rounds; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static inline double seconds_argument(int argc, char **argv, double usual)
{
	return argc > 1 ? atof(argv[1]) : usual;
}

/* CPU seconds of this thread are not yet used up? */
static inline int time_is_left(uint64_t start_ns, double seconds)
{
	return (double)(thread_cpu_ns() - start_ns) < seconds * 1e9;
}

#endif
