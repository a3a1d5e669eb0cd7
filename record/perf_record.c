/*
 * Decodes the kernel's records. They come from the kernel, but every read is checked against the
 * record's size all the same: a kernel that appends fields must not lead us astray.
 */
#include "record/perf_record.h"

#include "common/cursor.h"
#include "common/defs.h"

#include <string.h>

/* The sample_id trailer: pid, tid; time; cpu, reserved; identifier. */
enum { TRAILER_BYTES = 32, TRAILER_TIME = 8, TRAILER_CPU = 16 };
/* A sample: header, identifier, ip, pid and tid, time, cpu and reserved; then what was asked for.
 */
enum { SAMPLE_IP = 16, SAMPLE_PID = 24, SAMPLE_TIME = 32, SAMPLE_CPU = 40, SAMPLE_FIXED = 48 };
enum { RECORD_MAX_WORDS = 8192 }; /* a record's size is a u16 */

static uint64_t load_u64(const struct perf_event_header *record, size_t offset)
{
	uint64_t value;
	memcpy(&value, (const uint8_t *)record + offset, sizeof(value));
	return value;
}

static struct cursor body_of(const struct perf_event_header *record)
{
	const uint8_t *bytes = (const uint8_t *)record;
	size_t end = MAX(record->size, sizeof(*record) + TRAILER_BYTES) - TRAILER_BYTES;
	struct cursor c = cursor_make(bytes, MIN(end, record->size));
	cursor_skip(&c, sizeof(*record));
	return c;
}

static uint32_t trailer_cpu(const struct perf_event_header *record)
{
	return (uint32_t)load_u64(record, record->size - TRAILER_BYTES + TRAILER_CPU);
}

static bool decode_mmap2(bool has_build_id, struct cursor *c, struct trace_event *event)
{
	event->kind = TRACE_MMAP;
	event->pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	struct trace_mmap *m = &event->mmap;
	m->start = cursor_u64(c);
	m->len = cursor_u64(c);
	m->file_off = cursor_u64(c);
	struct cursor id = cursor_sub(c, 24);
	m->prot = cursor_u32(c);
	m->flags = cursor_u32(c);
	m->path = cursor_str(c);
	if (has_build_id) {
		m->build_id.len = (uint8_t)MIN(cursor_u8(&id), TRACE_BUILD_ID_MAX);
		cursor_skip(&id, 3);
		const uint8_t *bytes = cursor_bytes(&id, TRACE_BUILD_ID_MAX);
		if (bytes)
			memcpy(m->build_id.bytes, bytes, m->build_id.len);
	} else {
		m->dev_major = cursor_u32(&id);
		m->dev_minor = cursor_u32(&id);
		m->inode = cursor_u64(&id);
	}
	return !c->failed && m->path;
}

static bool decode_comm(
	const struct perf_event_header *record, struct cursor *c, struct trace_event *event)
{
	event->kind = TRACE_COMM;
	event->pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	event->comm.name = cursor_str(c);
	event->comm.is_exec = record->misc & PERF_RECORD_MISC_COMM_EXEC;
	return !c->failed && event->comm.name;
}

static bool decode_task(struct cursor *c, enum trace_event_kind kind, struct trace_event *event)
{
	event->kind = kind;
	event->pid = cursor_u32(c);
	uint32_t parent_pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	uint32_t parent_tid = cursor_u32(c);
	event->time_ns = cursor_u64(c);
	if (kind == TRACE_FORK) {
		event->fork.parent_pid = parent_pid;
		event->fork.parent_tid = parent_tid;
	}
	return !c->failed;
}

static bool decode_lost(const struct perf_event_header *record, struct cursor *c, bool of_sideband,
	struct trace_event *event)
{
	event->kind = TRACE_LOST;
	if (record->type == PERF_RECORD_LOST)
		cursor_skip(c, 8); /* the event's id */
	event->lost.count = cursor_u64(c);
	event->lost.cpu = trailer_cpu(record);
	event->lost.of_sideband = of_sideband;
	return !c->failed;
}

static bool decode_throttle(const struct perf_event_header *record, struct trace_event *event)
{
	event->kind = TRACE_THROTTLE;
	event->throttle.cpu = trailer_cpu(record);
	event->throttle.resumed = record->type == PERF_RECORD_UNTHROTTLE;
	return true;
}

int32_t perf_record_sample_pid(const struct perf_event_header *record)
{
	return record->size >= SAMPLE_FIXED ? (int32_t)load_u64(record, SAMPLE_PID) : -1;
}

uint64_t perf_record_time(const struct perf_event_header *record)
{
	if (record->type == PERF_RECORD_SAMPLE)
		return record->size >= SAMPLE_TIME + 8 ? load_u64(record, SAMPLE_TIME) : 0;
	if (record->size < sizeof(*record) + TRAILER_BYTES)
		return 0;
	return load_u64(record, record->size - TRAILER_BYTES + TRAILER_TIME);
}

