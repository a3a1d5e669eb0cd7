/*
 * The command being recorded. It is forked first and waits; the events are opened on it; then it
 * is let go and executes the command. So nothing of the command is missed, and nothing of ddrec is
 * in the recording.
 *
 * The command sees its environment, its descriptors and its signals as if ddrec were not there,
 * and runs on if ddrec dies. Only when the trace goes to standard output, the command's own output
 * is put on standard error, or it would be in the middle of the trace.
 *
 *	target_fork(&command, &target, err);
 *	... open events on target.pid ...
 *	target_start(&target, &exec_error, err);       // exec_error: 0, or errno of the exec
 *	... target.pidfd becomes readable when it ends ...
 *	int status = target_wait(&target);
 */
#ifndef RECORD_TARGET_H
#define RECORD_TARGET_H

#include "common/err.h"

#include <signal.h>
#include <sys/types.h>

enum {
	EXIT_RECORDER_FAILED = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_BY_SIGNAL = 128, /* plus the signal's number */
};

struct target_command {
	char *const *argv;
	const sigset_t *mask;  /* of signals, for the command */
	bool stdout_is_traces; /* what the command prints must go to standard error */
};

struct target {
	pid_t pid; /* 0: none */
	int pidfd; /* -1: the kernel has none (before Linux 5.3); ask target_has_ended now and then
		    */
	int go_fd;
	int exec_fd; /* brings errno of a failed exec, or the end of file */
};

MUST_CHECK bool target_fork(
	const struct target_command *command, struct target *ret_target, struct err *err);
/* Lets the command run. False when the target died before it could try. */
MUST_CHECK bool target_start(struct target *t, int *ret_exec_error, struct err *err);
bool target_has_ended(const struct target *t);
/* Waits for the end. Returns the exit status that ddrec record passes on. */
int target_wait(struct target *t);
/* Closes descriptors; a target that was never started goes away. */
void target_close(struct target *t);

#endif
