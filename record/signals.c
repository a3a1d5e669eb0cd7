/* Holds signals by a mask and a signalfd, so that no handler and no global is needed. */
#include "record/signals.h"

#include <sys/signalfd.h>

static const int held[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE };

bool signals_hold(struct signals *s, bool has_command, struct err *err)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		sigaddset(&set, held[i]);
	sigprocmask(SIG_BLOCK, &set, &s->original);
	if (has_command && !witness_start(&s->witness, &set, err))
		return false;
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return err_errno(err, "cannot receive signals");
	return true;
}

void signals_close(struct signals *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	witness_stop(&s->witness);
}

void signals_forward(const struct signals *s, pid_t pid)
{
	struct signalfd_siginfo info;
	while (read(s->fd, &info, sizeof(info)) == sizeof(info)) {
		int signal = (int)info.ssi_signo;
		/* The kernel's come from the terminal, or are our own broken pipe. */
		if (info.ssi_code != SI_KERNEL && signal != SIGPIPE &&
			!witness_saw(&s->witness, signal))
			kill(pid, signal);
	}
}

bool signals_ask_for_end(const struct signals *s)
{
	struct signalfd_siginfo info;
	bool end = false;
	while (read(s->fd, &info, sizeof(info)) == sizeof(info))
		end |= info.ssi_signo != SIGPIPE; /* our own broken pipe is told by write(2) */
	return end;
}
