/*
 * One function annotated: its instructions with their shares of the samples, and what is known of
 * each: source line, inlined calls, where it goes.
 *
 * A sample counts for the instruction whose bytes hold the sampled address, once. `total` also
 * counts the samples taken in what was called from there: a caller's address lies inside its call
 * instruction; an instruction that a stack goes through several times counts once.
 *
 *	self of the function = self of all instructions + n_outside
 *
 * Where there is no code (the kernel, JIT, a file that is gone), instructions are the addresses
 * that were sampled, without text, and no_code says why.
 */
#ifndef REPORT_ANNOTATE_H
#define REPORT_ANNOTATE_H

#include "common/buf.h"
#include "report/annotate_query.h"
#include "report/disasm.h"

/* More code is not shown: 64 times the largest function of cc1. */
enum { ANNOTATE_MAX_BYTES = 1 << 20 };

struct annotated_insn {
	int64_t self, total;
	const struct symbol_frame *frames; /* innermost first; the last is the function itself */
	uint32_t n_frames;
	const char *target_name; /* of a jump out of the function, or a call; NULL: none */
	uint64_t target_off;     /* from where that name begins */
	bool is_asked;           /* belongs to the inlined function that was asked for */
};

/* A line of the source, or what of it was inlined by one name, and its sums. */
struct annotated_line {
	const char *file; /* NULL: without a line */
	uint32_t line;
	const char *function; /* inlined, where it is from; NULL: the function itself */
	int64_t self;
	size_t hottest; /* instruction */
};

struct annotation {
	const struct profile *p;
	size_t value;      /* the value type that is summed */
	const char *name;  /* of the function, for people */
	const char *asked; /* the inlined function that was asked for; NULL: none */
	const struct annotate_target *target;
	int64_t whole;             /* of all samples */
	const char *no_code;       /* NULL: there is code */
	const struct arch *arch;   /* NULL: no code */
	struct elf_file *elf;      /* NULL: no code */
	uint64_t start, end;       /* vaddr */
	uint64_t n_bytes_left_out; /* a function larger than ANNOTATE_MAX_BYTES */
	size_t n_undecoded;        /* bytes */
	int64_t n_outside;         /* self at addresses that are left out */
	struct insn *insns;
	struct annotated_insn *notes; /* of each instruction */
	size_t n_insns;
	struct annotated_line *lines; /* sampled, of what was asked for; by falling self */
	size_t n_lines;
	bool has_lines; /* there is debug information for some instruction */
	struct symbol_source *symbols;
	struct arena memory;
};

struct annotate_options {
	enum disasm_syntax syntax;
	bool no_demangle;
	const struct symbol_search *search;
};

/* q and options must outlive the annotation, which must not move. */
MUST_CHECK bool annotate_init(struct annotation *a, struct annotate_query *q,
	const struct annotate_target *target, const struct annotate_options *options,
	struct err *err);
void annotate_fini(struct annotation *a);

/* The name of a frame for people, "" when unknown. */
const char *annotate_frame_name(const struct symbol_frame *frame);

/* The hottest instructions, at most n, by falling self; returns how many there are. */
size_t annotate_hottest(const struct annotation *a, size_t n, size_t *ret_insns);

/* Appends an instruction's operands as they are read: with the address of its target, if any. */
void annotate_operands(struct buf *out, const struct insn *insn);

#endif
