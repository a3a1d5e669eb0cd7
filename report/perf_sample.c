/*
 * See perf_sample.h. The order of the fields is fixed, each is there if its bit of sample_type is
 * set; so each is read, of use or not.
 */
#include "report/perf_sample.h"

#include <string.h>

enum part { PART_NONE, PART_KERNEL, PART_USER };

/* A chain, or a stack of branches, and what is left of it. */
struct chain {
	const struct arch *arch;
	struct perf_sample_room *room;
	struct trace_sample *sample;
	struct perf_sample_extra *extra;
	enum part part;
	bool has_markers;
};

static void add_pc(struct chain *chain, uint64_t pc)
{
	struct trace_sample *s = chain->sample;
	enum part part = chain->part;
	if (!chain->has_markers)
		part = pc >= chain->arch->kernel_start ? PART_KERNEL : PART_USER;
	uint32_t *n = part == PART_KERNEL ? &s->n_kernel_pcs : &s->n_user_pcs;
	if (part == PART_NONE)
		return;
	if (*n == TRACE_MAX_CHAIN) {
		chain->extra->is_chain_cut = true;
		return;
	}
	(part == PART_KERNEL ? chain->room->kernel_pcs : chain->room->user_pcs)[(*n)++] = pc;
}

/* A chain mixes the kernel's and the user's part, each behind a PERF_CONTEXT_* marker. */
static void read_chain(struct cursor *c, struct chain *chain)
{
	uint64_t n = cursor_u64(c);
	if (n > cursor_left(c) / 8)
		c->failed = true;
	for (uint64_t i = 0; i < n && !c->failed; i++) {
		uint64_t pc = cursor_u64(c);
		if (pc < PERF_CONTEXT_MAX) {
			add_pc(chain, pc);
			continue;
		}
		chain->has_markers = true;
		chain->part = PART_NONE;
		if (pc == PERF_CONTEXT_KERNEL || pc == PERF_CONTEXT_HV)
			chain->part = PART_KERNEL;
		else if (pc == PERF_CONTEXT_USER)
			chain->part = PART_USER;
		else if (pc == PERF_CHAIN_USER_DEFERRED && i + 1 < n) {
			i++;
			chain->extra->has_cookie = true;
			chain->extra->cookie = cursor_u64(c);
		}
	}
}

static void skip_read_values(struct cursor *c, uint64_t format)
{
	uint64_t per_value = 1 + !!(format & PERF_FORMAT_ID) + !!(format & PERF_READ_LOST);
	uint64_t times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
		!!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t n = 1;
	if (format & PERF_FORMAT_GROUP)
		n = cursor_u64(c);
	if (n > cursor_left(c) / 8)
		c->failed = true;
	else
		cursor_skip(c, 8 * (n * per_value + times));
}

/*
 * The CPU's own record of the calls that are open (LBR): from the call's address to the function's
 * first, innermost first. As a chain of return addresses: what the frames' tables look up is the
 * address before, so one is added. The leaf comes from the sample, or, in the kernel, is the
 * function that the innermost call went to.
 */
static void read_branches(struct cursor *c, const struct perf_desc *desc, struct chain *chain)
{
	uint64_t n = cursor_u64(c);
	if (desc->branch_type & PERF_SAMPLE_BRANCH_HW_INDEX)
		cursor_skip(c, 8);
	uint64_t words = desc->branch_type & PERF_BRANCH_COUNTERS ? 4 : 3;
	if (n > cursor_left(c) / 8 / words) {
		c->failed = true;
		return;
	}
	struct cursor entries = cursor_sub(c, 24 * n);
	cursor_skip(c, 8 * n * (words - 3));
	struct trace_sample *s = chain->sample;
	if (!(desc->branch_type & PERF_SAMPLE_BRANCH_CALL_STACK) || !n)
		return;
	chain->part = PART_USER;
	chain->has_markers = true;
	s->n_user_pcs = 0;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t from = cursor_u64(&entries);
		uint64_t to = cursor_u64(&entries);
		cursor_skip(&entries, 8);
		if (from >= chain->arch->kernel_start || to >= chain->arch->kernel_start)
			continue;
		if (s->n_user_pcs == 0)
			add_pc(chain, s->flags & TRACE_SAMPLE_IN_KERNEL ? to : s->ip);
		if (from)
			add_pc(chain, from + 1);
	}
}

