/* Forks, starts and awaits the command; see launch.h. */
#include "record/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In the child. Only async-signal-safe calls, and no way back. */
static _Noreturn void run_child(const struct launch_command *command, int go_fd, int exec_fd)
{
	char go;
	ssize_t n;
	do
		n = read(go_fd, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_RECORDER_FAILED);
	if (command->stdout_is_traces && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(EXIT_RECORDER_FAILED);
	sigprocmask(SIG_SETMASK, command->mask, NULL);
	execvp(command->argv[0], command->argv);
	int error = errno;
	if (write(exec_fd, &error, sizeof(error)) != sizeof(error))
		_exit(EXIT_RECORDER_FAILED);
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

int launch_open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by definition */
#else
	return -1;
#endif
}

bool launch_fork(const struct launch_command *command, struct launch *ret_launch, struct err *err)
{
	int go[2], exec[2];
	if (pipe2(go, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	AUTO_CLOSE int go_read = go[0], go_write = go[1];
	if (pipe2(exec, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	AUTO_CLOSE int exec_read = exec[0], exec_write = exec[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_errno(err, "cannot fork");
	if (pid == 0) {
		close(go_write); /* or the end of file would never come if ddrec died */
		run_child(command, go_read, exec_write);
	}
	*ret_launch = (struct launch){ pid, launch_open_pidfd(pid), go_write, exec_read };
	go_write = exec_read = -1;
	return true;
}

bool launch_start(struct launch *t, int *ret_exec_error, struct err *err)
{
	if (write(t->go_fd, "g", 1) != 1)
		return err_errno(err, "the command's process is gone");
	int error = 0;
	ssize_t n;
	do
		n = read(t->exec_fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	*ret_exec_error = n == (ssize_t)sizeof(error) ? error : 0;
	close(t->go_fd);
	close(t->exec_fd);
	t->go_fd = t->exec_fd = -1;
	return true;
}

bool launch_has_ended(const struct launch *t)
{
	siginfo_t info = { .si_pid = 0 };
	int result = waitid(P_PID, (id_t)t->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return result < 0 || info.si_pid != 0;
}

int launch_wait(struct launch *t)
{
	int status;
	pid_t pid;
	do
		pid = waitpid(t->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	t->pid = 0;
	if (pid < 0)
		return EXIT_RECORDER_FAILED;
	if (WIFSIGNALED(status))
		return EXIT_BY_SIGNAL + WTERMSIG(status);
	return WEXITSTATUS(status);
}

void launch_close(struct launch *t)
{
	if (t->go_fd >= 0)
		close(t->go_fd);
	if (t->exec_fd >= 0)
		close(t->exec_fd);
	if (t->pidfd >= 0)
		close(t->pidfd);
	t->go_fd = t->exec_fd = t->pidfd = -1;
	if (t->pid)
		launch_wait(t);
}
