/*
 * Compressed records. perf record -z writes one endless zstd stream in pieces, each in a record of
 * its own; what comes out is records again, which may begin in one piece and end in the next. They
 * go to a temporary file, where they can be read again, and to the walk's sink at once.
 *
 * The stream cannot be taken up again behind a piece that is broken: all after it is lost.
 */
#ifndef REPORT_PERF_UNPACK_H
#define REPORT_PERF_UNPACK_H

#include "report/perf_walk.h"

struct perf_unpack;

/* Opens source->unpacked. */
MUST_CHECK bool perf_unpack_new(struct perf_source *source, const struct perf_walk_sink *sink,
	struct perf_unpack **ret_unpack, struct err *err);
void perf_unpack_free(struct perf_unpack *unpack);
DEFINE_AUTO(struct perf_unpack *, perf_unpack_free);

/* One piece, which stands at file_off. False when the machine failed, or the sink. */
MUST_CHECK bool perf_unpack_piece(struct perf_unpack *unpack, uint64_t file_off,
	const uint8_t *bytes, size_t n, struct trace_damage *damage, struct err *err);
/* Call at the end of the file: a record may have remained incomplete. */
void perf_unpack_finish(struct perf_unpack *unpack, struct trace_damage *damage);

#endif
