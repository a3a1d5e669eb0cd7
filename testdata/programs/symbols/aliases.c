/*
 * Functions that are known by other names than they are defined with, as in glibc. For
 * report/test/symbol_source_test.c, which builds a shared library of it.
 */
#define ALIAS(name, target) extern __typeof__(target) name __attribute__((alias(#target)))

/* Defined as __GI___lib_take, exported as take and __lib_take. */
__attribute__((visibility("hidden"))) int lib_take(int n) __asm__("__GI___lib_take");
int lib_take(int n)
{
	return n + 1;
}
extern __typeof__(lib_take) __lib_take __attribute__((alias("__GI___lib_take")));
extern __typeof__(lib_take) take __attribute__((weak, alias("__GI___lib_take")));

/* Exported by two public names: that of the source is as good as the other. */
int give_everything(int n)
{
	return n + 2;
}
ALIAS(give, give_everything);

/* Known by internal names only. */
static int __attribute__((used)) __start_inner(int n)
{
	return n + 3;
}
ALIAS(__start, __start_inner);

/* Nobody else knows it. */
static int __attribute__((used, noinline)) __hidden(int n)
{
	__asm__ volatile("nop" ::: "memory");
	return n + 4;
}
int caller(int n)
{
	return __hidden(n) + 1;
}
