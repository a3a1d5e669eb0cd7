/*
 * A recording from start to end: fork the command, open the events, let it run, drain until it
 * ends, finish the trace. Prints nothing.
 *
 * Whatever goes wrong after the command has started, the command runs on and its exit status is
 * kept; what is on disk by then stays readable.
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
};

struct recording_result {
	int exit_status; /* for ddrec record to pass on */
	bool has_run;    /* the command ran; else there is no trace */
	struct perf_plan plan;
	uint32_t n_cpus;
	uint64_t ring_wished_bytes; /* more than stats.ring_bytes: what could be locked */
	uint64_t wall_ns;
	uint64_t trace_bytes;
	uint64_t cpu_ns;              /* the recorder's own, up to the end of the command */
	uint64_t truncated_stacks;    /* of main threads; see drain.h */
	uint32_t frequency_wished_hz; /* more than plan.frequency_hz: the kernel's limit */
	struct trace_stats stats;
	struct process_table_counts processes;
};

/* False when there is no trace, or an incomplete one; ret_result is filled in any case. */
bool recording_run(const struct record_settings *settings, char *const argv[],
	struct recording_result *ret_result, struct err *err);

#endif
