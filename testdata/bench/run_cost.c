/*
 * Runs a command and tells what it cost: run_cost FILE COMMAND [ARGS] writes one line to FILE:
 *
 *	WALL_SECONDS CPU_SECONDS PEAK_KIB OWN_CPU_SECONDS
 *
 * CPU is of the command and of all its descendants, peak memory is of the largest of them, and own
 *is of run_cost itself up to here. What the command leaves behind (perf does not wait for its
 *addr2line) is waited for, a second at most, but is not in the wall time.
 *
 * A recorder's own CPU time is told by two of these, one in the other:
 *
 *	run_cost OUTER recorder -- run_cost INNER target
 *
 * It is OUTER's CPU without INNER's, without INNER's own. So it does not matter how many processes
 *and threads the recorder is made of. rusage counts nanoseconds on the CPU, not ticks.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
		(double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* Descendants that nobody waited for come to this process, see prctl(2). */
static void wait_for_orphans(void)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	for (int i = 0; i < 200; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			return;
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	double start = now();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t pid = argc < 3 ? -1 : fork();
	if (pid < 0)
		return 125;
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	struct rusage usage, own;
	int status;
	if (waitpid(pid, &status, 0) != pid)
		return 125;
	double wall = now() - start;
	wait_for_orphans();
	getrusage(RUSAGE_CHILDREN, &usage);
	FILE *out = fopen(argv[1], "w");
	if (!out)
		return 125;
	getrusage(RUSAGE_SELF, &own);
	fprintf(out, "%.6f %.6f %ld %.6f\n", wall, cpu_seconds(&usage), usage.ru_maxrss,
		cpu_seconds(&own));
	if (fclose(out))
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