bool perf_record_event(const struct perf_event_header *record, struct perf_record_origin origin,
	struct trace_event *ret_event)
{
	if (record->size < sizeof(*record) + TRAILER_BYTES)
		return false;
	struct cursor c = body_of(record);
	struct trace_event event = { .time_ns = perf_record_time(record) };
	uint64_t who = load_u64(record, record->size - TRAILER_BYTES);
	event.pid = (uint32_t)who;
	event.tid = (uint32_t)(who >> 32);
	bool ok = false;
	switch (record->type) {
	case PERF_RECORD_MMAP2:
		ok = decode_mmap2(
			origin.has_build_ids && record->misc & PERF_RECORD_MISC_MMAP_BUILD_ID, &c,
			&event);
		break;
	case PERF_RECORD_COMM:
		ok = decode_comm(record, &c, &event);
		break;
	case PERF_RECORD_FORK:
		ok = decode_task(&c, TRACE_FORK, &event);
		break;
	case PERF_RECORD_EXIT:
		ok = decode_task(&c, TRACE_EXIT, &event);
		break;
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		ok = decode_lost(record, &c, origin.of_sideband, &event);
		break;
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		ok = decode_throttle(record, &event);
		break;
	}
	if (ok)
		*ret_event = event;
	return ok;
}

/* A chain mixes the kernel's and the user's part, each behind a PERF_CONTEXT_* marker. */
static void split_chain(const uint8_t *pcs, uint64_t n, struct perf_sample_scratch *scratch,
	struct trace_sample *sample)
{
	uint32_t ignored = 0;
	uint32_t *n_part = &ignored;
	uint64_t *part = NULL;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t pc;
		memcpy(&pc, pcs + 8 * i, sizeof(pc));
		if (pc == PERF_CONTEXT_KERNEL) {
			part = scratch->kernel_pcs;
			n_part = &sample->n_kernel_pcs;
		} else if (pc == PERF_CONTEXT_USER) {
			part = scratch->user_pcs;
			n_part = &sample->n_user_pcs;
		} else if (pc >= PERF_CONTEXT_MAX) {
			part = NULL;
		} else if (part && *n_part < TRACE_MAX_CHAIN) {
			part[(*n_part)++] = pc;
		}
	}
	sample->kernel_pcs = scratch->kernel_pcs;
	sample->user_pcs = scratch->user_pcs;
}

static void decode_chain(
	struct cursor *c, struct perf_sample_scratch *scratch, struct trace_sample *sample)
{
	uint64_t n = cursor_u64(c);
	const uint8_t *pcs = n <= RECORD_MAX_WORDS ? cursor_bytes(c, 8 * n) : NULL;
	if (pcs)
		split_chain(pcs, n, scratch, sample);
	else
		c->failed = true;
}

static void decode_registers(
	struct cursor *c, const struct arch *arch, uint64_t *ret_abi, struct trace_sample *sample)
{
	*ret_abi = cursor_u64(c);
	if (*ret_abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	size_t n = (size_t)__builtin_popcountll(arch->perf_mask);
	const uint8_t *values = cursor_bytes(c, 8 * n);
	if (!values)
		return;
	for (uint64_t left = arch->perf_mask; left; left &= left - 1, values += 8) {
		uint8_t reg = arch->perf_to_dwarf[__builtin_ctzll(left)];
		memcpy(&sample->regs[reg], values, sizeof(sample->regs[reg]));
		sample->regs_mask |= UINT64_C(1) << reg;
	}
}

static void decode_stack(struct cursor *c, struct trace_sample *sample)
{
	uint64_t size = cursor_u64(c);
	if (size == 0)
		return;
	const uint8_t *bytes = cursor_bytes(c, size);
	uint64_t used = cursor_u64(c);
	if (!bytes || c->failed || used > size)
		return;
	/* Records are 8-aligned, and so is everything in them. */
	sample->stack.words = (const uint64_t *)(const void *)bytes;
	sample->stack.n_words = (uint32_t)(used / 8);
	sample->stack.truncated = used == size;
}

/* A 32-bit process: its words are not 64 bits wide, so the sieve would look at pairs of them. */
static void drop_user_part(struct trace_sample *sample)
{
	sample->regs_mask = 0;
	memset(sample->regs, 0, sizeof(sample->regs));
	memset(&sample->stack, 0, sizeof(sample->stack));
}

bool perf_record_sample(const struct perf_event_header *record, uint64_t sample_type,
	const struct arch *arch, struct perf_sample_scratch *scratch,
	struct trace_sample *ret_sample)
{
	struct cursor c = cursor_make(record, record->size);
	struct trace_sample *s = ret_sample;
	uint64_t abi = PERF_SAMPLE_REGS_ABI_NONE;
	memset(s, 0, sizeof(*s));
	if (!cursor_bytes(&c, SAMPLE_FIXED))
		return false;
	s->ip = load_u64(record, SAMPLE_IP);
	s->pid = (uint32_t)load_u64(record, SAMPLE_PID);
	s->tid = (uint32_t)(load_u64(record, SAMPLE_PID) >> 32);
	s->time_ns = load_u64(record, SAMPLE_TIME);
	s->cpu = (uint32_t)load_u64(record, SAMPLE_CPU);
	if (sample_type & PERF_SAMPLE_PERIOD)
		s->period = cursor_u64(&c);
	if ((record->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL)
		s->flags |= TRACE_SAMPLE_IN_KERNEL;
	if (sample_type & PERF_SAMPLE_CALLCHAIN)
		decode_chain(&c, scratch, s);
	if (sample_type & PERF_SAMPLE_REGS_USER)
		decode_registers(&c, arch, &abi, s);
	if (sample_type & PERF_SAMPLE_STACK_USER)
		decode_stack(&c, s);
	if (abi != PERF_SAMPLE_REGS_ABI_64)
		drop_user_part(s);
	return !c.failed;
}
