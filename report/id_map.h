/*
 * A hash map from 32-bit numbers (pids, tids) to pointers.
 *
 *	struct id_map map = { 0 };
 *	struct thread **slot = (struct thread **)id_map_slot(&map, tid);   // NULL: no memory
 *	if (!*slot) *slot = new_thread(tid);
 *	struct thread *t = id_map_find(&map, tid);
 *	id_map_remove(&map, tid);
 */
#ifndef REPORT_ID_MAP_H
#define REPORT_ID_MAP_H

#include "common/defs.h"

#include <stddef.h>
#include <stdint.h>

struct id_map_entry {
	uint32_t id;
	void *value; /* NULL: empty */
};

struct id_map {
	struct id_map_entry *entries; /* open addressing, linear probing; a power of two */
	size_t n, cap;
	uint64_t multiplier; /* of the hash; odd */
};

void id_map_fini(struct id_map *map); /* the values stay the caller's */
void *id_map_find(const struct id_map *map, uint32_t id);
/* Where id's value is, or is to be put at once; valid until the next call. NULL: no memory. */
void **id_map_slot(struct id_map *map, uint32_t id);
void id_map_remove(struct id_map *map, uint32_t id);

#endif
