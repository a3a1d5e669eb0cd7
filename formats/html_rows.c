/*
 * Samples summed up for the page: see html_rows.h.
 */
#include "formats/html_rows.h"

enum { MAX_LEVELS = 12 }; /* level k has HTML_MAX_BUCKETS >> k buckets; the last has one */
_Static_assert(HTML_MAX_BUCKETS >> (MAX_LEVELS - 1) == 1, "the last level is a single bucket");

void html_rows_fini(struct html_rows *r)
{
	free(r->entries);
	*r = (struct html_rows){ 0 };
}

static int compare_entries(const void *left, const void *right)
{
	const struct html_entry *a = left, *b = right;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->sample < b->sample ? -1 : a->sample > b->sample;
}

static bool make_entries(struct html_rows *r, const struct html_stacks *s)
{
	const struct profile *p = r->p;
	r->n = p->n_samples;
	r->entries = calloc(r->n + 1, sizeof *r->entries);
	if (!r->entries)
		return false;
	for (size_t i = 0; i < r->n; i++)
		r->entries[i] = (struct html_entry){ .thread = p->samples[i].thread,
			.stack = html_stacks_of(s, p->samples[i].stack),
			.time_ns = p->has_times ? p->samples[i].time_ns : 0,
			.sample = i };
	qsort(r->entries, r->n, sizeof *r->entries, compare_entries);
	return true;
}

static bool is_same_pair(const struct html_entry *a, const struct html_entry *b)
{
	return a->thread == b->thread && a->stack == b->stack;
}

/* Rows that start with another pair or another bucket, for all levels in one go. */
static void count_rows(const struct html_rows *r, size_t n_rows[MAX_LEVELS])
{
	for (size_t i = 0; i < r->n; i++) {
		bool is_new = !i || !is_same_pair(&r->entries[i - 1], &r->entries[i]);
		uint64_t before = is_new ? 0 : html_rows_bucket(r, i - 1);
		uint64_t bucket = html_rows_bucket(r, i);
		for (size_t k = 0; k < MAX_LEVELS && (is_new || before >> k != bucket >> k); k++)
			n_rows[k]++;
	}
}

static void choose_buckets(struct html_rows *r, size_t max_rows)
{
	uint64_t first = UINT64_MAX, last = 0;
	for (size_t i = 0; i < r->n; i++) {
		first = MIN(first, r->entries[i].time_ns);
		last = MAX(last, r->entries[i].time_ns);
	}
	r->start_ns = first;
	r->n_buckets = HTML_MAX_BUCKETS;
	r->bucket_ns = (last - first) / HTML_MAX_BUCKETS + 1;

	size_t n_rows[MAX_LEVELS] = { 0 }, level = 0;
	count_rows(r, n_rows);
	while (level < MAX_LEVELS - 1 && n_rows[level] > max_rows)
		level++;
	r->n_buckets >>= level;
	if (r->bucket_ns <= UINT64_MAX >> level)
		r->bucket_ns <<= level;
	else
		r->bucket_ns = UINT64_MAX;
}

bool html_rows_init(
	struct html_rows *r, const struct html_stacks *s, size_t max_rows, struct err *err)
{
	*r = (struct html_rows){ .p = s->p };
	if (!make_entries(r, s))
		return err_set(err, "html: out of memory");
	if (r->p->has_times && r->n)
		choose_buckets(r, max_rows);
	return true;
}

size_t html_rows_pair_end(const struct html_rows *r, size_t entry)
{
	size_t end = entry + 1;
	while (end < r->n && is_same_pair(&r->entries[entry], &r->entries[end]))
		end++;
	return end;
}

size_t html_rows_row_end(const struct html_rows *r, size_t entry)
{
	uint64_t bucket = html_rows_bucket(r, entry);
	size_t end = entry + 1;
	while (end < r->n && is_same_pair(&r->entries[entry], &r->entries[end]) &&
		html_rows_bucket(r, end) == bucket)
		end++;
	return end;
}

int64_t html_rows_sum(const struct html_rows *r, size_t first, size_t end, size_t value_type)
{
	int64_t sum = 0;
	for (size_t i = first; i < end; i++)
		sum += profile_sample_value(r->p, r->entries[i].sample, value_type);
	return sum;
}
