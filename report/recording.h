/*
 * A recording: an input, and what it told besides samples: modules, the log of events, the kernel's
 * symbols. The samples are read in batches, by as many threads as one likes, each with a
 * sample_reader.
 *
 *	recording_open("trace.zst", &options, &rec, err);
 *	sample_reader_new(rec, &reader, err);                      // report/sample_reader.h
 *	while (recording_next_batch(rec, &batch, err)) {
 *		sample_reader_begin(reader, &batch, err);
 *		while (sample_reader_next(reader, &sample, &thread, err))
 *			unwind_stack(rec->arch, thread.space, &sample, ...);
 *	}
 *	if (err->text[0]) ...
 */
#ifndef REPORT_RECORDING_H
#define REPORT_RECORDING_H

#include "common/err.h"
#include "report/input.h"
#include "report/kernel_symbols.h"
#include "report/module_table.h"
#include "report/replay_log.h"

#include <pthread.h>

struct recording_options {
	const char *event;   /* which of the input's events to show; NULL: the first with samples */
	struct cache *cache; /* the caller's, and must live longer; NULL: none */
};

struct recording {
	struct input *in;
	const struct arch *arch;
	const struct trace_meta *meta;
	struct module_table *modules;
	struct replay_log *log;
	struct cache *cache;
	struct kernel_symbols kernel_symbols;

	pthread_mutex_t lock;  /* of what follows */
	uint64_t last_ns;      /* time of the latest sample handed out so far */
	uint64_t n_samples;    /* handed out so far */
	uint64_t samples_left; /* that may still be read */
	uint64_t n_left_out;   /* samples beyond what a file of this size is trusted with */
	uint64_t n_mappings_left_out;
	struct trace_damage damage;
};

MUST_CHECK bool recording_open(const char *path, const struct recording_options *options,
	struct recording **ret_rec, struct err *err);
/* Takes *file over, also when it fails. */
MUST_CHECK bool recording_open_file(struct trace_input *file,
	const struct recording_options *options, struct recording **ret_rec, struct err *err);
void recording_close(struct recording *rec);
DEFINE_AUTO(struct recording *, recording_close);

/* The next samples, for a sample_reader; any thread may ask. False at the end, with
 * err->text[0] == 0, or on a failure. */
MUST_CHECK bool recording_next_batch(
	struct recording *rec, struct input_batch *ret_batch, struct err *err);
/* Back to the first batch, as if none had been read. No sample_reader is in use. */
MUST_CHECK bool recording_rewind(struct recording *rec, struct err *err);
/* Share of the samples that has been handed out, 0 to 1; any thread may ask. */
double recording_done(struct recording *rec);

/* Samples of the event shown, as the file announces them. */
uint64_t recording_sample_count(const struct recording *rec);

/* Whether recording_name_kernel has anything to do: the names are not in the file. */
bool recording_lacks_kernel_names(const struct recording *rec);
/* Makes kernel_symbols know the addresses (sorted), as far as can be. */
MUST_CHECK bool recording_name_kernel(
	struct recording *rec, const uint64_t *addresses, size_t n, struct err *err);

/* When the recording ended, as far as its file tells. */
uint64_t recording_end_ns(const struct recording *rec);
const struct replay_counts *recording_counts(const struct recording *rec);
/* Complete when all sample readers are freed. */
const struct trace_damage *recording_damage(const struct recording *rec);
const char *recording_name(const struct recording *rec);

#endif
