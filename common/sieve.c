/*
 * Applies the rules of sieve.h to stretches of stack words, up to 64 at a time and without
 * branches: which words are near, which may be code by the filter, which are marks. Only what may
 * be code is asked about. Marks are rare and are looked at again in a second pass, because their
 * frames reach to words already judged.
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

/* What a first look at up to 64 words says, a bit for each. */
struct first_look {
	uint64_t near, maybe_code, mark;
};

/* From the last word to the first, so that a verdict is shifted in by an addition with carry. */
static struct first_look look_at(
	const struct sieve *s, uint64_t addr, const uint64_t *words, uint32_t n)
{
	const struct range_table *ranges = s->ranges;
	uint64_t mark_mask = s->arch->signal_frame->mark_mask;
	uint64_t mark_value = s->arch->signal_frame->mark_value;
	struct first_look look = { 0 };
	for (uint32_t i = n; i-- > 0;) {
		uint64_t word = words[i];
		look.near = look.near * 2 + sieve_is_near(addr + 8 * (uint64_t)i, word);
		look.maybe_code = look.maybe_code * 2 + (range_table_filter(ranges, word) != 0);
		look.mark = look.mark * 2 + ((word & mark_mask) == mark_value);
	}
	return look;
}

static uint64_t judge(const struct sieve *s, const struct first_look *look, const uint64_t *words)
{
	if (s->keep_all)
		return UINT64_MAX;
	uint64_t keep = look->near;
	for (uint64_t left = look->maybe_code & ~keep; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(left);
		keep |= (uint64_t)range_table_has(s->ranges, words[i]) << i;
	}
	return keep;
}

bool sieve_words(const struct sieve *s, uint64_t sp, const uint64_t *words, uint32_t n_words,
	uint32_t from, uint32_t to, uint64_t *keep, uint32_t *ret_mark)
{
	bool any_mark = false;
	for (uint32_t i = from, end; i < to; i = end) {
		end = MIN(to, (i | 63) + 1);
		struct first_look look = look_at(s, sp + 8 * (uint64_t)i, words + i, end - i);
		uint64_t all = UINT64_MAX >> (64 - (end - i));
		keep[i / 64] |= (judge(s, &look, words + i) & all) << i % 64;
		if (look.mark) {
			any_mark = true;
			*ret_mark = i + 63 - (uint32_t)__builtin_clzll(look.mark);
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
