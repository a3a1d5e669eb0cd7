/*
 * The signals of a recording. From signals_hold on, those that would end ddrec are blocked and
 * come through a descriptor instead; the target gets the mask back that ddrec was started with.
 *
 * What the terminal sends, or anybody sends to the process group, reaches the target by itself,
 * because it is in the same group; ddrec just does not die of it. What is sent to ddrec alone is
 * passed on. So the target gets each signal once.
 *
 * Where no command of ours runs, signals are not passed on: they end the recording.
 */
#ifndef RECORD_SIGNALS_H
#define RECORD_SIGNALS_H

#include "record/witness.h"

#include <signal.h>
#include <sys/types.h>

struct signals {
	sigset_t original; /* the mask at the start */
	int fd;            /* readable when a held signal came */
	struct witness witness;
};

/* Without a command nothing is passed on, and there is no witness. */
MUST_CHECK bool signals_hold(struct signals *s, bool has_command, struct err *err);
void signals_close(struct signals *s);
/* Takes what came and passes on to pid what is meant for it. Does not block. */
void signals_forward(const struct signals *s, pid_t pid);
/* Takes what came; true if one of them asks for the end. */
bool signals_ask_for_end(const struct signals *s);

#endif
