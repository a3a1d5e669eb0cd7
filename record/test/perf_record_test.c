/* The kernel's records, decoded. */
#include "record/perf_attr.h"
#include "record/test/synthetic_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

static const struct perf_record_origin sideband = { true, true }, samples = { false, true };
static const struct perf_record_origin without_build_ids = { true, false };

static struct record_builder b;
static struct trace_event event;

static void build_mapping_of_a_file(uint16_t misc)
{
	build_begin(&b, PERF_RECORD_MMAP2, misc);
	build_u32(&b, 10);
	build_u32(&b, 11);
	build_u64(&b, 0x400000);
	build_u64(&b, 0x1000);
	build_u64(&b, 0x2000);
	build_u32(&b, 8);
	build_u32(&b, 1);
	build_u64(&b, 4711);
	build_u64(&b, 0);
	build_u32(&b, PROT_READ | PROT_EXEC);
	build_u32(&b, MAP_PRIVATE);
	build_text(&b, "/bin/true");
}

static void a_mark_of_build_ids_that_nobody_asked_for_is_forgotten(void **state UNUSED)
{
	build_mapping_of_a_file(PERF_RECORD_MISC_MMAP_BUILD_ID);
	assert_true(perf_record_event(build_trailer(&b, 10, 11, 99, 2), without_build_ids, &event));
	assert_int_equal(event.mmap.build_id.len, 0);
	assert_int_equal(event.mmap.inode, 4711);
}

static void mmap2_with_device_and_inode(void **state UNUSED)
{
	build_mapping_of_a_file(PERF_RECORD_MISC_USER);
	assert_true(perf_record_event(build_trailer(&b, 10, 11, 99, 2), sideband, &event));
	assert_int_equal(event.kind, TRACE_MMAP);
	assert_int_equal(event.time_ns, 99);
	assert_int_equal(event.pid, 10);
	assert_int_equal(event.tid, 11);
	assert_int_equal(event.mmap.start, 0x400000);
	assert_int_equal(event.mmap.len, 0x1000);
	assert_int_equal(event.mmap.file_off, 0x2000);
	assert_int_equal(event.mmap.inode, 4711);
	assert_int_equal(event.mmap.dev_major, 8);
	assert_int_equal(event.mmap.prot, PROT_READ | PROT_EXEC);
	assert_int_equal(event.mmap.build_id.len, 0);
	assert_string_equal(event.mmap.path, "/bin/true");
}

static void mmap2_with_build_id(void **state UNUSED)
{
	build_begin(&b, PERF_RECORD_MMAP2, PERF_RECORD_MISC_MMAP_BUILD_ID);
	build_u64(&b, 10);
	build_u64(&b, 0x400000);
	build_u64(&b, 0x1000);
	build_u64(&b, 0);
	build_u32(&b, 20);
	for (uint32_t i = 0; i < 5; i++)
		build_u32(&b, 0x01010101 * i);
	build_u64(&b, 5);
	build_text(&b, "/lib/libc.so.6");
	assert_true(perf_record_event(build_trailer(&b, 10, 10, 99, 2), sideband, &event));
	assert_int_equal(event.mmap.build_id.len, 20);
	assert_int_equal(event.mmap.build_id.bytes[19], 4);
	assert_int_equal(event.mmap.inode, 0);
	assert_string_equal(event.mmap.path, "/lib/libc.so.6");
}

