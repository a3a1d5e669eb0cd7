/*
 * Traces that nobody recorded: whole and well-formed, but made to confuse a terminal, to exhaust
 * memory, or to keep the report busy for ever. Each must be shown, with little memory and soon.
 */
#include "common/test/trace_fixture.h"
#include "report/test/run_command.h"

#include <sys/resource.h>
#include <sys/stat.h>

enum { MAX_SECONDS = 60 }; /* for one test; under sanitizers on a busy machine */

#ifdef __SANITIZE_ADDRESS__
static const long max_memory_mib = 3072;
#else
static const long max_memory_mib = 1024;
#endif

static const char evil[] = "a\033]0;gone\007\nb\xff\xc2\x9b\xe2\x80\xae</script>\"&<'\r\x7f";

struct maker {
	struct memory_file file;
	struct trace_writer *writer;
	struct err err;
	uint64_t now_ns;
};

static struct maker make(const struct trace_meta *meta)
{
	struct maker m = { .file = memory_file_open(), .now_ns = 123456789012345 };
	struct trace_writer_options options = { .fd = m.file.fd, .name = "t" };
	alarm(MAX_SECONDS);
	if (!trace_writer_open(&options, meta, &m.writer, &m.err))
		fail_msg("%s", m.err.text);
	return m;
}

static void add_event(struct maker *m, struct trace_event event)
{
	event.time_ns = ++m->now_ns;
	if (!trace_writer_event(m->writer, &event, &m->err))
		fail_msg("%s", m->err.text);
}

static void add_mmap(struct maker *m, uint32_t pid, uint64_t start, uint64_t len, const char *path)
{
	struct trace_event event = { .kind = TRACE_MMAP, .pid = pid, .tid = pid };
	event.mmap = (struct trace_mmap){ .start = start, .len = len, .prot = 5, .path = path };
	add_event(m, event);
}

static void add_comm(struct maker *m, uint32_t pid, uint32_t tid, const char *name)
{
	struct trace_event event = { .kind = TRACE_COMM, .pid = pid, .tid = tid };
	event.comm.name = name;
	add_event(m, event);
}

static void add_fork(struct maker *m, uint32_t pid, uint32_t parent)
{
	struct trace_event event = { .kind = TRACE_FORK, .pid = pid, .tid = pid };
	event.fork.parent_pid = event.fork.parent_tid = parent;
	add_event(m, event);
}

static void add_chain(struct maker *m, uint32_t tid, const uint64_t *pcs, uint32_t n)
{
	struct trace_sample sample = { .pid = 1, .tid = tid, .time_ns = ++m->now_ns };
	sample.period = 1;
	sample.ip = pcs[0];
	sample.user_pcs = pcs;
	sample.n_user_pcs = n;
	if (!trace_writer_prepare_sample(m->writer, &m->err) ||
		!trace_writer_sample(m->writer, &sample, &m->err))
		fail_msg("%s", m->err.text);
}

static void add_sample(struct maker *m, uint32_t tid, uint64_t pc)
{
	add_chain(m, tid, &pc, 1);
}

static void finish(struct maker *m)
{
	if (!trace_writer_close(m->writer, &fixture_stats, &m->err))
		fail_msg("%s", m->err.text);
	trace_writer_free(m->writer);
}

static void little_memory_was_used(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	if (usage.ru_maxrss / 1024 > max_memory_mib)
		fail_msg("%ld MiB of memory were used", usage.ru_maxrss / 1024);
}

/* Shows the trace in this way; returns what came, to be checked and released. */
static struct outcome show(const struct maker *m, const char *format)
{
	struct outcome o = run_command(&command_report, "-q", format, "-o", "-", m->file.path);
	const char *problem = outcome_problem(&o);
	if (problem || o.status)
		fail_msg("%s: %s; status %d, message: %s", format, problem ? problem : "failed",
			o.status, o.err);
	return o;
}

static void show_and_close(struct maker *m)
{
	struct outcome o = show(m, "--text");
	outcome_fini(&o);
	little_memory_was_used();
	close(m->file.fd);
	alarm(0);
}

static void expect_text(const struct outcome *o, const char *text)
{
	if (!strstr(o->out, text))
		fail_msg("'%s' is not in: %.2000s", text, o->out);
}

