/*
 * Samples to columns: see trace_sample_encoder.h; the reverse is trace_sample_decoder.c.
 */
#include "common/trace_sample_encoder.h"

#include <inttypes.h>
#include <string.h>

enum {
	MAX_REF_BYTES = 4, /* of a dictionary reference with its tag bit */
	DICT_BYTES = 4,    /* that a value of the dictionary takes as a rule: few have a new page */
	MAX_DICT_BYTES = TRACE_DICT_LOW_BYTES + TRACE_DICT_PAGE_REF_BYTES + TRACE_DICT_PAGE_BYTES,
};

/* What one sample can add to a column at most. */
static const uint32_t max_bytes[TRACE_N_COLS] = {
	[TRACE_COL_THREADS] = 10,
	[TRACE_COL_TIME] = 10,
	[TRACE_COL_THREAD] = 10,
	[TRACE_COL_CPU] = 10,
	[TRACE_COL_FLAGS] = 10,
	[TRACE_COL_PERIOD] = 10,
	[TRACE_COL_IP] = 10,
	[TRACE_COL_KERNEL] = (TRACE_MAX_CHAIN + 3) * MAX_REF_BYTES,
	[TRACE_COL_USER] = (TRACE_MAX_CHAIN + 3) * MAX_REF_BYTES,
	[TRACE_COL_REG_MASK] = 10,
	[TRACE_COL_SP] = 10,
	[TRACE_COL_REGS] = ARCH_MAX_REGS * MAX_REF_BYTES,
	[TRACE_COL_STACK_FLAGS] = 10,
	[TRACE_COL_STACK_SHAPE] = 50,
	[TRACE_COL_STACK_WORDS] = TRACE_MAX_STACK_WORDS * (2 + MAX_REF_BYTES),
};

enum {
	MAX_NEW_VALUES = TRACE_MAX_STACK_WORDS + 2 * TRACE_MAX_CHAIN + ARCH_MAX_REGS + 1,
	/* Of all columns together: the numbers above, or more. */
	MAX_SAMPLE_BYTES = TRACE_MAX_STACK_WORDS * (2 + MAX_REF_BYTES) +
		MAX_NEW_VALUES * (DICT_BYTES + MAX_REF_BYTES) + 200,
};

/* The part of a block that a column may fill: most of it goes to the stacks. */
static size_t column_cap(unsigned col, size_t block_bytes)
{
	switch (col) {
	case TRACE_COL_DICT:
		return (size_t)TRACE_DICT_VALUES * TRACE_DICT_LOW_BYTES;
	case TRACE_COL_DICT_PAGE: /* a number is appended with room for ten bytes */
		return (size_t)TRACE_DICT_VALUES * TRACE_DICT_PAGE_REF_BYTES + 10;
	case TRACE_COL_PAGES:
		return (size_t)TRACE_DICT_VALUES * TRACE_DICT_PAGE_BYTES;
	case TRACE_COL_STACK_WORDS:
		return block_bytes + 2 * max_bytes[col];
	default:
		return block_bytes / 4 + 2 * max_bytes[col];
	}
}

bool trace_sample_encoder_init(
	struct trace_sample_encoder *e, const char *arch_name, size_t block_bytes)
{
	const struct arch *arch = arch_find(arch_name);
	*e = (struct trace_sample_encoder){
		.sp_reg = arch ? arch->sp : ARCH_NO_REG,
		.pc_reg = arch ? arch->pc : ARCH_NO_REG,
	};
	if (!trace_value_dict_init(&e->dict))
		return false;
	for (unsigned col = 0; col < TRACE_N_COLS; col++) {
		if (!buf_init_fixed(&e->columns[col], column_cap(col, block_bytes)))
			return false;
	}
	return true;
}

void trace_sample_encoder_fini(struct trace_sample_encoder *e)
{
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		buf_fini(&e->columns[col]);
	trace_value_dict_fini(&e->dict);
}

