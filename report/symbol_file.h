/*
 * A symbol file: what is known of addresses of one ELF file, as bytes that can be kept in the cache
 * and used in place. It holds ranges of addresses, each with the frames that are the answer
 * everywhere in it; "nothing is known" is an answer too. Ranges are learned as addresses are asked
 * about, so a file is as large as what was sampled, and a later recording of the same program
 * mostly meets ranges that are there.
 *
 * With them go the notes of the symbol source, and the facts of the files that all was made from.
 * The bytes are foreign: whoever wrote them may have meant harm. Every number is checked on use.
 *
 * Layout, numbers little-endian: header; starts of the ranges (u64 each, sorted); ranges; frames;
 * strings, with a NUL at the very end; facts. A string is told by its offset; the first is "", and
 * stands for unknown.
 */
#ifndef REPORT_SYMBOL_FILE_H
#define REPORT_SYMBOL_FILE_H

#include "common/buf.h"
#include "report/arena.h"
#include "report/symbol_reader.h"

/* To be raised when the layout changes, or what is answered. */
enum { SYMBOL_FILE_VERSION = 1 };

struct symbol_file { /* a view of the bytes */
	const uint8_t *starts, *ranges, *frames;
	uint32_t n_ranges, n_frames;
	const char *strings;
	uint32_t strings_bytes;
	struct cursor facts;
	struct symbol_notes notes;
};

/* data must outlive the view. False: not such bytes. */
MUST_CHECK bool symbol_file_open(
	const uint8_t *data, size_t size_bytes, struct symbol_file *ret_file);

struct symbol_range { /* one range, with what is known there */
	uint64_t start, end;
	uint32_t first_frame, n_frames;
	const char *problem;
	bool is_partial;
};
/* The range that holds vaddr. False: not known. hint is the caller's, 0 at first: addresses that
 * rise are found faster. */
bool symbol_file_find(const struct symbol_file *f, uint64_t vaddr, uint32_t *hint,
	struct symbol_range *ret_range);
/* index below n_ranges. */
struct symbol_range symbol_file_range(const struct symbol_file *f, uint32_t index);
/* The frames of a range, in memory; their strings live as long as the data. False: no memory. */
MUST_CHECK bool symbol_file_answer(const struct symbol_file *f, const struct symbol_range *range,
	struct arena *memory, struct symbol_answer *ret_answer);

/* Appends a file with everything that old (or NULL) and the n findings know. Findings are sorted.
 * False: no memory, or too much for one file. */
MUST_CHECK bool symbol_file_write(const struct symbol_file *old,
	const struct symbol_finding *findings, size_t n, const struct symbol_notes *notes,
	const struct buf *facts, struct buf *out);

#endif
