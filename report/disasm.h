/*
 * Machine code to instructions, for x86-64 and aarch64, through capstone.
 *
 * Whatever the bytes are, the instructions cover them without gap or overlap: what capstone does
 * not know (data in code, instructions newer than it, a cut end) becomes INSN_DATA: of one byte, or
 * as long as the encoding says (x86_length.h); on aarch64 of one word. Where a direct jump or call
 * goes is told as a number, not as text, so that who shows it can name it.
 */
#ifndef REPORT_DISASM_H
#define REPORT_DISASM_H

#include "common/arch.h"
#include "common/err.h"
#include "report/arena.h"

enum disasm_syntax { DISASM_ATT, DISASM_INTEL }; /* of x86-64; aarch64 has one */

enum insn_flow {
	INSN_PLAIN,
	INSN_JUMP,   /* always taken */
	INSN_BRANCH, /* on a condition */
	INSN_CALL,
	INSN_RETURN,
	INSN_DATA, /* not decoded */
};

struct insn {
	uint64_t vaddr;
	uint64_t target;      /* of a direct jump, branch or call; has_target */
	uint64_t refers_to;   /* the address of an operand relative to the pc; 0: none */
	const char *mnemonic; /* "movq", ".byte" */
	const char *operands; /* without the target, which would be the last; may be "" */
	uint8_t size_bytes;
	uint8_t flow; /* enum insn_flow */
	bool has_target;
};

/* The n_bytes of code at vaddr. Strings live in memory, the caller frees *ret_insns. */
MUST_CHECK bool disasm(const struct arch *arch, enum disasm_syntax syntax, const uint8_t *code,
	size_t n_bytes, uint64_t vaddr, struct arena *memory, struct insn **ret_insns,
	size_t *ret_n, struct err *err);

/* The instruction that holds vaddr; n when none does. */
size_t insn_find(const struct insn *insns, size_t n, uint64_t vaddr);

#endif
