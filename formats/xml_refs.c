/*
 * Ids and references in XML: see xml_refs.h.
 */
#include "formats/xml_refs.h"

#include "common/array.h"

enum { REMEMBERED_NUMBERS = 1 << 16 };

struct xml_number_id {
	uint64_t number;
	uint32_t id;
};

void xml_number_ids_fini(struct xml_number_ids *t)
{
	intern_fini(&t->index);
	free(t->ids);
}

uint32_t xml_start_new(struct xml_refs *refs, const char *element)
{
	uint32_t id = ++refs->next_id;
	refs->is_full |= id == UINT32_MAX;
	xml_start(&refs->x, element);
	xml_attr_fmt(&refs->x, "id", "%u", id);
	return id;
}

static void write_ref(struct xml_refs *refs, const char *element, uint32_t id)
{
	xml_start(&refs->x, element);
	xml_attr_fmt(&refs->x, "ref", "%u", id);
	xml_end(&refs->x);
}

bool xml_start_once(struct xml_refs *refs, const char *element, uint32_t *id)
{
	if (*id) {
		write_ref(refs, element, *id);
		return true;
	}
	*id = xml_start_new(refs, element);
	return false;
}

/* One that cannot be remembered is written anew the next time. */
static void remember(struct xml_number_ids *ids, uint32_t hash, uint64_t number, uint32_t id)
{
	if (ids->n < REMEMBERED_NUMBERS && ARRAY_ROOM(ids->ids, ids->cap, ids->n) &&
		intern_add(&ids->index, hash, (uint32_t)ids->n))
		ids->ids[ids->n++] = (struct xml_number_id){ number, id };
}

bool xml_start_number(
	struct xml_refs *refs, const char *element, struct xml_number_ids *ids, uint64_t number)
{
	uint32_t hash = (uint32_t)intern_mix(0, number);
	size_t at;
	for (uint32_t i = intern_first(&ids->index, hash, &at); i != INTERN_NONE;
		i = intern_next(&ids->index, hash, &at))
		if (ids->ids[i].number == number) {
			write_ref(refs, element, ids->ids[i].id);
			return true;
		}
	remember(ids, hash, number, xml_start_new(refs, element));
	return false;
}

void xml_absent(struct xml_refs *refs)
{
	xml_start(&refs->x, "sentinel");
	xml_end(&refs->x);
}
