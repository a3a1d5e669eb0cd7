/*
 * Sums of JSON outputs: see json_sums.h.
 */
#include "formats/test/json_sums.h"

#include "common/array.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct json_sum *find(struct json_sums *s, const char *name, const char *module)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->sums[i].name, name) && !strcmp(s->sums[i].module, module))
			return &s->sums[i];
	assert_true(ARRAY_ROOM(s->sums, s->cap, s->n));
	s->sums[s->n] = (struct json_sum){ .name = name, .module = module };
	return &s->sums[s->n++];
}

void json_sums_add(struct json_sums *s, const char *const *names, const char *const *modules,
	size_t n, int64_t weight)
{
	s->n_samples++;
	for (size_t i = 0; i < n; i++) {
		struct json_sum *sum = find(s, names[i], modules[i]);
		sum->self += i == n - 1 ? weight : 0;
		sum->total += sum->last == s->n_samples ? 0 : weight;
		sum->last = s->n_samples;
	}
}

void json_sums_expect(
	struct json_sums *s, struct profile *p, const struct call_tree_options *options)
{
	AUTO_FREE struct flat_entry *entries = NULL;
	size_t n;
	struct err err = { 0 };
	assert_true(flat_table_build(p, options, &entries, &n, &err));
	struct json_sums expected = { 0 };
	for (size_t i = 0; i < n; i++) {
		struct json_sum *sum = find(&expected, profile_string(p, entries[i].name),
			profile_module_label(p, entries[i].module));
		sum->self += entries[i].self;
		sum->total += entries[i].total;
		sum->n_entries++;
	}
	assert_int_equal(s->n, expected.n);
	for (size_t i = 0; i < expected.n; i++) {
		struct json_sum *want = &expected.sums[i];
		struct json_sum *got = find(s, want->name, want->module);
		if (got->self != want->self || (want->n_entries == 1 && got->total != want->total))
			fail_msg("%s of %s: %lld self, %lld total, not %lld and %lld", want->name,
				want->module, (long long)got->self, (long long)got->total,
				(long long)want->self, (long long)want->total);
	}
	json_sums_fini(&expected);
}

void json_sums_fini(struct json_sums *s)
{
	free(s->sums);
	*s = (struct json_sums){ 0 };
}

json_t *json_of(
	struct profile *p, const struct format *format, const struct format_options *options)
{
	size_t len;
	AUTO_FREE char *text = make_output(p, format, options, &len);
	json_error_t error;
	json_t *read = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!read)
		fail_msg("%s: %s at %d:\n%.300s", format->name, error.text, error.position, text);
	return read;
}