/* The commands that tell what is in the trace stay harmless, too. */
static void tell(const struct maker *m)
{
	struct outcome info = run_command(&command_info, m->file.path);
	struct outcome script = run_command(&command_script, m->file.path);
	assert_null(outcome_problem(&info));
	assert_null(outcome_problem(&script));
	outcome_fini(&info);
	outcome_fini(&script);
}

static void no_name_reaches_the_terminal(void **state UNUSED)
{
	struct trace_meta meta = fixture_meta;
	meta.ddrec_version = meta.host = meta.kernel = meta.cpu_model = meta.event =
		meta.stack_mode = meta.command = evil;
	struct maker m = make(&meta);
	add_mmap(&m, 1, 0x1000, 0x1000, evil);
	add_mmap(&m, 1, 0x3000, 0x1000, "/tmp/\033[31m/x\n");
	add_comm(&m, 1, 1, evil);
	add_sample(&m, 1, 0x1800);
	add_sample(&m, 1, 0x3800);
	struct trace_kernel_symbol symbol = { 0xffffffff81000000, 16, evil, evil };
	assert_true(trace_writer_kernel_symbols(m.writer, &symbol, 1, &m.err));
	finish(&m);
	struct outcome svg =
		run_command(&command_report, "-q", "--flamegraph", "-o", "-", m.file.path);
	assert_int_equal(svg.status, EXIT_OK);
	assert_null(strchr(svg.out, '\033'));
	assert_null(strstr(svg.out, "</script>\"&"));
	outcome_fini(&svg);
	struct outcome folded = show(&m, "--folded");
	outcome_fini(&folded);
	tell(&m);
	show_and_close(&m);
}

static void an_unknown_architecture_is_told_in_one_line(void **state UNUSED)
{
	struct trace_meta meta = fixture_meta;
	meta.arch = evil;
	struct maker m = make(&meta);
	finish(&m);
	struct outcome o = run_command(&command_report, m.file.path);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_null(outcome_problem(&o));
	outcome_fini(&o);
	close(m.file.fd);
	alarm(0);
}

static void any_number_may_be_in_the_meta_block(void **state UNUSED)
{
	static const uint64_t numbers[] = { 0, 1, INT32_MAX, UINT32_MAX, INT64_MAX, 1ULL << 63,
		UINT64_MAX };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct trace_meta meta = fixture_meta;
		meta.n_cpus = meta.page_bytes = meta.frequency_hz = meta.stack_bytes =
			meta.target_pid = (uint32_t)numbers[i];
		meta.period = meta.start_mono_ns = meta.start_real_ns = numbers[i];
		struct maker m = make(&meta);
		add_mmap(&m, 1, numbers[i], numbers[i], "/x");
		m.now_ns = numbers[ARRAY_LEN(numbers) - 1 - i];
		add_sample(&m, 1, numbers[i]);
		add_sample(&m, UINT32_MAX, UINT64_MAX);
		finish(&m);
		tell(&m);
		show_and_close(&m);
	}
}

static void periods_may_not_fit_their_sum(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	struct trace_sample sample = { .pid = 1, .tid = 1, .period = UINT64_MAX };
	for (unsigned i = 0; i < 5; i++) {
		assert_true(trace_writer_prepare_sample(m.writer, &m.err));
		assert_true(trace_writer_sample(m.writer, &sample, &m.err));
	}
	finish(&m);
	struct outcome o = show(&m, "--folded");
	outcome_fini(&o);
	show_and_close(&m);
}

static void mappings_may_come_from_the_top(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 50000; i-- > 0;)
		add_mmap(&m, 1, 0x7f0000000000 + i * 8192, 4096, "/x");
	add_sample(&m, 1, 0x7f0000000000 + 49999ULL * 8192);
	finish(&m);
	struct outcome o = show(&m, "--text");
	expect_text(&o, "records of mappings and processes left out");
	outcome_fini(&o);
	show_and_close(&m);
}

static void mappings_may_cut_and_cover_each_other(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 0; i < 200000; i++)
		add_mmap(&m, 1, 4096 * (i % 30000 * 7919 % 65536), i % 30000 ? 4096 : 1ULL << 40,
			"/x");
	add_sample(&m, 1, 4096 * 5);
	finish(&m);
	show_and_close(&m);
}

/* Each child inherits 10,000 mappings: 64 GB in all, from a file of a megabyte. */
static void a_fork_bomb_does_not_fill_memory(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 0; i < 10000; i++)
		add_mmap(&m, 1, 0x1000 + i * 8192, 4096, "/x");
	for (uint32_t pid = 2; pid < 200000; pid++)
		add_fork(&m, pid, 1);
	add_sample(&m, 1, 0x1000);
	finish(&m);
	struct outcome o = show(&m, "--text");
	expect_text(&o, "records of mappings and processes left out");
	outcome_fini(&o);
	show_and_close(&m);
}

