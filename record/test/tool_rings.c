/*
 * What the recorder costs, apart from the kernel: keeps what the rings held while a command ran,
 *and puts it through drain, sieve and writer again, as often as one likes and without a kernel. So
 * instructions per sample can be counted and two versions compared on the same input.
 *
 *	tool_rings keep FILE HZ COMMAND [ARGS]
 *	valgrind --tool=callgrind tool_rings replay FILE TRACE     # TRACE may be /dev/null
 *	tool_rings replay FILE TRACE ZSTD_LEVEL
 *
 * FILE holds the stacks as the kernel took them, with all the program's data: it is not to be given
 * away. It is: the command's pid and the number of CPUs (u32 each), then for each record the number
 * of its ring, its size (u32 each) and its bytes; ring END_OF_ROUND has the time of a round
 *instead.
 */
#include "common/buf.h"
#include "common/cursor.h"
#include "common/clock.h"
#include "record/drain.h"
#include "record/merge.h"
#include "record/perf_record.h"
#include "record/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { ROUND_MS = 250, END_OF_ROUND = 0xffffffff, MAX_RINGS = 512 };

static struct perf_plan default_plan(uint32_t hz)
{
	return (struct perf_plan){
		.source = event_sources + 1, /* cpu-clock, which is everywhere */
		.stack = stack_request_default(),
		.arch = arch_native(),
		.frequency_hz = hz,
		.features = PERF_FEATURES_ALL,
		.kernel = true,
	};
}

static bool put(FILE *out, uint32_t ring, const void *bytes, uint32_t n)
{
	uint32_t head[2] = { ring, n };
	return fwrite(head, sizeof(head), 1, out) == 1 && fwrite(bytes, n, 1, out) == 1;
}

/* A snapshot reserves room for its limit; one word of what is unused tells as much. */
static bool put_sample(FILE *out, uint32_t ring, const struct perf_event_header *record,
	const struct perf_events *events)
{
	static struct perf_sample_scratch scratch;
	struct trace_sample sample;
	if (!perf_record_sample(record, events->sample_type, arch_native(), &scratch, &sample) ||
		!sample.stack.n_words || sample.stack.truncated)
		return put(out, ring, record, record->size);
	AUTO_BUF struct buf b = BUF_INIT;
	uint64_t used = 8 * (uint64_t)sample.stack.n_words;
	size_t before = (size_t)((const uint8_t *)sample.stack.words - (const uint8_t *)record) - 8;
	buf_bytes(&b, record, before);
	buf_u64(&b, used + 8);
	buf_bytes(&b, sample.stack.words, used + 8);
	buf_u64(&b, used);
	if (b.failed)
		return false;
	uint16_t size = (uint16_t)b.len;
	memcpy(b.data + offsetof(struct perf_event_header, size), &size, sizeof(size));
	return put(out, ring, b.data, (uint32_t)b.len);
}

static bool keep_round(FILE *out, struct perf_events *events, struct merge *merge, uint64_t now)
{
	const struct perf_event_header *record;
	struct ring *ring;
	bool ok = true, any = false;
	perf_events_note_heads(events);
	merge_begin(merge, now);
	while (ok && (record = merge_peek(merge, &ring))) {
		uint32_t number = (uint32_t)(ring - events->rings);
		ok = record->type == PERF_RECORD_SAMPLE ? put_sample(out, number, record, events)
							: put(out, number, record, record->size);
		merge_advance(merge);
		any = true;
	}
	return ok && (!any || put(out, END_OF_ROUND, &now, sizeof(now)));
}

static bool watch(FILE *out, struct perf_events *events, struct launch *launch)
{
	struct merge_item items[MAX_RINGS];
	struct pollfd polled[MAX_RINGS + 1] = { { launch->pidfd, POLLIN, 0 } };
	struct merge merge = { .rings = events->rings, .n_rings = 2 * events->n_cpus };
	merge.items = items;
	for (uint32_t i = 0; i < merge.n_rings; i++)
		polled[i + 1] = (struct pollfd){ events->ring_fds[i], POLLIN, 0 };
	for (bool ok = true; ok && !launch_has_ended(launch);) {
		poll(polled, merge.n_rings + 1, ROUND_MS);
		ok = keep_round(out, events, &merge, clock_now_ns(CLOCK_MONOTONIC));
		if (!ok)
			return false;
	}
	perf_events_disable(events);
	return keep_round(out, events, &merge, UINT64_MAX);
}

