/*
 * Samples of perf.data in every layout: each field that comes before what is needed may be there or
 * not, chains have their markers, stacks may lie anywhere.
 */
#include "report/perf_sample.h"
#include "report/perf_reuse.h"
#include "report/test/perf_builder.h"

enum { KERNEL = PERF_RECORD_MISC_KERNEL, USER = PERF_RECORD_MISC_USER };
static const uint64_t context_kernel = (uint64_t)-128, context_user = (uint64_t)-512,
		      context_guest_kernel = (uint64_t)-2176;
static const uint64_t kernel_pc = 0xffffffff81000010;

struct read_back {
	struct perf_sample_room room;
	struct trace_sample sample;
	struct perf_sample_extra extra;
	bool ok;
};

static struct perf_desc desc_of(const struct perf_builder_attr *attr)
{
	struct buf b = BUF_INIT;
	struct perf_desc desc;
	perf_builder_put_attr(&b, attr);
	struct cursor c = cursor_make(b.data, b.len);
	assert_true(perf_desc_read(&c, &desc));
	assert_int_equal(cursor_left(&c), 0);
	buf_fini(&b);
	return desc;
}

/* The record in b.data as a sample; r is static because it is big. */
static struct read_back *read_sample(
	const struct perf_builder_attr *attr, const struct perf_builder *b, const struct arch *arch)
{
	static struct read_back r;
	struct perf_desc desc = desc_of(attr);
	r.ok = perf_sample_read(
		&desc, arch, b->data.data, b->data.len, &r.room, &r.sample, &r.extra);
	return &r;
}