/* Each thread's replay has the processes of all batches before its own. */
static void threads_do_not_multiply_a_fork_bomb(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 0; i < 1000; i++)
		add_mmap(&m, 1, 0x1000 + i * 8192, 4096, "/x");
	for (uint32_t pid = 2; pid < 8000; pid++)
		add_fork(&m, pid, 1);
	for (uint32_t i = 0; i < 20000; i++) {
		add_sample(&m, 1, 0x1000);
		if (i % 500 == 0 && !trace_writer_tick(m.writer, m.now_ns += 2000000000, &m.err))
			fail_msg("%s", m.err.text);
	}
	finish(&m);
	struct outcome o =
		run_command(&command_report, "-q", "--text", "-j", "40", "-o", "-", m.file.path);
	assert_int_equal(o.status, 0);
	outcome_fini(&o);
	show_and_close(&m);
}

/* A string is in a block once, however many events have it: 1.6 GB of names, if each kept its own.
 */
static void long_names_are_kept_once(void **state UNUSED)
{
	static char name[4001];
	struct maker m = make(&fixture_meta);
	memset(name, 'n', sizeof(name) - 1);
	for (uint32_t i = 0; i < 400000; i++) {
		add_comm(&m, 1, 1 + i % 1000, name);
		if (i % 4 == 0)
			add_sample(&m, 1 + i % 1000, 0x1000);
	}
	finish(&m);
	show_and_close(&m);
}

static void threads_may_be_many_and_far_apart(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint32_t i = 0; i < 300000; i++)
		add_comm(&m, i << 14, i << 14, "t");
	for (uint32_t i = 0; i < 100000; i++)
		add_sample(&m, i << 14, 0x1000);
	finish(&m);
	show_and_close(&m);
}

/* Every one is missing, and has a sample. The health names some and counts the others. */
static void modules_may_be_many(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	char path[64];
	for (uint64_t i = 0; i < 60000; i++) {
		snprintf(path, sizeof(path), "/nonexistent/%x", (unsigned)i);
		add_mmap(&m, 1, 0x1000 + i * 8192, 4096, path);
	}
	for (uint64_t i = 0; i < 60000; i++)
		add_sample(&m, 1, 0x1000 + i * 8192);
	finish(&m);
	struct outcome o = show(&m, "--text");
	expect_text(&o, "in one of many more modules that are not usable");
	assert_true(o.out_bytes < 100000);
	outcome_fini(&o);
	show_and_close(&m);
}

/* A thousand new frames with each sample, for a few bytes of the file. */
static void stacks_do_not_outgrow_the_file(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	uint64_t pcs[TRACE_MAX_CHAIN];
	for (uint64_t i = 0; i < TRACE_MAX_CHAIN; i++)
		pcs[i] = 0x1000 + 16 * i;
	for (uint64_t i = 0; i < 10000; i++) {
		pcs[TRACE_MAX_CHAIN - 1] = 0x100000 + 16 * i;
		add_chain(&m, 1, pcs, TRACE_MAX_CHAIN);
	}
	finish(&m);
	struct outcome o = show(&m, "--folded");
	outcome_fini(&o);
	o = show(&m, "--text");
	expect_text(&o, "samples without their innermost frames");
	outcome_fini(&o);
	show_and_close(&m);
}

/* Each thread's tree holds other stacks than the whole tree. */
static void threads_do_not_show_in_a_full_tree(void **state UNUSED)
{
	static const char *const threads[] = { "2", "3", "7" };
	struct maker m = make(&fixture_meta);
	uint64_t pcs[1000];
	for (uint64_t i = 0; i < ARRAY_LEN(pcs); i++)
		pcs[i] = 0x1000;
	for (uint64_t i = 0; i < 7000; i++) {
		pcs[ARRAY_LEN(pcs) - 1] = 0x100000 + 16 * (i % 3 ? i : i / 2);
		add_chain(&m, 1, pcs, ARRAY_LEN(pcs));
		if (i % 100 == 0 && !trace_writer_tick(m.writer, m.now_ns += 2000000000, &m.err))
			fail_msg("%s", m.err.text);
	}
	finish(&m);
	struct outcome one =
		run_command(&command_report, "-q", "--folded", "-j", "1", "-o", "-", m.file.path);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		struct outcome many = run_command(&command_report, "-q", "--folded", "-j",
			threads[i], "-o", "-", m.file.path);
		assert_string_equal(many.out, one.out);
		outcome_fini(&many);
	}
	outcome_fini(&one);
	show_and_close(&m);
}

