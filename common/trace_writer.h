/*
 * Writes a trace: takes records in the order of time, puts them by column into blocks, and writes
 * each block as a zstd frame of its own behind a skippable frame that describes it.
 *
 * All memory is taken in trace_writer_open; the calls after it allocate nothing. The output may be
 * a pipe. Not for use by several threads. After a failed write every further call fails with the
 * same error (the recorder stops; what is on disk stays readable).
 *
 * Order that the caller keeps: an event comes before any sample that needs it. The writer keeps it
 * in the file: a samples block is never written before the events that came before its samples.
 *
 *	trace_writer_open(&options, &meta, &w, err);
 *	trace_writer_event(w, &event, err);
 *	uint32_t block = trace_writer_prepare_sample(w, err); // reuse only snapshots of this block
 *	trace_writer_sample(w, &sample, err);
 *	trace_writer_tick(w, now_ns, err);                    // closes blocks a second old
 *	trace_writer_file(w, &vdso, err);
 *	trace_writer_close(w, &stats, err);                   // stats, index, end
 *
 * A sample beyond the limits of trace_event.h, or one that reuses what its slot does not hold, is
 * refused without harm to the trace.
 */
#ifndef COMMON_TRACE_WRITER_H
#define COMMON_TRACE_WRITER_H

#include "common/err.h"
#include "common/trace_event.h"

struct trace_writer;

struct trace_writer_options {
	int fd;             /* owned by the caller; need not be seekable */
	const char *name;   /* for messages */
	int zstd_level;     /* 0: the default, 3 */
	size_t block_bytes; /* 0: the default, about 1 MiB before compression */
};

MUST_CHECK bool trace_writer_open(const struct trace_writer_options *options,
	const struct trace_meta *meta, struct trace_writer **ret_writer, struct err *err);

MUST_CHECK bool trace_writer_event(
	struct trace_writer *w, const struct trace_event *event, struct err *err);

/*
 * Makes room for one sample of any size, closing the open samples block if need be, and returns the
 * number of the block that the sample will go to (from 1; 0 = failed). A snapshot may reuse words
 * only of a snapshot written to the same block.
 */
MUST_CHECK uint32_t trace_writer_prepare_sample(struct trace_writer *w, struct err *err);
MUST_CHECK bool trace_writer_sample(
	struct trace_writer *w, const struct trace_sample *sample, struct err *err);

/* Call about once a drain round: writes out blocks whose first record is a second old. */
MUST_CHECK bool trace_writer_tick(struct trace_writer *w, uint64_t now_ns, struct err *err);

MUST_CHECK bool trace_writer_file(
	struct trace_writer *w, const struct trace_file *file, struct err *err);
/* symbols: sorted by start. */
MUST_CHECK bool trace_writer_kernel_symbols(struct trace_writer *w,
	const struct trace_kernel_symbol *symbols, size_t n, struct err *err);

uint64_t trace_writer_bytes(const struct trace_writer *w); /* written so far */

/* Writes what is open, the statistics and the index. The writer stays to be freed. */
MUST_CHECK bool trace_writer_close(
	struct trace_writer *w, const struct trace_stats *stats, struct err *err);
void trace_writer_free(struct trace_writer *w);
DEFINE_AUTO(struct trace_writer *, trace_writer_free);

#endif
