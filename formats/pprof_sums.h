/*
 * Samples summed by thread and stack, as a pprof file has them: in the order in which they were
 * first seen.
 */
#ifndef FORMATS_PPROF_SUMS_H
#define FORMATS_PPROF_SUMS_H

#include "formats/intern.h"

struct pprof_sum {
	uint32_t thread, stack; /* of pprof_tables.h */
};

struct pprof_sums {
	struct pprof_sum *sums;
	int64_t *values; /* n_values each */
	size_t n, n_values, cap_sums, cap_values;
	struct intern index;
};

/* false: no memory */
MUST_CHECK bool pprof_sums_add(
	struct pprof_sums *s, uint32_t thread, uint32_t stack, const int64_t *values);
void pprof_sums_fini(struct pprof_sums *s);

#endif