static void samples_do_not_outgrow_the_file(void **state UNUSED)
{
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 0; i < 1500000; i++)
		add_sample(&m, 1, 0x1000);
	finish(&m);
	struct outcome o = show(&m, "--text");
	expect_text(&o, "samples left out");
	outcome_fini(&o);
	show_and_close(&m);
}

static void any_path_may_be_a_module(void **state UNUSED)
{
	char dir[] = "/tmp/ddrec-test-XXXXXX", fifo[64], loop[64], sparse[64];
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	snprintf(loop, sizeof(loop), "%s/loop", dir);
	snprintf(sparse, sizeof(sparse), "%s/sparse", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink(loop, loop), 0);
	FILE *f = fopen(sparse, "w");
	assert_non_null(f);
	fwrite("\x7f"
	       "ELF\2\1\1",
		1, 7, f);
	fclose(f);
	assert_int_equal(truncate(sparse, 1LL << 40), 0);
	const char *const paths[] = { fifo, loop, sparse, dir, "/dev/zero", "/dev/full",
		"/dev/stdin", "/dev/tty", "/proc/self/mem", "/proc/kmsg", "/proc/self/pagemap", "/",
		"/../../..", "" };
	struct maker m = make(&fixture_meta);
	for (uint64_t i = 0; i < ARRAY_LEN(paths); i++) {
		add_mmap(&m, 1, 0x1000 * (i + 1), 0x1000, paths[i]);
		add_sample(&m, 1, 0x1000 * (i + 1));
	}
	finish(&m);
	show_and_close(&m); /* does not wait for the pipe's writer */
	unlink(fifo);
	unlink(loop);
	unlink(sparse);
	rmdir(dir);
}

static void what_never_ends_is_no_trace(void **state UNUSED)
{
	static const char *const paths[] = { "/dev/zero", "/dev/urandom", "/", "/proc/self/mem" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		alarm(MAX_SECONDS);
		struct outcome o = run_command(&command_report, paths[i]);
		assert_int_equal(o.status, EXIT_FAILED);
		assert_null(outcome_problem(&o));
		outcome_fini(&o);
		alarm(0);
	}
}

static void the_vdso_may_be_anything(void **state UNUSED)
{
	for (size_t size = 0; size < 300; size += 7) {
		struct maker m = make(&fixture_meta);
		uint8_t image[300] = "\x7f"
				     "ELF\2\1\1";
		for (size_t i = 16; i < sizeof(image); i++)
			image[i] = (uint8_t)rng();
		struct trace_file file = { .kind = TRACE_FILE_VDSO, .name = "[vdso]" };
		file.data = image;
		file.size_bytes = size;
		add_mmap(&m, 1, 0x1000, 0x1000, "[vdso]");
		add_sample(&m, 1, 0x1800);
		assert_true(trace_writer_file(m.writer, &file, &m.err));
		finish(&m);
		show_and_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_reaches_the_terminal),
		cmocka_unit_test(an_unknown_architecture_is_told_in_one_line),
		cmocka_unit_test(any_number_may_be_in_the_meta_block),
		cmocka_unit_test(periods_may_not_fit_their_sum),
		cmocka_unit_test(mappings_may_come_from_the_top),
		cmocka_unit_test(mappings_may_cut_and_cover_each_other),
		cmocka_unit_test(a_fork_bomb_does_not_fill_memory),
		cmocka_unit_test(threads_do_not_multiply_a_fork_bomb),
		cmocka_unit_test(long_names_are_kept_once),
		cmocka_unit_test(threads_may_be_many_and_far_apart),
		cmocka_unit_test(modules_may_be_many),
		cmocka_unit_test(stacks_do_not_outgrow_the_file),
		cmocka_unit_test(threads_do_not_show_in_a_full_tree),
		cmocka_unit_test(samples_do_not_outgrow_the_file),
		cmocka_unit_test(any_path_may_be_a_module),
		cmocka_unit_test(what_never_ends_is_no_trace),
		cmocka_unit_test(the_vdso_may_be_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
