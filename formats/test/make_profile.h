/*
 * Profiles for tests, from a few words: each line is one stack from root to leaf and a count.
 *
 *	struct profile *p = make_profile((const struct make_stack[]){
 *		{ "main;parse;read@kernel", .count = 3 },
 *		{ "main;[i]inlined;leaf@lib", .count = 2, .thread = 1 },
 *		{ .frames = NULL } });
 *
 * A frame is "name", "name@MODULE" (app: the default; lib, kernel, jit, anon, none), with "[i]" in
 * front when it is inlined. A name may hold any byte but NUL, '@' and ';', the separator. Threads
 * are (pid 100, tid 100 + thread), process "app", thread "t0", "t1", ... Value 0 is samples/count,
 * value 1 cpu-clock/nanoseconds at 1 ms a sample; sample k is taken at k ms.
 */
#ifndef FORMATS_TEST_MAKE_PROFILE_H
#define FORMATS_TEST_MAKE_PROFILE_H

#include "formats/profile.h"

enum { MAKE_PROFILE_THREADS = 4 };

struct make_stack {
	const char *frames; /* "": a sample without a stack */
	int count;
	uint32_t thread;
};

/* The tables but no samples: modules, threads, value types, meta data, health. Never NULL. */
struct profile *make_profile_empty(void);
struct profile *make_profile(const struct make_stack *stacks);

/* Adds a frame below parent and returns its stack. The name is taken as it is. */
uint32_t make_frame(
	struct profile *p, uint32_t parent, const char *name, const char *module, bool is_inlined);
/* Adds count samples with that leaf. */
void make_samples(struct profile *p, uint32_t stack, int count, uint32_t thread);
/* Makes the profile one of sums, with equal totals; its samples must have times. */
void make_sums(struct profile *p);
/* Fills in the health as a recording without trouble would. */
void make_health(struct profile *p);

/* A random profile, the same for the same seed: recursion, inlining, all kinds and threads. */
struct profile *make_random_profile(uint32_t seed, size_t n_samples);

/* What a format writes, NUL-terminated; the caller frees it. Fails the test when writing fails. */
struct format;
struct format_options;
char *make_output(struct profile *p, const struct format *format,
	const struct format_options *options, size_t *ret_len);

#endif
