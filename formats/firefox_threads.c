/*
 * The threads and their samples: see firefox.h.
 *
 * The front end draws a sample from the middle of the gap before it to the middle of the gap behind
 * it. Our samples are of a running CPU only, so a sample after a second of sleep would look like
 * half a second of work. Therefore a row without a stack, with no CPU use, stands where a pause
 * ends: where the CPU time of the next sample begins. It is in no call tree. The first sample of a
 * thread has one, too: the front end passes over the CPU use of the first row.
 *
 * A process that calls exec has another name from then on, and the front end knows one name for
 * each pid. So it is another process there, with pid "12.1" after "12".
 *
 * A profile without times gets its samples one behind the other, each as long as it stands for.
 */
#include "formats/firefox.h"

#include <string.h>

/* A sample as the file has it. Between two that lie apart stands one without a stack, the pause. */
struct row {
	uint64_t time_ns;
	uint32_t entry; /* PROFILE_NONE: a pause */
	int64_t cpu;    /* used since the row before, as value 1 has it */
};

struct rows {
	const struct firefox *f;
	const uint32_t *at, *end;
	uint64_t clock_ns; /* of the row before */
	bool is_resumed;   /* the pause before *at is written */
};

/* How long the CPU ran for an entry. */
static uint64_t entry_span(const struct firefox *f, uint32_t entry)
{
	int64_t span = f->cpu == FIREFOX_CPU_TIME ? profile_sample_value(f->p, entry, 1) : 0;
	if (span <= 0) {
		int64_t n = MAX(profile_sample_count(f->p, entry), 0);
		span = (int64_t)MIN((uint64_t)n * f->interval_ns, (uint64_t)INT64_MAX / 2);
	}
	return (uint64_t)span;
}

static struct rows rows_of(const struct firefox *f, uint32_t thread)
{
	const struct thread_samples *s = &f->samples;
	return (struct rows){ .f = f,
		.at = s->entries + s->first[thread],
		.end = s->entries + s->first[thread + 1] };
}

/* Is there a pause before the entry that starts then? A gap as long as a sample is none: the thread
 * may have waited for the CPU. */
static bool is_pause(const struct rows *rows, uint64_t start, uint64_t span)
{
	const struct thread_samples *s = &rows->f->samples;
	bool is_first = rows->at == s->entries + s->first[rows->f->p->samples[*rows->at].thread];
	return !rows->is_resumed && (is_first || start > rows->clock_ns + span);
}

static bool next_row(struct rows *rows, struct row *ret)
{
	const struct firefox *f = rows->f;
	if (rows->at == rows->end)
		return false;
	uint32_t entry = *rows->at;
	uint64_t span = entry_span(f, entry);
	uint64_t time = f->p->has_times ? f->p->samples[entry].time_ns : rows->clock_ns + span;
	uint64_t start = time > span ? time - span : 0;
	rows->is_resumed = is_pause(rows, start, span);
	if (rows->is_resumed) {
		*ret = (struct row){ .time_ns = start, .entry = PROFILE_NONE };
	} else {
		*ret = (struct row){ .time_ns = time,
			.entry = entry,
			.cpu = f->cpu ? profile_sample_value(f->p, entry, 1) : 0 };
		rows->at++;
	}
	rows->clock_ns = ret->time_ns;
	return true;
}

/* Their order. A process is a pid and a name. */

static int compare_processes(const struct firefox *f, uint32_t a, uint32_t b)
{
	const struct profile_thread *ta = &f->p->threads[a], *tb = &f->p->threads[b];
	if (ta->pid != tb->pid)
		return ta->pid < tb->pid ? -1 : 1;
	return ta->process_name < tb->process_name ? -1 : ta->process_name > tb->process_name;
}

static int by_process(const void *left, const void *right, void *firefox)
{
	return compare_processes(firefox, *(const uint32_t *)left, *(const uint32_t *)right);
}

static int compare_starts(const struct firefox *f, uint32_t a, uint32_t b)
{
	uint64_t start_a = f->spans[a].process_first_ns, start_b = f->spans[b].process_first_ns;
	return start_a < start_b ? -1 : start_a > start_b;
}

static int by_pid_and_start(const void *left, const void *right, void *firefox)
{
	const struct firefox *f = firefox;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	uint32_t pid_a = f->p->threads[a].pid, pid_b = f->p->threads[b].pid;
	int by_start = compare_starts(f, a, b);
	if (pid_a != pid_b)
		return pid_a < pid_b ? -1 : 1;
	return by_start ? by_start : compare_processes(f, a, b);
}

