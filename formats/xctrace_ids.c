/*
 * Ids of an xctrace export: see xctrace_ids.h.
 */
#include "formats/xctrace_ids.h"

#include "common/array.h"

enum { DIGITS_MAX = 18 };

void xctrace_ids_fini(struct xctrace_ids *t)
{
	intern_fini(&t->index);
	free(t->ids);
}

uint64_t xctrace_id_of(const struct xctrace_ids *t, const char *text, size_t len)
{
	uint64_t number = 0;
	size_t i = 0;
	for (; i < len && i < DIGITS_MAX && text[i] >= '0' && text[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	if (len && i == len)
		return number;
	uint64_t high = intern_hash_bytes(t->seed, text, len);
	uint64_t low = intern_hash_bytes(~t->seed, text, len);
	return UINT64_C(1) << 63 | high << 31 | low >> 1;
}

static struct xctrace_id *find(const struct xctrace_ids *t, uint64_t id)
{
	uint32_t hash = (uint32_t)intern_mix(t->seed, id);
	size_t at;
	for (uint32_t i = intern_first(&t->index, hash, &at); i != INTERN_NONE;
		i = intern_next(&t->index, hash, &at))
		if (t->ids[i].id == id)
			return &t->ids[i];
	return NULL;
}

bool xctrace_ids_define(struct xctrace_ids *t, const struct xctrace_id *id)
{
	struct xctrace_id *known = find(t, id->id);
	if (known) {
		*known = *id;
		return true;
	}
	if (t->n >= INTERN_NONE - 1 || !ARRAY_ROOM(t->ids, t->cap, t->n) ||
		!intern_add(&t->index, (uint32_t)intern_mix(t->seed, id->id), (uint32_t)t->n))
		return false;
	t->ids[t->n++] = *id;
	return true;
}

const struct xctrace_id *xctrace_ids_find(const struct xctrace_ids *t, uint64_t id)
{
	return find(t, id);
}
