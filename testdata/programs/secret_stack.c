/*
 * Keeps a 32-byte secret in many places on its stack while it burns CPU. Proves that no application
 * data gets into a trace: the secret's bytes must not be found in it, decompressed or not. It is
 * made at run time, so that it is in no file: the bytes 0xa5 ^ (7 * i), for i from 0 to 31.
 * Usage: secret_stack [SECONDS]
 */
#include "burn.h"

enum { SECRET_BYTES = 32, COPIES = 64 };

NOINLINE uint64_t work_with_secret(unsigned char (*copies)[SECRET_BYTES])
{
	__asm__ volatile("" : : "r"(copies) : "memory");
	return spin(100000);
}

NOINLINE uint64_t hold_secret(volatile unsigned char *key)
{
	unsigned char copies[COPIES][SECRET_BYTES];
	for (int c = 0; c < COPIES; c++)
		for (int i = 0; i < SECRET_BYTES; i++)
			copies[c][i] = key[0] ^ (unsigned char)(7 * i);
	uint64_t x = work_with_secret(copies);
	NOT_A_TAIL_CALL();
	return x;
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	volatile unsigned char key = 0xa5;
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		sink += hold_secret(&key);
	return sink == 1;
}
