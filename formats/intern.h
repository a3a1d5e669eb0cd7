/*
 * A hash index over the ids of a table that lies elsewhere: the table's owner compares, the index
 * only remembers which ids have which hash. Open addressing with linear probing; at most half of
 * the slots are used, and the hash in a slot spares nearly all comparisons. Which slot a hash gets
 * cannot be known before, so no file can be made whose ids or addresses all want the same.
 *
 *	size_t at;
 *	for (uint32_t id = intern_first(t, hash, &at); id != INTERN_NONE;
 *		id = intern_next(t, hash, &at))
 *		if (equal(table[id], wanted))
 *			return id;
 *	intern_add(t, hash, new_id);
 */
#ifndef FORMATS_INTERN_H
#define FORMATS_INTERN_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INTERN_NONE UINT32_MAX

struct intern_slot {
	uint32_t hash;
	uint32_t id_plus_1; /* 0: empty */
};

struct intern {
	struct intern_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t n;
	uint64_t seed; /* of the slots' choice */
};

void intern_fini(struct intern *t);
/* false: no memory */
MUST_CHECK bool intern_add(struct intern *t, uint32_t hash, uint32_t id);

/* Hashes are built by mixing in one number after the other; any start value does. */
static inline uint64_t intern_mix(uint64_t hash, uint64_t v)
{
	__uint128_t product = (__uint128_t)(hash ^ v ^ 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline size_t intern_slot_of(const struct intern *t, uint32_t hash)
{
	return intern_mix(t->seed, hash) & (t->cap - 1);
}

static inline uint32_t intern_at(const struct intern *t, uint32_t hash, size_t *at)
{
	for (;; *at = (*at + 1) & (t->cap - 1)) {
		struct intern_slot slot = t->slots[*at];
		if (!slot.id_plus_1)
			return INTERN_NONE;
		if (slot.hash == hash)
			return slot.id_plus_1 - 1;
	}
}

static inline uint32_t intern_first(const struct intern *t, uint32_t hash, size_t *at)
{
	*at = t->cap ? intern_slot_of(t, hash) : 0;
	return t->cap ? intern_at(t, hash, at) : INTERN_NONE;
}

static inline uint32_t intern_next(const struct intern *t, uint32_t hash, size_t *at)
{
	*at = (*at + 1) & (t->cap - 1);
	return intern_at(t, hash, at);
}

/* For strings that a trace chooses: with a start value that it cannot know, it cannot make them
 * all want one place. */
uint64_t intern_random_seed(void);

static inline uint32_t intern_hash_bytes(uint64_t seed, const char *bytes, size_t len)
{
	uint64_t hash = seed ^ len;
	for (; len >= 8; bytes += 8, len -= 8) {
		uint64_t word;
		memcpy(&word, bytes, 8);
		hash = intern_mix(hash, word);
	}
	uint64_t rest = 0;
	memcpy(&rest, bytes, len);
	return (uint32_t)intern_mix(hash, rest);
}

#endif