static bool keep(const char *path, uint32_t hz, char *const argv[], struct err *err)
{
	struct perf_plan plan = default_plan(hz);
	struct perf_events events;
	struct launch launch;
	sigset_t mask;
	int exec_error;
	sigemptyset(&mask);
	struct launch_command command = { argv, &mask, false };
	AUTO_CPU_LIST struct cpu_list cpus = { NULL, 0 };
	if (!cpu_list_online(&cpus, err) || !launch_fork(&command, &launch, err))
		return false;
	struct perf_events_config config = { .cpus = &cpus, .pids = &launch.pid, .n_pids = 1 };
	plan.scope = (struct perf_scope){ .from_exec = true, .inherit = true };
	if (!perf_events_open(&config, &plan, &events, err) ||
		!perf_events_add(&events, &plan, launch.pid, err))
		return false;
	FILE *out = fopen(path, "we");
	if (!out || 2 * events.n_cpus > MAX_RINGS)
		return err_errno(err, "%s", path);
	uint32_t head[2] = { (uint32_t)launch.pid, events.n_cpus };
	bool ok = fwrite(head, sizeof(head), 1, out) == 1 &&
		launch_start(&launch, &exec_error, err) && watch(out, &events, &launch);
	fprintf(stderr, "lost %llu samples\n",
		(unsigned long long)perf_events_totals(&events, &plan).lost_samples);
	launch_wait(&launch);
	perf_events_close(&events);
	launch_close(&launch);
	return fclose(out) == 0 && ok ? true : err_set(err, "%s: cannot be written", path);
}

/* What comes next: so many bytes more in a ring, or the end of a round at a time. */
struct step {
	uint32_t ring;
	uint32_t n_bytes;
	uint64_t time_ns;
};

/* The rings of a replay have room for all that ever came through them. */
struct replay {
	uint32_t target_pid;
	struct perf_events events;
	struct ring rings[MAX_RINGS];
	struct perf_event_mmap_page controls[MAX_RINGS];
	struct buf data[MAX_RINGS];
	struct buf steps;
	uint8_t scratch[RING_RECORD_MAX];
};

static bool next_entry(struct cursor *c, uint32_t *ret_ring, struct cursor *ret_bytes)
{
	*ret_ring = cursor_u32(c);
	*ret_bytes = cursor_sub(c, cursor_u32(c));
	return !c->failed;
}

static bool fill_rings(struct replay *r, struct cursor c)
{
	struct cursor bytes;
	uint32_t ring;
	while (next_entry(&c, &ring, &bytes)) {
		struct step step = { .ring = ring, .n_bytes = (uint32_t)cursor_left(&bytes) };
		if (ring < 2 * r->events.n_cpus)
			buf_bytes(&r->data[ring], bytes.start, step.n_bytes);
		else
			step.time_ns = cursor_u64(&bytes);
		buf_bytes(&r->steps, &step, sizeof(step));
	}
	for (uint32_t i = 0; i < 2 * r->events.n_cpus; i++) {
		size_t size = 4096;
		while (size < r->data[i].len)
			size *= 2;
		if (!buf_reserve(&r->data[i], size - r->data[i].len))
			return false;
		r->rings[i] = (struct ring){
			.control = &r->controls[i],
			.data = r->data[i].data,
			.size_bytes = size,
			.scratch = r->scratch,
			.of_sideband = i >= r->events.n_cpus,
		};
	}
	return true;
}

/* What the command does between two rounds: puts its own data into the caches near the processor.
 */
static void evict_caches(void)
{
	static volatile uint8_t other[4 << 20];
	for (size_t at = 0; at < sizeof(other); at += 64)
		other[at]++;
}