/* ret_abi: PERF_SAMPLE_REGS_ABI_*. sample NULL: to be passed over. */
static void read_registers(struct cursor *c, uint64_t mask, const struct arch *arch,
	uint64_t *ret_abi, struct trace_sample *sample)
{
	*ret_abi = cursor_u64(c);
	if (*ret_abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	for (uint64_t left = mask; left; left &= left - 1) {
		unsigned int bit = (unsigned int)__builtin_ctzll(left);
		uint64_t value = cursor_u64(c);
		if (!sample || !(arch->perf_mask >> bit & 1))
			continue;
		uint8_t reg = arch->perf_to_dwarf[bit];
		sample->regs[reg] = value;
		sample->regs_mask |= UINT64_C(1) << reg;
	}
}

static void read_stack(struct cursor *c, struct perf_sample_room *room, struct trace_stack *stack)
{
	uint64_t size = cursor_u64(c);
	if (size == 0)
		return;
	const uint8_t *bytes = cursor_bytes(c, size);
	uint64_t used = cursor_u64(c);
	if (!bytes || c->failed || used > size) {
		c->failed = true;
		return;
	}
	stack->n_words = (uint32_t)MIN(used / 8, (uint64_t)TRACE_MAX_STACK_WORDS);
	stack->truncated = used == size;
	if ((uintptr_t)bytes % 8 == 0) {
		stack->words = (const uint64_t *)(const void *)bytes;
		return;
	}
	memcpy(room->words, bytes, stack->n_words * sizeof(room->words[0]));
	stack->words = room->words;
}

static void read_who(struct cursor *c, struct trace_sample *s)
{
	s->pid = cursor_u32(c);
	s->tid = cursor_u32(c);
}

static void skip_raw(struct cursor *c)
{
	cursor_skip(c, cursor_u32(c));
}

/* The fields up to the registers: who, when, where from. */
static void read_head(struct cursor *c, const struct perf_desc *desc, struct chain *chain)
{
	struct trace_sample *s = chain->sample;
	uint64_t type = desc->sample_type;
	if (type & PERF_SAMPLE_IDENTIFIER)
		cursor_skip(c, 8);
	if (type & PERF_SAMPLE_IP)
		s->ip = cursor_u64(c);
	if (type & PERF_SAMPLE_TID)
		read_who(c, s);
	if (type & PERF_SAMPLE_TIME)
		s->time_ns = cursor_u64(c);
	if (type & PERF_SAMPLE_ADDR)
		cursor_skip(c, 8);
	if (type & PERF_SAMPLE_ID)
		cursor_skip(c, 8);
	if (type & PERF_SAMPLE_STREAM_ID)
		cursor_skip(c, 8);
	if (type & PERF_SAMPLE_CPU)
		s->cpu = (uint32_t)cursor_u64(c);
	s->period = type & PERF_SAMPLE_PERIOD ? cursor_u64(c) : perf_desc_period(desc);
	if (type & PERF_SAMPLE_READ)
		skip_read_values(c, desc->read_format);
}

/* Where the CPU was: by the record's header, or if that does not tell, by the address. */
static void find_mode(const uint8_t *record, const struct arch *arch, struct trace_sample *s,
	struct perf_sample_extra *extra)
{
	struct cursor c = cursor_make(record, PERF_RECORD_HEADER_BYTES);
	cursor_skip(&c, 4);
	uint16_t mode = cursor_u16(&c) & PERF_RECORD_MISC_CPUMODE_MASK;
	extra->is_guest =
		mode == PERF_RECORD_MISC_GUEST_KERNEL || mode == PERF_RECORD_MISC_GUEST_USER;
	bool in_kernel = mode == PERF_RECORD_MISC_KERNEL || mode == PERF_RECORD_MISC_HYPERVISOR ||
		extra->is_guest;
	if (mode == PERF_RECORD_MISC_CPUMODE_UNKNOWN)
		in_kernel = s->ip >= arch->kernel_start;
	s->flags = in_kernel ? TRACE_SAMPLE_IN_KERNEL : 0;
}

static void drop_user_stack(struct trace_sample *s)
{
	s->regs_mask = 0;
	memset(s->regs, 0, sizeof(s->regs));
	s->stack = (struct trace_stack){ 0 };
}

/* What of the fields is used, when there are several to choose from. */
static void choose_parts(struct trace_sample *s, const struct perf_desc *desc, uint64_t regs_abi,
	struct perf_sample_extra *extra)
{
	extra->is_32_bit = regs_abi == PERF_SAMPLE_REGS_ABI_32;
	if (regs_abi != PERF_SAMPLE_REGS_ABI_64 || !(desc->sample_type & PERF_SAMPLE_STACK_USER))
		drop_user_stack(s);
	else
		s->n_user_pcs = 0;
	if (!extra->is_guest)
		return;
	drop_user_stack(s);
	s->ip = 0;
	s->n_user_pcs = s->n_kernel_pcs = 0;
}

bool perf_sample_read(const struct perf_desc *desc, const struct arch *arch, const uint8_t *record,
	size_t n, struct perf_sample_room *room, struct trace_sample *ret_sample,
	struct perf_sample_extra *ret_extra)
{
	struct trace_sample *s = ret_sample;
	struct cursor c = cursor_make(record, n);
	struct chain chain = { .arch = arch, .room = room, .sample = s, .extra = ret_extra };
	uint64_t type = desc->sample_type, abi = PERF_SAMPLE_REGS_ABI_NONE;
	memset(s, 0, sizeof(*s));
	*ret_extra = (struct perf_sample_extra){ 0 };
	if (!cursor_skip(&c, PERF_RECORD_HEADER_BYTES))
		return false;
	read_head(&c, desc, &chain);
	find_mode(record, arch, s, ret_extra);
	if (type & PERF_SAMPLE_CALLCHAIN)
		read_chain(&c, &chain);
	if (type & PERF_SAMPLE_RAW)
		skip_raw(&c);
	if (type & PERF_SAMPLE_BRANCH_STACK)
		read_branches(&c, desc, &chain);
	if (type & PERF_SAMPLE_REGS_USER)
		read_registers(&c, desc->regs_user, arch, &abi, s);
	if (type & PERF_SAMPLE_STACK_USER)
		read_stack(&c, room, &s->stack);
	/* Weight, data_src, transaction, regs_intr, phys_addr, cgroup, page sizes and aux follow;
	 * nothing behind them is needed. */
	s->kernel_pcs = room->kernel_pcs;
	s->user_pcs = room->user_pcs;
	choose_parts(s, desc, abi, ret_extra);
	return !c.failed;
}

bool perf_sample_add_deferred(const uint8_t *record, size_t n, const struct arch *arch,
	struct perf_sample_room *room, struct trace_sample *sample, struct perf_sample_extra *extra)
{
	struct cursor c = cursor_make(record, n);
	struct chain chain = { .arch = arch, .room = room, .sample = sample, .extra = extra };
	cursor_skip(&c, PERF_RECORD_HEADER_BYTES + 8); /* and the cookie */
	chain.part = PART_USER;
	chain.has_markers = true;
	read_chain(&c, &chain);
	return !c.failed;
}
