/*
 * The mappings of a process: see address_space.h. A sorted array; a new mapping takes the place of
 * what it overlaps, as mmap(2) with MAP_FIXED does.
 */
#include "report/address_space.h"

#include <stdlib.h>
#include <string.h>

/* The index of the first mapping that ends above pc. */
static size_t first_above(const struct address_space *space, uint64_t pc)
{
	size_t low = 0, n = space->n_mappings;
	while (n > 0) {
		size_t half = n / 2;
		bool is_below = space->mappings[low + half].end <= pc;
		low = is_below ? low + half + 1 : low;
		n = is_below ? n - half - 1 : half;
	}
	return low;
}

const struct mapping *address_space_find(const struct address_space *space, uint64_t pc)
{
	size_t i = first_above(space, pc);
	if (i == space->n_mappings || space->mappings[i].start > pc)
		return NULL;
	return &space->mappings[i];
}

static bool reserve(struct address_space *space, size_t n)
{
	if (n <= space->cap)
		return true;
	size_t cap = space->cap * 2 > n ? space->cap * 2 : n + 16;
	struct mapping *bigger = reallocarray(space->mappings, cap, sizeof(*bigger));
	if (!bigger)
		return false;
	space->mappings = bigger;
	space->cap = cap;
	return true;
}

/* Numbers that were not there before, in any thread: a generation is never used again. */
static uint64_t next_generation(void)
{
	static atomic_uint_fast64_t last;
	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static struct mapping part(const struct mapping *m, uint64_t start, uint64_t end)
{
	struct mapping p = *m;
	p.start = start;
	p.end = end;
	p.file_off += start - m->start;
	return p;
}

/* Puts n items in the place of those from first up to (not including) last. */
static void splice(struct address_space *space, size_t first, size_t last,
	const struct mapping *items, size_t n)
{
	struct mapping *at = &space->mappings[first];
	size_t n_behind = space->n_mappings - last;
	memmove(at + n, &space->mappings[last], n_behind * sizeof(*at));
	memcpy(at, items, n * sizeof(*at));
	space->n_mappings = first + n + n_behind;
}

bool address_space_add(struct address_space *space, const struct mapping *mapping)
{
	struct mapping items[3]; /* what is left before, the new one, what is left behind */
	size_t n = 0;
	if (mapping->start >= mapping->end)
		return true;
	if (!reserve(space, space->n_mappings + 2))
		return false;
	size_t first = first_above(space, mapping->start), last = first;
	while (last < space->n_mappings && space->mappings[last].start < mapping->end)
		last++;
	if (first < last && space->mappings[first].start < mapping->start)
		items[n++] =
			part(&space->mappings[first], space->mappings[first].start, mapping->start);
	items[n++] = *mapping;
	if (first < last && space->mappings[last - 1].end > mapping->end)
		items[n++] = part(
			&space->mappings[last - 1], mapping->end, space->mappings[last - 1].end);
	splice(space, first, last, items, n);
	space->generation = next_generation();
	return true;
}

bool address_space_copy(struct address_space *ret_copy, const struct address_space *from)
{
	struct address_space copy = { .generation = from->generation };
	if (!reserve(&copy, from->n_mappings + 1))
		return false;
	if (from->n_mappings)
		memcpy(copy.mappings, from->mappings, from->n_mappings * sizeof(*copy.mappings));
	copy.n_mappings = from->n_mappings;
	*ret_copy = copy;
	return true;
}

void address_space_clear(struct address_space *space)
{
	free(space->mappings);
	*space = (struct address_space){ 0 };
}