static void put_u64s(struct buf *b, const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_u64(b, values[i]);
}
#define PUT(b, ...)                                    \
	put_u64s(b, (const uint64_t[]){ __VA_ARGS__ }, \
		sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static void put_noise(struct buf *b, uint64_t n_words)
{
	for (; n_words; n_words--)
		buf_u64(b, rng());
}

static uint64_t words_of_read(uint64_t format, uint64_t n)
{
	uint64_t times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
		!!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	return times + n * (1 + !!(format & PERF_FORMAT_ID) + !!(format & PERF_READ_LOST));
}

static void put_head(struct buf *b, const struct perf_builder_attr *a)
{
	uint64_t type = a->sample_type;
	put_noise(b, !!(type & PERF_SAMPLE_IDENTIFIER));
	if (type & PERF_SAMPLE_IP)
		buf_u64(b, 0x401000);
	if (type & PERF_SAMPLE_TID)
		buf_u64(b, UINT64_C(12) << 32 | 11);
	if (type & PERF_SAMPLE_TIME)
		buf_u64(b, 1234567);
	put_noise(b,
		!!(type & PERF_SAMPLE_ADDR) + !!(type & PERF_SAMPLE_ID) +
			!!(type & PERF_SAMPLE_STREAM_ID));
	if (type & PERF_SAMPLE_CPU)
		buf_u64(b, 7);
	if (type & PERF_SAMPLE_PERIOD)
		buf_u64(b, 99);
	if (type & PERF_SAMPLE_READ) {
		uint64_t n = a->read_format & PERF_FORMAT_GROUP ? 1 + below(4) : 1;
		if (a->read_format & PERF_FORMAT_GROUP)
			buf_u64(b, n);
		put_noise(b, words_of_read(a->read_format, n));
	}
}

static void put_tail(struct buf *b, const struct perf_builder_attr *a)
{
	uint64_t type = a->sample_type;
	if (type & PERF_SAMPLE_CALLCHAIN)
		PUT(b, 4, context_kernel, kernel_pc, context_user, 0x402000);
	if (type & PERF_SAMPLE_RAW) {
		uint32_t size = (uint32_t)(8 * below(5) + 4);
		buf_u32(b, size);
		put_noise(b, size / 8);
		buf_u32(b, 0);
	}
	if (type & PERF_SAMPLE_BRANCH_STACK) {
		uint64_t n = below(4);
		buf_u64(b, n);
		put_noise(b, !!(a->branch_type & PERF_SAMPLE_BRANCH_HW_INDEX));
		put_noise(b, 3 * n + (a->branch_type & PERF_BRANCH_COUNTERS ? n : 0));
	}
	if (type & PERF_SAMPLE_REGS_USER) {
		buf_u64(b, PERF_SAMPLE_REGS_ABI_64);
		for (uint64_t left = a->regs_user; left; left &= left - 1)
			buf_u64(b, 1000 + (uint64_t)__builtin_ctzll(left));
	}
	if (type & PERF_SAMPLE_STACK_USER)
		PUT(b, 24, 0x11, 0x22, 0x33, 16);
	put_noise(b, 20); /* whatever follows */
}

static void every_combination_of_fields_is_read(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct perf_builder_attr a = {
			.sample_type = rng() & ((UINT64_C(1) << 25) - 1),
			.read_format = rng() & 31,
			.branch_type = rng() & ~(uint64_t)PERF_SAMPLE_BRANCH_CALL_STACK,
			.regs_user = 0xff0fff,
			.period = 5,
		};
		struct perf_builder b = { 0 };
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, KERNEL);
		put_head(&b.data, &a);
		put_tail(&b.data, &a);
		perf_builder_end(&b);
		const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
		const struct trace_sample *s = &r->sample;
		uint64_t type = a.sample_type;
		assert_true(r->ok);
		assert_int_equal(s->ip, type & PERF_SAMPLE_IP ? 0x401000 : 0);
		assert_int_equal(s->pid, type & PERF_SAMPLE_TID ? 11 : 0);
		assert_int_equal(s->tid, type & PERF_SAMPLE_TID ? 12 : 0);
		assert_int_equal(s->time_ns, type & PERF_SAMPLE_TIME ? 1234567 : 0);
		assert_int_equal(s->cpu, type & PERF_SAMPLE_CPU ? 7 : 0);
		assert_int_equal(s->period, type & PERF_SAMPLE_PERIOD ? 99 : 5);
		assert_int_equal(s->flags, TRACE_SAMPLE_IN_KERNEL);
		assert_int_equal(s->n_kernel_pcs, type & PERF_SAMPLE_CALLCHAIN ? 1 : 0);
		bool has_dump = type & PERF_SAMPLE_REGS_USER && type & PERF_SAMPLE_STACK_USER;
		assert_int_equal(s->n_user_pcs, type & PERF_SAMPLE_CALLCHAIN && !has_dump);
		assert_int_equal(s->stack.n_words, has_dump ? 2 : 0);
		if (has_dump) {
			assert_int_equal(s->regs[7], 1007);  /* SP is perf's 7 and DWARF's 7 */
			assert_int_equal(s->regs[16], 1008); /* IP */
			assert_int_equal(s->regs[15], 1023);
			assert_int_equal(s->stack.words[1], 0x22);
			assert_false(s->stack.truncated);
		}
		perf_builder_fini(&b);
	}
}

static void a_cut_sample_is_malformed(void **state)
{
	(void)state;
	struct perf_builder_attr a = {
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW |
			PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.read_format = PERF_FORMAT_GROUP,
		.regs_user = 0xff0fff,
	};
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	put_head(&b.data, &a);
	put_tail(&b.data, &a);
	size_t whole = b.data.len - 20 * 8;
	for (b.data.len = 0; b.data.len < whole; b.data.len++)
		assert_false(read_sample(&a, &b, &arch_x86_64)->ok);
	b.data.len = whole;
	assert_true(read_sample(&a, &b, &arch_x86_64)->ok);
	perf_builder_fini(&b);
}

