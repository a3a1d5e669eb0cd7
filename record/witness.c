/* See witness.h. */
#include "record/witness.h"

#include "common/defs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A group's signals are sent at one go; this is for the witness to get a CPU. */
enum { WAIT_MS = 100 };

static _Noreturn void be_witness(pid_t parent, const sigset_t *set, int fd)
{
	sigset_t all;
	siginfo_t info;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (i != fd)
			close(i);
	while (getppid() == parent) {
		if (sigwaitinfo(set, &info) < 0 || info.si_code == SI_KERNEL)
			continue;
		uint8_t number = (uint8_t)info.si_signo;
		if (write(fd, &number, 1) != 1)
			break;
	}
	_exit(0);
}

bool witness_start(struct witness *w, const sigset_t *set, struct err *err)
{
	int fds[2];
	pid_t parent = getpid();
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return err_errno(err, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0)
		be_witness(parent, set, fds[1]);
	int error = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = error;
		return err_errno(err, "cannot fork");
	}
	*w = (struct witness){ pid, fds[0] };
	return true;
}

bool witness_saw(const struct witness *w, int signal)
{
	struct pollfd polled = { w->fd, POLLIN, 0 };
	bool saw = false;
	uint8_t number;
	while (!saw && poll(&polled, 1, WAIT_MS) > 0 && read(w->fd, &number, 1) == 1)
		saw = number == signal;
	return saw;
}

void witness_stop(struct witness *w)
{
	if (!w->pid)
		return;
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	w->pid = 0;
}
