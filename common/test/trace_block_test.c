/*
 * A whole trace: events, files, symbols, statistics and meta data come back; cuts, flipped bytes,
 * foreign files and failing outputs are told apart and survived.
 */
#include "common/test/trace_fixture.h"
#include "common/trace_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <zstd.h>

static const struct trace_event all_events[] = {
	{ .kind = TRACE_MMAP,
		.time_ns = 1000,
		.pid = 1,
		.tid = 2,
		.mmap = { 0x7f0000001000, 0x2000, 0x1000, 5, 2, 8, 1, 123456,
			{ { 1, 2, 3, 0xff }, 20 }, "/usr/lib/libc.so.6" } },
	{ .kind = TRACE_COMM, .time_ns = 999, .pid = 1, .tid = 2, .comm = { "app", true } },
	{ .kind = TRACE_FORK, .time_ns = 5000000000, .pid = 3, .tid = 3, .fork = { 1, 2 } },
	{ .kind = TRACE_MMAP,
		.time_ns = 1000,
		.pid = 1,
		.tid = 2,
		.mmap = { 0, UINT64_MAX, UINT64_MAX, 7, 1, 0, 0, UINT64_MAX, { { 0 }, 0 },
			"/usr/lib/libc.so.6" } },
	{ .kind = TRACE_LOST, .time_ns = 1001, .lost = { 1u << 30, 15, true } },
	{ .kind = TRACE_THROTTLE, .time_ns = 1002, .throttle = { 3, true } },
	{ .kind = TRACE_BUILD_ID, .time_ns = 1003, .build_id = { "/bin/app", { { 9 }, 16 } } },
	{ .kind = TRACE_COMM, .time_ns = 1004, .pid = 1, .tid = 2, .comm = { "", false } },
	{ .kind = TRACE_EXIT, .time_ns = UINT64_MAX, .pid = UINT32_MAX, .tid = UINT32_MAX },
};

static void assert_same_build_id(const struct build_id *a, const struct build_id *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void assert_same_event(const struct trace_event *a, const struct trace_event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->time_ns, b->time_ns);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->tid, b->tid);
	if (a->kind == TRACE_MMAP) {
		assert_int_equal(a->mmap.start, b->mmap.start);
		assert_int_equal(a->mmap.len, b->mmap.len);
		assert_int_equal(a->mmap.file_off, b->mmap.file_off);
		assert_int_equal(a->mmap.prot, b->mmap.prot);
		assert_int_equal(a->mmap.flags, b->mmap.flags);
		assert_int_equal(a->mmap.dev_major, b->mmap.dev_major);
		assert_int_equal(a->mmap.dev_minor, b->mmap.dev_minor);
		assert_int_equal(a->mmap.inode, b->mmap.inode);
		assert_same_build_id(&a->mmap.build_id, &b->mmap.build_id);
		assert_string_equal(a->mmap.path, b->mmap.path);
	} else if (a->kind == TRACE_COMM) {
		assert_string_equal(a->comm.name, b->comm.name);
		assert_int_equal(a->comm.is_exec, b->comm.is_exec);
	} else if (a->kind == TRACE_FORK) {
		assert_int_equal(a->fork.parent_pid, b->fork.parent_pid);
		assert_int_equal(a->fork.parent_tid, b->fork.parent_tid);
	} else if (a->kind == TRACE_LOST) {
		assert_int_equal(a->lost.count, b->lost.count);
		assert_int_equal(a->lost.cpu, b->lost.cpu);
		assert_int_equal(a->lost.of_sideband, b->lost.of_sideband);
	} else if (a->kind == TRACE_THROTTLE) {
		assert_int_equal(a->throttle.cpu, b->throttle.cpu);
		assert_int_equal(a->throttle.resumed, b->throttle.resumed);
	} else if (a->kind == TRACE_BUILD_ID) {
		assert_string_equal(a->build_id.path, b->build_id.path);
		assert_same_build_id(&a->build_id.id, &b->build_id.id);
	}
}

static const struct trace_kernel_symbol symbols[] = {
	{ 0xffffffff81000000, 0x100, "_text", "" },
	{ 0xffffffff81000100, 0, "do_thing", "" },
	{ 0xffffffffc0000000, 0x20, "ext4_read", "ext4" },
	{ 0xffffffffc0000020, 0x20, "ext4_write", "ext4" },
	{ 0xffffffffc0010000, 0x20, "xfs_read", "xfs" },
};

