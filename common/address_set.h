/*
 * A set of addresses with a fixed size: the distinct kernel addresses that samples hit, of which
 * the symbols are looked up at the end. When it is full, further addresses are counted, not kept.
 */
#ifndef COMMON_ADDRESS_SET_H
#define COMMON_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDRESS_SET_SIZE = 32768, ADDRESS_SET_MAX = ADDRESS_SET_SIZE / 4 * 3 };

struct address_set {
	uint32_t n;
	uint64_t n_refused;
	uint64_t addresses[ADDRESS_SET_SIZE]; /* 0: free */
};

void address_set_add(struct address_set *set, uint64_t address);
/* Moves the addresses to the front, sorted; the set cannot be added to any more. */
void address_set_sort(struct address_set *set);

#endif
