/*
 * Slots of last snapshots and the search for what is unchanged. See snapshot.h for the idea.
 *
 * The search goes from the top downward, 512 bytes at a time while they are equal, and 64 where
 * they are not. Only where words differ does it ask the sieve, about the old word and the new one.
 * Both verdicts are pure functions of word, address and ranges, so no verdict is stored. Signal
 * frames are the exception to "pure": a word in one is judged by its neighbours, so the run stops
 * above the highest mark of either snapshot.
 */
#include "common/snapshot.h"

#include "common/defs.h"

#include <string.h>

enum { NO_SLOT = 0xffffffff, COMPARE_WORDS = 8, EQUAL_WORDS = 64 };

struct slot {
	uint32_t tid; /* 0: free */
	uint32_t block;
	uint64_t generation; /* of the range table that sieved it */
	uint64_t low, high;  /* the addresses that its raw words cover */
	uint64_t mark;       /* address of the highest signal-frame mark in it; 0: none */
	uint64_t *raw;       /* the word at address a is raw[(a / 8) & word_mask] */
	uint64_t last_use;
	uint32_t next; /* in the hash chain, or in the free list */
};

struct snapshot_cache {
	uint32_t n_slots;
	uint32_t n_buckets; /* a power of two */
	uint32_t free_slot;
	uint64_t word_mask;
	uint64_t uses;
	uint32_t words_above_mark;
	struct slot *slots;
	uint32_t *buckets;
	uint64_t *keep;
	uint64_t *raw;
};

static uint64_t round_up_to_power_of_two(uint64_t n)
{
	uint64_t power = 64;
	while (power < n)
		power *= 2;
	return power;
}

static uint32_t *bucket_of(struct snapshot_cache *c, uint32_t tid)
{
	return &c->buckets[tid & (c->n_buckets - 1)];
}

static struct slot *find_slot(struct snapshot_cache *c, uint32_t tid)
{
	for (uint32_t i = *bucket_of(c, tid); i != NO_SLOT; i = c->slots[i].next)
		if (c->slots[i].tid == tid)
			return &c->slots[i];
	return NULL;
}

static void release_slot(struct snapshot_cache *c, struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - c->slots);
	uint32_t *link = bucket_of(c, slot->tid);
	while (*link != index)
		link = &c->slots[*link].next;
	*link = slot->next;
	slot->tid = 0;
	slot->next = c->free_slot;
	c->free_slot = index;
}

/* Linear, but only when more threads run than there are slots. */
static void release_oldest(struct snapshot_cache *c)
{
	struct slot *oldest = &c->slots[0];
	for (uint32_t i = 1; i < c->n_slots; i++)
		if (c->slots[i].last_use < oldest->last_use)
			oldest = &c->slots[i];
	release_slot(c, oldest);
}

static struct slot *get_slot(struct snapshot_cache *c, uint32_t tid)
{
	struct slot *slot = find_slot(c, tid);
	if (slot)
		return slot;
	if (c->free_slot == NO_SLOT)
		release_oldest(c);
	uint32_t index = c->free_slot;
	slot = &c->slots[index];
	c->free_slot = slot->next;
	slot->tid = tid;
	slot->block = 0;
	slot->next = *bucket_of(c, tid);
	*bucket_of(c, tid) = index;
	return slot;
}

static uint64_t *raw_word(const struct snapshot_cache *c, const struct slot *slot, uint64_t addr)
{
	return &slot->raw[addr / 8 & c->word_mask];
}

/* Copies n words that belong at address addr into the slot, in one or two pieces. */
static void store_raw(const struct snapshot_cache *c, struct slot *slot, uint64_t addr,
	const uint64_t *words, uint32_t n)
{
	uint64_t first = addr / 8 & c->word_mask;
	uint32_t n_first = (uint32_t)MIN(n, c->word_mask + 1 - first);
	memcpy(&slot->raw[first], words, n_first * 8);
	memcpy(slot->raw, words + n_first, (n - n_first) * 8);
}

/* Bit i: old[i] and new[i] differ. */
static uint32_t differences(const uint64_t *old, const uint64_t *new)
{
	uint64_t any = 0;
	for (int i = 0; i < COMPARE_WORDS; i++)
		any |= old[i] ^ new[i];
	if (!any)
		return 0;
	uint32_t bits = 0;
	for (int i = 0; i < COMPARE_WORDS; i++)
		bits |= (uint32_t)(old[i] != new[i]) << i;
	return bits;
}

