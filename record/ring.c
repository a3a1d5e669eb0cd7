/*
 * Reads a perf ring buffer; the barriers are those that perf_event_mmap_page's comments in
 * linux/perf_event.h ask for: acquire the head before reading data, release the tail after.
 */
#include "record/ring.h"

#include "common/defs.h"

#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE_BYTES = 64 };

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void publish_tail(const struct ring *r)
{
	__atomic_store_n(&r->control->data_tail, r->tail, __ATOMIC_RELEASE);
}

bool ring_map(struct ring *r, int fd, size_t size_bytes)
{
	size_t page = page_bytes();
	void *base = mmap(NULL, page + size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return false;
	r->control = base;
	r->data = (const uint8_t *)base + page;
	r->size_bytes = size_bytes;
	r->head = r->tail = 0;
	return true;
}

void ring_unmap(struct ring *r)
{
	if (r->control)
		munmap(r->control, page_bytes() + r->size_bytes);
	r->control = NULL;
}

void ring_note_head(struct ring *r)
{
	r->head = __atomic_load_n(&r->control->data_head, __ATOMIC_ACQUIRE);
}

/* Never seen; the kernel would have to be wrong. Better lose a round than read astray. */
static const struct perf_event_header *give_up_round(struct ring *r)
{
	r->n_malformed++;
	r->tail = r->head;
	publish_tail(r);
	return NULL;
}

const struct perf_event_header *ring_peek(struct ring *r)
{
	uint64_t left = r->head - r->tail;
	if (left == 0)
		return NULL;
	/* Records are multiples of 8 bytes, so that a header never wraps. */
	size_t at = r->tail & (r->size_bytes - 1);
	const struct perf_event_header *record = (const void *)(r->data + at);
	if (record->size < sizeof(*record) || record->size % 8 || record->size > left)
		return give_up_round(r);
	if (at + record->size <= r->size_bytes)
		return record;
	size_t n_first = r->size_bytes - at;
	memcpy(r->scratch, record, n_first);
	memcpy(r->scratch + n_first, r->data, record->size - n_first);
	return (const void *)r->scratch;
}

void ring_prefetch_next(
	const struct ring *r, const struct perf_event_header *record, size_t n_bytes)
{
	if (r->head - r->tail <= record->size)
		return;
	size_t at = (r->tail + record->size) & (r->size_bytes - 1);
	const uint8_t *first = r->data + at, *end = r->data + MIN(at + n_bytes, r->size_bytes);
	for (const uint8_t *line = first; line < end; line += CACHE_LINE_BYTES)
		__builtin_prefetch(line);
}

void ring_advance(struct ring *r)
{
	const struct perf_event_header *record =
		(const void *)(r->data + (r->tail & (r->size_bytes - 1)));
	r->tail += record->size;
	publish_tail(r);
}
