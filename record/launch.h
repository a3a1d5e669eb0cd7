/*
 * The command that is recorded, or how long. It is forked first and waits; the events are opened on
 * it; then it is let go and executes the command. So nothing of the command is missed, and nothing
 * of ddrec is in the recording.
 *
 * The command sees its environment, its descriptors and its signals as if ddrec were not there,
 * and runs on if ddrec dies. Only when the trace goes to standard output, the command's own output
 * is put on standard error, or it would be in the middle of the trace.
 *
 *	launch_fork(&command, &launch, err);
 *	... open events on launch.pid ...
 *	launch_start(&launch, &exec_error, err);       // exec_error: 0, or errno of the exec
 *	... launch.pidfd becomes readable when it ends ...
 *	int status = launch_wait(&launch);
 */
#ifndef RECORD_LAUNCH_H
#define RECORD_LAUNCH_H

#include "common/err.h"

#include <signal.h>
#include <sys/types.h>

enum {
	EXIT_RECORDER_FAILED = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_BY_SIGNAL = 128, /* plus the signal's number */
};

struct launch_command {
	char *const *argv;
	const sigset_t *mask;  /* of signals, for the command */
	bool stdout_is_traces; /* what the command prints must go to standard error */
};

struct launch {
	pid_t pid; /* 0: none */
	int pidfd; /* -1: the kernel has none (before Linux 5.3); ask launch_has_ended now and then
		    */
	int go_fd;
	int exec_fd; /* brings errno of a failed exec, or the end of file */
};

MUST_CHECK bool launch_fork(
	const struct launch_command *command, struct launch *ret_launch, struct err *err);
/* Lets the command run. False when the target died before it could try. */
MUST_CHECK bool launch_start(struct launch *t, int *ret_exec_error, struct err *err);
bool launch_has_ended(const struct launch *t);
/* Waits for the end. Returns the exit status that ddrec record passes on. */
int launch_wait(struct launch *t);
/* Readable when the process has ended; -1 where the kernel has none (before Linux 5.3). */
int launch_open_pidfd(pid_t pid);
/* Closes descriptors; a target that was never started goes away. */
void launch_close(struct launch *t);

#endif
