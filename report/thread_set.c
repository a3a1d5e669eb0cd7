/*
 * Distinct threads by number: see thread_set.h.
 */
#include "report/thread_set.h"

#include "report/hash_multiplier.h"

enum { FIRST_CAP = 64 };

void thread_set_init(struct thread_set *set, bool by_name)
{
	*set = (struct thread_set){ .by_name = by_name };
	set->multiplier = hash_multiplier();
}

void thread_set_fini(struct thread_set *set)
{
	free(set->threads);
	free(set->buckets);
	*set = (struct thread_set){ 0 };
}

/* What tells threads apart. */
struct identity {
	uint64_t a, b;
};

/* The names of one log are equal if they are in one place. Threads without a name are told by the
 * number of their process, so these are not one. */
static struct identity identity_of(const struct thread_set *set, const struct analysis_thread *t)
{
	if (set->by_name && t->name && t->process_name)
		return (struct identity){ (uintptr_t)t->name, (uintptr_t)t->process_name };
	return (struct identity){ (uint64_t)t->tid << 32 | t->incarnation, t->pid };
}

static uint32_t *find_bucket(const struct thread_set *set, const struct analysis_thread *thread)
{
	size_t mask = set->n_buckets - 1;
	struct identity wanted = identity_of(set, thread);
	uint64_t hash = (wanted.a * set->multiplier ^ wanted.b) * set->multiplier;
	for (size_t i = (hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
		uint32_t *bucket = &set->buckets[i];
		if (!*bucket)
			return bucket;
		struct identity found = identity_of(set, &set->threads[*bucket - 1]);
		if (found.a == wanted.a && found.b == wanted.b)
			return bucket;
	}
}

static bool grow(struct thread_set *set)
{
	size_t cap = set->cap ? set->cap * 2 : FIRST_CAP;
	struct analysis_thread *threads = realloc(set->threads, cap * sizeof(*threads));
	if (!threads)
		return false;
	set->threads = threads;
	set->cap = cap;
	free(set->buckets);
	set->n_buckets = cap * 2;
	set->buckets = calloc(set->n_buckets, sizeof(*set->buckets));
	if (!set->buckets)
		return false;
	for (size_t i = 0; i < set->n; i++)
		*find_bucket(set, &set->threads[i]) = (uint32_t)i + 1;
	return true;
}

bool thread_set_add(
	struct thread_set *set, const struct analysis_thread *thread, uint32_t *ret_index)
{
	if (set->n == set->cap && !grow(set))
		return false;
	uint32_t *bucket = find_bucket(set, thread);
	if (!*bucket) {
		set->threads[set->n++] = *thread;
		*bucket = (uint32_t)set->n;
	}
	*ret_index = *bucket - 1;
	return true;
}
