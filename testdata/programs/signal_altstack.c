/*
 * A signal handler on an alternate stack (sigaltstack). Its snapshot does not hold the interrupted
 * stack: proves that the report says so and does not invent callers. Usage: signal_altstack
 * [SECONDS]
 */
#include "signal_common.h"

static char alternate_stack[64 * 1024];

int main(int argc, char **argv)
{
	stack_t stack = { .ss_sp = alternate_stack, .ss_size = sizeof(alternate_stack) };
	if (sigaltstack(&stack, NULL))
		return 1;
	return run_interrupted(seconds_argument(argc, argv, 2), SA_ONSTACK);
}
