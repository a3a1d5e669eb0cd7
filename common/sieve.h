/*
 * The sieve: which words of a stack snapshot, and which registers, may go into the trace.
 *
 * A word V at address W is kept if
 *	(a) V lies in an executable range of the process: it may be a return address;
 *	(b) 0 <= V - W <= SIEVE_REACH_BYTES, a multiple of 8: it points upward to a word of the same
 *	    stack. Saved frame pointers, realigned frames and saved CFA registers always point at or
 *	    above their slot, and are aligned as the stack is;
 *	(c) it belongs to the register file that the kernel saved for a signal handler, and is SP,
 *	    PC, or a register that is an executable address or lies within reach above that SP.
 * Everything else is data of the program and is dropped before it is written anywhere.
 *
 * The rules look at a word and at its address, and for (c) at the frame around it, but not at
 * where the snapshot begins: the verdict on a word holds for every later snapshot in which the word
 * is unchanged, as long as the process's ranges are. common/snapshot.c builds on that.
 *
 * Pure functions; any thread may call them.
 */
#ifndef COMMON_SIEVE_H
#define COMMON_SIEVE_H

#include "common/arch.h"
#include "common/range_table.h"

enum { SIEVE_REACH_BYTES = 64 * 1024 };

struct sieve {
	const struct arch *arch;
	const struct range_table *ranges;
	bool keep_all; /* --stack full: for debugging, no sieve at all */
};

/* Rule (b). Rotated by 3, a distance that is no multiple of 8 becomes very great. */
static inline bool sieve_is_near(uint64_t addr, uint64_t word)
{
	uint64_t up = word - addr;
	return (up >> 3 | up << 61) <= SIEVE_REACH_BYTES / 8;
}

/* Rules (a) and (b) for one word. */
static inline bool sieve_keeps(const struct sieve *s, uint64_t addr, uint64_t word)
{
	return sieve_is_near(addr, word) || s->keep_all || range_table_has(s->ranges, word);
}

/* Whether a word marks a saved register file (struct arch_signal_frame). */
static inline bool sieve_is_mark(const struct sieve *s, uint64_t word)
{
	const struct arch_signal_frame *frame = s->arch->signal_frame;
	return (word & frame->mark_mask) == frame->mark_value;
}

/*
 * Sets the bits of words[from..to) in keep (bit i % 64 of keep[i / 64]), which the caller cleared.
 * words[i] is the word at sp + 8 * i; all n_words are there to look at. Returns true when one of
 * the words in [from, to) is a mark, and its index, the highest one, in *ret_mark.
 */
bool sieve_words(const struct sieve *s, uint64_t sp, const uint64_t *words, uint32_t n_words,
	uint32_t from, uint32_t to, uint64_t *keep, uint32_t *ret_mark);

/* The registers of mask (by DWARF number) that may be kept. */
uint64_t sieve_registers(const struct sieve *s, uint64_t mask, const uint64_t *regs);

/* How many words above a mark its frame still reaches: 0 where the mark comes last. */
uint32_t sieve_words_above_mark(const struct arch *arch);

#endif
