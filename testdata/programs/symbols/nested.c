/*
 * A function in a function (GNU C), whose code lies beside that of the function around it. For
 * report/test/symbol_source_test.c: the debug entry is inside the other's, the addresses are not.
 */
#include <stdio.h>

__attribute__((noinline)) int outer(int n);
int outer(int n)
{
	__attribute__((noinline)) int inner(int k)
	{
		__asm__ volatile("nop" ::: "memory");
		return n + k;
	}
	int (*volatile indirect)(int) = inner;
	return indirect(3) + inner(n);
}

int main(int argc, char **argv)
{
	(void)argv;
	printf("%d\n", outer(argc));
}
