/*
 * Damaged traces through the whole of `ddrec report`, `info` and `script`: cut at every byte of a
 * small recording and at 1,000 places of a larger one, with bytes flipped, blocks doubled, removed
 * and out of order, and payloads changed behind right checksums. Each is read, or refused in one
 * line; and of a cut trace nothing is told that the whole one does not tell.
 */
#include "common/test/trace_fixture.h"
#include "report/test/run_command.h"
#include "report/test/trace_parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>

enum {
	BIG_SAMPLES = 800,
	BIG_BLOCK_BYTES = 8192,
	N_CUTS = 1000,
	N_FLIPS = 1000,
	N_SPLICES = 500,
	N_CHANGES = 500,
	MAX_SECONDS = 60, /* for one command on one trace; milliseconds are usual */
};

static char current_case[128];

static void hangs(int signal_number UNUSED)
{
	static const char text[] = "\ntook too long: ";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	ignored = write(STDERR_FILENO, current_case, strlen(current_case));
	abort();
	(void)ignored;
}

struct trace {
	struct memory_file file;
	uint8_t *data;
	size_t size_bytes;
	struct outcome folded, script; /* of the whole trace */
};

enum view { FOLDED, TEXT, INFO, SCRIPT, N_VIEWS };

static struct outcome run_view(enum view view, const char *path)
{
	struct outcome o;
	alarm(MAX_SECONDS);
	switch (view) {
	case FOLDED:
		o = run_command(&command_report, "-q", "--folded", path);
		break;
	case TEXT:
		o = run_command(&command_report, "-q", "-n", "1000", path);
		break;
	case INFO:
		o = run_command(&command_info, "--blocks", path);
		break;
	default:
		o = run_command(&command_script, path);
	}
	alarm(0);
	const char *problem = outcome_problem(&o);
	if (problem)
		fail_msg("%s, view %d: %s; status %d, message: %s", current_case, (int)view,
			problem, o.status, o.err);
	return o;
}

static void run_all_views(const char *path)
{
	for (enum view view = 0; view < N_VIEWS; view++) {
		struct outcome o = run_view(view, path);
		outcome_fini(&o);
	}
}

/* Takes the file in, and runs it whole. */
static void trace_init(struct trace *t)
{
	off_t size = lseek(t->file.fd, 0, SEEK_END);
	assert_true(size > 0);
	t->size_bytes = (size_t)size;
	t->data = malloc(t->size_bytes);
	assert_int_equal(pread(t->file.fd, t->data, t->size_bytes, 0), size);
	snprintf(current_case, sizeof(current_case), "the whole trace");
	t->folded = run_view(FOLDED, t->file.path);
	t->script = run_view(SCRIPT, t->file.path);
	assert_int_equal(t->folded.status, EXIT_OK);
	assert_int_equal(t->script.status, EXIT_OK);
	assert_true(t->folded.out_bytes > 0);
}

static void trace_fini(struct trace *t)
{
	outcome_fini(&t->folded);
	outcome_fini(&t->script);
	free(t->data);
	close(t->file.fd);
}

static void open_recording(struct trace *t, const char *name)
{
	const char *dir = getenv("TESTDATA");
	char path[512], chunk[4096];
	t->file = memory_file_open();
	snprintf(path, sizeof(path), "%s/traces/%s", dir ? dir : "testdata", name);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("cannot open %s", path);
	for (ssize_t n; (n = read(fd, chunk, sizeof(chunk))) > 0;)
		assert_int_equal(write(t->file.fd, chunk, (size_t)n), n);
	trace_init(t);
}

static void write_events(struct trace_writer *w, const struct machine *m)
{
	struct err err = { { 0 } };
	struct trace_event event = { .kind = TRACE_MMAP, .time_ns = 1000 };
	event.mmap = (struct trace_mmap){
		.start = 0x7f0000000000, .len = 1 << 23, .prot = 5, .path = "/nonexistent/app"
	};
	for (uint32_t i = 0; i < m->n_threads; i++) {
		event.pid = event.tid = m->threads[i].pid;
		assert_true(trace_writer_event(w, &event, &err));
	}
	event.kind = TRACE_COMM;
	for (uint32_t i = 0; i < m->n_threads; i++) {
		event.pid = m->threads[i].pid;
		event.tid = m->threads[i].tid;
		event.comm.name = i % 2 ? "worker" : "main";
		event.comm.is_exec = false;
		assert_true(trace_writer_event(w, &event, &err));
	}
}