static void comm_fork_and_exit(void **state UNUSED)
{
	build_begin(&b, PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
	build_u32(&b, 10);
	build_u32(&b, 10);
	build_text(&b, "cc1");
	assert_true(perf_record_event(build_trailer(&b, 10, 10, 5, 0), sideband, &event));
	assert_true(event.kind == TRACE_COMM && event.comm.is_exec);
	assert_string_equal(event.comm.name, "cc1");
	for (uint32_t type = PERF_RECORD_EXIT; type <= PERF_RECORD_FORK; type += 3) {
		build_begin(&b, type, 0);
		build_u32(&b, 20);
		build_u32(&b, 10);
		build_u32(&b, 21);
		build_u32(&b, 11);
		build_u64(&b, 6);
		assert_true(perf_record_event(build_trailer(&b, 10, 11, 6, 0), sideband, &event));
		assert_int_equal(event.kind, type == PERF_RECORD_FORK ? TRACE_FORK : TRACE_EXIT);
		assert_true(event.pid == 20 && event.tid == 21);
		if (type == PERF_RECORD_FORK)
			assert_true(event.fork.parent_pid == 10 && event.fork.parent_tid == 11);
	}
}

static void lost_and_throttle(void **state UNUSED)
{
	build_begin(&b, PERF_RECORD_LOST, 0);
	build_u64(&b, 1);
	build_u64(&b, 77);
	assert_true(perf_record_event(build_trailer(&b, 0, 0, 5, 3), samples, &event));
	assert_int_equal(event.kind, TRACE_LOST);
	assert_int_equal(event.lost.count, 77);
	assert_int_equal(event.lost.cpu, 3);
	assert_false(event.lost.of_sideband);
	build_begin(&b, PERF_RECORD_UNTHROTTLE, 0);
	build_u64(&b, 5);
	build_u64(&b, 1);
	build_u64(&b, 1);
	assert_true(perf_record_event(build_trailer(&b, 0, 0, 5, 3), samples, &event));
	assert_true(event.kind == TRACE_THROTTLE && event.throttle.resumed);
}

static void cut_and_unknown_records_are_refused(void **state UNUSED)
{
	build_begin(&b, 9999, 0);
	assert_false(perf_record_event(build_trailer(&b, 0, 0, 5, 3), samples, &event));
	for (uint32_t type = 1; type < 20; type++) {
		build_begin(&b, type, 0);
		assert_false(perf_record_event(build_end(&b), sideband, &event));
	}
	build_begin(&b, PERF_RECORD_MMAP2, 0);
	build_u64(&b, 1);
	assert_false(perf_record_event(build_trailer(&b, 0, 0, 5, 3), sideband, &event));
	build_begin(&b, PERF_RECORD_COMM, 0);
	build_u64(&b, 1);
	build_u64(&b, UINT64_MAX); /* a name without its NUL */
	assert_false(perf_record_event(build_trailer(&b, 0, 0, 5, 3), sideband, &event));
}

enum {
	TYPE = PERF_RECORD_SAMPLE_TYPE | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
		PERF_SAMPLE_STACK_USER
};
static struct perf_sample_scratch scratch;
static struct trace_sample sample;

static const struct perf_event_header *full_sample(uint64_t abi, uint64_t size, uint64_t used)
{
	build_sample(&b, PERF_RECORD_MISC_KERNEL, 0xffffffff81000010, 10, 11, 99);
	build_u64(&b, 5);
	build_u64(&b, PERF_CONTEXT_KERNEL);
	build_u64(&b, 0xffffffff81000010);
	build_u64(&b, 0xffffffff81000020);
	build_u64(&b, PERF_CONTEXT_USER);
	build_u64(&b, 0x401234);
	build_u64(&b, abi);
	for (uint64_t i = 0; abi && i < 17; i++)
		build_u64(&b, 1000 + i);
	build_u64(&b, size);
	for (uint64_t i = 0; i < size / 8; i++)
		build_u64(&b, i + 1);
	if (size)
		build_u64(&b, used);
	return build_end(&b);
}

static void a_sample_with_everything(void **state UNUSED)
{
	const struct perf_event_header *record = full_sample(PERF_SAMPLE_REGS_ABI_64, 64, 40);
	assert_true(perf_record_sample(record, TYPE, &arch_x86_64, &scratch, &sample));
	assert_int_equal(sample.ip, 0xffffffff81000010);
	assert_true(sample.pid == 10 && sample.tid == 11 && sample.cpu == 3);
	assert_int_equal(sample.time_ns, 99);
	assert_int_equal(sample.period, 1000);
	assert_int_equal(sample.flags, TRACE_SAMPLE_IN_KERNEL);
	assert_int_equal(sample.n_kernel_pcs, 2);
	assert_int_equal(sample.kernel_pcs[1], 0xffffffff81000020);
	assert_int_equal(sample.n_user_pcs, 1);
	assert_int_equal(sample.user_pcs[0], 0x401234);
	assert_int_equal(sample.regs_mask, (1 << 17) - 1);
	assert_int_equal(sample.regs[arch_x86_64.sp], 1007); /* perf's seventh */
	assert_int_equal(sample.regs[arch_x86_64.pc], 1008);
	assert_int_equal(sample.regs[8], 1009);
	assert_int_equal(sample.stack.n_words, 5);
	assert_int_equal(sample.stack.words[4], 5);
	assert_false(sample.stack.truncated);
}

static void a_fixed_period_is_in_no_record(void **state UNUSED)
{
	enum { FIXED = (PERF_RECORD_SAMPLE_TYPE & ~PERF_SAMPLE_PERIOD) | PERF_SAMPLE_CALLCHAIN };
	struct err err = { "" };
	struct perf_plan plan = {
		.source = event_source_find("page-faults", &err),
		.stack = { .mode = &stack_modes[0] },
		.arch = &arch_x86_64,
		.period = 100,
	};
	struct perf_event_attr attr;
	perf_attr_sampling(&plan, &attr);
	assert_true(attr.sample_period == 100 && !attr.freq);
	assert_false(attr.sample_type & PERF_SAMPLE_PERIOD);
	build_sample(&b, PERF_RECORD_MISC_USER, 0x401234, 10, 11, 99);
	b.len -= 8;
	build_u64(&b, 2);
	build_u64(&b, PERF_CONTEXT_USER);
	build_u64(&b, 0x401234);
	assert_true(perf_record_sample(build_end(&b), FIXED, &arch_x86_64, &scratch, &sample));
	assert_int_equal(sample.period, 0);
	assert_int_equal(sample.n_user_pcs, 1);
}

static void a_ring_wakes_us_while_there_is_time(void **state UNUSED)
{
	static const struct {
		uint32_t limit_bytes, hz;
		size_t ring_bytes;
		uint32_t part;
	} cases[] = {
		{ 65528, 999, 16 << 20, 2 },  /* the other half lasts 126 ms */
		{ 65528, 4999, 16 << 20, 4 }, /* 25 ms */
		{ 65528, 999, 2 << 20, 4 },   /* 15 ms: what came too late once */
		{ 0, 4999, 4 << 20, 2 },
		{ 65528, 0, 64 << 20, 4 }, /* nobody knows how fast they come */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct perf_plan plan = {
			.stack.limit_bytes = cases[i].limit_bytes,
			.frequency_hz = cases[i].hz,
		};
		assert_int_equal(perf_plan_wakeup_bytes(&plan, cases[i].ring_bytes),
			cases[i].ring_bytes / cases[i].part);
	}
}

static void a_full_snapshot_is_truncated(void **state UNUSED)
{
	const struct perf_event_header *record = full_sample(PERF_SAMPLE_REGS_ABI_64, 64, 64);
	assert_true(perf_record_sample(record, TYPE, &arch_x86_64, &scratch, &sample));
	assert_int_equal(sample.stack.n_words, 8);
	assert_true(sample.stack.truncated);
}

static void no_user_part_and_32_bit_code(void **state UNUSED)
{
	assert_true(perf_record_sample(full_sample(PERF_SAMPLE_REGS_ABI_NONE, 0, 0), TYPE,
		&arch_x86_64, &scratch, &sample));
	assert_true(sample.regs_mask == 0 && sample.stack.n_words == 0);
	assert_true(perf_record_sample(full_sample(PERF_SAMPLE_REGS_ABI_32, 64, 64), TYPE,
		&arch_x86_64, &scratch, &sample));
	assert_true(sample.regs_mask == 0 && sample.stack.n_words == 0);
	assert_int_equal(sample.regs[arch_x86_64.sp], 0);
}

static void a_cut_sample_is_refused(void **state UNUSED)
{
	uint16_t whole = full_sample(PERF_SAMPLE_REGS_ABI_64, 64, 40)->size;
	for (uint16_t size = 8; size < whole; size += 8) {
		full_sample(PERF_SAMPLE_REGS_ABI_64, 64, 40);
		memcpy(b.bytes + 6, &size, sizeof(size));
		assert_false(perf_record_sample(
			(const void *)b.bytes, TYPE, &arch_x86_64, &scratch, &sample));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mmap2_with_device_and_inode),
		cmocka_unit_test(a_mark_of_build_ids_that_nobody_asked_for_is_forgotten),
		cmocka_unit_test(mmap2_with_build_id),
		cmocka_unit_test(comm_fork_and_exit),
		cmocka_unit_test(lost_and_throttle),
		cmocka_unit_test(cut_and_unknown_records_are_refused),
		cmocka_unit_test(a_sample_with_everything),
		cmocka_unit_test(a_fixed_period_is_in_no_record),
		cmocka_unit_test(a_ring_wakes_us_while_there_is_time),
		cmocka_unit_test(a_full_snapshot_is_truncated),
		cmocka_unit_test(no_user_part_and_32_bit_code),
		cmocka_unit_test(a_cut_sample_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
