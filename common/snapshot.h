/*
 * The delta between a thread's consecutive stack snapshots: what of the new one need not be
 * written, nor even looked at by the sieve, because the last one had the same.
 *
 * Each recently sampled thread has a slot with the raw words of its last snapshot, stored by their
 * address modulo the slot's size, so that words stay in their place when the stack grows and
 * shrinks. From the top of what both snapshots cover, downward, words are *reusable* while they
 * are equal, or differ only in what the sieve drops from both. The run ends at the first word
 * whose verdict or kept value differs, and never reaches into a signal frame.
 *
 * A run is only good within one block of the trace and while the process's executable ranges stay
 * the same; otherwise the whole snapshot is sieved and written.
 *
 * All memory is taken at the start: slots x limit, least recently used slot first when full.
 *
 *	snapshot_cache_new(n_slots, stack_bytes, arch, &cache, err);
 *	sample.stack has words, n_words, truncated
 *	snapshot_cache_reduce(cache, &key, &sieve, &sample.stack);      // adds keep, slot, reuse_*
 *	snapshot_cache_forget(cache, tid);                              // the thread exited
 */
#ifndef COMMON_SNAPSHOT_H
#define COMMON_SNAPSHOT_H

#include "common/err.h"
#include "common/trace_event.h"
#include "common/sieve.h"

struct snapshot_cache;

/* What must be the same for two snapshots to share words. */
struct snapshot_key {
	uint32_t tid;
	uint32_t block; /* from trace_writer_prepare_sample */
	uint64_t sp;
};

MUST_CHECK bool snapshot_cache_new(uint32_t n_slots, uint32_t stack_bytes, const struct arch *arch,
	struct snapshot_cache **ret_cache, struct err *err);
void snapshot_cache_free(struct snapshot_cache *cache);
DEFINE_AUTO(struct snapshot_cache *, snapshot_cache_free);

/* Fills stack->keep (which lives until the next call), slot, reuse_from and reuse_to. */
void snapshot_cache_reduce(struct snapshot_cache *cache, const struct snapshot_key *key,
	const struct sieve *sieve, struct trace_stack *stack);

void snapshot_cache_forget(struct snapshot_cache *cache, uint32_t tid);

#endif