static void make_big_trace(struct trace *t)
{
	struct err err = { { 0 } };
	struct machine machine;
	struct fixture_copy copy;
	t->file = memory_file_open();
	machine_init(&machine, 6);
	AUTO(trace_writer_free) struct trace_writer *w = writer_open(t->file.fd, BIG_BLOCK_BYTES);
	write_events(w, &machine);
	for (unsigned i = 0; i < BIG_SAMPLES; i++)
		assert_true(machine_sample(&machine, w, &copy, &err));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	machine_fini(&machine);
	trace_init(t);
}

/* The sum of a folded profile's counts; each line's count is at most that of the same stack in the
 * whole profile, to which a line's start is searched. */
static uint64_t sum_checked(const struct outcome *folded, const struct outcome *whole)
{
	uint64_t sum = 0;
	for (char *line = folded->out, *end; (end = strchr(line, '\n')); line = end + 1) {
		char *blank = memrchr(line, ' ', (size_t)(end - line));
		assert_non_null(blank);
		size_t stack_bytes = (size_t)(blank + 1 - line);
		const char *same = whole->out;
		while (same && strncmp(same, line, stack_bytes) != 0) {
			same = strchr(same, '\n');
			same = same && same[1] ? same + 1 : NULL;
		}
		uint64_t count = strtoull(blank, NULL, 10);
		if (!same || strtoull(same + stack_bytes, NULL, 10) < count)
			fail_msg("%s: the whole trace does not tell: %.*s", current_case,
				(int)(end - line), line);
		sum += count;
	}
	return sum;
}

static void run_cut(struct trace *t, size_t size_bytes, uint64_t *most)
{
	snprintf(current_case, sizeof(current_case), "cut at byte %zu", size_bytes);
	assert_int_equal(ftruncate(t->file.fd, (off_t)size_bytes), 0);
	struct outcome folded = run_view(FOLDED, t->file.path);
	struct outcome script = run_view(SCRIPT, t->file.path);
	uint64_t sum = folded.out_bytes ? sum_checked(&folded, &t->folded) : 0;
	if (sum > *most)
		fail_msg(
			"%s: %" PRIu64 " samples, more than a longer piece has", current_case, sum);
	*most = sum;
	assert_true(script.out_bytes <= t->script.out_bytes);
	assert_memory_equal(script.out, t->script.out, script.out_bytes);
	outcome_fini(&folded);
	outcome_fini(&script);
	for (enum view view = 0; view < N_VIEWS; view++) {
		if (view == FOLDED || view == SCRIPT)
			continue;
		struct outcome o = run_view(view, t->file.path);
		outcome_fini(&o);
	}
}

static void a_small_trace_can_be_cut_at_every_byte(void **state UNUSED)
{
	struct trace t;
	uint64_t most = UINT64_MAX;
	open_recording(&t, "known_tree_static.zst");
	for (size_t n = t.size_bytes; n-- > 0;)
		run_cut(&t, n, &most);
	assert_int_equal(most, 0);
	trace_fini(&t);
}

static int compare_descending(const void *a, const void *b)
{
	const size_t *left = a, *right = b;
	return (*left < *right) - (*left > *right);
}

static void a_big_trace_can_be_cut_anywhere(void **state UNUSED)
{
	struct trace t;
	uint64_t most = UINT64_MAX;
	size_t cuts[N_CUTS];
	make_big_trace(&t);
	for (size_t i = 0; i < N_CUTS; i++)
		cuts[i] = below(t.size_bytes);
	qsort(cuts, N_CUTS, sizeof(cuts[0]), compare_descending);
	for (size_t i = 0; i < N_CUTS; i++)
		run_cut(&t, cuts[i], &most);
	trace_fini(&t);
}

static void put_back(const struct trace *t, const uint8_t *data, size_t size_bytes)
{
	assert_int_equal(ftruncate(t->file.fd, 0), 0);
	assert_int_equal(pwrite(t->file.fd, data, size_bytes, 0), size_bytes);
}

