/*
 * Whole perf.data files, made by hand: what perf here does not write. Looked at through
 * `ddrec script`.
 */
#include "report/test/perf_fixture.h"

static void add_fork(struct perf_builder *b, uint16_t misc, uint64_t time, uint32_t pid,
	uint32_t tid, uint32_t parent)
{
	perf_builder_begin(b, PERF_RECORD_FORK, misc);
	put_who(&b->data, pid, parent);
	put_who(&b->data, tid, parent);
	buf_u64(&b->data, time);
	put_trailer(b, time);
	perf_builder_end(b);
}

static void add_words(struct perf_builder *b, uint32_t type, uint16_t misc, uint64_t w1,
	uint64_t w2, uint64_t time)
{
	perf_builder_begin(b, type, misc);
	buf_u64(&b->data, w1);
	buf_u64(&b->data, w2);
	put_trailer(b, time);
	perf_builder_end(b);
}

/* The script of b's file has all these parts, in this order; ends with NULL. */
static void check_file(struct perf_builder *b, const char *const parts[])
{
	struct outcome o = script_of(perf_builder_file(b));
	const char *at = o.out;
	assert_int_equal(o.status, EXIT_OK);
	for (; *parts; parts++) {
		at = strstr(at, *parts);
		if (!at)
			fail_msg("'%s' is not (there) in:\n%s\n%s", *parts, o.out, o.err);
	}
	outcome_fini(&o);
	perf_builder_fini(b);
}
#define CHECK(b, ...) check_file(b, (const char *const[]){ __VA_ARGS__, NULL })

static void samples_come_in_the_order_of_time(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	add_sample(&b, 5, 3000, 0x403000);
	add_sample(&b, 5, 4000, 0x404000);
	add_sample(&b, 5, 1000, 0x401000);
	add_sample(&b, 5, 3000, 0x403001);
	add_sample(&b, 5, 2000, 0x402000);
	CHECK(&b, "event samples 5 cpu-clock",
		"sample 0.000000000 11/12 cpu 0 period 1001001 ip 401000", "ip 402000", "ip 403000",
		"ip 403001", "ip 404000");
}

static void many_runs_are_merged_stably(void **state)
{
	struct perf_builder b = builder();
	uint64_t times[4] = { 0 };
	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		uint64_t cpu = below(8) ? i / 7 % 4 : below(4);
		times[cpu] += below(3);
		add_sample(&b, 5, 1000 + times[cpu], i);
	}
	struct outcome o = script_of(perf_builder_file(&b));
	double last_time = -1;
	unsigned long last_ip = 0, n = 0;
	for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n")) {
		double time;
		unsigned long ip;
		if (sscanf(line, "sample %lf 11/12 cpu 0 period 1001001 ip %lx", &time, &ip) != 2)
			continue;
		assert_true(time > last_time || (time == last_time && ip > last_ip));
		last_time = time;
		last_ip = ip;
		n++;
	}
	assert_int_equal(n, 5000);
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static struct perf_builder two_events(uint64_t more_sample_type)
{
	struct perf_builder b = { 0 };
	struct perf_builder_attr a = cpu_clock;
	a.sample_type |= more_sample_type;
	perf_builder_attr(&b, a);
	a.id = 6;
	a.config = PERF_COUNT_SW_DUMMY;
	perf_builder_attr(&b, a);
	a.id = 7;
	a.type = PERF_TYPE_RAW;
	a.config = 0x1a8;
	a.flags = 1 << PERF_FLAG_SAMPLE_ID_ALL | 1 << PERF_FLAG_EXCLUDE_KERNEL;
	perf_builder_attr(&b, a);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	return b;
}

