/*
 * The entries of a profile, thread by thread and in each by time, for the formats that have a list
 * for each thread. Made by counting: 4 bytes an entry, whatever the number of threads.
 *
 *	for (size_t i = 0; i < s.n_threads; i++)
 *		for (const uint32_t *e = s.entries + s.first[i]; e < s.entries + s.first[i + 1];
 *e++)
 *			...entry *e of p->samples is one of thread i...
 */
#ifndef FORMATS_THREAD_SAMPLES_H
#define FORMATS_THREAD_SAMPLES_H

#include "formats/profile.h"

struct thread_samples {
	size_t n_threads;
	size_t *first;     /* n_threads + 1: where a thread's entries begin */
	uint32_t *entries; /* indices of p->samples */
};

/* false: no memory, or more entries than indices; fini is needed all the same. */
MUST_CHECK bool thread_samples_init(struct thread_samples *s, const struct profile *p);
void thread_samples_fini(struct thread_samples *s);

/* The thread with the largest sum of the values; 0 when there is none. */
size_t thread_samples_heaviest(
	const struct thread_samples *s, const struct profile *p, size_t value_type);

static inline void auto_thread_samples_ptr(struct thread_samples *s)
{
	thread_samples_fini(s);
}

#endif
