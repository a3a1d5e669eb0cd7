/*
 * A function whose symbol is literally <script>alert(1)</script>. Proves that names are escaped in
 * whatever is shown by a browser. Usage: script_name [SECONDS]
 */
#include "burn.h"

uint64_t hostile(void) __asm__("\"<script>alert(1)</script>\"");

NOINLINE uint64_t hostile(void)
{
	return spin(100000);
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		sink += hostile();
	return sink == 1;
}
