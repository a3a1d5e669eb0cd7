/*
 * What a recording is of. Each kind of target is a const struct: a command that is launched,
 * processes that run already, the machine; processes in two ways. What is different about it is in
 * its file (record/target_NAME.c); the rest of the recorder asks the struct, and for no kind by
 * name.
 *
 * A command may also be given with processes or the machine. It is then the clock of the recording,
 * which ends when the command does, and passes on its exit status.
 *
 *	target_prepare(&request, &target, err);         // forks the command; it waits
 *	target.kind->open(&target, &config, &plan, &events, err);
 *	target.kind->describe(&target, drain, err);
 *	... until target_has_ended(&target) ...
 *	target_close(&target);
 */
#ifndef RECORD_TARGET_H
#define RECORD_TARGET_H

#include "common/buf.h"
#include "record/describe.h"
#include "record/launch.h"

#include <poll.h>

struct target_request {
	const char *pids; /* "PID[,PID...]", or NULL */
	bool machine;
	bool per_thread;
	char *const *argv; /* of the command; NULL: none */
	const sigset_t *mask;
	bool stdout_is_traces;
};

struct target_kind;

/* A process that was asked for. */
struct target_process {
	pid_t pid;
	int pidfd; /* -1: it has ended, or the kernel has no pidfds */
	bool ended;
	char name[64];
};

struct target {
	const struct target_kind *kind;
	struct launch command; /* pid 0: none */
	struct target_process *processes;
	size_t n_processes;
	struct pid_list pids; /* theirs */
	struct description described;
	uint64_t denied; /* descendants that we may not sample */
	uint64_t unsure; /* threads that may be missing, because they came too fast */
	uint64_t busy_user_ns, busy_sys_ns; /* of the CPUs, at the start */
	const struct cpu_list *cpus;
	uint64_t ticks; /* of CPU time of the processes, at the start */
};

/* The CPU time that the target took while it was recorded. 0: not known. */
struct target_cpu {
	uint64_t user_ns, sys_ns; /* all is in sys_ns where they cannot be told apart */
};

struct target_kind {
	const char *name;
	struct perf_scope scope;
	/* The command is what is recorded: it starts before anything is written, so that one that
	 * cannot be executed leaves no trace. */
	bool is_command;
	bool members_only; /* see drain.h */
	/* Opens the rings, and the events of all that is recorded. */
	bool (*open)(struct target *t, struct perf_events_config *config, struct perf_plan *plan,
		struct perf_events *events, struct err *err);
	/* Tells the drain what runs already; NULL: nothing does. */
	bool (*describe)(struct target *t, struct drain *drain, struct err *err);
	struct target_cpu (*cpu)(const struct target *t, const struct perf_totals *totals);
	/* As ddrec record's options name it, before the command. */
	void (*write_options)(const struct target *t, struct buf *b);
	/* "attached to 77 (nginx) and 12 threads"; NULL: there is nothing to tell. */
	void (*write_what)(const struct target *t, struct buf *b);
};

extern const struct target_kind target_command, target_processes, target_processes_by_cpu,
	target_machine;

/* Also fills in a target that target_close must be called for when it fails. */
MUST_CHECK bool target_prepare(
	const struct target_request *request, struct target *ret_target, struct err *err);
/* The descriptors to poll for ends: those of processes that live. Returns how many. */
nfds_t target_list_polled(const struct target *t, struct pollfd *polled);
size_t target_max_polled(const struct target *t);
/* The command has ended, or all processes asked for; asks the kernel. */
bool target_has_ended(struct target *t);
/* The pid that stands for it in the trace; 0: none. */
pid_t target_pid(const struct target *t);
/* The members write_options and write_what of target_kind, for processes. */
void target_write_pids(const struct target *t, struct buf *b);
void target_write_attached(const struct target *t, struct buf *b);
void target_close(struct target *t);

#endif
