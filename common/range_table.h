/*
 * The executable address ranges of one address space: sorted, disjoint, neither overlapping nor
 * adjacent, in a fixed amount of memory. The sieve asks it about every word of every stack, so
 * the question is an inline function: a filter of one byte per 2 MiB, modulo 8 GiB, sends nearly
 *every word away that is no code address, and names the only range that the others can be in, as a
 *rule.
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
	RANGE_FILTER_SHIFT = 21, /* bytes per entry */
	RANGE_FILTER_SIZE = 4096,
	RANGE_FILTER_SEVERAL = 255, /* ranges, or one whose number is too great for a byte */
};

struct range_table {
	uint64_t generation; /* differs between any two states that differ; owned by the caller */
	uint32_t refs;       /* processes that share it; owned by the caller */
	uint32_t n;
	bool coarse;
	uint8_t filter[RANGE_FILTER_SIZE]; /* 0: no range, else the range's number + 1, or SEVERAL
					    */
	uint64_t start[RANGE_TABLE_MAX];
	uint64_t len[RANGE_TABLE_MAX];
};

void range_table_clear(struct range_table *t);
/* Adds [start, end). True when the table changed. */
bool range_table_add(struct range_table *t, uint64_t start, uint64_t end);

/* The filter's entry for addr: when it is 0, addr is in no range. */
static inline uint8_t range_table_filter(const struct range_table *t, uint64_t addr)
{
	return t->filter[(addr >> RANGE_FILTER_SHIFT) % RANGE_FILTER_SIZE];
}

/* The same as range_table_has, by a search. */
bool range_table_search(const struct range_table *t, uint64_t addr);

static inline bool range_table_has(const struct range_table *t, uint64_t addr)
{
	uint8_t entry = range_table_filter(t, addr);
	if (!entry)
		return false;
	if (entry == RANGE_FILTER_SEVERAL)
		return range_table_search(t, addr);
	return addr - t->start[entry - 1] < t->len[entry - 1];
}

#endif
