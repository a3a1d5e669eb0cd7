/*
 * Arrays that grow: pointer, length and capacity are the owner's, this only makes room.
 *
 *	if (!ARRAY_ROOM(nodes, cap_nodes, n_nodes))
 *		return false;
 *	nodes[n_nodes++] = node;
 */
#ifndef COMMON_ARRAY_H
#define COMMON_ARRAY_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The array with room for element n, moved if it had to grow; NULL leaves the old one alone. */
static inline void *array_grow(void *array, size_t *cap, size_t n, size_t element_bytes)
{
	if (n < *cap)
		return array;
	size_t more = *cap ? *cap * 2 : 16;
	if (more > SIZE_MAX / 2 / element_bytes)
		return NULL;
	void *grown = realloc(array, more * element_bytes);
	if (grown)
		*cap = more;
	return grown;
}

#define ARRAY_ROOM(array, cap, n)                                              \
	({                                                                     \
		void *array_grown = array_grow(array, &cap, n, sizeof *array); \
		if (array_grown)                                               \
			array = array_grown;                                   \
		array_grown != NULL;                                           \
	})

#endif
