/*
 * The profile: what every output format gets and every imported format becomes. Tables by id, no
 * pointers between them; nothing here knows of traces, unwinding or ELF.
 *
 * Ids are indices. Strings, modules, functions, frames and stacks are *interned*: adding an equal
 * one again yields the same id. Stacks are a tree: a stack is (parent stack, frame), read from the
 * leaf to the root through parent; PROFILE_NO_STACK is the empty stack above all roots.
 *
 * A frame is one function at one address. Inlined functions are frames of their own, between the
 * frame of the function that contains them and the leaf, with the same address.
 *
 * The tables grow while a profile is built (by one thread); formats take it const.
 *
 *	struct profile *p = profile_new();
 *	uint32_t fn = profile_add_function(p, &(struct profile_function){ .name = ..., });
 *	uint32_t frame = profile_add_frame(p, &(struct profile_frame){ .function = fn, ... });
 *	uint32_t stack = profile_add_stack(p, PROFILE_NO_STACK, frame);
 *	profile_add_sample(p, &(struct profile_sample){ .stack = stack, ... }, &value);
 *
 * An entry of the table of samples stands for values[0] samples of one thread and one stack. Who
 * needs the time of each adds them one by one (profile_add_sample); a profile of *sums* has one
 * entry per thread and stack (profile_sum_sample), so that it grows with distinct stacks only. All
 * that counts samples counts values[0], never entries.
 *
 * Memory failure aborts nothing: it makes the profile *failed* (profile_failed), checked once at
 * the end.
 */
#ifndef FORMATS_PROFILE_H
#define FORMATS_PROFILE_H

#include "common/defs.h"
#include "formats/profile_health.h"
#include "formats/profile_records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile {
	struct profile_meta meta;
	struct profile_health health;
	struct profile_module *modules;
	size_t n_modules;
	struct profile_function *functions;
	size_t n_functions;
	struct profile_frame *frames;
	size_t n_frames;
	struct profile_stack *stacks;
	size_t n_stacks;
	struct profile_thread *threads;
	size_t n_threads;
	struct profile_value_type *value_types; /* the first is samples/count */
	size_t n_value_types;
	struct profile_sample *samples;
	int64_t *values;    /* n_value_types per entry */
	size_t n_samples;   /* entries; health.n_shown is how many samples they stand for */
	bool has_times;     /* false: a profile of sums */
	bool has_addresses; /* false: frames are functions alone, so that stacks are fewer */
	struct profile_tables *tables; /* strings and the interning hashes: private to profile.c */
};

struct profile *profile_new(void); /* NULL: no memory */
void profile_free(struct profile *p);
DEFINE_AUTO(struct profile *, profile_free);
bool profile_failed(const struct profile *p);

/* String 0 is "". Any bytes but NUL; formats escape as they must. */
uint32_t profile_add_string(struct profile *p, const char *str);
uint32_t profile_add_string_n(struct profile *p, const char *str, size_t len);
size_t profile_n_strings(const struct profile *p);
const char *profile_string(const struct profile *p, uint32_t string);

/* A module's name for people, PROFILE_JIT_LABEL where there is no file; "" for PROFILE_NONE. */
const char *profile_module_label(const struct profile *p, uint32_t module);

uint32_t profile_add_module(struct profile *p, const struct profile_module *module);
/* Unless the module has a place already. */
void profile_place_module(struct profile *p, uint32_t module, const struct profile_place *place);
uint32_t profile_add_function(struct profile *p, const struct profile_function *function);
uint32_t profile_add_frame(struct profile *p, const struct profile_frame *frame);
uint32_t profile_add_stack(struct profile *p, uint32_t parent, uint32_t frame);
/* The same for one that is taken to be new: nothing is looked up, and the index that looking up
 * needs is not made. An equal one costs memory, nothing else. */
uint32_t profile_push_stack(struct profile *p, uint32_t parent, uint32_t frame);
/* A frame's run-time address, as far as its module's place tells; else its address in the file. */
uint64_t profile_frame_pc(const struct profile *p, uint32_t frame);
/* Not interned. */
uint32_t profile_add_thread(struct profile *p, const struct profile_thread *thread);
/* All before the first sample; an equal one again yields the same index. */
uint32_t profile_add_value_type(struct profile *p, const char *type, const char *unit);
/* What a value type counts, and in what; "samples" and "count" where the profile has none such. */
const char *profile_value_name(const struct profile *p, size_t value_type);
const char *profile_value_unit(const struct profile *p, size_t value_type);
bool profile_counts_time(const struct profile *p, size_t value_type); /* in nanoseconds */
/* Whether that value type counts events, such as page faults: a count, but not of samples. */
bool profile_counts_events(const struct profile *p, size_t value_type);
/* The value type that outputs sum unless told otherwise: the events, where the profile counts any,
 * for a sample may stand for one or for thousands; else the samples. */
size_t profile_main_value(const struct profile *p);
/* Counts in health.n_shown, as the next. */
void profile_add_sample(
	struct profile *p, const struct profile_sample *sample, const int64_t *values);
/* Adds the values to the entry of that thread and stack, a new one if there is none. A profile of
 * sums takes no other samples. */
void profile_sum_sample(struct profile *p, uint32_t thread, uint32_t stack, const int64_t *values);
/* The value of entry i; without such a value type, how many samples it stands for. */
static inline int64_t profile_sample_value(const struct profile *p, size_t i, size_t value_type)
{
	size_t n = p->n_value_types;
	return n ? p->values[i * n + (value_type < n ? value_type : 0)] : 1;
}
static inline int64_t profile_sample_count(const struct profile *p, size_t i)
{
	return profile_sample_value(p, i, 0);
}

/* Adds count to the reason's entry in health.incomplete or health.notes. */
void profile_add_incomplete(struct profile *p, const char *reason, uint64_t count);
void profile_add_note(struct profile *p, const char *note, uint64_t count);
void profile_sort_health(struct profile *p);

/* Drops the entries for which keep[i] is false; health.n_shown follows. For when all samples are
 * in: a sum forgets which entries it has. */
void profile_keep_samples(struct profile *p, const bool *keep);

#endif