/* As the file has them: the main thread of a process first. */
static int by_start(const void *left, const void *right, void *firefox)
{
	const struct firefox *f = firefox;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct profile_thread *ta = &f->p->threads[a], *tb = &f->p->threads[b];
	bool is_main_a = ta->pid == ta->tid, is_main_b = tb->pid == tb->tid;
	int order = compare_starts(f, a, b);
	if (!order)
		order = compare_processes(f, a, b);
	if (!order)
		order = is_main_b - is_main_a;
	return order ? order : a < b ? -1 : a > b;
}

/* Columns. */

static void put_stacks(struct firefox *f, uint32_t thread)
{
	struct rows rows = rows_of(f, thread);
	json_put_key(&f->w, "stack"), json_put_array(&f->w);
	for (struct row row; next_row(&rows, &row);) {
		if (row.entry == PROFILE_NONE)
			json_put_null(&f->w);
		else
			json_put_u64(&f->w, firefox_stack(f, f->p->samples[row.entry].stack));
	}
	json_put_end(&f->w);
}

static size_t put_times(struct firefox *f, uint32_t thread)
{
	struct rows rows = rows_of(f, thread);
	size_t n = 0;
	json_put_key(&f->w, "time"), json_put_array(&f->w);
	for (struct row row; next_row(&rows, &row); n++)
		json_put_fixed(&f->w, (int64_t)row.time_ns, 6);
	json_put_end(&f->w);
	return n;
}

static void put_weights(struct firefox *f, uint32_t thread)
{
	struct rows rows = rows_of(f, thread);
	bool is_time = profile_counts_time(f->p, f->value);
	bool is_bytes = !strcmp(profile_value_unit(f->p, f->value), "bytes");
	json_put_key(&f->w, "weightType");
	json_put_string(&f->w, is_time ? "tracing-ms" : is_bytes ? "bytes" : "samples");
	json_put_key(&f->w, "weight"), json_put_array(&f->w);
	for (struct row row; next_row(&rows, &row);) {
		bool is_sample = row.entry != PROFILE_NONE;
		int64_t weight = is_sample ? profile_sample_value(f->p, row.entry, f->value) : 0;
		json_put_fixed(&f->w, weight, is_time ? 6 : 0);
	}
	json_put_end(&f->w);
}

static void put_cpu(struct firefox *f, uint32_t thread)
{
	struct rows rows = rows_of(f, thread);
	if (f->cpu == FIREFOX_NO_CPU)
		return;
	json_put_key(&f->w, "threadCPUDelta"), json_put_array(&f->w);
	for (struct row row; next_row(&rows, &row);)
		json_put_fixed(&f->w, MAX(row.cpu, 0), f->cpu == FIREFOX_CPU_TIME ? 3 : 0);
	json_put_end(&f->w);
}

static void put_samples(struct firefox *f, uint32_t thread)
{
	json_put_key(&f->w, "samples"), json_put_object(&f->w);
	put_stacks(f, thread);
	size_t n = put_times(f, thread);
	put_weights(f, thread);
	put_cpu(f, thread);
	json_put_key(&f->w, "length"), json_put_u64(&f->w, n);
	json_put_end(&f->w);
}

static void put_no_markers(struct firefox *f)
{
	static const char *const columns[] = { "category", "data", "endTime", "name", "phase",
		"startTime" };
	json_put_key(&f->w, "markers"), json_put_object(&f->w);
	json_put_key(&f->w, "length"), json_put_u64(&f->w, 0);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		json_put_key(&f->w, columns[i]), json_put_array(&f->w), json_put_end(&f->w);
	json_put_end(&f->w);
}

static void put_time(struct firefox *f, const char *key, uint64_t ns)
{
	json_put_key(&f->w, key), json_put_fixed(&f->w, (int64_t)ns, 6);
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	return *a ? a : *b ? b : c;
}

static void put_names(
	struct firefox *f, const struct profile_thread *t, uint32_t generation, bool is_main)
{
	const struct profile *p = f->p;
	const char *name = profile_string(p, t->name),
		   *process = profile_string(p, t->process_name);
	char pid[32];
	int len = snprintf(pid, sizeof(pid), "%u", t->pid);
	if (generation)
		snprintf(pid + len, sizeof(pid) - (size_t)len, ".%u", generation);
	json_put_key(&f->w, "name"), json_put_string(&f->w, first_of(name, process, "[unnamed]"));
	json_put_key(&f->w, "processName");
	json_put_string(&f->w, first_of(process, name, "[unnamed]"));
	json_put_key(&f->w, "isMainThread"), json_put_bool(&f->w, is_main);
	json_put_key(&f->w, "processType"), json_put_string(&f->w, "default");
	json_put_key(&f->w, "pid"), json_put_string(&f->w, pid);
	json_put_key(&f->w, "tid"), json_put_u64(&f->w, t->tid);
}

