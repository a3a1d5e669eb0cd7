/*
 * The writer against outputs that misbehave: full disks, closed and slow pipes, interrupted writes.
 * And the promise that writing takes no memory.
 */
#include "common/test/trace_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

/* Counts what goes through the allocator; the sanitizers have one of their own. */
static uint64_t n_allocations;
static bool counts_allocations;

#ifndef __SANITIZE_ADDRESS__
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#endif

#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
	n_allocations++;
	counts_allocations = true;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	n_allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	n_allocations++;
	return __libc_realloc(p, size);
}
#endif

/* Writes n samples and an event for each hundredth; stops at the first failure. */
static bool write_samples(struct trace_writer *w, struct machine *m, uint32_t n, struct err *err)
{
	static struct fixture_copy copy;
	for (uint32_t i = 0; i < n; i++) {
		struct trace_event event = {
			.kind = TRACE_COMM, .time_ns = i, .comm = { "name", false }
		};
		if (i % 100 == 0 && !trace_writer_event(w, &event, err))
			return false;
		if (!machine_sample(m, w, &copy, err) || !trace_writer_tick(w, m->now_ns, err))
			return false;
	}
	return true;
}

static uint32_t count_samples(const char *path)
{
	struct err err;
	struct trace_block block;
	struct trace_sample sample;
	struct trace_reader *r = reader_open(path);
	uint32_t n = 0;
	while (trace_reader_next(r, &block, &err))
		while (trace_reader_sample(r, &sample))
			n++;
	assert_string_equal(err.text, "");
	assert_string_equal(trace_reader_damage(r)->why, "");
	trace_reader_close(r);
	return n;
}

static void writing_takes_no_memory(void **state)
{
	(void)state;
	struct err err;
	struct machine m;
	struct memory_file file = memory_file_open();
	struct trace_writer *w = writer_open(file.fd, 0);
	machine_init(&m, 20);
	uint64_t before = n_allocations;
	bool ok = write_samples(w, &m, 20000, &err);
	struct trace_file image = { .kind = TRACE_FILE_VDSO,
		.name = "[vdso]",
		.data = (uint8_t *)&m,
		.size_bytes = sizeof(m) };
	struct trace_kernel_symbol symbol = { 1, 2, "symbol", "module" };
	ok = ok && trace_writer_file(w, &image, &err) &&
		trace_writer_kernel_symbols(w, &symbol, 1, &err) &&
		trace_writer_close(w, &fixture_stats, &err);
	uint64_t after = n_allocations;
	assert_true(ok);
	assert_int_equal(after, before);
	if (!counts_allocations)
		print_message("SKIPPED: allocations are not counted under a sanitizer\n");
	trace_writer_free(w);
	close(file.fd);
	machine_fini(&m);
}

static void a_full_disk_is_one_lasting_error(void **state)
{
	(void)state;
	struct err err = { { 0 } }, again;
	struct trace_writer *w = NULL;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct trace_writer_options options = { .fd = fd, .name = "full.zst" };
	assert_true(fd >= 0);
	assert_false(trace_writer_open(&options, &fixture_meta, &w, &err));
	assert_null(w);
	assert_string_equal(
		err.text, "full.zst: cannot write at offset 0: No space left on device");
	close(fd);

	int ends[2];
	struct machine m;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	w = writer_open(ends[1], 0);
	close(ends[0]);
	machine_init(&m, 3);
	assert_false(write_samples(w, &m, 100000, &err));
	assert_non_null(strstr(err.text, "Broken pipe"));
	assert_false(trace_writer_close(w, &fixture_stats, &again));
	assert_string_equal(err.text, again.text);
	assert_false(trace_writer_tick(w, 0, &again));
	assert_string_equal(err.text, again.text);
	assert_int_equal(trace_writer_prepare_sample(w, &again), 0);
	trace_writer_free(w);
	close(ends[1]);
	machine_fini(&m);
}

static void interrupt(int signal_number UNUSED)
{
}

