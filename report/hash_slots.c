/*
 * Hash slots: see hash_slots.h.
 */
#include "report/hash_slots.h"

enum { FIRST_SLOTS = 256, MAX_STEPS = 256 }; /* slots are at most half full */

void hash_slots_fini(struct hash_slots *slots)
{
	free(slots->items);
	*slots = (struct hash_slots){ 0 };
}

struct hash_probe hash_slots_probe(uint64_t hash)
{
	hash ^= hash >> 32;
	return (struct hash_probe){ .hash = (uint32_t)hash, .at = (uint32_t)hash };
}

bool hash_slots_next(const struct hash_slots *slots, struct hash_probe *probe, uint32_t *ret_index)
{
	while (slots->n_items && probe->n_steps < MAX_STEPS) {
		uint64_t item = slots->items[probe->at & (slots->n_items - 1)];
		if (!item)
			return false;
		probe->at++;
		probe->n_steps++;
		if (item >> 32 == probe->hash) {
			*ret_index = (uint32_t)item - 1;
			return true;
		}
	}
	return false;
}

static void put(struct hash_slots *slots, uint64_t item)
{
	size_t mask = slots->n_items - 1, at = item >> 32 & mask;
	while (slots->items[at])
		at = (at + 1) & mask;
	slots->items[at] = item;
}

static bool grow(struct hash_slots *slots)
{
	struct hash_slots bigger = { .n_items = MAX(slots->n_items * 2, (size_t)FIRST_SLOTS) };
	bigger.items = calloc(bigger.n_items, sizeof(*bigger.items));
	if (!bigger.items)
		return false;
	for (size_t i = 0; i < slots->n_items; i++) {
		if (slots->items[i])
			put(&bigger, slots->items[i]);
	}
	bigger.n_used = slots->n_used;
	free(slots->items);
	*slots = bigger;
	return true;
}

bool hash_slots_put(struct hash_slots *slots, const struct hash_probe *probe, uint32_t index)
{
	if (probe->n_steps >= MAX_STEPS || (slots->n_used * 2 >= slots->n_items && !grow(slots)))
		return false;
	put(slots, (uint64_t)probe->hash << 32 | (index + 1));
	slots->n_used++;
	return true;
}
