/*
 * Tells whether a signal was sent to ddrec alone or to its whole process group, which look the same
 * to who gets them. The witness is a process in ddrec's group that does nothing but say which
 * signals it got. It ends with ddrec, however ddrec ends, and
 * holds ddrec's descriptors open no longer.
 *
 *	sigprocmask(SIG_BLOCK, &set, NULL);
 *	witness_start(&witness, &set, err);
 *	... a signal came ...
 *	if (!witness_saw(&witness, signal))            // sent to us alone
 *	witness_stop(&witness);
 */
#ifndef RECORD_WITNESS_H
#define RECORD_WITNESS_H

#include "common/err.h"

#include <signal.h>
#include <sys/types.h>

struct witness {
	pid_t pid; /* 0: none */
	int fd;    /* brings the number of each signal, a byte */
};

/* set: the signals to tell of; they are blocked. */
MUST_CHECK bool witness_start(struct witness *w, const sigset_t *set, struct err *err);
/* Whether it got the signal too, and not from the kernel. Waits a moment for it. */
bool witness_saw(const struct witness *w, int signal);
void witness_stop(struct witness *w);

#endif