static bool run_rounds(struct replay *r, struct drain *drain, struct trace_writer *writer,
	uint64_t *ret_ns, struct err *err)
{
	*ret_ns = 0;
	for (size_t at = 0; at < r->steps.len; at += sizeof(struct step)) {
		struct step step;
		memcpy(&step, r->steps.data + at, sizeof(step));
		if (step.ring < 2 * r->events.n_cpus) {
			r->controls[step.ring].data_head += step.n_bytes;
			continue;
		}
		evict_caches();
		uint64_t start_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
		/* The recording's time, not today's, closes blocks. */
		if (!drain_all(drain, err) || !trace_writer_tick(writer, step.time_ns, err))
			return false;
		*ret_ns += clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns;
	}
	return true;
}

static void print_counts(const struct drain *drain, const struct trace_writer *writer, uint64_t ns)
{
	const struct drain_counts *counts = drain_counts(drain);
	double n = counts->samples ? (double)counts->samples : 1;
	printf("%llu samples, %llu bytes, %.1f bytes/sample, %.2f us/sample; words per sample: "
	       "%.0f "
	       "seen, %.1f kept, %.0f reused\n",
		(unsigned long long)counts->samples, (unsigned long long)trace_writer_bytes(writer),
		(double)trace_writer_bytes(writer) / n, (double)ns / 1e3 / n,
		(double)counts->words_seen / n, (double)counts->words_kept / n,
		(double)counts->words_reused / n);
}

static bool replay_into(
	struct replay *r, const struct trace_writer_options *options, struct err *err)
{
	struct perf_plan plan = default_plan(0);
	struct perf_event_attr attr;
	AUTO(trace_writer_free) struct trace_writer *writer = NULL;
	AUTO(drain_free) struct drain *drain = NULL;
	struct trace_meta meta = { .ddrec_version = "replay",
		.arch = plan.arch->name,
		.host = "",
		.kernel = "",
		.cpu_model = "",
		.event = plan.source->name,
		.stack_mode = "sieve",
		.command = "" };
	plan.stack.limit_bytes = STACK_MAX_BYTES;
	perf_attr_sampling(&plan, &attr);
	r->events.sample_type = attr.sample_type;
	r->events.rings = r->rings;
	if (!trace_writer_open(options, &meta, &writer, err))
		return false;
	struct drain_config config = {
		.events = &r->events, .plan = &plan, .writer = writer, .target_pid = r->target_pid
	};
	if (!drain_new(&config, &drain, err))
		return false;
	uint64_t ns;
	struct trace_stats stats = { 0 };
	if (!run_rounds(r, drain, writer, &ns, err) || !trace_writer_close(writer, &stats, err))
		return false;
	print_counts(drain, writer, ns);
	return true;
}

static bool replay(const char *path, const char *trace, int level, struct err *err)
{
	static struct replay r;
	struct stat st;
	AUTO_CLOSE int in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0 || fstat(in, &st))
		return err_errno(err, "%s", path);
	void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in, 0);
	AUTO_CLOSE int out = open(trace, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (bytes == MAP_FAILED || out < 0)
		return err_errno(err, "%s or %s", path, trace);
	struct cursor c = cursor_make(bytes, (size_t)st.st_size);
	r.target_pid = cursor_u32(&c);
	r.events.n_cpus = cursor_u32(&c);
	if (c.failed || 2 * r.events.n_cpus > MAX_RINGS || !fill_rings(&r, c))
		return err_set(err, "%s: not the rings of a recording", path);
	struct trace_writer_options options = { .fd = out, .name = trace, .zstd_level = level };
	bool ok = replay_into(&r, &options, err);
	for (uint32_t i = 0; i < 2 * r.events.n_cpus; i++)
		buf_fini(&r.data[i]);
	buf_fini(&r.steps);
	munmap(bytes, (size_t)st.st_size);
	return ok;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	bool ok = false;
	if (argc >= 5 && !strcmp(argv[1], "keep"))
		ok = keep(argv[2], (uint32_t)atoi(argv[3]), argv + 4, &err);
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "replay"))
		ok = replay(argv[2], argv[3], argc == 5 ? atoi(argv[4]) : 0, &err);
	else
		err_set(&err, "usage: keep FILE HZ COMMAND..., or replay FILE TRACE [ZSTD_LEVEL]");
	if (!ok)
		fprintf(stderr, "tool_rings: %s\n", err.text);
	return !ok;
}
