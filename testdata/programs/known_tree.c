/*
 * A call tree that is known: main calls left and right; left calls deep, deep calls leaf; right
 * calls leaf too. leaf takes all the time: three quarters under left, one quarter under right.
 * Proves that every frame between main and leaf is there, once. Usage: known_tree [SECONDS]
 */
#include "burn.h"

NOINLINE uint64_t leaf(uint64_t rounds)
{
	return spin(rounds);
}

NOINLINE uint64_t deep(uint64_t rounds)
{
	uint64_t x = leaf(rounds);
	NOT_A_TAIL_CALL();
	return x;
}

NOINLINE uint64_t left(void)
{
	uint64_t x = deep(30000);
	NOT_A_TAIL_CALL();
	return x;
}

NOINLINE uint64_t right(void)
{
	uint64_t x = leaf(10000);
	NOT_A_TAIL_CALL();
	return x;
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		for (int i = 0; i < 10; i++)
			sink += left() + right();
	return sink == 1;
}
