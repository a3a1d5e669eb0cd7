/*
 * Columns to samples: see trace_sample_decoder.h.
 */
#include "common/trace_sample_decoder.h"

#include <string.h>

enum { MIN_SLOT_WORDS = 256 };

void trace_sample_decoder_init(struct trace_sample_decoder *d, const char *arch_name)
{
	const struct arch *arch = arch_find(arch_name);
	*d = (struct trace_sample_decoder){
		.sp_reg = arch ? arch->sp : ARCH_NO_REG,
		.pc_reg = arch ? arch->pc : ARCH_NO_REG,
	};
}

void trace_sample_decoder_fini(struct trace_sample_decoder *d)
{
	for (unsigned i = 0; i < TRACE_MAX_SLOTS; i++)
		free(d->slots[i].words);
	free(d->threads);
	free(d->dict);
	memset(d, 0, sizeof(*d));
}

/*
 * A number of a column. Nearly all take one to three bytes, which are read here: on samples of
 * gcc's cc1 this saves about a fifth of the decoding. An absent column stands for zeros.
 */
static inline uint64_t get(struct trace_sample_decoder *d, enum trace_column col)
{
	struct cursor *c = &d->columns[col];
	const uint8_t *p = c->pos;
	if (c->end - p >= 3) {
		if (p[0] < 0x80) {
			c->pos = p + 1;
			return p[0];
		}
		if (p[1] < 0x80) {
			c->pos = p + 2;
			return (uint64_t)p[1] << 7 | (p[0] & 0x7f);
		}
		if (p[2] < 0x80) {
			c->pos = p + 3;
			return (uint64_t)p[2] << 14 | (uint64_t)(p[1] & 0x7f) << 7 | (p[0] & 0x7f);
		}
	}
	return c->start ? cursor_uleb(c) : 0;
}