static void samples_belong_to_events_by_their_id(void **state)
{
	struct perf_builder b = two_events(0);
	(void)state;
	add_sample(&b, 7, 1000, 0x401000);
	add_sample(&b, 5, 2000, 0x402000);
	add_sample(&b, 7, 3000, 0x403000);
	add_sample(&b, 99, 4000, 0x404000);
	struct memory_file file = perf_builder_file(&b);
	struct outcome o = run_command(&command_script, "--event", "raw 0x1a8:u", file.path);
	assert_has(o.out, "event samples 1 cpu-clock\nevent samples 2 raw 0x1a8:u\n");
	assert_has(o.out, "kernel no");
	assert_has(o.out, "period 999 ip 401000");
	assert_has(o.out, "ip 403000");
	assert_lacks(o.out, "ip 402000");
	assert_has(o.err, "the record of type 9 at offset"); /* of the unknown event */
	outcome_fini(&o);
	o = run_command(&command_script, "--event", "cycles", file.path);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_has(o.err, "has no event 'cycles'; it has cpu-clock");
	outcome_fini(&o);
	close(file.fd);
	perf_builder_fini(&b);
}

static void the_identifier_comes_first(void **state)
{
	struct perf_builder b = two_events(PERF_SAMPLE_IDENTIFIER);
	(void)state;
	for (uint64_t id = 5; id < 8; id += 2) {
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
		buf_u64(&b.data, id);
		buf_u64(&b.data, 0x401000);
		put_who(&b.data, 11, 12);
		buf_u64(&b.data, 1000);
		buf_u64(&b.data, 0xbad);
		perf_builder_end(&b);
	}
	CHECK(&b, "event samples 1 cpu-clock", "event samples 1 raw", "11/12 cpu 0", "ip 401000");
}

static void events_without_a_name_get_one(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t config;
		const char *name;
	} events[] = {
		{ PERF_TYPE_HARDWARE, 0, "cycles" },
		{ PERF_TYPE_HARDWARE, UINT64_C(10) << 32 | 1, "instructions" },
		{ PERF_TYPE_SOFTWARE, 2, "page-faults" },
		{ PERF_TYPE_HW_CACHE, 0x10003, "dTLB-load-misses" },
		{ PERF_TYPE_HW_CACHE, 0x200, "L1-dcache-prefetches" },
		{ PERF_TYPE_TRACEPOINT, 314, "tracepoint 314" },
		{ 8, 3, "uprobe/config=0x3/" },
		{ 77, 3, "type 77 config 0x3" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		struct perf_builder b = { 0 };
		struct perf_builder_attr a = cpu_clock;
		char expected[64];
		a.type = events[i].type;
		a.config = events[i].config;
		perf_builder_attr(&b, a);
		buf_u32(&b.features[PERF_FEAT_PMU_MAPPINGS], 1);
		buf_u32(&b.features[PERF_FEAT_PMU_MAPPINGS], 8);
		perf_builder_text(&b.features[PERF_FEAT_PMU_MAPPINGS], "uprobe");
		add_sample(&b, 5, 1000, 0x401000);
		snprintf(expected, sizeof(expected), "event samples 1 %s\n", events[i].name);
		CHECK(&b, expected);
	}
}

static void the_header_tells_of_the_machine(void **state)
{
	struct perf_builder b = builder();
	struct buf *cmd = &b.features[PERF_FEAT_CMDLINE], *desc = &b.features[PERF_FEAT_EVENT_DESC];
	(void)state;
	buf_u32(cmd, 3);
	perf_builder_text(cmd, "perf");
	perf_builder_text(cmd, "record");
	perf_builder_text(cmd, "it's");
	add_sample(&b, 5, 1000, 0x401000);
	buf_u32(desc, 1);
	buf_u32(desc, PERF_BUILDER_ATTR_BYTES);
	perf_builder_put_attr(desc, &cpu_clock);
	buf_u32(desc, 1);
	perf_builder_text(desc, "my clock");
	buf_u64(desc, 5);
	struct memory_file files[] = { perf_builder_file(&b), perf_builder_pipe(&b) };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct outcome o = script_of(files[i]);
		assert_has(o.out,
			"meta arch x86_64 event my clock frequency 999 period 0 stack "
			"none,0 kernel yes command perf record 'it'\\x5c''s'\n");
		outcome_fini(&o);
	}
	perf_builder_fini(&b);
}

