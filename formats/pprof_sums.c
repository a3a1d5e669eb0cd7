/*
 * Samples summed by thread and stack: see pprof_sums.h.
 */
#include "formats/pprof_sums.h"

#include "common/array.h"

void pprof_sums_fini(struct pprof_sums *s)
{
	free(s->sums);
	free(s->values);
	intern_fini(&s->index);
	*s = (struct pprof_sums){ 0 };
}

/* A new one of zeros. */
static bool add_new(struct pprof_sums *s, uint32_t thread, uint32_t stack, uint32_t hash)
{
	size_t need = (s->n + 1) * s->n_values;
	while (s->cap_values < need)
		if (!ARRAY_ROOM(s->values, s->cap_values, s->cap_values))
			return false;
	if (s->n >= INTERN_NONE - 1 || !ARRAY_ROOM(s->sums, s->cap_sums, s->n) ||
		!intern_add(&s->index, hash, (uint32_t)s->n))
		return false;
	for (size_t i = need - s->n_values; i < need; i++)
		s->values[i] = 0;
	s->sums[s->n++] = (struct pprof_sum){ thread, stack };
	return true;
}

bool pprof_sums_add(struct pprof_sums *s, uint32_t thread, uint32_t stack, const int64_t *values)
{
	uint32_t hash = (uint32_t)intern_mix(thread, stack);
	size_t at;
	uint32_t id = intern_first(&s->index, hash, &at);
	while (id != INTERN_NONE && (s->sums[id].thread != thread || s->sums[id].stack != stack))
		id = intern_next(&s->index, hash, &at);
	if (id == INTERN_NONE) {
		id = (uint32_t)s->n;
		if (!add_new(s, thread, stack, hash))
			return false;
	}
	for (size_t i = 0; i < s->n_values; i++)
		s->values[id * s->n_values + i] += values[i];
	return true;
}
