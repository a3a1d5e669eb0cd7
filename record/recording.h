/*
 * A recording from start to end: open the events of the target (record/target.h), tell the trace
 * what runs already, sample, drain until the end, finish the trace. Prints nothing.
 *
 * It ends with the target, after the duration, or on a signal where no command of ours runs; a
 * command that runs longer is waited for. Whatever goes wrong after the command has started, the
 * command runs on and its exit status is kept; what is on disk by then stays readable.
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include "record/drain.h"

enum { FREQUENCY_DEFAULT_HZ = 199 };

struct record_settings {
	const char *output; /* a path, or "-" */
	const char *event;  /* NULL: the first that works */
	const struct arch *arch;
	struct stack_request stack;
	uint32_t frequency_hz; /* 0: the event's period, or the default */
	uint64_t ring_bytes;   /* 0: the default */
	bool no_kernel;
	const char *pids; /* "PID[,PID...]"; NULL: none */
	bool machine;
	bool per_thread;      /* for pids: events on threads, even where they could be on CPUs */
	const char *cpus;     /* "0-3,7"; NULL: all that are online */
	uint64_t duration_ns; /* of sampling; 0: no limit */
	uint64_t delay_ns;    /* before sampling */
};

struct recording_result {
	int exit_status; /* for ddrec record to pass on */
	bool has_begun;  /* else there is no trace */
	/* What was recorded, for the summary; "" for a command, which its user knows. */
	char what[512];
	uint64_t target_ns;  /* CPU time of the target; 0: unknown */
	uint64_t unreadable; /* processes whose mappings could not be read */
	uint64_t denied;     /* threads of descendants that could not be sampled */
	uint64_t unsure;     /* threads that may be missing */
	struct perf_plan plan;
	uint32_t n_cpus;
	uint64_t ring_wished_bytes; /* more than stats.ring_bytes: what could be locked */
	uint64_t wall_ns;           /* of the recording */
	uint64_t sampled_ns;        /* the part of it with samples */
	uint64_t trace_bytes;
	uint64_t cpu_ns;              /* the recorder's own, up to the end of the target */
	uint64_t truncated_stacks;    /* of main threads; see drain.h */
	uint32_t frequency_wished_hz; /* more than plan.frequency_hz: the kernel's limit */
	struct trace_stats stats;
	struct process_table_counts processes;
};

/* argv NULL: no command. False when there is no trace, or an incomplete one; ret_result is filled
 * in any case. */
bool recording_run(const struct record_settings *settings, char *const argv[],
	struct recording_result *ret_result, struct err *err);

#endif
