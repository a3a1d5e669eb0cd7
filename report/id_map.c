/*
 * The map from numbers to pointers: see id_map.h.
 */
#include "report/id_map.h"

#include "report/hash_multiplier.h"

#include <stdbool.h>

void id_map_fini(struct id_map *map)
{
	free(map->entries);
	*map = (struct id_map){ 0 };
}

/* The multiplier differs from map to map, so that no trace can choose ids that all want one place.
 */
static size_t home(const struct id_map *map, uint32_t id)
{
	return (id * map->multiplier >> 32) & (map->cap - 1);
}

static struct id_map_entry *probe(const struct id_map *map, uint32_t id)
{
	for (size_t i = home(map, id);; i = (i + 1) & (map->cap - 1)) {
		struct id_map_entry *entry = &map->entries[i];
		if (!entry->value || entry->id == id)
			return entry;
	}
}

void *id_map_find(const struct id_map *map, uint32_t id)
{
	return map->cap ? probe(map, id)->value : NULL;
}

static bool grow(struct id_map *map)
{
	struct id_map bigger = { .n = map->n, .cap = map->cap ? map->cap * 2 : 64 };
	bigger.entries = calloc(bigger.cap, sizeof(*bigger.entries));
	if (!bigger.entries)
		return false;
	bigger.multiplier = hash_multiplier();
	for (size_t i = 0; i < map->cap; i++) {
		if (map->entries[i].value)
			*probe(&bigger, map->entries[i].id) = map->entries[i];
	}
	free(map->entries);
	*map = bigger;
	return true;
}

void **id_map_slot(struct id_map *map, uint32_t id)
{
	if (map->n * 2 >= map->cap && !grow(map))
		return NULL;
	struct id_map_entry *entry = probe(map, id);
	if (!entry->value) {
		entry->id = id;
		map->n++;
	}
	return &entry->value;
}

/* Moves later entries of the probe run back, so that none is cut off from its home. */
void id_map_remove(struct id_map *map, uint32_t id)
{
	struct id_map_entry *gap = map->cap ? probe(map, id) : NULL;
	if (!gap || !gap->value)
		return;
	size_t mask = map->cap - 1;
	size_t hole = (size_t)(gap - map->entries);
	for (size_t i = (hole + 1) & mask; map->entries[i].value; i = (i + 1) & mask) {
		size_t want = home(map, map->entries[i].id);
		if (((i - want) & mask) >= ((i - hole) & mask)) {
			map->entries[hole] = map->entries[i];
			hole = i;
		}
	}
	map->entries[hole].value = NULL;
	map->n--;
}
