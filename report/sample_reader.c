/*
 * The samples of a batch with their threads: see sample_reader.h.
 */
#include "report/sample_reader.h"

struct sample_reader {
	struct recording *rec;
	struct input_decoder *decoder;
	struct replay *replay;
	uint32_t n_left;  /* samples that the batch may still give */
	uint64_t last_ns; /* of the batch */
};

bool sample_reader_new(struct recording *rec, struct sample_reader **ret_reader, struct err *err)
{
	AUTO(sample_reader_free) struct sample_reader *reader = calloc(1, sizeof(*reader));
	if (!reader)
		return err_set(err, "no memory");
	reader->rec = rec;
	reader->replay = replay_new(rec->log);
	if (!reader->replay)
		return err_set(err, "no memory");
	if (!rec->in->format->decoder_new(rec->in, &reader->decoder, err))
		return false;
	*ret_reader = TAKE(reader);
	return true;
}

void sample_reader_free(struct sample_reader *reader)
{
	if (!reader)
		return;
	struct recording *rec = reader->rec;
	pthread_mutex_lock(&rec->lock);
	if (reader->decoder)
		rec->in->format->decoder_free(reader->decoder, &rec->damage);
	/* All replays see the same events; the one that went farthest knows the most. */
	if (reader->replay)
		rec->n_mappings_left_out =
			MAX(rec->n_mappings_left_out, replay_left_out(reader->replay));
	pthread_mutex_unlock(&rec->lock);
	replay_free(reader->replay);
	free(reader);
}

bool sample_reader_begin(
	struct sample_reader *reader, const struct input_batch *batch, struct err *err)
{
	reader->n_left = batch->n_samples;
	reader->last_ns = batch->last_ns;
	return reader->rec->in->format->begin(reader->decoder, batch, err) &&
		replay_advance(reader->replay, batch->after_ns, err);
}

bool sample_reader_next(struct sample_reader *reader, struct trace_sample *ret_sample,
	struct replay_thread *ret_thread, struct err *err)
{
	err->text[0] = 0;
	if (!reader->n_left)
		return false;
	reader->n_left--;
	/* At the seams of the recorder's rounds time may step back a little; the replay does not.
	 * It goes by what the batches announce, so that it does not matter which of them this
	 * thread had before. */
	if (!reader->rec->in->format->next(reader->decoder, ret_sample, err) ||
		!replay_advance(reader->replay, MIN(ret_sample->time_ns, reader->last_ns), err))
		return false;
	*ret_thread = replay_find_thread(reader->replay, ret_sample->pid, ret_sample->tid);
	return true;
}

bool sample_reader_next_of_all(struct sample_reader *reader, struct trace_sample *ret_sample,
	struct replay_thread *ret_thread, struct err *err)
{
	struct input_batch batch;
	while (!sample_reader_next(reader, ret_sample, ret_thread, err)) {
		if (err->text[0] || !recording_next_batch(reader->rec, &batch, err) ||
			!sample_reader_begin(reader, &batch, err))
			return false;
	}
	return true;
}