void trace_sample_encoder_clear(struct trace_sample_encoder *e)
{
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		buf_clear(&e->columns[col]);
	trace_value_dict_clear(&e->dict);
	e->n_sure = 0;
	memset(e->thread_table, 0, sizeof(e->thread_table));
	memset(e->slots, 0, sizeof(e->slots));
	e->n_records = e->n_threads = 0;
	e->kernel.n = e->user.n = 0;
	e->first_ns = e->last_ns = e->previous_ns = e->previous_period = 0;
}

static size_t bytes_of(const struct trace_sample_encoder *e)
{
	size_t bytes = e->dict.n * DICT_BYTES;
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		bytes += e->columns[col].len;
	return bytes;
}

size_t trace_sample_encoder_max_bytes(size_t block_bytes)
{
	size_t bytes = block_bytes + (size_t)TRACE_DICT_VALUES * MAX_DICT_BYTES;
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		bytes += max_bytes[col] + 16;
	return bytes;
}

/* How many samples fit, however large they are. */
static uint32_t samples_with_room(const struct trace_sample_encoder *e, size_t block_bytes)
{
	size_t bytes = bytes_of(e);
	uint32_t n = (TRACE_DICT_VALUES - e->dict.n) / MAX_NEW_VALUES;
	n = MIN(n, TRACE_BLOCK_THREADS - e->n_threads);
	n = bytes < block_bytes ? MIN(n, (block_bytes - 1 - bytes) / MAX_SAMPLE_BYTES + 1) : 0;
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		if (max_bytes[col])
			n = MIN(n, (e->columns[col].cap - e->columns[col].len) / max_bytes[col]);
	return n;
}

bool trace_sample_encoder_has_room(struct trace_sample_encoder *e, size_t block_bytes)
{
	if (!e->n_sure)
		e->n_sure = samples_with_room(e, block_bytes);
	return e->n_sure;
}

static inline uint64_t bit(uint8_t reg)
{
	return reg < ARCH_MAX_REGS ? (uint64_t)1 << reg : 0;
}

/* 0 where it is absent. */
static uint64_t stack_pointer(const struct trace_sample_encoder *e, const struct trace_sample *s)
{
	return s->regs_mask & bit(e->sp_reg) ? s->regs[e->sp_reg] : 0;
}

static bool check_stack(
	const struct trace_sample_encoder *e, const struct trace_sample *s, struct err *err)
{
	const struct trace_stack *stack = &s->stack;
	if (stack->slot >= TRACE_MAX_SLOTS || stack->n_words > TRACE_MAX_STACK_WORDS)
		return err_set(err, "a snapshot of %u words in slot %u is beyond the limits",
			stack->n_words, stack->slot);
	if (stack->reuse_from >= stack->reuse_to)
		return true;
	uint32_t from, to;
	trace_slot_shared(&e->slots[stack->slot], stack_pointer(e, s), stack->n_words, &from, &to);
	if (stack->reuse_from < from || stack->reuse_to > to)
		return err_set(err,
			"a snapshot reuses words %u to %u, but slot %u has only %u to %u",
			stack->reuse_from, stack->reuse_to, stack->slot, from, to);
	return true;
}

static bool check(
	const struct trace_sample_encoder *e, const struct trace_sample *s, struct err *err)
{
	if (s->n_kernel_pcs > TRACE_MAX_CHAIN || s->n_user_pcs > TRACE_MAX_CHAIN)
		return err_set(err, "a call chain of %u addresses is beyond the limit of %u",
			MAX(s->n_kernel_pcs, s->n_user_pcs), TRACE_MAX_CHAIN);
	if (s->regs_mask >> ARCH_MAX_REGS)
		return err_set(
			err, "a sample has unknown registers: mask 0x%" PRIx64, s->regs_mask);
	return s->stack.n_words == 0 || check_stack(e, s, err);
}

