/*
 * Copies a few instructions into fresh executable memory and runs them, as a JIT compiler does: no
 * file, no symbol, no unwind table, but a frame pointer. Proves that such frames are named as what
 * they are and that the stack goes on behind them. Usage: jit_like [SECONDS]
 */
#include "burn.h"

#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
/* push %rbp; mov %rsp,%rbp; mov $3000000,%ecx; 1: dec %ecx; jnz 1b; pop %rbp; ret */
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xb9, 0xc0, 0xc6, 0x2d, 0x00, 0xff,
	0xc9, 0x75, 0xfc, 0x5d, 0xc3 };
#else
/* stp x29,x30,[sp,#-16]!; mov x29,sp; mov x0,#0x2dc000; 1: subs x0,x0,#1; b.ne 1b;
 * ldp x29,x30,[sp],#16; ret */
static const unsigned char code[] = { 0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, 0xa0, 0x05,
	0xa0, 0xd2, 0x00, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54, 0xfd, 0x7b, 0xc1, 0xa8, 0xc0,
	0x03, 0x5f, 0xd6 };
#endif

NOINLINE void call_generated(void (*generated)(void))
{
	generated();
	NOT_A_TAIL_CALL();
}

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	memcpy(memory, code, sizeof(code));
	if (mprotect(memory, 4096, PROT_READ | PROT_EXEC))
		return 1;
	__builtin___clear_cache(memory, (char *)memory + sizeof(code));
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		call_generated((void (*)(void))memory);
	return 0;
}
