/*
 * Threads and processes of an xctrace export, as threads of a profile. Their names stand in texts
 * for people only, "main  0x4d2 (app, pid: 1234)" and "app (1234)".
 */
#ifndef FORMATS_XCTRACE_THREADS_H
#define FORMATS_XCTRACE_THREADS_H

#include "formats/intern.h"
#include "formats/profile.h"

struct xctrace_process {
	uint32_t name, pid;
};

struct xctrace_thread {
	uint32_t fmt; /* string */
	uint32_t tid;
	uint32_t process; /* PROFILE_NONE: not said */
	/* The profile's thread for it, when it was last asked for with that process. */
	uint32_t made, made_for;
};

struct xctrace_threads {
	struct profile *p;
	struct xctrace_process *processes;
	struct xctrace_thread *threads;
	size_t n_processes, n_threads, cap_processes, cap_threads;
	struct intern made; /* the profile's threads */
	uint64_t seed;
	uint64_t n_bytes; /* of the texts that were taken apart, again for each other process */
	bool failed;      /* no memory */
};

void xctrace_threads_fini(struct xctrace_threads *t);
/* PROFILE_NONE: no memory. fmt is the text, pid what else is said of it, or 0. */
uint32_t xctrace_threads_add_process(struct xctrace_threads *t, const char *fmt, uint32_t pid);
uint32_t xctrace_threads_add(
	struct xctrace_threads *t, const char *fmt, uint32_t tid, uint32_t process);
/* The profile's thread; either may be PROFILE_NONE. */
uint32_t xctrace_threads_get(struct xctrace_threads *t, uint32_t thread, uint32_t process);

#endif