/* The columns have room for the whole sample, so that nothing needs to be checked here. */
static inline void put_uleb(struct buf *b, uint64_t v)
{
	uint8_t *at = b->data + b->len;
	while (v >= 0x80) {
		*at++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*at++ = (uint8_t)v;
	b->len = (size_t)(at - b->data);
}

static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static void put_thread(struct trace_sample_encoder *e, uint32_t pid, uint32_t tid, uint32_t *ret)
{
	uint64_t key = (uint64_t)pid << 32 | tid;
	uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15 >> 51) % TRACE_THREAD_SLOTS;
	while (e->thread_table[at].used && e->thread_table[at].key != key)
		at = (at + 1) % TRACE_THREAD_SLOTS;
	if (!e->thread_table[at].used) {
		e->thread_table[at].used = true;
		e->thread_table[at].key = key;
		e->thread_table[at].number = e->n_threads;
		e->threads[e->n_threads++] = (struct trace_thread_state){ 0 };
		put_uleb(&e->columns[TRACE_COL_THREADS], pid);
		put_uleb(&e->columns[TRACE_COL_THREADS], tid);
	}
	*ret = e->thread_table[at].number;
	put_uleb(&e->columns[TRACE_COL_THREAD], *ret);
}

static void put_scalars(struct trace_sample_encoder *e, const struct trace_sample *s)
{
	put_uleb(&e->columns[TRACE_COL_TIME], zigzag((int64_t)(s->time_ns - e->previous_ns)));
	put_uleb(&e->columns[TRACE_COL_CPU], s->cpu);
	put_uleb(&e->columns[TRACE_COL_FLAGS], s->flags);
	put_uleb(&e->columns[TRACE_COL_PERIOD], zigzag((int64_t)(s->period - e->previous_period)));
	put_uleb(&e->columns[TRACE_COL_IP], trace_value_dict_ref(&e->dict, s->ip));
	e->first_ns = e->n_records ? MIN(e->first_ns, s->time_ns) : s->time_ns;
	e->last_ns = MAX(e->last_ns, s->time_ns);
	e->previous_ns = s->time_ns;
	e->previous_period = s->period;
}

/* {new pcs * 2 + "the leaf is ip, and not written", outer pcs shared with the last}, new pcs. */
static void put_chain(struct trace_sample_encoder *e, struct buf *b, struct trace_chain *last,
	const uint64_t *pcs, uint32_t n, uint64_t ip)
{
	if (!n) {
		put_uleb(b, 0);
		put_uleb(b, 0);
		return;
	}
	uint32_t shared = 0, limit = MIN(n, last->n);
	while (shared < limit && pcs[n - 1 - shared] == last->pcs[last->n - 1 - shared])
		shared++;
	uint32_t n_new = n - shared;
	uint32_t leaf_is_ip = n_new && pcs[0] == ip;
	put_uleb(b, (uint64_t)n_new << 1 | leaf_is_ip);
	put_uleb(b, shared);
	for (uint32_t i = leaf_is_ip; i < n_new; i++)
		put_uleb(b, trace_value_dict_ref(&e->dict, pcs[i]));
	memcpy(last->pcs, pcs, n * sizeof(*pcs));
	last->n = n;
}

/* A number near above base as its distance, any other through the dictionary. */
static inline void put_near(
	struct trace_sample_encoder *e, struct buf *b, uint64_t v, uint64_t base)
{
	uint64_t up = v - base;
	if (up <= TRACE_NEAR_BYTES && up % 8 == 0)
		put_uleb(b, up / 8 << 1 | 1);
	else
		put_uleb(b, (uint64_t)trace_value_dict_ref(&e->dict, v) << 1);
}

static void put_sp(struct trace_sample_encoder *e, struct trace_thread_state *thread, uint64_t sp)
{
	struct buf *b = &e->columns[TRACE_COL_SP];
	int64_t up = (int64_t)(sp - thread->sp);
	if (up % 8 == 0)
		put_uleb(b, zigzag(up / 8) << 1);
	else
		put_uleb(b, (uint64_t)trace_value_dict_ref(&e->dict, sp) << 1 | 1);
	thread->sp = sp;
}

