/*
 * 60, 30 and 10 % of the CPU time in three functions, each doing its share of equal steps. Proves
 * that shares in a report are right. Usage: known_shares [SECONDS]
 */
#include "burn.h"

NOINLINE uint64_t takes_60_percent(void)
{
	return spin(60000);
}

NOINLINE uint64_t takes_30_percent(void)
{
	return spin(30000);
}

NOINLINE uint64_t takes_10_percent(void)
{
	return spin(10000);
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		for (int i = 0; i < 10; i++)
			sink += takes_60_percent() + takes_30_percent() + takes_10_percent();
	return sink == 1;
}