/* The front end has one main thread for each process. */
static void put_thread(struct firefox *f, uint32_t thread, bool is_first_of_process)
{
	const struct profile_thread *t = &f->p->threads[thread];
	const struct firefox_span *span = &f->spans[thread];
	json_put_object(&f->w);
	put_names(f, t, span->generation, is_first_of_process && t->pid == t->tid);
	put_time(f, "processStartupTime", span->process_first_ns);
	put_time(f, "processShutdownTime", span->process_last_ns);
	put_time(f, "registerTime", span->first_ns);
	put_time(f, "unregisterTime", span->last_ns);
	json_put_key(&f->w, "pausedRanges"), json_put_array(&f->w), json_put_end(&f->w);
	put_samples(f, thread);
	put_no_markers(f);
	json_put_end(&f->w);
}

void firefox_put_threads(struct firefox *f)
{
	json_put_key(&f->w, "threads"), json_put_array(&f->w);
	for (size_t i = 0; i < f->n_threads; i++) {
		bool is_first = !i || compare_processes(f, f->threads[i - 1], f->threads[i]);
		put_thread(f, f->threads[i], is_first);
	}
	json_put_end(&f->w);
}

static void measure_thread(struct firefox *f, uint32_t thread)
{
	struct rows rows = rows_of(f, thread);
	struct firefox_span *span = &f->spans[thread];
	span->first_ns = UINT64_MAX;
	for (struct row row; next_row(&rows, &row);) {
		span->first_ns = MIN(span->first_ns, row.time_ns);
		span->last_ns = row.time_ns;
	}
	if (span->first_ns == UINT64_MAX)
		span->first_ns = 0;
	f->end_ns = MAX(f->end_ns, span->last_ns);
}

/* From the spans of its threads, which stand together. */
static void measure_process(struct firefox *f, const uint32_t *threads, size_t n)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	for (size_t i = 0; i < n; i++) {
		first_ns = MIN(first_ns, f->spans[threads[i]].first_ns);
		last_ns = MAX(last_ns, f->spans[threads[i]].last_ns);
	}
	for (size_t i = 0; i < n; i++) {
		f->spans[threads[i]].process_first_ns = first_ns;
		f->spans[threads[i]].process_last_ns = last_ns;
	}
}

static void sort_threads(struct firefox *f, int (*compare)(const void *, const void *, void *))
{
	if (f->n_threads)
		qsort_r(f->threads, f->n_threads, sizeof *f->threads, compare, f);
}

static void measure(struct firefox *f)
{
	for (size_t i = 0; i < f->n_threads; i++)
		measure_thread(f, f->threads[i]);
	sort_threads(f, by_process);
	for (size_t i = 0, end; i < f->n_threads; i = end) {
		for (end = i + 1; end < f->n_threads; end++)
			if (compare_processes(f, f->threads[i], f->threads[end]))
				break;
		measure_process(f, f->threads + i, end - i);
	}
}

static void number_generations(struct firefox *f)
{
	sort_threads(f, by_pid_and_start);
	for (size_t i = 1; i < f->n_threads; i++) {
		uint32_t before = f->threads[i - 1], at = f->threads[i];
		if (f->p->threads[before].pid == f->p->threads[at].pid)
			f->spans[at].generation = f->spans[before].generation +
				(compare_processes(f, before, at) != 0);
	}
}

/* Readers want a thread: where there are no samples, the first one is there without any. */
bool firefox_threads_init(struct firefox *f)
{
	const struct profile *p = f->p;
	f->threads = calloc(p->n_threads + 1, sizeof *f->threads);
	f->spans = calloc(p->n_threads + 1, sizeof *f->spans);
	if (!f->threads || !f->spans || !thread_samples_init(&f->samples, p))
		return false;
	for (uint32_t i = 0; i < p->n_threads; i++)
		if (f->samples.first[i] < f->samples.first[i + 1] || (!p->n_samples && i == 0))
			f->threads[f->n_threads++] = i;
	measure(f);
	number_generations(f);
	sort_threads(f, by_start);
	return true;
}

void firefox_threads_fini(struct firefox *f)
{
	free(f->threads);
	free(f->spans);
	thread_samples_fini(&f->samples);
}