static void put_regs(struct trace_sample_encoder *e, const struct trace_sample *s,
	struct trace_thread_state *thread)
{
	uint64_t sp_bit = bit(e->sp_reg), pc_bit = bit(e->pc_reg);
	uint64_t sp = stack_pointer(e, s);
	uint64_t others = s->regs_mask & ~(sp_bit | pc_bit);
	bool pc_is_ip = s->regs_mask & pc_bit && s->regs[e->pc_reg] == s->ip;
	uint64_t low = (s->regs_mask & sp_bit ? TRACE_REGS_SP : 0) |
		(s->regs_mask & pc_bit ? TRACE_REGS_PC : 0) | (pc_is_ip ? TRACE_REGS_PC_IP : 0);
	put_uleb(&e->columns[TRACE_COL_REG_MASK], others << TRACE_REGS_SHIFT | low);
	if (s->regs_mask & sp_bit)
		put_sp(e, thread, sp);
	struct buf *b = &e->columns[TRACE_COL_REGS];
	if (s->regs_mask & pc_bit && !pc_is_ip)
		put_near(e, b, s->regs[e->pc_reg], sp);
	for (uint64_t left = others; left; left &= left - 1)
		put_near(e, b, s->regs[__builtin_ctzll(left)], sp);
}

/* Bit i: word base + i is kept and lies in [from, to). */
static uint64_t kept_bits(
	const struct trace_stack *stack, uint32_t base, uint32_t from, uint32_t to)
{
	uint64_t bits = stack->keep ? stack->keep[base / 64] : UINT64_MAX;
	if (from > base)
		bits &= UINT64_MAX << (from - base);
	if (to - base < 64)
		bits &= ~(UINT64_MAX << (to - base));
	return bits;
}

/* Writes the kept words of [from, to); *skipped is the gap that is open when it starts. */
static uint32_t put_words(struct trace_sample_encoder *e, const struct trace_stack *stack,
	uint64_t sp, uint32_t from, uint32_t to, uint32_t *skipped)
{
	struct buf *b = &e->columns[TRACE_COL_STACK_WORDS];
	uint32_t n_kept = 0, expected = from - *skipped;
	for (uint32_t base = from & ~63u; base < to; base += 64) {
		uint64_t bits = kept_bits(stack, base, from, to);
		for (; bits; bits &= bits - 1) {
			uint32_t i = base + (uint32_t)__builtin_ctzll(bits);
			uint64_t word = stack->words[i];
			if (!word)
				continue;
			put_uleb(b, i - expected);
			put_near(e, b, word, sp + 8 * (uint64_t)i);
			expected = i + 1;
			n_kept++;
		}
	}
	*skipped = to - expected;
	return n_kept;
}

static unsigned stack_flags(const struct trace_stack *stack, const struct trace_slot_state *slot,
	const struct trace_thread_state *thread, uint64_t sp)
{
	unsigned flags = TRACE_STACK_PRESENT;
	if (stack->truncated)
		flags |= TRACE_STACK_TRUNCATED;
	if (stack->reuse_from < stack->reuse_to)
		flags |= TRACE_STACK_REUSES;
	if (thread->slot == stack->slot)
		flags |= TRACE_STACK_SAME_SLOT;
	if (slot->n_words == stack->n_words)
		flags |= TRACE_STACK_SAME_WORDS;
	else if (sp + 8 * (uint64_t)stack->n_words == slot->sp + 8 * (uint64_t)slot->n_words)
		flags |= TRACE_STACK_SAME_END;
	return flags;
}

