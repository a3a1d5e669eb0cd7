/*
 * A recording: everything a trace tells but the samples, read at once; then the samples one by one,
 * each with the thread and the mappings as they were at its moment.
 *
 * Two passes over the file. The first reads events, embedded files and statistics, so that the
 * replay knows all mappings before it is asked, whatever the order in the file; the second reads
 * the samples and moves the replay along. What comes after does not see the file any more.
 *
 *	recording_open("trace.zst", &rec, err);
 *	while (recording_next_sample(rec, &sample, &thread, err))
 *		unwind_stack(rec->arch, thread.space, &sample, ...);
 *	if (err->text[0]) ...
 */
#ifndef REPORT_RECORDING_H
#define REPORT_RECORDING_H

#include "common/err.h"
#include "common/trace_reader.h"
#include "report/kernel_symbols.h"
#include "report/module_table.h"
#include "report/replay.h"

struct recording {
	const struct arch *arch;
	const struct trace_meta *meta;
	struct module_table *modules;
	struct kernel_symbols kernel_symbols;
	struct trace_stats stats; /* all 0 when the trace was cut before them */
	bool has_stats;
	uint64_t last_ns; /* time of the latest record so far */
	double done;      /* share of the file that samples have been read from, 0 to 1 */
	struct trace_reader *reader;
	struct replay *replay;
	bool in_samples;       /* the reader stands in a block of samples */
	uint32_t block_left;   /* samples of it that are not read yet */
	uint64_t samples_left; /* that may still be read */
	uint64_t n_left_out;   /* samples beyond what a file of this size is trusted with */
};

MUST_CHECK bool recording_open(const char *path, struct recording **ret_rec, struct err *err);
void recording_close(struct recording *rec);
DEFINE_AUTO(struct recording *, recording_close);

/* False at the end, with err->text[0] == 0, or on a failure. ret_sample and ret_thread hold until
 * the next call. */
MUST_CHECK bool recording_next_sample(struct recording *rec, struct trace_sample *ret_sample,
	struct replay_thread *ret_thread, struct err *err);

/* What the events told, up to the last sample read; after the last one: of all events. */
const struct replay_counts *recording_counts(const struct recording *rec);
const struct trace_damage *recording_damage(const struct recording *rec);
const char *recording_name(const struct recording *rec);

#endif
