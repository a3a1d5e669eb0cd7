/*
 * The executable address ranges of one address space: sorted, disjoint, neither overlapping nor
 * adjacent, in a fixed amount of memory. The sieve asks it about every word of every stack, so
 * the question is an inline function: a filter of one bit per 2 MiB, modulo 8 GiB, sends nearly
 * every word away that is no code address, and a search without data-dependent branches the rest.
 *
 * Ranges are only ever added: the kernel does not report munmap. A full table joins the two
 * neighbours with the smallest gap between them and is *coarse* from then on: it may call a few
 * addresses executable that are not.
 *
 *	range_table_clear(&t);
 *	range_table_add(&t, 0x401000, 0x402000);
 *	range_table_has(&t, 0x401234);                   // true
 */
#ifndef COMMON_RANGE_TABLE_H
#define COMMON_RANGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RANGE_TABLE_MAX = 256,
	RANGE_FILTER_SHIFT = 21, /* bytes per bit */
	RANGE_FILTER_BITS = 4096,
};

struct range_table {
	uint64_t generation; /* differs between any two states that differ; owned by the caller */
	uint32_t refs;       /* processes that share it; owned by the caller */
	uint32_t n;
	bool coarse;
	uint64_t filter[RANGE_FILTER_BITS / 64];
	uint64_t start[RANGE_TABLE_MAX];
	uint64_t len[RANGE_TABLE_MAX];
};

void range_table_clear(struct range_table *t);
/* Adds [start, end). True when the table changed. */
bool range_table_add(struct range_table *t, uint64_t start, uint64_t end);

static inline bool range_table_has(const struct range_table *t, uint64_t addr)
{
	uint64_t bit = addr >> RANGE_FILTER_SHIFT;
	if (!(t->filter[bit / 64 % (RANGE_FILTER_BITS / 64)] >> bit % 64 & 1))
		return false;
	const uint64_t *base = t->start;
	for (uint32_t n = t->n; n > 1;) {
		uint32_t half = n / 2;
		base += base[half] <= addr ? half : 0;
		n -= half;
	}
	return addr - *base < t->len[base - t->start];
}

#endif
