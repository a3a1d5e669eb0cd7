/*
 * Applies the rules of sieve.h to stretches of stack words. The common case, a stretch without a
 * signal frame, is one pass that builds 64 verdicts at a time; marks are rare and are looked at
 * again in a second pass, because their frames reach to words already judged.
 */
#include "common/sieve.h"

#include "common/defs.h"

static bool register_may_stay(const struct sieve *s, uint64_t sp, uint64_t value)
{
	return sieve_keeps(s, sp, value);
}

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* The word that holds register reg of the frame whose mark is words[mark]. */
static bool find_saved(const struct arch_signal_frame *frame, uint32_t mark, unsigned int reg,
	uint32_t n_words, uint32_t *ret_index)
{
	if (!frame->reg_off[reg])
		return false;
	int64_t index = (int64_t)mark + (frame->reg_off[reg] - (int)frame->mark_off) / 8;
	if (index < 0 || index >= (int64_t)n_words)
		return false;
	*ret_index = (uint32_t)index;
	return true;
}

static void keep_frame(const struct sieve *s, const uint64_t *words, uint32_t n_words,
	uint32_t mark, uint32_t from, uint32_t to, uint64_t *keep)
{
	const struct arch_signal_frame *frame = s->arch->signal_frame;
	uint32_t sp_index, index;
	if (!find_saved(frame, mark, s->arch->sp, n_words, &sp_index))
		return;
	for (unsigned int reg = 0; reg < s->arch->n_regs; reg++) {
		if (!find_saved(frame, mark, reg, n_words, &index) || index < from || index >= to)
			continue;
		if (reg == s->arch->sp || reg == s->arch->pc ||
			register_may_stay(s, words[sp_index], words[index]))
			set_bit(keep, index);
	}
}

bool sieve_words(const struct sieve *s, uint64_t sp, const uint64_t *words, uint32_t n_words,
	uint32_t from, uint32_t to, uint64_t *keep, uint32_t *ret_mark)
{
	bool any_mark = false;
	for (uint32_t i = from; i < to;) {
		uint32_t chunk_end = MIN(to, (i | 63) + 1);
		uint64_t *bits = &keep[i / 64];
		for (; i < chunk_end; i++) {
			uint64_t verdict = sieve_keeps(s, sp + 8 * (uint64_t)i, words[i]);
			*bits |= verdict << (i % 64);
			if (sieve_is_mark(s, words[i])) {
				any_mark = true;
				*ret_mark = i;
			}
		}
	}
	if (!any_mark)
		return false;
	for (uint32_t i = from; i <= *ret_mark; i++)
		if (sieve_is_mark(s, words[i]))
			keep_frame(s, words, n_words, i, from, to, keep);
	return true;
}

uint64_t sieve_registers(const struct sieve *s, uint64_t mask, const uint64_t *regs)
{
	uint64_t kept = 0;
	for (uint64_t left = mask; left; left &= left - 1) {
		unsigned int reg = (unsigned int)__builtin_ctzll(left);
		if (reg == s->arch->sp || reg == s->arch->pc ||
			register_may_stay(s, regs[s->arch->sp], regs[reg]))
			kept |= UINT64_C(1) << reg;
	}
	return kept;
}

uint32_t sieve_words_above_mark(const struct arch *arch)
{
	const struct arch_signal_frame *frame = arch->signal_frame;
	uint32_t last = frame->mark_off;
	for (unsigned int reg = 0; reg < arch->n_regs; reg++)
		last = MAX(last, frame->reg_off[reg]);
	return (last - frame->mark_off) / 8;
}
