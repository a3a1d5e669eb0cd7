/*
 * What a trace holds, as plain data: the records that the recorder writes and the report reads.
 * docs/trace-format.md says how they look on disk; nothing here is a disk layout.
 *
 * Times are CLOCK_MONOTONIC nanoseconds of the recording machine. Pointers in a record live until
 * the next call on the reader (or, for the writer, only during the call).
 */
#ifndef COMMON_TRACE_EVENT_H
#define COMMON_TRACE_EVENT_H

#include "common/arch.h"
#include "common/build_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one sample may hold; the writer refuses more. A perf record has at most 64 KiB. */
enum {
	TRACE_MAX_SLOTS = 1024,
	TRACE_MAX_STACK_WORDS = 8192,
	TRACE_MAX_CHAIN = 1024, /* kernel_pcs, and user_pcs */
};

/* The sideband: what the samples' addresses mean. */
enum trace_event_kind {
	TRACE_MMAP = 1, /* an executable mapping appears; it replaces what it overlaps */
	TRACE_COMM = 2, /* a thread's name; is_exec: the process's address space is new and empty */
	TRACE_FORK = 3, /* a new thread (pid == parent_pid) or process (inherits the mappings) */
	TRACE_EXIT = 4, /* a thread ends */
	TRACE_LOST = 5, /* the kernel dropped records */
	TRACE_THROTTLE =
		6, /* the kernel paused (or, if resumed, again allowed) sampling on a CPU */
	TRACE_BUILD_ID = 7, /* the build-id of the file at path, read by the recorder itself */
};

struct trace_mmap {
	uint64_t start;                /* run-time address */
	uint64_t len;                  /* bytes */
	uint64_t file_off;             /* bytes into the file at start */
	uint32_t prot;                 /* PROT_* */
	uint32_t flags;                /* MAP_* */
	uint32_t dev_major, dev_minor; /* 0 when the kernel gave the build-id in their place */
	uint64_t inode;
	struct build_id build_id;
	const char *
		path; /* as the kernel names it: a path, "[vdso]", "//anon", "/memfd:x (deleted)" */
};

struct trace_event {
	enum trace_event_kind kind;
	uint64_t time_ns;
	uint32_t pid, tid;
	union {
		struct trace_mmap mmap;
		struct {
			const char *name;
			bool is_exec;
		} comm;
		struct {
			uint32_t parent_pid, parent_tid;
		} fork;
		struct {
			uint64_t count; /* records */
			uint32_t cpu;
			bool of_sideband; /* a mapping may be missing; else: samples are missing */
		} lost;
		struct {
			uint32_t cpu;
			bool resumed;
		} throttle;
		struct {
			const char *path;
			struct build_id id;
		} build_id;
	};
};

/*
 * A copy of the top of a thread's user stack. words[i] is the word at address sp + 8 * i.
 *
 * Writing: only words whose bit is set in `keep` are written, the others read back as 0; words in
 * [reuse_from, reuse_to) are not written at all but taken from the snapshot that the last sample
 * with the same slot held at the same *addresses* (they must be there).
 * Reading: words is complete, dropped words are 0, keep is NULL, and [reuse_from, reuse_to) still
 * tells which words equal those of the slot's last sample.
 */
struct trace_stack {
	const uint64_t *words;
	const uint64_t *keep; /* bit i % 64 of keep[i / 64]; NULL: every word is kept */
	uint32_t n_words;     /* 0: no snapshot */
	uint32_t slot;       /* < TRACE_MAX_SLOTS; one thread's snapshots use one slot in a block */
	uint32_t reuse_from; /* word index; reuse_from == reuse_to: nothing is reused */
	uint32_t reuse_to;
	bool truncated; /* the snapshot filled its limit: the stack may go on above it */
};

enum trace_sample_flags {
	TRACE_SAMPLE_IN_KERNEL = 1, /* the CPU was in the kernel; the leaf is kernel_pcs[0] */
};