static void made_up_forks_do_not_inherit(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	add_fork(&b, PERF_RECORD_MISC_FORK_EXEC, 0, 21, 21, 11); /* a process, found at the start */
	add_fork(&b, PERF_RECORD_MISC_FORK_EXEC, 0, 21, 22, 21); /* its thread */
	add_fork(&b, 0, 0, 23, 23, 11);                          /* as perf before 4.20 tells it */
	add_fork(&b, 0, 2000, 31, 31, 11);
	add_sample(&b, 5, 1000, 0x401000);
	struct outcome o = script_of(perf_builder_file(&b));
	assert_lacks(o.out, " 21/21 parent");
	assert_lacks(o.out, " 23/23 parent");
	assert_has(o.out, " 21/22 parent 21/21");
	assert_has(o.out, "fork 0.000001000 31/31 parent 11/11");
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static void only_executable_mappings_of_processes_are_given(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	add_mmap(&b, USER, 11, "/bin/code");
	add_mmap(&b, USER | PERF_RECORD_MISC_MMAP_DATA, 11, "/bin/data");
	add_mmap(&b, KERNEL, UINT32_MAX, "[kernel.kallsyms]_text");
	add_mmap(&b, PERF_RECORD_MISC_GUEST_KERNEL, 0, "[guest.kernel.kallsyms]");
	struct outcome o = script_of(perf_builder_file(&b));
	assert_has(o.out, "mmap 0.000000000 11/11 0x400000-0x401000 off 0x2000 prot 5");
	assert_int_equal(count_of(o.out, "\nmmap "), 1);
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static void add_mmap_with_build_id(struct perf_builder *b)
{
	perf_builder_begin(b, PERF_RECORD_MMAP2, USER | PERF_RECORD_MISC_MMAP_BUILD_ID);
	put_who(&b->data, 11, 12);
	for (int i = 0; i < 3; i++)
		buf_u64(&b->data, 0x1000);
	buf_u32(&b->data, 4); /* bytes of build-id */
	buf_bytes(&b->data, "\xde\xad\xbe\xef................", 20);
	buf_u32(&b->data, 5);
	buf_u32(&b->data, 2);
	perf_builder_str(&b->data, "/bin/a");
	put_trailer(b, 1000);
	perf_builder_end(b);
}

static void build_ids_that_were_not_asked_for_are_none(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	add_mmap_with_build_id(&b);
	struct outcome o = script_of(perf_builder_file(&b));
	assert_has(o.out, "/bin/a");
	assert_int_equal(count_of(o.out, "deadbeef"), 0);
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static void build_ids_come_with_mappings_and_in_a_table(void **state)
{
	struct perf_builder b = builder();
	struct buf *table = &b.features[PERF_FEAT_BUILD_ID];
	(void)state;
	b.attrs[0].flags |= UINT64_C(1) << PERF_FLAG_BUILD_ID;
	add_mmap_with_build_id(&b);
	buf_u32(table, 0);
	buf_u16(table, USER | PERF_MISC_BUILD_ID_SIZE);
	buf_u16(table, 8 + 4 + 24 + 8);
	buf_u32(table, UINT32_MAX);
	buf_bytes(table, "\xca\xfe\xba\xbe................\x04...", 24);
	perf_builder_str(table, "/bin/b");
	CHECK(&b, "build-id", "cafebabe /bin/b\n", "build-id deadbeef /bin/a\n");
}

static void losses_are_not_told_twice(void **state)
{
	(void)state;
	for (uint64_t at_end = 0; at_end < 200; at_end += 70) {
		struct perf_builder b = builder();
		char expected[64];
		uint64_t more = at_end > 100 ? at_end - 100 : 0;
		add_words(&b, PERF_RECORD_LOST, 0, 5, 100, 2000);
		/* filtered by BPF: never meant to be samples */
		perf_builder_begin(&b, PERF_RECORD_LOST_SAMPLES, PERF_MISC_LOST_BY_FILTER);
		buf_u64(&b.data, 5000);
		put_trailer(&b, 0);
		perf_builder_end(&b);
		perf_builder_begin(&b, PERF_RECORD_LOST_SAMPLES, 0);
		buf_u64(&b.data, at_end);
		put_trailer(&b, 0);
		perf_builder_end(&b);
		struct outcome o = script_of(perf_builder_file(&b));
		assert_has(o.out, " 100 samples on cpu 0\n");
		snprintf(expected, sizeof(expected), " %d samples on cpu 0\n", (int)more);
		assert_int_equal(count_of(o.out, "\nlost "), 1 + (more > 0));
		if (more)
			assert_has(o.out, expected);
		outcome_fini(&o);
		perf_builder_fini(&b);
	}
}

static void other_records_are_counted_by_kind(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	for (uint32_t type = 100; type < 140; type++)
		add_words(&b, type, 0, 1, 2, 3);
	add_words(&b, 50, 0, 1, 2, 3);
	add_words(&b, PERF_RECORD_SWITCH, 0, 1, 2, 3);
	add_words(&b, PERF_RECORD_CGROUP, 0, 1, 2, 3);
	/* 40 bytes hang behind it, which begin like a record without a size */
	perf_builder_begin(&b, PERF_DATA_AUXTRACE, 0);
	buf_u64(&b.data, 40);
	for (int i = 0; i < 4; i++)
		buf_u64(&b.data, 0);
	perf_builder_end(&b);
	for (int i = 0; i < 5; i++)
		buf_u64(&b.data, 0);
	add_sample(&b, 5, 1000, 0x401000);
	CHECK(&b, "ip 401000", "1 records of unknown type 100 passed over\n",
		"records of other unknown types passed over\n");
	b = builder();
	add_words(&b, PERF_DATA_AUXTRACE_ERROR, 0, 1, 2, 3);
	add_words(&b, 50, 0, 1, 2, 3);
	add_words(&b, 50, 0, 1, 2, 3);
	CHECK(&b, "1 auxtrace error records passed over\n",
		"2 records of unknown type 50 passed over\n");
}

static void symbols_of_the_kernel_are_handed_on(void **state)
{
	(void)state;
	for (uint16_t gone = 0; gone < 2; gone++) {
		struct perf_builder b = builder();
		perf_builder_begin(&b, PERF_RECORD_KSYMBOL, 0);
		buf_u64(&b.data, 0xffffffffc0001000);
		buf_u32(&b.data, 0x80);
		buf_u16(&b.data, PERF_RECORD_KSYMBOL_TYPE_BPF);
		buf_u16(&b.data, gone);
		perf_builder_str(&b.data, "bpf_prog_1");
		put_trailer(&b, 0);
		perf_builder_end(&b);
		struct outcome o = script_of(perf_builder_file(&b));
		assert_int_equal(
			count_of(o.out, "kernel-symbol ffffffffc0001000+80 bpf_prog_1 bpf\n"),
			!gone);
		outcome_fini(&o);
		perf_builder_fini(&b);
	}
}

static void the_idle_process_gets_its_name(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	buf_u64(&b.data, 1);
	put_who(&b.data, 0, 0);
	buf_u64(&b.data, 1000);
	buf_u64(&b.data, 5);
	perf_builder_end(&b);
	CHECK(&b, " 0/0 name swapper\n");
}

static void without_times_the_order_of_the_file_is_kept(void **state)
{
	struct perf_builder b = { 0 };
	struct perf_builder_attr a = cpu_clock;
	(void)state;
	a.sample_type &= ~(uint64_t)(PERF_SAMPLE_TIME | PERF_SAMPLE_ID);
	perf_builder_attr(&b, a);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	for (uint64_t i = 0; i < 2; i++) {
		perf_builder_begin(&b, PERF_RECORD_COMM, 0);
		put_who(&b.data, 11, 12);
		perf_builder_str(&b.data, i ? "second" : "first");
		put_who(&b.data, 11, 12);
		perf_builder_end(&b);
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
		buf_u64(&b.data, 0x401000 + i);
		put_who(&b.data, 11, 12);
		perf_builder_end(&b);
	}
	CHECK(&b, "name first\n", "ip 401000\n", "name second\n", "ip 401001\n");
}

static void events_without_times_follow_the_samples_before(void **state)
{
	struct perf_builder b = { 0 };
	struct perf_builder_attr a = cpu_clock;
	(void)state;
	a.flags = 0;
	perf_builder_attr(&b, a);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	for (uint64_t i = 0; i < 2; i++) {
		perf_builder_begin(&b, PERF_RECORD_COMM, 0);
		put_who(&b.data, 11, 12);
		perf_builder_str(&b.data, i ? "second" : "first");
		perf_builder_end(&b);
		add_sample(&b, 5, 1000 + i, 0x401000 + i);
	}
	CHECK(&b, "name first\n", "ip 401000", "ip 401001");
}

static void a_deferred_chain_is_found(void **state)
{
	struct perf_builder b = { 0 };
	struct perf_builder_attr a = cpu_clock;
	(void)state;
	a.sample_type |= PERF_SAMPLE_CALLCHAIN;
	perf_builder_attr(&b, a);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	for (uint64_t i = 0; i < 3; i++) {
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, KERNEL);
		buf_u64(&b.data, 0xffffffff81000000);
		put_who(&b.data, 11, 12);
		buf_u64(&b.data, 1000 + i);
		buf_u64(&b.data, 5);
		buf_u64(&b.data, 4);
		buf_u64(&b.data, (uint64_t)-128);
		buf_u64(&b.data, 0xffffffff81000000);
		buf_u64(&b.data, PERF_CHAIN_USER_DEFERRED);
		buf_u64(&b.data, i == 2 ? 0x99 : 0x77);
		perf_builder_end(&b);
	}
	for (uint64_t tid = 12; tid < 14; tid++) {
		perf_builder_begin(&b, PERF_DATA_CALLCHAIN_DEFERRED, USER);
		buf_u64(&b.data, tid == 12 ? 0x77 : 0x99);
		buf_u64(&b.data, 3);
		buf_u64(&b.data, (uint64_t)-512);
		buf_u64(&b.data, 0x401000);
		buf_u64(&b.data, 0x402000);
		put_who(&b.data, 11, (uint32_t)tid);
		buf_u64(&b.data, 3000);
		buf_u64(&b.data, 5);
		perf_builder_end(&b);
	}
	CHECK(&b, "kernel-stack ffffffff81000000 user-stack 401000,402000\n",
		"kernel-stack ffffffff81000000 user-stack 401000,402000\n",
		"kernel-stack ffffffff81000000\n",
		"1 samples whose user stack was to come later, and did not\n");
}

static void data_behind_a_pipes_record_is_stepped_over(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	perf_builder_begin(&b, PERF_DATA_TRACING_DATA, 0);
	buf_u32(&b.data, 21); /* padded to 24 */
	perf_builder_end(&b);
	buf_bytes(&b.data, "xxxxxxxxxxxxxxxxxxxxxxxx", 24);
	add_sample(&b, 5, 1000, 0x401000);
	struct outcome o = script_of(perf_builder_pipe(&b));
	assert_has(o.out, "ip 401000");
	assert_string_equal(o.err, "");
	outcome_fini(&o);
	perf_builder_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_in_the_order_of_time),
		cmocka_unit_test(many_runs_are_merged_stably),
		cmocka_unit_test(samples_belong_to_events_by_their_id),
		cmocka_unit_test(the_identifier_comes_first),
		cmocka_unit_test(events_without_a_name_get_one),
		cmocka_unit_test(the_header_tells_of_the_machine),
		cmocka_unit_test(made_up_forks_do_not_inherit),
		cmocka_unit_test(only_executable_mappings_of_processes_are_given),
		cmocka_unit_test(build_ids_come_with_mappings_and_in_a_table),
		cmocka_unit_test(build_ids_that_were_not_asked_for_are_none),
		cmocka_unit_test(losses_are_not_told_twice),
		cmocka_unit_test(other_records_are_counted_by_kind),
		cmocka_unit_test(symbols_of_the_kernel_are_handed_on),
		cmocka_unit_test(the_idle_process_gets_its_name),
		cmocka_unit_test(without_times_the_order_of_the_file_is_kept),
		cmocka_unit_test(events_without_times_follow_the_samples_before),
		cmocka_unit_test(a_deferred_chain_is_found),
		cmocka_unit_test(data_behind_a_pipes_record_is_stepped_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
