/*
 * Hundreds of short-lived children, every tenth of which runs another program. Proves that
 * processes which are born and gone within a sampling round are followed, and that nothing grows
 * with their number. Usage: fork_storm [CHILDREN]
 */
#include "burn.h"

#include <sys/wait.h>
#include <unistd.h>

NOINLINE uint64_t child_work(void)
{
	return spin(500000);
}

static void child(int i)
{
	volatile uint64_t sink = child_work();
	(void)sink;
	if (i % 10 == 0)
		execlp("true", "true", (char *)NULL);
	_exit(0);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 500;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid == 0)
			child(i);
		if (pid < 0)
			return 1;
		if (i % 4 == 3)
			while (waitpid(-1, NULL, 0) > 0)
				;
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}
