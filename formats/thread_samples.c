/*
 * Entries by thread: see thread_samples.h.
 */
#include "formats/thread_samples.h"

#include "formats/sample_order.h"

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

bool thread_samples_init(struct thread_samples *s, const struct profile *p)
{
	*s = (struct thread_samples){ .n_threads = p->n_threads };
	s->first = calloc(p->n_threads + 2, sizeof *s->first);
	s->entries = calloc(p->n_samples + 1, sizeof *s->entries);
	if (!s->first || !s->entries || p->n_samples >= UINT32_MAX)
		return false;
	place_entries(s, p);
	for (size_t i = 0; i < s->n_threads; i++)
		sample_order_sort(p, s->entries + s->first[i], s->first[i + 1] - s->first[i]);
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
