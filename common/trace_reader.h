/*
 * Reads a trace block by block. Every byte is taken as hostile: sizes are limited before memory is
 * taken, a damaged block is skipped and counted, and what can be read is read.
 *
 * One reader serves one thread; several readers of one file are fine.
 *
 *	trace_reader_open("trace.zst", &r, err); // "-": standard input
 *	struct trace_block block;
 *	while (trace_reader_next(r, &block, err)) {
 *		while (trace_reader_event(r, &event))   // yields nothing in other blocks
 *			...
 *		while (trace_reader_sample(r, &sample))
 *			...
 *	}
 *	if (err->text[0]) // the machine failed; else this was the end of what can be read
 *		...
 *	trace_reader_damage(r)->n_bad_blocks ...
 *
 * A block is decompressed when its first record is asked for, so that passing over one costs a read
 * of its header; its damage, if any, is not noticed then. Samples come in file order, which is the
 * order of time but for microseconds at the seams of the recorder's rounds.
 *
 * Memory: the current block (at most 2 * 17 MiB), its dictionary and strings, and an array of at
 * most 80 KiB for each stack slot in use.
 */
#ifndef COMMON_TRACE_READER_H
#define COMMON_TRACE_READER_H

#include "common/err.h"
#include "common/trace_event.h"
#include "common/trace_input.h"

struct trace_reader;

enum trace_block_kind {
	TRACE_BLOCK_META = 1,
	TRACE_BLOCK_EVENTS = 2,
	TRACE_BLOCK_SAMPLES = 3,
	TRACE_BLOCK_FILE = 4,
	TRACE_BLOCK_STATS = 5,
	TRACE_BLOCK_INDEX = 6,
};

struct trace_block {
	uint32_t kind;             /* enum trace_block_kind; others are skipped, not returned */
	uint32_t number;           /* in the file, from 0 */
	uint64_t file_off;         /* of the block's first byte */
	uint32_t compressed_bytes; /* the zstd frame */
	uint32_t raw_bytes;        /* after decompression */
	uint32_t n_records;
	uint64_t first_ns, last_ns; /* time range of the records; 0 where there is none */
};

/* What was wrong with the file. All zero and why "" for a whole trace. */
struct trace_damage {
	bool is_cut;            /* the file ends in the middle, or without its index */
	uint64_t cut_at;        /* file offset of the first byte that could not be used */
	uint32_t n_bad_blocks;  /* blocks skipped because they were corrupt or not understood */
	uint64_t n_bad_records; /* records announced by blocks, but not read */
	uint64_t why_at;        /* file offset of the first problem */
	char why[256];          /* the problem */
};

/* Fails only if nothing can be used: no such file, not a ddrec trace, a newer major version, or no
 * readable meta block at its beginning. A pipe is read to its end into a temporary file first. */
MUST_CHECK bool trace_reader_open(
	const char *path, struct trace_reader **ret_reader, struct err *err);
/* The same for a file that is open already; takes *in over, also when it fails. */
MUST_CHECK bool trace_reader_open_input(
	struct trace_input *in, struct trace_reader **ret_reader, struct err *err);
/* Another reader of the same file, for another thread, with an account of damage of its own. It
 * stands before no block (trace_reader_goto), and must not outlive the first. */
MUST_CHECK bool trace_reader_clone(
	const struct trace_reader *from, struct trace_reader **ret_reader, struct err *err);
void trace_reader_close(struct trace_reader *r);
DEFINE_AUTO(struct trace_reader *, trace_reader_close);

const char *trace_reader_name(const struct trace_reader *r);
uint64_t trace_reader_file_bytes(const struct trace_reader *r);
const struct trace_meta *trace_reader_meta(const struct trace_reader *r);

/* The next block with a known kind. False at the end of what can be read, with err->text[0] == 0,
 * or on a failure of the machine (I/O error, no memory), with a text. Damage is not an error here.
 */
MUST_CHECK bool trace_reader_next(
	struct trace_reader *r, struct trace_block *ret_block, struct err *err);
MUST_CHECK bool trace_reader_rewind(struct trace_reader *r, struct err *err);
/* Makes a block that trace_reader_next gave before the current one. */
MUST_CHECK bool trace_reader_goto(
	struct trace_reader *r, const struct trace_block *block, struct err *err);

/* The records of the current block, one by one; false when there are no more, or when the rest of
 * the block cannot be decoded (then it is in the account of damage). A file block that holds kernel
 * symbols gives them by trace_reader_kernel_symbol, and raw by trace_reader_file. */
bool trace_reader_event(struct trace_reader *r, struct trace_event *ret_event);
bool trace_reader_sample(struct trace_reader *r, struct trace_sample *ret_sample);
bool trace_reader_file(struct trace_reader *r, struct trace_file *ret_file);
bool trace_reader_kernel_symbol(struct trace_reader *r, struct trace_kernel_symbol *ret_symbol);
bool trace_reader_stats(struct trace_reader *r, struct trace_stats *ret_stats);

/* False, with a text, when a record function above failed because the machine did (I/O, memory). */
MUST_CHECK bool trace_reader_ok(const struct trace_reader *r, struct err *err);

const struct trace_damage *trace_reader_damage(const struct trace_reader *r);

#endif
