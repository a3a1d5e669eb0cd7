/*
 * Reads the samples of a recording's batches on one thread, each with its process and mappings as
 * they were at its moment: a decoder and a replay that go together.
 *
 * A thread takes its batches in rising order, since a replay only moves forward.
 */
#ifndef REPORT_SAMPLE_READER_H
#define REPORT_SAMPLE_READER_H

#include "report/recording.h"
#include "report/replay.h"

struct sample_reader;

MUST_CHECK bool sample_reader_new(
	struct recording *rec, struct sample_reader **ret_reader, struct err *err);
/* Adds what was found damaged to the recording's account. */
void sample_reader_free(struct sample_reader *reader);
DEFINE_AUTO(struct sample_reader *, sample_reader_free);

MUST_CHECK bool sample_reader_begin(
	struct sample_reader *reader, const struct input_batch *batch, struct err *err);
/* False at the end of the batch, with err->text[0] == 0, or on a failure. What is returned holds
 * until the next call. */
MUST_CHECK bool sample_reader_next(struct sample_reader *reader, struct trace_sample *ret_sample,
	struct replay_thread *ret_thread, struct err *err);
/* The same over all batches that are left, for a tool that reads a recording on one thread. */
MUST_CHECK bool sample_reader_next_of_all(struct sample_reader *reader,
	struct trace_sample *ret_sample, struct replay_thread *ret_thread, struct err *err);

#endif