static inline int64_t get_zigzag(struct trace_sample_decoder *d, enum trace_column col)
{
	uint64_t v = get(d, col);
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* Makes room for n entries of entry_bytes in *array. */
static bool reserve(
	struct trace_sample_decoder *d, void *array, uint32_t *cap, uint32_t n, size_t entry_bytes)
{
	if (n <= *cap)
		return true;
	void *grown = realloc(*(void **)array, n * entry_bytes);
	if (!grown) {
		d->no_memory = true;
		return false;
	}
	*(void **)array = grown;
	*cap = n;
	return true;
}

/* A column that is empty is as good as absent. */
static bool read_columns(struct trace_sample_decoder *d, struct cursor *payload)
{
	while (cursor_left(payload)) {
		uint64_t id = cursor_uleb(payload);
		struct cursor body = cursor_sub(payload, cursor_uleb(payload));
		bool known = id >= TRACE_COL_ID(0) && id <= TRACE_COL_ID(TRACE_N_COLS - 1) &&
			id % 2 == 0;
		if (payload->failed || (!known && id % 2 == 0))
			return false;
		if (!known || !cursor_left(&body))
			continue;
		if (d->columns[id / 2 - 1].start) /* it came before */
			return false;
		d->columns[id / 2 - 1] = body;
	}
	return !payload->failed && d->columns[TRACE_COL_TIME].start;
}

/* The next value's high 48 bits; ref 0 is the next new page. */
static uint64_t get_page(
	struct trace_sample_decoder *d, const uint8_t *pages, size_t n_pages, size_t *next_page)
{
	uint64_t ref = get(d, TRACE_COL_DICT_PAGE);
	uint64_t number = ref ? ref - 1 : (*next_page)++;
	if (number >= n_pages) {
		d->bad = true;
		return 0;
	}
	uint64_t page = 0;
	for (unsigned byte = 0; byte < 6; byte++)
		page |= (uint64_t)pages[6 * number + byte] << (8 * byte);
	return page;
}

/* The low 16 bits stand in two planes of bytes; the high 48 refer to the pages. */
static bool read_dictionary(struct trace_sample_decoder *d)
{
	const struct cursor *low = &d->columns[TRACE_COL_DICT];
	const struct cursor *pages = &d->columns[TRACE_COL_PAGES];
	size_t n = cursor_left(low) / 2, n_pages = cursor_left(pages) / 6, next_page = 0;
	if (cursor_left(low) % 2 || cursor_left(pages) % 6 || n > TRACE_MAX_DICT ||
		!reserve(d, &d->dict, &d->cap_dict, (uint32_t)n, sizeof(*d->dict)))
		return false;
	for (size_t i = 0; i < n && !d->bad; i++)
		d->dict[i] = get_page(d, pages->start, n_pages, &next_page) << 16 |
			(uint64_t)low->start[n + i] << 8 | low->start[i];
	d->n_dict = (uint32_t)n;
	return !d->bad;
}

static bool read_threads(struct trace_sample_decoder *d)
{
	struct cursor *c = &d->columns[TRACE_COL_THREADS];
	size_t max = MIN(cursor_left(c) / 2, TRACE_MAX_THREADS);
	if (!reserve(d, &d->threads, &d->cap_threads, (uint32_t)max, sizeof(*d->threads)))
		return false;
	while (cursor_left(c)) {
		if (d->n_threads == max)
			return false;
		struct trace_decoder_thread *thread = &d->threads[d->n_threads++];
		*thread = (struct trace_decoder_thread){ 0 };
		thread->pid = cursor_uleb32(c);
		thread->tid = cursor_uleb32(c);
	}
	return !c->failed;
}

bool trace_sample_decoder_begin(
	struct trace_sample_decoder *d, const uint8_t *payload, size_t size, uint32_t n_records)
{
	struct cursor c = cursor_make(payload, size);
	memset(d->columns, 0, sizeof(d->columns));
	for (unsigned i = 0; i < TRACE_MAX_SLOTS; i++)
		d->slots[i].last = (struct trace_slot_state){ 0 };
	d->previous_ns = d->previous_period = 0;
	d->n_dict = d->next_new = d->n_threads = 0;
	d->kernel.n = d->user.n = 0;
	d->bad = false;
	d->n_left = n_records;
	return read_columns(d, &c) && read_dictionary(d) && read_threads(d);
}

static inline uint64_t resolve(struct trace_sample_decoder *d, uint64_t ref)
{
	uint64_t number = ref ? ref - 1 : d->next_new++;
	if (number < d->n_dict)
		return d->dict[number];
	d->bad = true;
	return 0;
}

/* A number near above base, or any number of the dictionary. */
static inline uint64_t get_near(
	struct trace_sample_decoder *d, enum trace_column col, uint64_t base)
{
	uint64_t v = get(d, col);
	return v & 1 ? base + (v >> 1) * 8 : resolve(d, v >> 1);
}

static struct trace_decoder_thread *get_thread(struct trace_sample_decoder *d)
{
	uint64_t number = get(d, TRACE_COL_THREAD);
	if (number < d->n_threads)
		return &d->threads[number];
	d->bad = true;
	return NULL;
}

static void get_scalars(struct trace_sample_decoder *d, struct trace_sample *ret)
{
	d->previous_ns += (uint64_t)get_zigzag(d, TRACE_COL_TIME);
	ret->time_ns = d->previous_ns;
	uint64_t cpu = get(d, TRACE_COL_CPU), flags = get(d, TRACE_COL_FLAGS);
	d->bad |= (cpu | flags) > UINT32_MAX;
	ret->cpu = (uint32_t)cpu;
	ret->flags = (uint32_t)flags;
	d->previous_period += (uint64_t)get_zigzag(d, TRACE_COL_PERIOD);
	ret->period = d->previous_period;
	ret->ip = resolve(d, get(d, TRACE_COL_IP));
}

/* New inner frames go in front of the outer ones that are shared, which stay where they are. */
static uint32_t get_chain(struct trace_sample_decoder *d, enum trace_column col,
	struct trace_decoder_chain *chain, uint64_t ip, const uint64_t **ret_pcs)
{
	uint64_t head = get(d, col), shared = get(d, col), n_new = head >> 1;
	*ret_pcs = chain->pcs;
	if (!head && !shared)
		return 0;
	if (shared > chain->n || n_new > TRACE_MAX_CHAIN - shared || head == 1) {
		d->bad = true;
		return 0;
	}
	chain->n = (uint32_t)(n_new + shared);
	uint64_t *pcs = chain->pcs + TRACE_MAX_CHAIN - chain->n;
	for (uint64_t i = 0; i < n_new; i++)
		pcs[i] = i == 0 && head & 1 ? ip : resolve(d, get(d, col));
	*ret_pcs = pcs;
	return chain->n;
}

static inline uint64_t bit(uint8_t reg)
{
	return reg < ARCH_MAX_REGS ? (uint64_t)1 << reg : 0;
}

static uint64_t get_sp(struct trace_sample_decoder *d, struct trace_decoder_thread *thread)
{
	uint64_t v = get(d, TRACE_COL_SP), up = v >> 1;
	if (v & 1)
		thread->sp = resolve(d, up);
	else
		thread->sp += 8 * ((up >> 1) ^ -(up & 1));
	return thread->sp;
}

/* SP and PC are named by bits of their own alone, and where the architecture is unknown not at
 * all. */
static bool mask_is_possible(const struct trace_sample_decoder *d, uint64_t v)
{
	uint64_t others = v >> TRACE_REGS_SHIFT, sp_pc = bit(d->sp_reg) | bit(d->pc_reg);
	if (others >> ARCH_MAX_REGS || others & sp_pc)
		return false;
	return sp_pc ? (v & (TRACE_REGS_PC | TRACE_REGS_PC_IP)) != TRACE_REGS_PC_IP
		     : !(v & TRACE_REGS_OWN);
}

static uint64_t get_regs(struct trace_sample_decoder *d, struct trace_decoder_thread *thread,
	struct trace_sample *ret)
{
	uint64_t v = get(d, TRACE_COL_REG_MASK);
	uint64_t others = v >> TRACE_REGS_SHIFT;
	uint64_t sp_bit = v & TRACE_REGS_SP ? bit(d->sp_reg) : 0;
	uint64_t pc_bit = v & TRACE_REGS_PC ? bit(d->pc_reg) : 0;
	memset(ret->regs, 0, sizeof(ret->regs));
	ret->regs_mask = others | sp_bit | pc_bit;
	if (!mask_is_possible(d, v)) {
		d->bad = true;
		return 0;
	}
	uint64_t sp = sp_bit ? get_sp(d, thread) : 0;
	if (sp_bit)
		ret->regs[d->sp_reg] = sp;
	if (pc_bit)
		ret->regs[d->pc_reg] =
			v & TRACE_REGS_PC_IP ? ret->ip : get_near(d, TRACE_COL_REGS, sp);
	for (uint64_t left = others; left; left &= left - 1)
		ret->regs[__builtin_ctzll(left)] = get_near(d, TRACE_COL_REGS, sp);
	return sp;
}

/* Gives the slot an array in which the snapshot lies, with room for SP to move either way, and
 * takes the words to be reused along. */
static bool move_slot(struct trace_sample_decoder *d, struct trace_decoder_slot *slot, uint64_t sp,
	const struct trace_stack *stack)
{
	uint32_t cap = MAX(stack->n_words + stack->n_words / 4, MIN_SLOT_WORDS);
	cap = MAX(cap, slot->cap);
	uint32_t at = (cap - stack->n_words) / 2;
	AUTO_FREE uint64_t *words = cap > slot->cap ? malloc(cap * sizeof(*words)) : NULL;
	if (cap > slot->cap && !words) {
		d->no_memory = true;
		return false;
	}
	uint64_t *to = words ? words : slot->words;
	uint32_t n_reused = stack->reuse_to - stack->reuse_from;
	if (n_reused)
		memmove(to + at + stack->reuse_from,
			slot->words + (sp + 8 * (uint64_t)stack->reuse_from - slot->base) / 8,
			n_reused * sizeof(*to));
	if (words) {
		free(slot->words);
		slot->words = TAKE(words);
		slot->cap = cap;
	}
	slot->base = sp - 8 * (uint64_t)at;
	return true;
}

static bool lies_in_slot(const struct trace_decoder_slot *slot, uint64_t sp, uint32_t n_words)
{
	uint64_t up = sp - slot->base;
	return up % 8 == 0 && slot->cap >= n_words && up / 8 <= slot->cap - n_words;
}

/* How many words the snapshot has; 0 if that contradicts the slot's last one. */
static uint64_t get_n_words(struct trace_sample_decoder *d, unsigned flags,
	const struct trace_slot_state *last, uint64_t sp)
{
	if (flags & TRACE_STACK_SAME_WORDS)
		return last->n_words;
	if (!(flags & TRACE_STACK_SAME_END))
		return get(d, TRACE_COL_STACK_SHAPE);
	uint64_t bytes = last->sp + 8 * (uint64_t)last->n_words - sp;
	return last->n_words && bytes % 8 == 0 ? bytes / 8 : 0;
}

/* Slot, size and reused range, or bad. */
static void get_shape(struct trace_sample_decoder *d, unsigned flags,
	struct trace_decoder_thread *thread, uint64_t sp, struct trace_stack *ret)
{
	uint64_t number = thread->slot;
	if (!(flags & TRACE_STACK_SAME_SLOT))
		number = get(d, TRACE_COL_STACK_SHAPE);
	if (number >= TRACE_MAX_SLOTS) {
		d->bad = true;
		return;
	}
	thread->slot = ret->slot = (uint32_t)number;
	const struct trace_slot_state *last = &d->slots[number].last;
	uint64_t n_words = get_n_words(d, flags, last, sp);
	if (!n_words || n_words > TRACE_MAX_STACK_WORDS) {
		d->bad = true;
		return;
	}
	ret->n_words = (uint32_t)n_words;
	ret->truncated = flags & TRACE_STACK_TRUNCATED;
	if (flags & TRACE_STACK_REUSES) {
		uint32_t from, to;
		trace_slot_shared(last, sp, ret->n_words, &from, &to);
		uint64_t skip = get(d, TRACE_COL_STACK_SHAPE), cut = get(d, TRACE_COL_STACK_SHAPE);
		if (skip > to - from || cut >= to - from - skip)
			d->bad = true;
		ret->reuse_from = from + (uint32_t)skip;
		ret->reuse_to = to - (uint32_t)cut;
	}
}

static void get_words(struct trace_sample_decoder *d, const struct trace_stack *stack, uint64_t sp,
	uint64_t *words)
{
	uint64_t n_kept = get(d, TRACE_COL_STACK_SHAPE);
	uint32_t n_reused = stack->reuse_to - stack->reuse_from;
	uint32_t from = stack->reuse_from, n = stack->n_words - n_reused;
	uint64_t at = 0;
	memset(words, 0, from * sizeof(*words));
	memset(words + stack->reuse_to, 0, (stack->n_words - stack->reuse_to) * sizeof(*words));
	for (uint64_t i = 0; i < n_kept; i++, at++) {
		uint64_t gap = get(d, TRACE_COL_STACK_WORDS);
		if (gap >= n - at) {
			d->bad = true;
			return;
		}
		at += gap;
		uint64_t index = at < from ? at : at + n_reused;
		words[index] = get_near(d, TRACE_COL_STACK_WORDS, sp + 8 * index);
	}
}

static bool flags_are_possible(uint64_t flags)
{
	const unsigned by_last = TRACE_STACK_SAME_WORDS | TRACE_STACK_SAME_END;
	return flags <= TRACE_STACK_ALL_FLAGS && flags & TRACE_STACK_PRESENT &&
		(flags & by_last) != by_last;
}

static void get_stack(struct trace_sample_decoder *d, struct trace_decoder_thread *thread,
	uint64_t sp, struct trace_stack *ret)
{
	uint64_t flags = get(d, TRACE_COL_STACK_FLAGS);
	*ret = (struct trace_stack){ 0 };
	if (!flags)
		return;
	if (!flags_are_possible(flags)) {
		d->bad = true;
		return;
	}
	get_shape(d, (unsigned)flags, thread, sp, ret);
	if (d->bad)
		return;
	struct trace_decoder_slot *slot = &d->slots[ret->slot];
	if (!lies_in_slot(slot, sp, ret->n_words) && !move_slot(d, slot, sp, ret)) {
		d->bad = true;
		return;
	}
	uint64_t *words = slot->words + (sp - slot->base) / 8;
	get_words(d, ret, sp, words);
	slot->last = (struct trace_slot_state){ .sp = sp, .n_words = ret->n_words };
	ret->words = words;
}

static bool ran_out(const struct trace_sample_decoder *d)
{
	bool failed = false;
	for (unsigned col = 0; col < TRACE_N_COLS; col++)
		failed |= d->columns[col].failed;
	return failed;
}

bool trace_sample_decoder_next(struct trace_sample_decoder *d, struct trace_sample *ret)
{
	if (!d->n_left || d->bad)
		return false;
	struct trace_decoder_thread *thread = get_thread(d);
	if (!thread)
		return false;
	ret->pid = thread->pid;
	ret->tid = thread->tid;
	get_scalars(d, ret);
	ret->n_kernel_pcs = get_chain(d, TRACE_COL_KERNEL, &d->kernel, ret->ip, &ret->kernel_pcs);
	ret->n_user_pcs = get_chain(d, TRACE_COL_USER, &d->user, ret->ip, &ret->user_pcs);
	uint64_t sp = get_regs(d, thread, ret);
	get_stack(d, thread, sp, &ret->stack);
	d->bad |= ran_out(d);
	if (d->bad)
		return false;
	d->n_left--;
	return true;
}
