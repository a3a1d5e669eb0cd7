/*
 * A function with a known chain of inlined calls, and calls through the PLT. The comments "mark:"
 * name lines that report/test/symbol_source_test.c expects.
 */
#include <stdio.h>
#include <stdlib.h>

int chain_top(int x);
int chain_plain(int x);

static inline __attribute__((always_inline)) int chain_inner(int x)
{
	__asm__ volatile("nop; nop; nop; nop" ::: "memory"); /* mark: inner */
	return x + 1;
}

static inline __attribute__((always_inline)) int chain_middle(int x)
{
	x *= 3;
	return chain_inner(x); /* mark: middle calls inner */
}

__attribute__((noinline)) int chain_top(int x)
{
	__asm__ volatile("nop" ::: "memory");
	x = chain_middle(x); /* mark: top calls middle */
	__asm__ volatile("nop" ::: "memory");
	return x;
}

__attribute__((noinline)) int chain_plain(int x)
{
	__asm__ volatile("nop" ::: "memory"); /* mark: plain */
	return x ^ 5;
}

/* Thrown away by --gc-sections, and longer than the gap below .text. */
#define TEN(x) x x x x x x x x x x
__attribute__((noinline)) void chain_unused(void);
void chain_unused(void)
{
	TEN(TEN(TEN(__asm__ volatile(".skip 16, 0x90");)))
}

int main(int argc, char **argv)
{
	int (*print)(const char *, ...) = printf; /* a second way to printf: .plt.got */
	print("%d %d\n", chain_top(argc), chain_plain(argc));
	printf("%s\n", argv[0]);
	return atexit(0) ? 0 : puts("end") < 0;
}
