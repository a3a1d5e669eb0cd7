/* A k-way merge with a binary heap of one item per ring; see merge.h. */
#include "record/merge.h"

#include "record/perf_record.h"

static bool comes_before(
	const struct merge *m, const struct merge_item *a, const struct merge_item *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	return m->rings[a->ring].of_sideband && !m->rings[b->ring].of_sideband;
}

static void swap_items(struct merge *m, uint32_t a, uint32_t b)
{
	struct merge_item item = m->items[a];
	m->items[a] = m->items[b];
	m->items[b] = item;
}

static void sift_down(struct merge *m, uint32_t at)
{
	for (;;) {
		uint32_t first = at;
		for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < m->n_items &&
				comes_before(m, &m->items[child], &m->items[first]))
				first = child;
		if (first == at)
			return;
		swap_items(m, at, first);
		at = first;
	}
}

/* The time of the ring's next record; false when it has none for this round. */
static bool next_time(struct merge *m, struct ring *ring, uint64_t *ret_time_ns)
{
	const struct perf_event_header *record = ring_peek(ring);
	if (!record)
		return false;
	*ret_time_ns = perf_record_time(record);
	return *ret_time_ns <= m->until_ns;
}

void merge_begin(struct merge *m, uint64_t until_ns)
{
	m->until_ns = until_ns;
	m->n_items = 0;
	for (uint32_t i = 0; i < m->n_rings; i++) {
		struct merge_item *item = &m->items[m->n_items];
		item->ring = i;
		if (next_time(m, &m->rings[i], &item->time_ns))
			m->n_items++;
	}
	for (uint32_t i = m->n_items / 2; i-- > 0;)
		sift_down(m, i);
}

const struct perf_event_header *merge_peek(struct merge *m, struct ring **ret_ring)
{
	if (m->n_items == 0)
		return NULL;
	*ret_ring = &m->rings[m->items[0].ring];
	/* Peeked again, because rings may share a scratch buffer for records that wrap. */
	return ring_peek(*ret_ring);
}

void merge_advance(struct merge *m)
{
	struct ring *ring = &m->rings[m->items[0].ring];
	ring_advance(ring);
	if (!next_time(m, ring, &m->items[0].time_ns))
		m->items[0] = m->items[--m->n_items];
	sift_down(m, 0);
}