static void counts_beyond_the_record_are_malformed(void **state)
{
	static const uint64_t counts[] = { 3, 1 << 20, UINT64_MAX / 8, UINT64_MAX / 24 + 1,
		UINT64_MAX };
	static const uint64_t types[] = { PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_RAW, PERF_SAMPLE_READ,
		PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_STACK_USER };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		for (size_t k = 0; k < ARRAY_LEN(types); k++) {
			struct perf_builder_attr a = { .sample_type = types[k],
				.read_format = PERF_FORMAT_GROUP };
			struct perf_builder b = { 0 };
			perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
			bool is_raw = types[k] == PERF_SAMPLE_RAW;
			PUT(&b.data, is_raw ? counts[i] | 1 << 20 : counts[i], 1, 2);
			b.data.len -= types[k] == PERF_SAMPLE_READ && i == 0 ? 16 : 8;
			assert_false(read_sample(&a, &b, &arch_x86_64)->ok);
			perf_builder_fini(&b);
		}
}

static void chains_are_split_by_their_markers(void **state)
{
	(void)state;
	struct perf_builder_attr a = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN };
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, KERNEL);
	PUT(&b.data, kernel_pc, 9, (uint64_t)-32, 1, context_kernel, kernel_pc, context_user,
		0x401000, context_guest_kernel, 5, (uint64_t)-4095);
	const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
	assert_true(r->ok);
	assert_int_equal(r->sample.n_kernel_pcs, 2);
	assert_int_equal(r->sample.kernel_pcs[1], kernel_pc);
	assert_int_equal(r->sample.n_user_pcs, 1);
	assert_int_equal(r->sample.user_pcs[0], 0x401000);
	assert_false(r->extra.has_cookie);
	perf_builder_fini(&b);
}

static void a_chain_without_markers_is_split_by_address(void **state)
{
	(void)state;
	struct perf_builder_attr a = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN };
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_CPUMODE_UNKNOWN);
	PUT(&b.data, kernel_pc, 3, kernel_pc, 0x401000, 0x402000);
	const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
	assert_true(r->ok);
	assert_int_equal(r->sample.flags, TRACE_SAMPLE_IN_KERNEL);
	assert_int_equal(r->sample.n_kernel_pcs, 1);
	assert_int_equal(r->sample.n_user_pcs, 2);
	perf_builder_fini(&b);
}

static void a_deferred_chain_is_added_to_its_sample(void **state)
{
	(void)state;
	struct perf_builder_attr a = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN };
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, KERNEL);
	PUT(&b.data, kernel_pc, 4, context_kernel, kernel_pc, PERF_CHAIN_USER_DEFERRED, 0x77);
	struct read_back *r = read_sample(&a, &b, &arch_x86_64);
	assert_true(r->ok);
	assert_true(r->extra.has_cookie);
	assert_int_equal(r->extra.cookie, 0x77);
	assert_int_equal(r->sample.n_user_pcs, 0);
	buf_clear(&b.data);
	perf_builder_begin(&b, PERF_DATA_CALLCHAIN_DEFERRED, USER);
	PUT(&b.data, 0x77, 3, context_user, 0x401000, 0x402000);
	assert_true(perf_sample_add_deferred(
		b.data.data, b.data.len, &arch_x86_64, &r->room, &r->sample, &r->extra));
	assert_int_equal(r->sample.n_kernel_pcs, 1);
	assert_int_equal(r->sample.n_user_pcs, 2);
	assert_int_equal(r->sample.user_pcs[1], 0x402000);
	perf_builder_fini(&b);
}

static void a_chain_longer_than_a_trace_holds_is_cut(void **state)
{
	(void)state;
	struct perf_builder_attr a = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN };
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	PUT(&b.data, 0x401000, TRACE_MAX_CHAIN + 2, context_user);
	for (uint64_t i = 0; i <= TRACE_MAX_CHAIN; i++)
		buf_u64(&b.data, 0x401000 + i);
	const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
	assert_true(r->ok && r->extra.is_chain_cut);
	assert_int_equal(r->sample.n_user_pcs, TRACE_MAX_CHAIN);
	perf_builder_fini(&b);
}

