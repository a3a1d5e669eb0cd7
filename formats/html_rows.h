/*
 * The samples as a page needs them: rows, each the sum of the samples of one thread and one stack
 * in one *bucket* of time. Rows that share thread and stack stand together, a *pair*, in order of
 * time.
 *
 * The time is cut into HTML_MAX_BUCKETS buckets; where that makes more than HTML_MAX_ROWS rows,
 * into half as many, and so on. So the rows are bounded by the pairs, not by the samples.
 */
#ifndef FORMATS_HTML_ROWS_H
#define FORMATS_HTML_ROWS_H

#include "formats/html_stacks.h"

enum { HTML_MAX_BUCKETS = 2048, HTML_MAX_ROWS = 1000000 };

struct html_entry {
	uint32_t thread, stack; /* the stack is one of html_stacks */
	uint64_t time_ns;
	size_t sample; /* entry of the profile's samples */
};

struct html_rows {
	const struct profile *p;
	struct html_entry *entries; /* by thread, stack, time */
	size_t n;
	uint32_t n_buckets;           /* 0: a profile without times */
	uint64_t start_ns, bucket_ns; /* of the first bucket; of each */
};

/* max_rows: HTML_MAX_ROWS, but for tests. Fini is needed either way. */
MUST_CHECK bool html_rows_init(
	struct html_rows *r, const struct html_stacks *s, size_t max_rows, struct err *err);
void html_rows_fini(struct html_rows *r);

static inline void auto_html_rows_ptr(struct html_rows *r)
{
	html_rows_fini(r);
}

static inline uint64_t html_rows_bucket(const struct html_rows *r, size_t entry)
{
	return r->n_buckets ? (r->entries[entry].time_ns - r->start_ns) / r->bucket_ns : 0;
}

/* The entry behind the pair, or the row, that starts with this one. */
size_t html_rows_pair_end(const struct html_rows *r, size_t entry);
size_t html_rows_row_end(const struct html_rows *r, size_t entry);
/* The row's value of that type; of type 0, how many samples it stands for. */
int64_t html_rows_sum(const struct html_rows *r, size_t first, size_t end, size_t value_type);

#endif