static void put_shape(struct trace_sample_encoder *e, const struct trace_stack *stack,
	const struct trace_slot_state *slot, unsigned flags, uint64_t sp)
{
	struct buf *b = &e->columns[TRACE_COL_STACK_SHAPE];
	put_uleb(&e->columns[TRACE_COL_STACK_FLAGS], flags);
	if (!(flags & TRACE_STACK_SAME_SLOT))
		put_uleb(b, stack->slot);
	if (!(flags & (TRACE_STACK_SAME_WORDS | TRACE_STACK_SAME_END)))
		put_uleb(b, stack->n_words);
	if (flags & TRACE_STACK_REUSES) {
		uint32_t from, to;
		trace_slot_shared(slot, sp, stack->n_words, &from, &to);
		put_uleb(b, stack->reuse_from - from);
		put_uleb(b, to - stack->reuse_to);
	}
}

static void put_stack(struct trace_sample_encoder *e, const struct trace_stack *stack,
	struct trace_thread_state *thread, uint64_t sp)
{
	if (!stack->n_words) {
		put_uleb(&e->columns[TRACE_COL_STACK_FLAGS], 0);
		return;
	}
	struct trace_slot_state *slot = &e->slots[stack->slot];
	unsigned flags = stack_flags(stack, slot, thread, sp);
	put_shape(e, stack, slot, flags, sp);
	uint32_t reuse_from = flags & TRACE_STACK_REUSES ? stack->reuse_from : 0;
	uint32_t reuse_to = flags & TRACE_STACK_REUSES ? stack->reuse_to : 0;
	uint32_t skipped = 0;
	uint32_t n_kept = put_words(e, stack, sp, 0, reuse_from, &skipped);
	n_kept += put_words(e, stack, sp, reuse_to, stack->n_words, &skipped);
	put_uleb(&e->columns[TRACE_COL_STACK_SHAPE], n_kept);
	*slot = (struct trace_slot_state){ .sp = sp, .n_words = stack->n_words };
	thread->slot = stack->slot;
}

bool trace_sample_encoder_add(
	struct trace_sample_encoder *e, const struct trace_sample *sample, struct err *err)
{
	if (!check(e, sample, err))
		return false;
	uint32_t thread;
	put_thread(e, sample->pid, sample->tid, &thread);
	put_scalars(e, sample);
	put_chain(e, &e->columns[TRACE_COL_KERNEL], &e->kernel, sample->kernel_pcs,
		sample->n_kernel_pcs, sample->ip);
	put_chain(e, &e->columns[TRACE_COL_USER], &e->user, sample->user_pcs, sample->n_user_pcs,
		sample->ip);
	put_regs(e, sample, &e->threads[thread]);
	put_stack(e, &sample->stack, &e->threads[thread], stack_pointer(e, sample));
	e->n_records++;
	e->n_sure -= e->n_sure > 0;
	return true;
}

/* An absent column stands for zeros. These say by their length how much there is. */
static const bool must_be_present[TRACE_N_COLS] = {
	[TRACE_COL_DICT] = true,
	[TRACE_COL_PAGES] = true,
	[TRACE_COL_THREADS] = true,
	[TRACE_COL_TIME] = true,
};

static bool is_zero(const struct buf *b)
{
	return b->len == 0 || (b->data[0] == 0 && memcmp(b->data, b->data + 1, b->len - 1) == 0);
}

void trace_sample_encoder_payload(struct trace_sample_encoder *e, struct buf *b)
{
	trace_value_dict_encode(&e->dict, &e->columns[TRACE_COL_DICT],
		&e->columns[TRACE_COL_DICT_PAGE], &e->columns[TRACE_COL_PAGES]);
	for (unsigned col = 0; col < TRACE_N_COLS; col++) {
		const struct buf *column = &e->columns[col];
		if (is_zero(column) && !must_be_present[col])
			continue;
		buf_uleb(b, TRACE_COL_ID(col));
		buf_uleb(b, column->len);
		buf_bytes(b, column->data, column->len);
	}
}