/* What frames are looked up by: the leaf, and one less than each return address. */
static void the_cpus_call_stack_becomes_a_chain(void **state)
{
	(void)state;
	struct perf_builder_attr a = {
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_BRANCH_STACK,
		.branch_type = PERF_SAMPLE_BRANCH_USER | PERF_SAMPLE_BRANCH_CALL_STACK |
			PERF_SAMPLE_BRANCH_HW_INDEX | PERF_BRANCH_COUNTERS,
	};
	for (int in_kernel = 0; in_kernel < 2; in_kernel++) {
		struct perf_builder b = { 0 };
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, in_kernel ? KERNEL : USER);
		PUT(&b.data, in_kernel ? kernel_pc : 0x403044, 2, context_kernel, kernel_pc);
		PUT(&b.data, 3, 0 /* hw_idx */, kernel_pc, kernel_pc, 0, 0x402010, 0x403000, 0,
			0x401010, 0x402000, 0, 1, 2, 3);
		const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
		assert_true(r->ok);
		assert_int_equal(r->sample.n_kernel_pcs, 1);
		assert_int_equal(r->sample.n_user_pcs, 3);
		assert_int_equal(r->sample.user_pcs[0], in_kernel ? 0x403000 : 0x403044);
		assert_int_equal(r->sample.user_pcs[1] - 1, 0x402010);
		assert_int_equal(r->sample.user_pcs[2] - 1, 0x401010);
		perf_builder_fini(&b);
	}
}

static const struct perf_builder_attr dump_attr = {
	.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
	.regs_user = UINT64_C(1) << 32 | UINT64_C(1) << 31 | UINT64_C(1) << 30 | UINT64_C(1) << 46,
};

static void registers_of_aarch64_keep_their_numbers(void **state)
{
	(void)state;
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	PUT(&b.data, 0x401000, PERF_SAMPLE_REGS_ABI_64, 30, 31, 32, 46 /* VG */);
	PUT(&b.data, 8, 0x11, 8);
	const struct read_back *r = read_sample(&dump_attr, &b, &arch_aarch64);
	assert_true(r->ok);
	assert_int_equal(r->sample.regs_mask, UINT64_C(7) << 30);
	assert_int_equal(r->sample.regs[arch_aarch64.lr], 30);
	assert_int_equal(r->sample.regs[arch_aarch64.sp], 31);
	assert_int_equal(r->sample.regs[arch_aarch64.pc], 32);
	assert_true(r->sample.stack.truncated);
	perf_builder_fini(&b);
}

static void a_32_bit_process_has_an_address_only(void **state)
{
	(void)state;
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	PUT(&b.data, 0x401000, PERF_SAMPLE_REGS_ABI_32, 30, 31, 32, 46, 8, 0x11, 8);
	const struct read_back *r = read_sample(&dump_attr, &b, &arch_aarch64);
	assert_true(r->ok && r->extra.is_32_bit);
	assert_int_equal(r->sample.regs_mask, 0);
	assert_int_equal(r->sample.stack.n_words, 0);
	assert_int_equal(r->sample.ip, 0x401000);
	perf_builder_fini(&b);
}

static void a_guest_is_told_as_that(void **state)
{
	(void)state;
	struct perf_builder_attr a = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN };
	struct perf_builder b = { 0 };
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_GUEST_USER);
	PUT(&b.data, 0x401000, 2, context_user, 0x401000);
	const struct read_back *r = read_sample(&a, &b, &arch_x86_64);
	assert_true(r->ok && r->extra.is_guest);
	assert_int_equal(r->sample.ip, 0);
	assert_int_equal(r->sample.n_user_pcs, 0);
	perf_builder_fini(&b);
}

