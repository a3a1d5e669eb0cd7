/*
 * The slots of a hash table whose items are kept elsewhere, by number: open addressing, growing.
 * The hashes need not resist anybody: a chain that no honest hash makes ends the search.
 *
 *	struct hash_probe p = hash_slots_probe(hash);
 *	while (hash_slots_next(&slots, &p, &index))
 *		if (same(items[index], wanted))
 *			return index;
 *	... append the item ...
 *	hash_slots_put(&slots, &p, new_index);
 */
#ifndef REPORT_HASH_SLOTS_H
#define REPORT_HASH_SLOTS_H

#include "common/defs.h"

#include <stdbool.h>
#include <stdint.h>

struct hash_slots {      /* zeroed: empty */
	uint64_t *items; /* hash << 32 | number + 1; 0: free */
	size_t n_items;  /* a power of two */
	size_t n_used;
};

struct hash_probe {
	uint32_t hash;
	uint32_t n_steps;
	size_t at; /* the slot to look at next */
};

void hash_slots_fini(struct hash_slots *slots);

struct hash_probe hash_slots_probe(uint64_t hash);
/* The next item that has the probe's hash; false: there is none. */
bool hash_slots_next(const struct hash_slots *slots, struct hash_probe *probe, uint32_t *ret_index);
/* After next has returned false. False: no memory, or too long a chain. */
MUST_CHECK bool hash_slots_put(
	struct hash_slots *slots, const struct hash_probe *probe, uint32_t index);

#endif
