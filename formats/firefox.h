/*
 * The Firefox Profiler's processed format while it is written: what its parts share. Private to
 * firefox*.c.
 *
 * The file is { meta, libs, ..., shared: tables of all threads, threads: [...] }. Each table is an
 * object of columns of one length. Only what samples use is written, so ids have new numbers; a
 * "func" of the file is a key of frame_key.h, so that it sums what all our outputs sum.
 */
#ifndef FORMATS_FIREFOX_H
#define FORMATS_FIREFOX_H

#include "formats/format.h"
#include "formats/frame_key.h"
#include "formats/json_writer.h"
#include "formats/renumber.h"
#include "formats/thread_samples.h"

/* A frame's place among those inlined at its address. */
struct firefox_inline {
	uint32_t depth;  /* 0: not inlined */
	uint32_t symbol; /* key of the function that contains it; its own at depth 0 */
};

/* When a thread was seen, and its process. */
struct firefox_span {
	uint64_t first_ns, last_ns, process_first_ns, process_last_ns;
	uint32_t generation; /* of the process: how many others had its pid before */
};

enum firefox_cpu { FIREFOX_NO_CPU, FIREFOX_CPU_TIME, FIREFOX_CPU_CYCLES };

struct firefox {
	struct profile *p;
	struct call_tree_options options;
	struct json_writer w;
	size_t value;           /* index of the value type that weights are of */
	enum firefox_cpu cpu;   /* what value 1 tells of the CPU's use */
	uint64_t interval_ns;   /* between two samples */
	uint64_t end_ns;        /* of the last row */
	struct frame_keys keys; /* funcs */
	uint32_t no_stack;      /* key */
	bool has_no_stack;      /* one frame and one stack for it, the last of their tables */
	struct thread_samples samples;
	uint32_t *threads; /* those with samples, in the order of the file: process by process */
	size_t n_threads;
	struct firefox_span *spans; /* by thread of the profile */
	struct renumber stacks, frames, funcs, symbols, modules, libs, sources, strings;
	struct firefox_inline *inlines; /* by frame */
	uint64_t *symbol_vaddr;         /* by key: the lowest address sampled in it */
	uint32_t *source;               /* by key: string, its source file */
};

/* firefox_use.c */
MUST_CHECK bool firefox_use_init(struct firefox *f);
void firefox_use_fini(struct firefox *f);

/* firefox_tables.c */
/* The file's number of the shown stack of a sample. */
uint32_t firefox_stack(const struct firefox *f, uint32_t stack);
void firefox_put_shared(struct firefox *f);
void firefox_put_libs(struct firefox *f);

/* firefox_threads.c */
MUST_CHECK bool firefox_threads_init(struct firefox *f);
void firefox_threads_fini(struct firefox *f);
void firefox_put_threads(struct firefox *f);

/* firefox_meta.c */
void firefox_put_meta(struct firefox *f);

/* Code without a file is a resource of the file, but no library. */
static inline bool firefox_is_lib(const struct profile *p, uint32_t module)
{
	return module != PROFILE_NONE && p->modules[module].kind != PROFILE_JIT &&
		p->modules[module].kind != PROFILE_OTHER;
}

static inline const struct frame_key *firefox_key_of(const struct firefox *f, uint32_t id)
{
	return &f->keys.keys[id];
}

static inline bool firefox_has_address(const struct firefox *f, uint32_t id)
{
	return id != PROFILE_NONE && f->p->has_addresses &&
		firefox_is_lib(f->p, firefox_key_of(f, f->keys.of_frame[id])->module);
}

static inline uint32_t firefox_shown_parent(const struct firefox *f, uint32_t stack)
{
	return frame_keys_shown(&f->keys, f->p->stacks[stack].parent);
}

#endif