static void a_stack_may_lie_anywhere(void **state)
{
	(void)state;
	struct perf_builder_attr a = dump_attr;
	a.sample_type |= PERF_SAMPLE_RAW;
	for (uint32_t raw = 0; raw < 16; raw++) {
		struct perf_builder b = { 0 };
		perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
		PUT(&b.data, 0x401000);
		buf_u32(&b.data, raw);
		buf_bytes(&b.data, "0123456789abcdef", raw);
		PUT(&b.data, PERF_SAMPLE_REGS_ABI_64, 30, 31, 32, 46, 24, 0x11, 0x22, 0x33, 20);
		const struct read_back *r = read_sample(&a, &b, &arch_aarch64);
		assert_true(r->ok);
		assert_int_equal(r->sample.stack.n_words, 2); /* the third is not whole */
		assert_int_equal(r->sample.stack.words[0], 0x11);
		assert_int_equal(r->sample.stack.words[1], 0x22);
		perf_builder_fini(&b);
	}
}

/* The naive way: from the outer end, one word at a time. */
static void check_reuse(const struct trace_sample *s, uint64_t sp, const uint64_t *old,
	uint64_t old_sp, uint32_t n_old)
{
	uint64_t end = MIN(sp + 8 * s->stack.n_words, old_sp + 8 * n_old);
	uint64_t low = MAX(sp, old_sp), at = end;
	if (end <= low) {
		assert_int_equal(s->stack.reuse_from, s->stack.reuse_to);
		return;
	}
	while (at > low && s->stack.words[(at - 8 - sp) / 8] == old[(at - 8 - old_sp) / 8])
		at -= 8;
	assert_int_equal(s->stack.reuse_to, (end - sp) / 8);
	assert_int_equal(s->stack.reuse_from, (at - sp) / 8);
}

/* A word is a function of its address, but for a few. */
static void equal_outer_words_are_found(void **state)
{
	enum { WORDS = 400, THREADS = 3 };
	static struct perf_reuse reuse;
	static uint64_t stacks[THREADS][2][WORDS];
	uint64_t sps[THREADS] = { 0 };
	uint32_t n_old[THREADS] = { 0 };
	int turn[THREADS] = { 0 };
	(void)state;
	perf_reuse_clear(&reuse);
	for (int round = 0; round < 3000; round++) {
		uint32_t t = (uint32_t)below(THREADS);
		uint64_t *words = stacks[t][turn[t]], *old = stacks[t][!turn[t]];
		uint64_t sp = 0x7000000 + 8 * below(100);
		struct trace_sample s = { .tid = 100 + t };
		s.stack.words = words;
		s.stack.n_words = (uint32_t)below(300);
		for (uint32_t i = 0; i < s.stack.n_words; i++)
			words[i] = sp + 8 * i + (below(150) == 0);
		perf_reuse_find(&reuse, sp, true, &s);
		assert_in_range(s.stack.slot, 0, THREADS - 1);
		check_reuse(&s, sp, old, sps[t], n_old[t]);
		sps[t] = sp;
		n_old[t] = s.stack.n_words;
		turn[t] = !turn[t];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_of_fields_is_read),
		cmocka_unit_test(a_cut_sample_is_malformed),
		cmocka_unit_test(counts_beyond_the_record_are_malformed),
		cmocka_unit_test(chains_are_split_by_their_markers),
		cmocka_unit_test(a_chain_without_markers_is_split_by_address),
		cmocka_unit_test(a_deferred_chain_is_added_to_its_sample),
		cmocka_unit_test(a_chain_longer_than_a_trace_holds_is_cut),
		cmocka_unit_test(the_cpus_call_stack_becomes_a_chain),
		cmocka_unit_test(registers_of_aarch64_keep_their_numbers),
		cmocka_unit_test(a_32_bit_process_has_an_address_only),
		cmocka_unit_test(a_guest_is_told_as_that),
		cmocka_unit_test(a_stack_may_lie_anywhere),
		cmocka_unit_test(equal_outer_words_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