static void any_bytes_may_flip(void **state UNUSED)
{
	struct trace t;
	open_recording(&t, "known_tree_static.zst");
	for (size_t i = 0; i < N_FLIPS; i++) {
		AUTO_FREE uint8_t *copy = malloc(t.size_bytes);
		memcpy(copy, t.data, t.size_bytes);
		snprintf(current_case, sizeof(current_case), "flips, round %zu", i);
		for (size_t k = 1 + below(8); k-- > 0;)
			copy[below(t.size_bytes)] ^= (uint8_t)(1 << below(8));
		put_back(&t, copy, t.size_bytes);
		run_all_views(t.file.path);
	}
	trace_fini(&t);
}

static void any_pieces_may_be_moved(void **state UNUSED)
{
	struct trace t;
	open_recording(&t, "known_tree_static.zst");
	for (size_t i = 0; i < N_SPLICES; i++) {
		size_t from = below(t.size_bytes), to = below(t.size_bytes);
		size_t n = below(t.size_bytes - from);
		AUTO_FREE uint8_t *copy = malloc(t.size_bytes + n);
		snprintf(current_case, sizeof(current_case), "%zu bytes from %zu to %zu", n, from,
			to);
		memcpy(copy, t.data, to);
		memcpy(copy + to, t.data + from, n);
		memcpy(copy + to + n, t.data + to, t.size_bytes - to);
		put_back(&t, copy, t.size_bytes + n);
		run_all_views(t.file.path);
	}
	trace_fini(&t);
}

static void change_payload(struct trace_part *part)
{
	for (size_t k = 1 + below(4); k-- > 0 && part->raw_bytes;) {
		size_t at = below(part->raw_bytes);
		part->raw[at] =
			below(2) ? (uint8_t)rng() : part->raw[at] ^ (uint8_t)(1 << below(8));
	}
	if (!below(8))
		part->raw_bytes = below(part->raw_bytes + 1);
	if (!below(8))
		part->block.n_records = (uint32_t)below(part->raw_bytes + 1);
}

static void change_blocks(struct trace_parts *parts)
{
	struct trace_part *part = &parts->list[below(parts->n)];
	struct trace_part *other = &parts->list[below(parts->n)];
	struct trace_part tmp = *part;
	switch (below(6)) {
	case 0:
		trace_parts_add(parts, &part->block, part->raw, part->raw_bytes);
		break;
	case 1:
		trace_parts_remove(parts, (size_t)(part - parts->list));
		break;
	case 2:
		*part = *other;
		*other = tmp;
		break;
	default:
		change_payload(part);
	}
}

static void run_changed_blocks(struct trace *t)
{
	for (size_t i = 0; i < N_CHANGES; i++) {
		struct trace_parts parts;
		trace_parts_read(&parts, t->data, t->size_bytes);
		snprintf(current_case, sizeof(current_case), "blocks changed, round %zu", i);
		for (size_t k = 1 + below(3); k-- > 0 && parts.n;)
			change_blocks(&parts);
		assert_int_equal(ftruncate(t->file.fd, 0), 0);
		lseek(t->file.fd, 0, SEEK_SET);
		assert_true(trace_parts_write(&parts, t->file.fd));
		trace_parts_fini(&parts);
		run_all_views(t->file.path);
	}
}

static void blocks_may_be_doubled_removed_moved_and_wrong(void **state UNUSED)
{
	struct trace t;
	open_recording(&t, "known_tree_static.zst");
	run_changed_blocks(&t);
	trace_fini(&t);
}

static void blocks_of_many_threads_may_be_wrong(void **state UNUSED)
{
	struct trace t;
	make_big_trace(&t);
	run_changed_blocks(&t);
	trace_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_trace_can_be_cut_at_every_byte),
		cmocka_unit_test(a_big_trace_can_be_cut_anywhere),
		cmocka_unit_test(any_bytes_may_flip),
		cmocka_unit_test(any_pieces_may_be_moved),
		cmocka_unit_test(blocks_may_be_doubled_removed_moved_and_wrong),
		cmocka_unit_test(blocks_of_many_threads_may_be_wrong),
	};
	signal(SIGALRM, hangs);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
