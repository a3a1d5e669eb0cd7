/*
 * Runs a command and tells its wall time and its own CPU time, without that of its children:
 * own_cpu FILE COMMAND [ARGS] writes "WALL_SECONDS CPU_MICROSECONDS" to FILE. getrusage and time(1)
 * cannot tell a recorder from the program it records. The dead process is looked at in /proc before
 * it is reaped: schedstat has the nanoseconds of its main thread, stat the clock ticks of all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "r");
}

static double main_thread_us(pid_t pid)
{
	FILE *in = open_proc(pid, "schedstat");
	double ns = 0;
	if (!in || fscanf(in, "%lf", &ns) != 1)
		ns = 0;
	if (in)
		fclose(in);
	return ns / 1e3;
}

static double all_threads_us(pid_t pid)
{
	FILE *in = open_proc(pid, "stat");
	double user = 0, sys = 0;
	const char *fields = "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf";
	if (!in || fscanf(in, fields, &user, &sys) != 2)
		user = sys = 0;
	if (in)
		fclose(in);
	return (user + sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

int main(int argc, char **argv)
{
	double start = now();
	pid_t pid = argc < 3 ? -1 : fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	siginfo_t info;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		return 2;
	double wall = now() - start, main_us = main_thread_us(pid), all_us = all_threads_us(pid);
	FILE *out = fopen(argv[1], "w");
	if (!out)
		return 2;
	/* Ticks are coarse: more than two of them apart means other threads. */
	double us = all_us > main_us + 20000 ? all_us : main_us;
	fprintf(out, "%.3f %.0f\n", wall, us);
	if (fclose(out))
		return 2;
	waitid(P_PID, (id_t)pid, &info, WEXITED);
	return info.si_code == CLD_EXITED ? info.si_status : 128;
}
