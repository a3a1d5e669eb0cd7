/*
 * Line number programs: DWARF 2 to 5, section 6.2. Decoded here and not by libdw, because the
 * rows are wanted by sequence: linkers leave the sequences of functions that they threw away at
 * address 0, where they reach into living code, and libdw mixes all rows in one sorted array.
 * Rows are not kept either: the reader hands on ranges as it meets them.
 */
#ifndef REPORT_DWARF_LINE_H
#define REPORT_DWARF_LINE_H

#include "common/cursor.h"
#include "report/arena.h"
#include "report/code_ranges.h"

struct line_sections { /* whole sections, decompressed; empty where there is none */
	struct cursor line, line_str, str;
};

struct line_file {
	const char *name;
	uint64_t dir;
	const char *path; /* made when asked for */
};

struct line_table {
	size_t size_bytes; /* header and program */
	uint16_t version;
	uint8_t min_insn_bytes;
	int8_t line_base;
	uint8_t line_range, opcode_base;
	const uint8_t *operand_counts; /* of standard opcode i at [i - 1] */
	const char *comp_dir;          /* DW_AT_comp_dir, or NULL */
	const char **dirs;             /* as in the table */
	size_t n_dirs;
	struct line_file *files; /* as in the table */
	size_t n_files;
	struct arena *memory; /* the arrays and the paths */
	struct cursor program;
};

/* The table at offset in .debug_line. Everything in ret_table lives in memory, or in the
 * sections. False: damaged, or a version that is not known. */
MUST_CHECK bool line_table_open(const struct line_sections *sections, uint64_t offset,
	const char *comp_dir, struct arena *memory, struct line_table *ret_table, struct err *err);

/* The path of a file, by the number that rows and DW_AT_call_file use: joined with its folder and
 * the compilation's. NULL when it is unknown. */
const char *line_table_path(struct line_table *t, uint64_t file);

/*
 * Takes a row: the addresses from start to end, which lie in one sequence, have this line; start <
 * end. Returns the next address of interest, or 0: rows of the sequence that end at or before it
 * need not be told, but for the last one.
 */
typedef uint64_t line_row(void *ctx, uint64_t start, uint64_t end, uint64_t file, uint32_t line);

/* Tells the rows in the order of the program; neighbours with the same line are one. Sequences that
 * do not begin in code are left out. Where a sequence does not rise, all is told once more, and
 * then in full. */
void line_table_run(
	const struct line_table *t, const struct code_ranges *code, line_row *row, void *ctx);

#endif
