/* Open addressing with linear probing; nothing is ever removed. */
#include "common/address_set.h"

#include <stdlib.h>

static uint32_t hash(uint64_t address)
{
	return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 49) & (ADDRESS_SET_SIZE - 1);
}

void address_set_add(struct address_set *set, uint64_t address)
{
	uint32_t i = hash(address);
	while (set->addresses[i] && set->addresses[i] != address)
		i = (i + 1) & (ADDRESS_SET_SIZE - 1);
	if (set->addresses[i] || !address)
		return;
	if (set->n == ADDRESS_SET_MAX) {
		set->n_refused++;
		return;
	}
	set->addresses[i] = address;
	set->n++;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

void address_set_sort(struct address_set *set)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < ADDRESS_SET_SIZE; i++)
		if (set->addresses[i])
			set->addresses[n++] = set->addresses[i];
	qsort(set->addresses, n, sizeof(set->addresses[0]), compare);
}
