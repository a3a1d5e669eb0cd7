/*
 * The signals of a recording. From signals_hold on, those that would end ddrec are blocked and
 * come through a descriptor instead; the target gets the mask back that ddrec was started with.
 *
 * SIGINT and SIGQUIT from the terminal reach the target by themselves, because it is in the same
 * process group; ddrec just does not die of them. SIGTERM and SIGHUP are sent to ddrec alone, and
 * are passed on.
 */
#ifndef RECORD_SIGNALS_H
#define RECORD_SIGNALS_H

#include "common/err.h"

#include <signal.h>
#include <sys/types.h>

struct signals {
	sigset_t original; /* the mask at the start */
	int fd;            /* readable when a held signal came */
};

MUST_CHECK bool signals_hold(struct signals *s, struct err *err);
void signals_close(struct signals *s);
/* Takes what came and passes on to pid what is meant for it. Does not block. */
void signals_forward(const struct signals *s, pid_t pid);

#endif