struct trace_sample {
	uint64_t time_ns;
	uint32_t pid, tid;
	uint32_t cpu;
	uint32_t flags;  /* enum trace_sample_flags */
	uint64_t period; /* in the event's unit: ns for cpu-clock, else events */
	uint64_t ip;     /* the sampled address, user or kernel */
	/* Return addresses as the kernel gives them, leaf first; without PERF_CONTEXT_* markers. */
	const uint64_t *kernel_pcs;
	uint32_t n_kernel_pcs;
	const uint64_t *user_pcs; /* only with --stack fp */
	uint32_t n_user_pcs;
	uint64_t regs_mask; /* by DWARF number; a register that the sieve dropped is absent */
	uint64_t regs[ARCH_MAX_REGS]; /* user registers; 0 where the mask has no bit */
	struct trace_stack stack;
};

/* How and where a trace was made. Strings may be "", never NULL. */
struct trace_meta {
	const char *ddrec_version;
	const char *arch; /* arch.name */
	const char *host;
	const char *kernel; /* uname -r -v */
	const char *cpu_model;
	uint32_t n_cpus;
	uint32_t page_bytes;
	const char *event;      /* "cycles", "cpu-clock", ... */
	bool event_is_time;     /* the period counts nanoseconds */
	uint32_t frequency_hz;  /* asked for; 0: fixed period */
	uint64_t period;        /* the fixed period, or 0 */
	const char *stack_mode; /* "sieve", "full", "fp", "none" */
	uint32_t stack_bytes;   /* limit of a snapshot */
	bool kernel_stacks;     /* false: the kernel's part was not allowed, or not asked for */
	uint64_t start_mono_ns; /* CLOCK_MONOTONIC and CLOCK_REALTIME at the start */
	uint64_t start_real_ns;
	/* The command line, words joined by one blank, quoted for sh; before it the options that
	 * say what else was recorded ("-p 77", "-a -- make"). */
	const char *command;
	uint32_t target_pid; /* the first that was asked for; 0 for a machine */
};

/* What the recording came to; written at the end, so it is missing from a cut trace. */
struct trace_stats {
	uint64_t end_mono_ns;
	uint64_t samples; /* written */
	uint64_t lost_samples;
	uint64_t lost_sideband;
	uint64_t throttled;        /* times */
	uint64_t recorder_user_ns; /* the recorder's own CPU time */
	uint64_t recorder_sys_ns;
	/* Of the command and the children it waited for, or of what else was recorded, as long as
	 * it was; all is in target_sys_ns where the two are not told apart; 0: unknown. */
	uint64_t target_user_ns;
	uint64_t target_sys_ns;
	uint64_t stack_words_seen; /* in snapshots, before the sieve */
	uint64_t stack_words_kept;
	uint64_t stack_words_reused;
	uint64_t ring_bytes; /* one sample ring */
	uint64_t rounds;     /* of draining */
	uint64_t
		coarse_range_tables; /* processes with more mappings than the sieve's table holds */
	int32_t exit_status;         /* as ddrec record itself exits */
	uint64_t recorder_end_ns;    /* of the recorder's CPU time, after the command's end */
};

/* A symbol of the kernel that samples hit: from /proc/kallsyms at the end of the recording. */
struct trace_kernel_symbol {
	uint64_t start;
	uint64_t size; /* up to the next symbol */
	const char *name;
	const char *module; /* "" for the kernel proper */
};

/* A file or table carried inside the trace. */
enum trace_file_kind {
	TRACE_FILE_VDSO = 1,           /* an ELF image */
	TRACE_FILE_KERNEL_SYMBOLS = 2, /* struct trace_kernel_symbol, see docs/trace-format.md */
	TRACE_FILE_PERF_MAP = 3,       /* the text of /tmp/perf-PID.map; reserved */
};

struct trace_file {
	enum trace_file_kind kind;
	uint32_t pid;     /* 0: any process */
	const char *name; /* "[vdso]", ... */
	struct build_id build_id;
	const uint8_t *data;
	size_t size_bytes;
};

#endif
