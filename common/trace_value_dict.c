/*
 * The value dictionary: see trace_value_dict.h.
 *
 * On disk the values stand in byte planes: all lowest bytes, then all second bytes, and so on. The
 * high planes are nearly constant and cost nothing.
 */
#include "common/trace_value_dict.h"

bool trace_value_dict_init(struct trace_value_dict *d)
{
	*d = (struct trace_value_dict){
		.values = calloc(TRACE_DICT_VALUES, sizeof(*d->values)),
		.table = calloc(TRACE_DICT_SLOTS, sizeof(*d->table)),
	};
	return d->values && d->table;
}

void trace_value_dict_fini(struct trace_value_dict *d)
{
	free(d->values);
	free(d->table);
	*d = (struct trace_value_dict){ 0 };
}

void trace_value_dict_clear(struct trace_value_dict *d)
{
	memset(d->table, 0, TRACE_DICT_SLOTS * sizeof(*d->table));
	d->n = 0;
}

void trace_value_dict_encode(const struct trace_value_dict *d, struct buf *b)
{
	uint8_t *at = buf_reserve(b, d->n * sizeof(uint64_t));
	if (!at)
		return;
	for (unsigned plane = 0; plane < sizeof(uint64_t); plane++)
		for (uint32_t i = 0; i < d->n; i++)
			*at++ = (uint8_t)(d->values[i] >> (8 * plane));
	b->len += d->n * sizeof(uint64_t);
}
