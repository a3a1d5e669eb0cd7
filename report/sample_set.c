/*
 * Samples, summed up or not: see sample_set.h.
 */
#include "report/sample_set.h"

#include "report/hash_multiplier.h"

#include <string.h>

enum { FIRST_CAP = 1024 };

void sample_set_init(struct sample_set *set, bool keeps_times)
{
	*set = (struct sample_set){ .keeps_times = keeps_times };
	set->multiplier = hash_multiplier();
}

void sample_set_fini(struct sample_set *set)
{
	free(set->samples);
	free(set->buckets);
	set->samples = NULL;
	set->buckets = NULL;
	set->n = set->cap = set->n_buckets = 0;
}

static uint32_t *find_bucket(const struct sample_set *set, uint32_t thread, uint32_t node)
{
	size_t mask = set->n_buckets - 1;
	uint64_t hash = ((uint64_t)thread << 32 | node) * set->multiplier;
	for (size_t i = (hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
		uint32_t *bucket = &set->buckets[i];
		if (!*bucket)
			return bucket;
		const struct analysis_sample *at = &set->samples[*bucket - 1];
		if (at->thread == thread && at->node == node)
			return bucket;
	}
}

static bool grow_buckets(struct sample_set *set)
{
	free(set->buckets);
	set->n_buckets = set->cap * 2;
	set->buckets = calloc(set->n_buckets, sizeof(*set->buckets));
	if (!set->buckets)
		return false;
	for (size_t i = 0; i < set->n; i++)
		*find_bucket(set, set->samples[i].thread, set->samples[i].node) = (uint32_t)i + 1;
	return true;
}

static bool grow(struct sample_set *set)
{
	size_t cap = set->cap ? set->cap * 2 : FIRST_CAP;
	if (cap > UINT32_MAX)
		return false;
	struct analysis_sample *samples = realloc(set->samples, cap * sizeof(*samples));
	if (!samples)
		return false;
	set->samples = samples;
	set->cap = cap;
	return set->keeps_times || grow_buckets(set);
}

bool sample_set_add(struct sample_set *set, const struct analysis_sample *sample)
{
	if (set->n == set->cap && !grow(set))
		return false;
	if (!set->keeps_times) {
		uint32_t *bucket = find_bucket(set, sample->thread, sample->node);
		struct analysis_sample *equal = *bucket ? &set->samples[*bucket - 1] : NULL;
		if (equal && equal->count <= UINT32_MAX - sample->count) {
			equal->count += sample->count;
			equal->period += sample->period;
			return true;
		}
		*bucket = (uint32_t)set->n + 1;
	}
	set->samples[set->n++] = *sample;
	return true;
}

struct analysis_sample *sample_set_take(struct sample_set *set, size_t *ret_n)
{
	struct analysis_sample *samples = set->samples;
	struct analysis_sample *fitted = realloc(samples, MAX(set->n, (size_t)1) * sizeof(*fitted));
	*ret_n = set->n;
	set->samples = NULL;
	sample_set_fini(set);
	return fitted ? fitted : samples;
}