/* Whether the word at addr may change from old to new without a trace: dropped before and after. */
static bool change_is_dropped(const struct sieve *sieve, uint64_t addr, uint64_t old, uint64_t new)
{
	return !sieve_keeps(sieve, addr, new) && !sieve_keeps(sieve, addr, old) &&
		!sieve_is_mark(sieve, new);
}

/* Brings old up to date with new, which belongs at addr, from the highest word of bits down, as far
 * as changes are dropped. Returns the words below the first one that is not: 0 when there is none.
 */
static uint32_t take_changes(
	const struct sieve *sieve, uint64_t addr, uint64_t *old, const uint64_t *new, uint32_t bits)
{
	while (bits) {
		uint32_t i = 31 - (uint32_t)__builtin_clz(bits);
		if (!change_is_dropped(sieve, addr + 8 * (uint64_t)i, old[i], new[i]))
			return i + 1;
		old[i] = new[i];
		bits ^= 1u << i;
	}
	return 0;
}

/* Whether the EQUAL_WORDS words below `end` are all unchanged. Asked only where the slot's memory
 * has a multiple of them below, so that no words are compared again and again, and none wrap. */
static bool equal_below(const struct snapshot_cache *c, const struct slot *slot, uint64_t sp,
	const uint64_t *words, uint32_t end)
{
	uint64_t below = sp / 8 + end - EQUAL_WORDS;
	return below % EQUAL_WORDS == 0 &&
		!memcmp(&slot->raw[below & c->word_mask], words + end - EQUAL_WORDS,
			EQUAL_WORDS * sizeof(*words));
}

/* Walks down from word index `end` to `floor` while words are reusable, and brings the raw copy up
 * to date on the way. Returns the lowest reusable index. */
static uint32_t walk_down(const struct snapshot_cache *c, struct slot *slot,
	const struct sieve *sieve, uint64_t sp, const uint64_t *words, uint32_t end, uint32_t floor)
{
	while (end > floor) {
		if (end - floor >= EQUAL_WORDS && equal_below(c, slot, sp, words, end)) {
			end -= EQUAL_WORDS;
			continue;
		}
		uint32_t n = COMPARE_WORDS;
		uint64_t above = (sp / 8 + end) & c->word_mask; /* in the slot; 0 is its end, too */
		if (end - floor < n || above % n)
			n = 1;
		uint64_t addr = sp + 8 * (uint64_t)(end - n);
		uint64_t *old = raw_word(c, slot, addr);
		const uint64_t *new = words + end - n;
		uint32_t bits = n > 1 ? differences(old, new) : *old != *new;
		uint32_t stop = take_changes(sieve, addr, old, new, bits);
		if (stop)
			return end - n + stop;
		end -= n;
	}
	return end;
}

/* The index of addr in a snapshot of n words at sp, clamped to it. */
static uint32_t index_of(uint64_t sp, uint32_t n, uint64_t addr)
{
	if (addr <= sp)
		return 0;
	return (uint32_t)MIN((addr - sp) / 8, n);
}

static bool is_comparable(
	const struct slot *slot, const struct snapshot_key *key, const struct sieve *sieve)
{
	return slot->block == key->block && slot->generation == sieve->ranges->generation &&
		slot->low % 8 == key->sp % 8;
}

/* Sets stack->reuse_from and reuse_to, both 0 when nothing is reusable. */
static void find_reusable(const struct snapshot_cache *c, struct slot *slot,
	const struct snapshot_key *key, const struct sieve *sieve, struct trace_stack *stack)
{
	stack->reuse_from = stack->reuse_to = 0;
	if (!is_comparable(slot, key, sieve))
		return;
	uint32_t top = index_of(key->sp, stack->n_words, slot->high);
	uint32_t floor = index_of(key->sp, stack->n_words, slot->low);
	if (slot->mark) {
		uint64_t frame_end = slot->mark + 8 * (uint64_t)(c->words_above_mark + 1);
		floor = MAX(floor, index_of(key->sp, stack->n_words, frame_end));
	}
	for (uint32_t i = top; i < stack->n_words; i++)
		if (sieve_is_mark(sieve, stack->words[i]))
			return;
	if (floor >= top)
		return;
	uint32_t from = walk_down(c, slot, sieve, key->sp, stack->words, top, floor);
	/* A mark just below the run may belong to a frame whose last words are in it. */
	from = MIN(from + c->words_above_mark, top);
	if (from < top) {
		stack->reuse_from = from;
		stack->reuse_to = top;
	}
}

