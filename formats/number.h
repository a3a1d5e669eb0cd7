/*
 * Numbers as people read them.
 */
#ifndef FORMATS_NUMBER_H
#define FORMATS_NUMBER_H

#include "common/buf.h"
#include "formats/profile.h"

/* As printf's %.*f and as exact, but much faster for common sizes; at most 6 decimals. */
void number_decimal(struct buf *out, double value, unsigned decimals);
void number_count(struct buf *out, int64_t n);        /* "12,345" */
void number_samples(struct buf *out, uint64_t n);     /* "1 sample", "12,345 samples" */
void number_duration(struct buf *out, uint64_t ns);   /* "850 ns", "2.29 s", "20 min 5 s" */
void number_percent(struct buf *out, double percent); /* "12.3 %"; "<0.1 %" for a little */
/* A value of the profile's value type in its unit: "12,345 samples", "1.23 s". */
void number_value(struct buf *out, const struct profile *p, size_t value_type, int64_t value);

static inline double number_share(int64_t part, int64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

#endif
