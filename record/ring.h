/*
 * One ring buffer shared with the kernel (perf_event_open(2), "MMAP layout"): a control page and a
 * power of two of data. The kernel writes records at the head; we read them from the tail and give
 * the room back.
 *
 * A round reads up to the head noted at its start, so that several rings can be read as of one
 * moment. A record that wraps around the end is copied to the ring's scratch buffer; others are
 * read in place, and live until ring_advance.
 *
 *	ring_map(&ring, fd, 1 << 20, err);
 *	ring_note_head(&ring);
 *	while ((record = ring_peek(&ring))) {
 *		...
 *		ring_advance(&ring);
 *	}
 */
#ifndef RECORD_RING_H
#define RECORD_RING_H

#include "common/err.h"

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_RECORD_MAX = 1 << 16 }; /* a record's size is a u16 */

struct ring {
	struct perf_event_mmap_page *control; /* NULL: not mapped */
	const uint8_t *data;
	size_t size_bytes; /* of the data; a power of two */
	uint64_t head;     /* noted; records from here on are for the next round */
	uint64_t tail;
	uint8_t *scratch; /* RING_RECORD_MAX bytes, lent by the caller; may be shared by rings */
	bool of_sideband;
	uint64_t n_malformed; /* times the ring had to be skipped to its head */
};

/* Maps the ring of the perf event fd. errno is the kernel's when it fails. */
MUST_CHECK bool ring_map(struct ring *r, int fd, size_t size_bytes);
void ring_unmap(struct ring *r);

void ring_note_head(struct ring *r);
/* The first record before the noted head, whole and contiguous; NULL when there is none. */
const struct perf_event_header *ring_peek(struct ring *r);
/* Fetches the first n_bytes of the record after `record`, which ring_peek returned, into the cache
 * while `record` is worked on: the kernel wrote them on another processor. */
void ring_prefetch_next(
	const struct ring *r, const struct perf_event_header *record, size_t n_bytes);
/* Gives the room of the record that ring_peek returned back to the kernel. */
void ring_advance(struct ring *r);

#endif