static const struct trace_file vdso = {
	.kind = TRACE_FILE_VDSO,
	.pid = 7,
	.name = "[vdso]",
	.build_id = { { 1, 2, 3 }, 20 },
	.data = (const uint8_t *)"\177ELF...",
	.size_bytes = 7,
};

/* A small trace with one block of each kind. */
static void write_small(int fd, struct fixture_copy *copies, uint32_t n_samples)
{
	struct err err = { { 0 } };
	struct machine m;
	struct trace_writer *w = writer_open(fd, 0);
	rng_state = 5;
	machine_init(&m, 3);
	for (size_t i = 0; i < ARRAY_LEN(all_events); i++)
		assert_true(trace_writer_event(w, &all_events[i], &err));
	for (uint32_t i = 0; i < n_samples; i++)
		assert_true(machine_sample(&m, w, &copies[i], &err));
	assert_true(trace_writer_file(w, &vdso, &err));
	assert_true(trace_writer_kernel_symbols(w, symbols, ARRAY_LEN(symbols), &err));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);
	machine_fini(&m);
}

enum { N_SAMPLES = 12 };

struct tally {
	uint32_t events, samples, files, symbols, stats, metas;
};

/* Reads all records; what is read must be what was written, unless `any`. */
static void read_all(
	struct trace_reader *r, const struct fixture_copy *copies, bool any, struct tally *ret)
{
	struct err err = { { 0 } };
	struct trace_block block;
	struct trace_event event;
	struct trace_sample sample;
	struct trace_file file;
	struct trace_kernel_symbol symbol;
	struct trace_stats stats;
	*ret = (struct tally){ 0 };
	while (trace_reader_next(r, &block, &err)) {
		ret->metas += block.kind == TRACE_BLOCK_META;
		for (; trace_reader_event(r, &event); ret->events++)
			if (!any)
				assert_same_event(&event, &all_events[ret->events]);
		for (; trace_reader_sample(r, &sample); ret->samples++)
			if (!any)
				assert_same_sample(&sample, &copies[ret->samples]);
		for (; trace_reader_file(r, &file); ret->files++)
			if (!any && file.kind == TRACE_FILE_VDSO)
				assert_memory_equal(file.data, vdso.data, 7);
		for (; trace_reader_kernel_symbol(r, &symbol); ret->symbols++) {
			const struct trace_kernel_symbol *e =
				&symbols[MIN(ret->symbols, ARRAY_LEN(symbols) - 1)];
			if (any)
				continue;
			assert_int_equal(symbol.start, e->start);
			assert_int_equal(symbol.size, e->size);
			assert_string_equal(symbol.name, e->name);
			assert_string_equal(symbol.module, e->module);
		}
		for (; trace_reader_stats(r, &stats); ret->stats++)
			if (!any)
				assert_memory_equal(&stats, &fixture_stats, sizeof(stats));
	}
	assert_string_equal(err.text, "");
}

static void every_kind_of_record_comes_back(void **state)
{
	(void)state;
	struct fixture_copy copies[N_SAMPLES];
	struct memory_file file = memory_file_open();
	struct tally tally;
	write_small(file.fd, copies, N_SAMPLES);
	struct trace_reader *r = reader_open(file.path);
	const struct trace_meta *meta = trace_reader_meta(r);
	assert_string_equal(meta->arch, "x86_64");
	assert_string_equal(meta->command, fixture_meta.command);
	assert_int_equal(meta->start_real_ns, fixture_meta.start_real_ns);
	assert_int_equal(meta->target_pid, 4711);
	assert_true(meta->kernel_stacks);
	for (int pass = 0; pass < 2; pass++) {
		struct err err;
		read_all(r, copies, false, &tally);
		assert_int_equal(tally.metas, 1);
		assert_int_equal(tally.events, ARRAY_LEN(all_events));
		assert_int_equal(tally.samples, N_SAMPLES);
		assert_int_equal(tally.files, 2);
		assert_int_equal(tally.symbols, ARRAY_LEN(symbols));
		assert_int_equal(tally.stats, 1);
		assert_string_equal(trace_reader_damage(r)->why, "");
		assert_false(trace_reader_damage(r)->is_cut);
		assert_true(trace_reader_rewind(r, &err));
	}
	trace_reader_close(r);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_record_comes_back),
	};
	return cmocka_run_group_tests_name("trace blocks", tests, NULL, NULL);
}
