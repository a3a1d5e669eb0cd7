/*
 * Columns to samples: the payload of a samples block, read one sample at a time. The reverse of
 * trace_sample_encoder.h, and the hot path of every report.
 *
 * Stack words stay where they are: each slot has an array that stands for a range of addresses, a
 * new snapshot is the window of it that starts at the new SP, and only the words that are not
 * reused are written. The array moves when SP leaves it. Call chains are kept with their outer end
 * fixed in the same way. Memory: at most TRACE_MAX_SLOTS arrays of 80 KiB, taken as slots are used.
 */
#ifndef COMMON_TRACE_SAMPLE_DECODER_H
#define COMMON_TRACE_SAMPLE_DECODER_H

#include "common/cursor.h"
#include "common/trace_event.h"
#include "common/trace_format.h"
#include "common/trace_slot.h"

struct trace_decoder_slot {
	struct trace_slot_state last;
	uint64_t *words;
	uint32_t cap;
	uint64_t base; /* the address that words[0] stands for */
};

struct trace_decoder_thread {
	uint32_t pid, tid;
	uint64_t sp;
	uint32_t slot;
};

struct trace_sample_decoder {
	uint8_t sp_reg, pc_reg;
	struct cursor columns[TRACE_N_COLS]; /* start NULL: absent, stands for zeros */
	uint32_t n_left;                     /* samples announced and not yet read */
	uint64_t previous_ns, previous_period;
	uint64_t *dict;
	uint32_t n_dict, cap_dict, next_new;
	struct trace_decoder_thread *threads;
	uint32_t n_threads, cap_threads;
	struct trace_decoder_chain {
		uint64_t pcs[TRACE_MAX_CHAIN]; /* the last n of them */
		uint32_t n;
	} kernel, user;
	struct trace_decoder_slot slots[TRACE_MAX_SLOTS];
	bool bad;       /* the current sample contradicts the format */
	bool no_memory; /* the machine's fault, not the file's */
};

void trace_sample_decoder_init(struct trace_sample_decoder *d, const char *arch_name);
void trace_sample_decoder_fini(struct trace_sample_decoder *d);

/* False if the payload cannot be understood at all. It must stay in place while it is read. */
MUST_CHECK bool trace_sample_decoder_begin(
	struct trace_sample_decoder *d, const uint8_t *payload, size_t size, uint32_t n_records);
/* False at the end, or at a sample that cannot be decoded: then n_left is not 0. */
bool trace_sample_decoder_next(struct trace_sample_decoder *d, struct trace_sample *ret);

#endif
