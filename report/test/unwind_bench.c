/*
 * How fast stacks are unwound, on one thread, by its CPU time. Not a test.
 *
 *	unwind_bench TRACE [ROUNDS]
 *
 * Prints lines "name value". The samples are unwound in recorded order, in four ways:
 *
 *	alone		from memory: all samples are decoded before, so that no decoding is in the
 *			time, but each snapshot comes out of main memory; no sample is helped by
 *			another but through the memory of code addresses
 *	reuse		the same, and what a slot's last stack shares is taken over
 *	stream_alone	while the trace is decoded, as a report does it; the time for decoding
 *			alone, taken in the same round, is subtracted
 *	stream_reuse	the same, with what is shared
 *
 * and, before, once "cold": alone, with opening the files and building their tables. Each round
 * begins with an empty unwinder. The values are medians of the rounds.
 */
#include "report/sample_reader.h"
#include "report/unwinder.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MAX_ROUNDS = 99, MAX_BYTES = 1 << 30 };

struct item {
	struct trace_sample sample;
	const struct address_space *space;
	uint32_t slot;
	bool begins_batch;
};

struct bench {
	const char *path;
	struct recording *rec;
	struct item *items;
	size_t n, cap;
	uint64_t *words;
	struct address_space *last_space;
	uint64_t n_words, n_frames, n_shared, n_complete, n_exact;
};

static const struct recording_options all;

enum way { ALONE, REUSE, STREAM_ALONE, STREAM_REUSE, N_WAYS };
static const char *const way_names[N_WAYS] = { "alone", "reuse", "stream_alone", "stream_reuse" };

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Large pages, where there are: else half of the time goes to finding the pages. */
static uint64_t *new_words(void)
{
	void *words = mmap(NULL, MAX_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (words == MAP_FAILED)
		abort();
	madvise(words, MAX_BYTES, MADV_HUGEPAGE);
	return words;
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
	struct item *item = &b->items[b->n++];
	*item = (struct item){ *sample, keep_space(b, space), sample->stack.slot, begins_batch };
	item->sample.stack.words = b->words + b->n_words;
	if (sample->stack.n_words)
		memcpy(b->words + b->n_words, sample->stack.words,
			sample->stack.n_words * sizeof(*b->words));
	b->n_words += sample->stack.n_words;
}

static bool is_for_unwinding(const struct trace_sample *sample)
{
	return sample->regs_mask && !sample->n_user_pcs;
}

static bool collect_batch(struct bench *b, struct sample_reader *reader, struct err *err)
{
	struct trace_sample sample;
	struct replay_thread thread;
	bool begins = true;
	while (sample_reader_next(reader, &sample, &thread, err)) {
		if (!is_for_unwinding(&sample))
			continue;
		keep_sample(b, &sample, thread.space, begins);
		begins = false;
		if ((b->n_words + TRACE_MAX_STACK_WORDS) * sizeof(*b->words) > MAX_BYTES)
			return err_set(err, "%s: more than 1 GiB of stacks", b->path);
	}
	return !err->text[0];
}

static bool collect(struct bench *b, struct err *err)
{
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	struct input_batch batch;

	if (!sample_reader_new(b->rec, &reader, err))
		return false;
	b->words = new_words();
	while (recording_next_batch(b->rec, &batch, err)) {
		if (!sample_reader_begin(reader, &batch, err) || !collect_batch(b, reader, err))
			return false;
	}
	return !err->text[0];
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others use the machine too */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void walk(struct bench *b, struct unwinder *u, const struct address_space *space,
	struct trace_sample *sample, bool with_reuse)
{
	struct unwinder_stack stack;
	if (!with_reuse)
		sample->stack.slot = TRACE_MAX_SLOTS;
	unwinder_walk(u, space, sample, &stack);
	b->n_frames += stack.n_frames;
	b->n_shared += stack.n_shared;
	b->n_complete += stack.end == UNWIND_COMPLETE;
	b->n_exact += stack.used_exact_mode;
}

static double measure_from_memory(struct bench *b, struct unwinder *u, bool with_reuse)
{
	double start = now_ns();
	for (size_t i = 0; i < b->n; i++) {
		struct item *item = &b->items[i];
		if (item->begins_batch)
			unwinder_begin_batch(u);
		item->sample.stack.slot = item->slot;
		walk(b, u, item->space, &item->sample, with_reuse);
	}
	return now_ns() - start;
}

/* u NULL: decodes only. */
static double measure_stream(struct bench *b, struct unwinder *u, bool with_reuse)
{
	AUTO(recording_close) struct recording *rec = NULL;
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	struct input_batch batch;
	struct trace_sample sample;
	struct replay_thread thread;
	struct err err = { 0 };
	if (!recording_open(b->path, &all, &rec, &err) || !sample_reader_new(rec, &reader, &err))
		abort();
	const struct item *item = b->items;
	double start = now_ns();
	while (recording_next_batch(rec, &batch, &err)) {
		if (!sample_reader_begin(reader, &batch, &err))
			abort();
		if (u)
			unwinder_begin_batch(u);
		while (sample_reader_next(reader, &sample, &thread, &err))
			if (is_for_unwinding(&sample) && item < b->items + b->n && u)
				walk(b, u, (item++)->space, &sample, with_reuse);
	}
	return now_ns() - start;
}

static double measure(struct bench *b, enum way way)
{
	bool with_reuse = way == REUSE || way == STREAM_REUSE;
	AUTO(unwinder_free)
	struct unwinder *u = need(unwinder_new(b->rec->arch, module_table_load, b->rec->modules));
	b->n_frames = b->n_shared = b->n_complete = b->n_exact = 0;
	if (way == ALONE || way == REUSE)
		return measure_from_memory(b, u, with_reuse);
	return measure_stream(b, u, with_reuse) - measure_stream(b, NULL, with_reuse);
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
	static double ns[N_WAYS][MAX_ROUNDS];
	double cold = measure(b, ALONE), n = (double)b->n;
	for (size_t i = 0; i < rounds; i++)
		for (enum way way = 0; way < N_WAYS; way++)
			ns[way][i] = measure(b, way);
	printf("samples %zu\nrounds %zu\n", b->n, rounds);
	printf("frames_per_stack %.2f\n", (double)b->n_frames / n);
	printf("words_per_stack %.0f\n", (double)b->n_words / n);
	printf("complete_percent %.2f\n", 100 * (double)b->n_complete / n);
	printf("exact_mode_percent %.2f\n", 100 * (double)b->n_exact / n);
	printf("shared_frames_percent %.2f\n", 100 * (double)b->n_shared / (double)b->n_frames);
	print_speed(b, "cold", &cold, 1);
	for (enum way way = 0; way < N_WAYS; way++)
		print_speed(b, way_names[way], ns[way], rounds);
}

int main(int argc, char **argv)
{
	struct bench b = { .path = argc > 1 ? argv[1] : "" };
	struct err err = { 0 };
	int rounds = argc > 2 ? atoi(argv[2]) : 11;
	if (argc < 2 || argc > 3 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: unwind_bench TRACE [ROUNDS]\n");
		return 2;
	}
	if (!recording_open(b.path, &all, &b.rec, &err) || !collect(&b, &err) || !b.n) {
		fprintf(stderr, "unwind_bench: %s\n", err.text[0] ? err.text : "no stacks");
		return 1;
	}
	run(&b, (size_t)rounds);
	return 0; /* and the system takes all memory back */
}
