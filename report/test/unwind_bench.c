/*
 * How fast stacks are unwound: reads all samples of a trace into memory, then unwinds them in
 * recorded order, one thread's CPU time. Not a test.
 *
 *	unwind_bench TRACE [ROUNDS]
 *
 * Prints lines "name value". "alone": no sample is helped by another but through the memory of
 * code addresses; "reuse": outer parts are taken over from the slot's stack before; "cold": alone,
 * in the first round, which opens the files and builds their tables. Each round starts with an
 * empty unwinder; the rounds' medians are told. Decoding the trace and replaying its mappings is in
 * none of the times; but as the snapshots are far apart in memory, each is fetched from there.
 */
#include "report/sample_reader.h"
#include "report/unwinder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MAX_ROUNDS = 99 };

struct item {
	struct trace_sample sample;
	const struct address_space *space;
	uint32_t slot;
	bool begins_batch;
};

struct bench {
	struct recording *rec;
	struct item *items;
	size_t n, cap;
	struct address_space *last_space;
	uint64_t n_words, n_frames, n_shared, n_complete, n_exact;
};

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* The space as it is now, for as long as this program runs. */
static const struct address_space *keep_space(struct bench *b, const struct address_space *space)
{
	if (b->last_space && b->last_space->generation == space->generation)
		return b->last_space;
	b->last_space = need(calloc(1, sizeof(*b->last_space)));
	if (!address_space_copy(b->last_space, space))
		abort();
	return b->last_space;
}

static void keep_sample(struct bench *b, const struct trace_sample *sample,
	const struct address_space *space, bool begins_batch)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 1024;
		b->items = need(reallocarray(b->items, b->cap, sizeof(*b->items)));
	}
	uint32_t n_words = sample->stack.n_words;
	uint64_t *words = need(malloc((n_words + 1) * sizeof(*words)));
	if (n_words)
		memcpy(words, sample->stack.words, n_words * sizeof(*words));
	struct item *item = &b->items[b->n++];
	*item = (struct item){ *sample, keep_space(b, space), sample->stack.slot, begins_batch };
	item->sample.stack.words = words;
	b->n_words += n_words;
}

static bool collect(struct bench *b, struct err *err)
{
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	struct trace_sample sample;
	struct replay_thread thread;
	struct input_batch batch;

	if (!sample_reader_new(b->rec, &reader, err))
		return false;
	while (recording_next_batch(b->rec, &batch, err)) {
		bool begins = true;
		if (!sample_reader_begin(reader, &batch, err))
			return false;
		while (sample_reader_next(reader, &sample, &thread, err)) {
			if (sample.regs_mask && !sample.n_user_pcs)
				keep_sample(b, &sample, thread.space, begins);
			begins = false;
		}
	}
	return !err->text[0];
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others use the machine too */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The time for all samples. */
static double measure(struct bench *b, bool with_reuse)
{
	struct unwinder_stack stack;
	struct unwinder *u = need(unwinder_new(b->rec->arch, module_table_load, b->rec->modules));
	b->n_frames = b->n_shared = b->n_complete = b->n_exact = 0;
	double start = now_ns();
	for (size_t i = 0; i < b->n; i++) {
		struct item *item = &b->items[i];
		item->sample.stack.slot = with_reuse ? item->slot : TRACE_MAX_SLOTS;
		if (item->begins_batch)
			unwinder_begin_batch(u);
		unwinder_walk(u, item->space, &item->sample, &stack);
		b->n_frames += stack.n_frames;
		b->n_shared += stack.n_shared;
		b->n_complete += stack.end == UNWIND_COMPLETE;
		b->n_exact += stack.used_exact_mode;
	}
	double ns = now_ns() - start;
	unwinder_free(u);
	return ns;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static void print_speed(const struct bench *b, const char *how, double *ns, size_t rounds)
{
	qsort(ns, rounds, sizeof(*ns), compare_doubles);
	double median = ns[rounds / 2];
	printf("%s_stacks_per_s %.0f\n", how, 1e9 * (double)b->n / median);
	printf("%s_frames_per_s %.0f\n", how, 1e9 * (double)b->n_frames / median);
	printf("%s_ns_per_frame %.2f\n", how, median / (double)b->n_frames);
}

static void run(struct bench *b, size_t rounds)
{
	double alone[MAX_ROUNDS], reuse[MAX_ROUNDS], cold = measure(b, false);
	for (size_t i = 0; i < rounds; i++) {
		alone[i] = measure(b, false);
		reuse[i] = measure(b, true);
	}
	double n = (double)b->n;
	printf("samples %zu\nrounds %zu\n", b->n, rounds);
	printf("frames_per_stack %.2f\n", (double)b->n_frames / n);
	printf("words_per_stack %.0f\n", (double)b->n_words / n);
	printf("complete_percent %.2f\n", 100 * (double)b->n_complete / n);
	printf("exact_mode_percent %.2f\n", 100 * (double)b->n_exact / n);
	printf("shared_frames_percent %.2f\n", 100 * (double)b->n_shared / (double)b->n_frames);
	print_speed(b, "cold", &cold, 1);
	print_speed(b, "alone", alone, rounds);
	print_speed(b, "reuse", reuse, rounds);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct err err = { 0 };
	int rounds = argc > 2 ? atoi(argv[2]) : 11;
	if (argc < 2 || argc > 3 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: unwind_bench TRACE [ROUNDS]\n");
		return 2;
	}
	if (!recording_open(argv[1], &(struct recording_options){ 0 }, &b.rec, &err) ||
		!collect(&b, &err) || !b.n) {
		fprintf(stderr, "unwind_bench: %s\n", b.rec && b.n == 0 ? "no stacks" : err.text);
		return 1;
	}
	run(&b, (size_t)rounds);
	return 0; /* and the system takes all memory back */
}
