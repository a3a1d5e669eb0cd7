/*
 * Entries by thread: see thread_samples.h.
 */
#include "formats/thread_samples.h"

/* The entries of each thread in the order of the table. */
static void place_entries(struct thread_samples *s, const struct profile *p)
{
	for (size_t i = 0; i < p->n_samples; i++)
		s->first[p->samples[i].thread + 1]++;
	for (size_t i = 0; i < s->n_threads; i++)
		s->first[i + 1] += s->first[i];
	for (size_t i = 0; i < p->n_samples; i++)
		s->entries[s->first[p->samples[i].thread]++] = (uint32_t)i;
	/* Each has moved on to the start of the next. */
	for (size_t i = s->n_threads; i > 0; i--)
		s->first[i] = s->first[i - 1];
	s->first[0] = 0;
}

static int compare_times(const void *left, const void *right, void *profile)
{
	const struct profile *p = profile;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	if (p->samples[a].time_ns != p->samples[b].time_ns)
		return p->samples[a].time_ns < p->samples[b].time_ns ? -1 : 1;
	return a < b ? -1 : a > b;
}

static bool is_in_order(const struct profile *p, const uint32_t *entries, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p->samples[entries[i]].time_ns < p->samples[entries[i - 1]].time_ns)
			return false;
	return true;
}

bool thread_samples_init(struct thread_samples *s, const struct profile *p)
{
	*s = (struct thread_samples){ .n_threads = p->n_threads };
	s->first = calloc(p->n_threads + 2, sizeof *s->first);
	s->entries = calloc(p->n_samples + 1, sizeof *s->entries);
	if (!s->first || !s->entries || p->n_samples >= UINT32_MAX)
		return false;
	place_entries(s, p);
	for (size_t i = 0; p->has_times && i < s->n_threads; i++) {
		uint32_t *entries = s->entries + s->first[i];
		size_t n = s->first[i + 1] - s->first[i];
		if (!is_in_order(p, entries, n))
			qsort_r(entries, n, sizeof *entries, compare_times, (void *)p);
	}
	return true;
}

void thread_samples_fini(struct thread_samples *s)
{
	free(s->first);
	free(s->entries);
	*s = (struct thread_samples){ 0 };
}

size_t thread_samples_heaviest(
	const struct thread_samples *s, const struct profile *p, size_t value_type)
{
	size_t heaviest = 0;
	int64_t most = INT64_MIN;
	for (size_t i = 0; i < s->n_threads; i++) {
		int64_t sum = 0;
		for (size_t k = s->first[i]; k < s->first[i + 1]; k++)
			sum += profile_sample_value(p, s->entries[k], value_type);
		if (s->first[i] < s->first[i + 1] && sum > most) {
			most = sum;
			heaviest = i;
		}
	}
	return heaviest;
}