/* Sieves and stores what is not reused: below the run, then above it. */
static void take_rest(struct snapshot_cache *c, struct slot *slot, const struct snapshot_key *key,
	const struct sieve *sieve, struct trace_stack *stack)
{
	uint32_t n = stack->n_words;
	uint32_t above = stack->reuse_from < stack->reuse_to ? stack->reuse_to : n;
	uint32_t below = stack->reuse_from < stack->reuse_to ? stack->reuse_from : n;
	uint32_t mark;
	bool has_mark = sieve_words(sieve, key->sp, stack->words, n, 0, below, c->keep, &mark);
	slot->mark = has_mark ? key->sp + 8 * (uint64_t)mark : 0;
	store_raw(c, slot, key->sp, stack->words, below);
	if (above == n)
		return;
	has_mark = sieve_words(sieve, key->sp, stack->words, n, above, n, c->keep, &mark);
	if (has_mark)
		slot->mark = key->sp + 8 * (uint64_t)mark;
	store_raw(c, slot, key->sp + 8 * (uint64_t)above, stack->words + above, n - above);
}

static bool allocate(struct snapshot_cache *c)
{
	size_t n_words = c->word_mask + 1;
	c->slots = calloc(c->n_slots, sizeof(*c->slots));
	c->buckets = calloc(c->n_buckets, sizeof(*c->buckets));
	c->keep = calloc(n_words / 64, sizeof(*c->keep));
	c->raw = calloc(c->n_slots, n_words * sizeof(*c->raw));
	return c->slots && c->buckets && c->keep && c->raw;
}

bool snapshot_cache_new(uint32_t n_slots, uint32_t stack_bytes, const struct arch *arch,
	struct snapshot_cache **ret_cache, struct err *err)
{
	AUTO(snapshot_cache_free) struct snapshot_cache *c = calloc(1, sizeof(*c));
	if (!c)
		return err_errno(err, "memory for stack snapshots");
	c->n_slots = n_slots;
	c->n_buckets = (uint32_t)round_up_to_power_of_two(2 * n_slots);
	c->word_mask = round_up_to_power_of_two(stack_bytes / 8) - 1;
	c->words_above_mark = sieve_words_above_mark(arch);
	if (!allocate(c))
		return err_errno(err, "memory for stack snapshots");
	for (uint32_t i = 0; i < c->n_buckets; i++)
		c->buckets[i] = NO_SLOT;
	for (uint32_t i = 0; i < n_slots; i++) {
		c->slots[i].raw = c->raw + i * (c->word_mask + 1);
		c->slots[i].next = i + 1 < n_slots ? i + 1 : NO_SLOT;
	}
	*ret_cache = TAKE(c);
	return true;
}

void snapshot_cache_free(struct snapshot_cache *c)
{
	if (!c)
		return;
	free(c->slots);
	free(c->buckets);
	free(c->keep);
	free(c->raw);
	free(c);
}

void snapshot_cache_reduce(struct snapshot_cache *c, const struct snapshot_key *key,
	const struct sieve *sieve, struct trace_stack *stack)
{
	stack->n_words = (uint32_t)MIN(stack->n_words, c->word_mask + 1);
	struct slot *slot = get_slot(c, key->tid);
	memset(c->keep, 0, (stack->n_words + 63) / 64 * 8);
	find_reusable(c, slot, key, sieve, stack);
	take_rest(c, slot, key, sieve, stack);
	slot->low = key->sp;
	slot->high = key->sp + 8 * (uint64_t)stack->n_words;
	slot->block = key->block;
	slot->generation = sieve->ranges->generation;
	slot->last_use = ++c->uses;
	stack->keep = c->keep;
	stack->slot = (uint32_t)(slot - c->slots);
}

void snapshot_cache_forget(struct snapshot_cache *c, uint32_t tid)
{
	struct slot *slot = find_slot(c, tid);
	if (slot)
		release_slot(c, slot);
}