/* Copies the pipe to the file in small pieces, with pauses. */
static void slow_copy(int from, int to)
{
	char bytes[1500];
	ssize_t n;
	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		usleep(50);
		if (write(to, bytes, (size_t)n) != n)
			_exit(1);
	}
	_exit(0);
}

static void interrupted_writes_to_a_slow_pipe_lose_nothing(void **state)
{
	(void)state;
	struct err err;
	struct machine m;
	int ends[2], status;
	struct memory_file file = memory_file_open();
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		slow_copy(ends[0], file.fd);
	}
	close(ends[0]);
	struct sigaction action = { .sa_handler = interrupt };
	struct itimerval timer = { { 0, 3000 }, { 0, 3000 } }, off = { .it_value = { 0 } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	machine_init(&m, 10);
	struct trace_writer *w = writer_open(ends[1], 64 << 10);
	bool ok = write_samples(w, &m, 5000, &err) && trace_writer_close(w, &fixture_stats, &err);
	setitimer(ITIMER_REAL, &off, NULL);
	assert_true(ok);
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(trace_writer_bytes(w), lseek(file.fd, 0, SEEK_END));
	assert_int_equal(count_samples(file.path), 5000);
	trace_writer_free(w);
	close(file.fd);
	machine_fini(&m);
}

static void a_pipe_is_read_as_a_file_is(void **state)
{
	(void)state;
	struct err err;
	struct machine m;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	machine_init(&m, 3);
	struct trace_writer *w = writer_open(ends[1], 0);
	assert_true(write_samples(w, &m, 100, &err));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);
	close(ends[1]);
	int saved = dup(STDIN_FILENO);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	close(ends[0]);
	assert_int_equal(count_samples("-"), 100);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
	machine_fini(&m);
}

static void a_file_too_large_for_a_trace_is_refused(void **state)
{
	(void)state;
	struct err err = { { 0 } };
	struct memory_file file = memory_file_open();
	struct trace_writer *w = writer_open(file.fd, 0);
	struct trace_file large = { .kind = TRACE_FILE_PERF_MAP,
		.name = "map",
		.data = (uint8_t *)"",
		.size_bytes = 1u << 30 };
	assert_false(trace_writer_file(w, &large, &err));
	assert_non_null(strstr(err.text, "too large"));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	assert_int_equal(count_samples(file.path), 0);
	trace_writer_free(w);
	close(file.fd);
}

static void samples_beyond_the_limits_are_refused(void **state)
{
	(void)state;
	struct err err = { { 0 } };
	struct memory_file file = memory_file_open();
	struct trace_writer *w = writer_open(file.fd, 0);
	uint64_t words[4] = { 0 };
	struct trace_sample s = { .stack = { .words = words, .n_words = 4 } };
	s.stack.slot = TRACE_MAX_SLOTS;
	assert_false(trace_writer_sample(w, &s, &err));
	s.stack.slot = 0;
	s.stack.reuse_to = 1;
	assert_false(trace_writer_sample(w, &s, &err));
	assert_non_null(strstr(err.text, "reuses"));
	s.stack.reuse_to = 0;
	s.n_kernel_pcs = TRACE_MAX_CHAIN + 1;
	assert_false(trace_writer_sample(w, &s, &err));
	s.n_kernel_pcs = 0;
	s.regs_mask = (uint64_t)1 << 33;
	assert_false(trace_writer_sample(w, &s, &err));
	s.regs_mask = 0;
	assert_true(trace_writer_sample(w, &s, &err));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	assert_int_equal(count_samples(file.path), 1);
	trace_writer_free(w);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing_takes_no_memory),
		cmocka_unit_test(a_full_disk_is_one_lasting_error),
		cmocka_unit_test(interrupted_writes_to_a_slow_pipe_lose_nothing),
		cmocka_unit_test(a_pipe_is_read_as_a_file_is),
		cmocka_unit_test(a_file_too_large_for_a_trace_is_refused),
		cmocka_unit_test(samples_beyond_the_limits_are_refused),
	};
	return cmocka_run_group_tests_name("trace output", tests, NULL, NULL);
}
