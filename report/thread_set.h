/*
 * The distinct threads that samples are of, numbered in the order in which they come.
 */
#ifndef REPORT_THREAD_SET_H
#define REPORT_THREAD_SET_H

#include "report/analysis.h"

struct thread_set {
	bool by_name; /* threads of one name in processes of one name are one: the first of them */
	struct analysis_thread *threads;
	size_t n, cap;
	uint32_t *buckets; /* index + 1 */
	size_t n_buckets;
	uint64_t multiplier; /* of the hash; odd */
};

void thread_set_init(struct thread_set *set, bool by_name);
void thread_set_fini(struct thread_set *set);

/* False: no memory. */
MUST_CHECK bool thread_set_add(
	struct thread_set *set, const struct analysis_thread *thread, uint32_t *ret_index);

#endif
