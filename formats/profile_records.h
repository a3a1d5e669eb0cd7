/*
 * The records of a profile's tables, see profile.h. "string" is an index of its strings.
 */
#ifndef FORMATS_PROFILE_RECORDS_H
#define FORMATS_PROFILE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

enum { PROFILE_NO_STACK = UINT32_MAX, PROFILE_NONE = UINT32_MAX };

/* The kind of code; it chooses the colour in a flame graph. */
enum profile_kind {
	PROFILE_USER,    /* the program itself */
	PROFILE_LIBRARY, /* a shared object, the vdso */
	PROFILE_KERNEL,
	PROFILE_JIT,   /* code without a file; for people PROFILE_JIT_LABEL */
	PROFILE_OTHER, /* no code: a root for a process or thread, a marker such as "[truncated]" */
	PROFILE_N_KINDS,
};

/* Where a module's code lay, in the process where it was seen first. end 0: unknown. */
struct profile_place {
	uint64_t start, end; /* run-time addresses of the executable mapping, end exclusive */
	uint64_t file_off;   /* of start, in the file */
	uint64_t bias;       /* a run-time address is the address in the ELF file and this */
};

#define PROFILE_JIT_LABEL "generated code (JIT)"

struct profile_module {
	uint32_t name;     /* string: the file's base name, "[kernel]", "[vdso]" */
	uint32_t path;     /* string: as recorded */
	uint32_t build_id; /* string: lower-case hex, or "" */
	enum profile_kind kind;
	struct profile_place place; /* not part of what makes modules equal */
};

struct profile_function {
	uint32_t name;     /* string: for people, demangled; "[libx.so+0x12ab]" when unknown */
	uint32_t raw_name; /* string: the linkage name; "" when unknown */
	uint32_t file;     /* string: source file, or "" */
	uint32_t module;   /* PROFILE_NONE: none */
	enum profile_kind kind;
	bool has_symbol; /* false: name was made from the address */
};

struct profile_frame {
	uint32_t function;
	uint32_t module;  /* PROFILE_NONE: none */
	uint64_t address; /* in the ELF file (vaddr); a caller's lies inside its call instruction */
	uint32_t file;    /* string: source file of the line, or "" */
	uint32_t line;    /* 0: unknown */
	bool is_inlined;  /* into the frame above it (its parent) */
	bool is_guessed;  /* found by a heuristic, such as the frame pointer chain */
};

struct profile_stack {
	uint32_t parent; /* stack, PROFILE_NO_STACK for a root */
	uint32_t frame;
	uint32_t depth; /* a root has 1 */
};

struct profile_thread {
	uint32_t pid, tid;
	uint32_t name;         /* string: the thread's own name (comm) */
	uint32_t process_name; /* string: the name of the process's first thread */
};

struct profile_value_type {
	uint32_t type; /* string: "samples", "cpu-clock", "cycles" */
	uint32_t unit; /* string: "count", "nanoseconds" */
};

struct profile_sample {
	uint64_t time_ns; /* since the recording began; 0 in a profile of sums */
	uint32_t thread;  /* index of the thread table */
	uint32_t cpu;     /* PROFILE_NONE in a profile of sums */
	uint32_t stack;   /* the leaf; PROFILE_NO_STACK: nothing is known */
};

#endif
