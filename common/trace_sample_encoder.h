/*
 * Samples to columns: the payload of a samples block while it is being filled.
 *
 * Each part of a sample goes to a column of its own, as a difference to what the block held before:
 * to the sample before (time, period, call chains), to the thread's last sample (SP) or to the
 * stack slot's last snapshot. All of this state starts anew with each block. Addresses go to the
 * value dictionary. The columns have fixed memory; the caller asks has_room before each sample.
 */
#ifndef COMMON_TRACE_SAMPLE_ENCODER_H
#define COMMON_TRACE_SAMPLE_ENCODER_H

#include "common/buf.h"
#include "common/err.h"
#include "common/trace_event.h"
#include "common/trace_format.h"
#include "common/trace_slot.h"
#include "common/trace_value_dict.h"

enum {
	TRACE_BLOCK_THREADS = 4096, /* the writer closes a block that has seen so many */
	TRACE_THREAD_SLOTS = 2 * TRACE_BLOCK_THREADS,
};

struct trace_sample_encoder {
	uint8_t sp_reg, pc_reg; /* DWARF numbers */
	struct buf columns[TRACE_N_COLS];
	struct trace_value_dict dict;
	uint32_t n_records;
	uint32_t n_sure; /* so many samples more fit without another look */
	uint64_t first_ns, last_ns;
	uint64_t previous_ns, previous_period;
	struct trace_chain {
		uint64_t pcs[TRACE_MAX_CHAIN];
		uint32_t n;
	} kernel, user; /* the last that were not empty */
	struct {
		uint64_t key; /* pid << 32 | tid */
		uint32_t number;
		bool used;
	} thread_table[TRACE_THREAD_SLOTS];
	struct trace_thread_state {
		uint64_t sp;
		uint32_t slot;
	} threads[TRACE_BLOCK_THREADS];
	uint32_t n_threads;
	struct trace_slot_state slots[TRACE_MAX_SLOTS];
};

/* arch_name: as in trace_meta; of an unknown architecture no register is special. */
MUST_CHECK bool trace_sample_encoder_init(
	struct trace_sample_encoder *e, const char *arch_name, size_t block_bytes);
void trace_sample_encoder_fini(struct trace_sample_encoder *e);
void trace_sample_encoder_clear(struct trace_sample_encoder *e);

/* True when the block is below block_bytes and one more sample of any size fits. */
bool trace_sample_encoder_has_room(struct trace_sample_encoder *e, size_t block_bytes);
/* The largest payload that a block closed at block_bytes can have. */
size_t trace_sample_encoder_max_bytes(size_t block_bytes);

/* Fails, changing nothing, if sample is beyond the limits of trace_event.h or reuses words that
 * its slot's last snapshot in this block does not have. */
MUST_CHECK bool trace_sample_encoder_add(
	struct trace_sample_encoder *e, const struct trace_sample *sample, struct err *err);

/* Appends the whole payload. */
void trace_sample_encoder_payload(struct trace_sample_encoder *e, struct buf *b);

#endif
