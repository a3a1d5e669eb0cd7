/*
 * 2000 nested calls with 128 bytes and more of locals each: a stack far beyond the 64 KiB that one
 * perf snapshot can hold. Proves that such stacks are reported as truncated, not as complete.
 * Usage: deep_recursion [SECONDS]
 */
#include "burn.h"

enum { DEPTH = 2000 };

NOINLINE uint64_t descend(int depth)
{
	volatile char locals[128];
	locals[depth % 128] = (char)depth;
	if (depth == 0)
		return spin(3000000);
	uint64_t x = descend(depth - 1);
	NOT_A_TAIL_CALL();
	return x + (uint64_t)locals[depth % 128];
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		sink += descend(DEPTH);
	return sink == 1;
}
