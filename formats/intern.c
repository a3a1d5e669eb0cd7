/*
 * The hash index: see intern.h.
 */
#include "formats/intern.h"

#include <sys/random.h>

void intern_fini(struct intern *t)
{
	free(t->slots);
	*t = (struct intern){ 0 };
}

static void place(struct intern *t, struct intern_slot slot)
{
	size_t at = intern_slot_of(t, slot.hash);
	while (t->slots[at].id_plus_1)
		at = (at + 1) & (t->cap - 1);
	t->slots[at] = slot;
}

static bool grow(struct intern *t)
{
	struct intern bigger = { .cap = t->cap ? t->cap * 2 : 64,
		.n = t->n,
		.seed = t->cap ? t->seed : intern_random_seed() };
	bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].id_plus_1)
			place(&bigger, t->slots[i]);
	free(t->slots);
	*t = bigger;
	return true;
}

bool intern_add(struct intern *t, uint32_t hash, uint32_t id)
{
	if (t->n >= t->cap / 2 && !grow(t))
		return false;
	place(t, (struct intern_slot){ .hash = hash, .id_plus_1 = id + 1 });
	t->n++;
	return true;
}

uint64_t intern_random_seed(void)
{
	uint64_t seed;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = 0x9e3779b97f4a7c15;
	return seed | 1;
}
