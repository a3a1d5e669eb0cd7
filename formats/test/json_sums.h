/*
 * What the functions of a JSON output sum to, held against the flat table of the profile.
 *
 *	struct json_sums sums = { 0 };
 *	json_sums_add(&sums, names, modules, n, weight);	for each sample, root first
 *	json_sums_expect(&sums, p, &options.tree);
 *	json_sums_fini(&sums);
 */
#ifndef FORMATS_TEST_JSON_SUMS_H
#define FORMATS_TEST_JSON_SUMS_H

#include "formats/format.h"

#include <jansson.h>

struct json_sum {
	const char *name, *module; /* borrowed */
	int64_t self, total;
	size_t n_entries; /* of the flat table */
	size_t last;      /* the sample that was counted last, from 1 */
};

struct json_sums {
	struct json_sum *sums;
	size_t n, cap, n_samples;
};

void json_sums_add(struct json_sums *s, const char *const *names, const char *const *modules,
	size_t n, int64_t weight);
/* Fails the test unless all are equal. Of functions of one name and module the totals cannot be
 * compared, the selves can. */
void json_sums_expect(
	struct json_sums *s, struct profile *p, const struct call_tree_options *options);
void json_sums_fini(struct json_sums *s);

/* The output, parsed; fails the test when it is no JSON. */
json_t *json_of(
	struct profile *p, const struct format *format, const struct format_options *options);

/* A number in an array of an object. */
static inline int64_t json_at(const json_t *table, const char *column, size_t row)
{
	const json_t *cell = json_array_get(json_object_get(table, column), row);
	return json_is_integer(cell) ? json_integer_value(cell) : -1;
}

#endif
