/*
 * See perf_sideband.h. The layouts are those of perf_event_open(2), and of
 * include/uapi/linux/perf_event.h where the page is behind.
 */
#include "report/perf_sideband.h"

#include <string.h>
#include <sys/mman.h>

static const uint32_t kernel_pid = UINT32_MAX; /* perf maps the kernel into process -1 */

bool perf_record_word(const struct perf_record *record, const struct perf_desc *desc,
	int8_t in_sample, int8_t in_trailer, uint64_t *ret_value)
{
	bool is_sample = record->type == PERF_RECORD_SAMPLE;
	int word = is_sample ? in_sample : in_trailer;
	if (word < 0)
		return false;
	size_t at = PERF_RECORD_HEADER_BYTES + (size_t)word * 8;
	size_t trailer_bytes = (size_t)desc->layout.trailer_words * 8;
	if (!is_sample) {
		if (record->size < PERF_RECORD_HEADER_BYTES + trailer_bytes)
			return false;
		at = record->size - trailer_bytes + (size_t)word * 8;
	}
	struct cursor c = cursor_make(record->bytes, record->n_bytes);
	cursor_seek(&c, at);
	*ret_value = cursor_u64(&c);
	return !c.failed;
}

uint64_t perf_record_id(const struct perf_record *record, const struct perf_desc *desc)
{
	uint64_t id = 0;
	perf_record_word(record, desc, desc->layout.sample_id, desc->layout.trailer_id, &id);
	return id;
}

uint64_t perf_record_time_ns(const struct perf_record *record, const struct perf_desc *desc)
{
	uint64_t time = 0;
	perf_record_word(record, desc, desc->layout.sample_time, desc->layout.trailer_time, &time);
	return time == UINT64_MAX ? 0 : time;
}

static uint32_t cpu_of(const struct perf_record *record, const struct perf_desc *desc)
{
	uint64_t cpu = 0;
	perf_record_word(record, desc, -1, desc->layout.trailer_cpu, &cpu);
	return (uint32_t)cpu;
}

static bool is_of_kernel(const struct perf_record *record, uint32_t pid)
{
	uint16_t mode = record->misc & PERF_RECORD_MISC_CPUMODE_MASK;
	return pid == kernel_pid || mode == PERF_RECORD_MISC_KERNEL ||
		mode == PERF_RECORD_MISC_GUEST_KERNEL || mode == PERF_RECORD_MISC_GUEST_USER;
}

static enum perf_sideband mapping(const struct perf_record *record, struct trace_event *event)
{
	const struct trace_mmap *m = &event->mmap;
	if (is_of_kernel(record, event->pid))
		return PERF_SIDEBAND_KERNEL_MAP;
	return m->prot & PROT_EXEC ? PERF_SIDEBAND_EVENT : PERF_SIDEBAND_KNOWN;
}

/* Both kinds of mappings begin like this. */
static void read_range(struct cursor *c, struct trace_event *event)
{
	event->kind = TRACE_MMAP;
	event->pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	event->mmap.start = cursor_u64(c);
	event->mmap.len = cursor_u64(c);
	event->mmap.file_off = cursor_u64(c);
}

static enum perf_sideband read_mmap(
	const struct perf_record *record, struct cursor *c, struct trace_event *event)
{
	struct trace_mmap *m = &event->mmap;
	read_range(c, event);
	m->path = cursor_str(c);
	m->prot = record->misc & PERF_RECORD_MISC_MMAP_DATA ? PROT_READ : PROT_READ | PROT_EXEC;
	m->flags = MAP_PRIVATE;
	return c->failed ? PERF_SIDEBAND_MALFORMED : mapping(record, event);
}

static void read_build_id(struct cursor *c, struct build_id *id)
{
	uint8_t len = cursor_u8(c);
	cursor_skip(c, 3);
	const uint8_t *bytes = cursor_bytes(c, TRACE_BUILD_ID_MAX);
	if (!bytes)
		return;
	id->len = MIN(len, TRACE_BUILD_ID_MAX);
	memcpy(id->bytes, bytes, id->len);
}

/*
 * The kernel (seen in 6.18) sets the mark for one event and forgets to take it away for the next:
 * so device and inode would pass for a build-id where another program records build-ids at the same
 * time. What perf makes up itself, without a time, it marks rightly.
 */
static bool has_build_id(const struct perf_record *record, const struct perf_desc *desc,
	const struct trace_event *event)
{
	return record->misc & PERF_RECORD_MISC_MMAP_BUILD_ID &&
		(!event->time_ns || perf_desc_flag(desc, PERF_FLAG_BUILD_ID));
}

static enum perf_sideband read_mmap2(const struct perf_record *record, const struct perf_desc *desc,
	struct cursor *c, struct trace_event *event)
{
	struct trace_mmap *m = &event->mmap;
	read_range(c, event);
	struct cursor file = cursor_sub(c, 24);
	if (has_build_id(record, desc, event)) {
		read_build_id(&file, &m->build_id);
	} else {
		m->dev_major = cursor_u32(&file);
		m->dev_minor = cursor_u32(&file);
		m->inode = cursor_u64(&file);
	}
	m->prot = cursor_u32(c);
	m->flags = cursor_u32(c);
	m->path = cursor_str(c);
	return c->failed ? PERF_SIDEBAND_MALFORMED : mapping(record, event);
}

static enum perf_sideband read_comm(
	const struct perf_record *record, struct cursor *c, struct trace_event *event)
{
	event->kind = TRACE_COMM;
	event->pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	event->comm.name = cursor_str(c);
	event->comm.is_exec = record->misc & PERF_RECORD_MISC_COMM_EXEC;
	return c->failed ? PERF_SIDEBAND_MALFORMED : PERF_SIDEBAND_EVENT;
}

/*
 * For each process that it finds at the start, perf makes up a fork. Such a process does not
 * inherit its parent's mappings: its own follow. It begins empty, as one does that no fork told of.
 */
static enum perf_sideband read_task(
	const struct perf_record *record, struct cursor *c, struct trace_event *event)
{
	bool is_fork = record->type == PERF_RECORD_FORK;
	event->pid = cursor_u32(c);
	uint32_t parent_pid = cursor_u32(c);
	event->tid = cursor_u32(c);
	uint32_t parent_tid = cursor_u32(c);
	cursor_u64(c); /* the time, as in the trailer */
	if (c->failed)
		return PERF_SIDEBAND_MALFORMED;
	event->kind = is_fork ? TRACE_FORK : TRACE_EXIT;
	if (!is_fork)
		return PERF_SIDEBAND_EVENT;
	event->fork.parent_pid = parent_pid;
	event->fork.parent_tid = parent_tid;
	bool is_made_up = record->misc & PERF_RECORD_MISC_FORK_EXEC || !event->time_ns;
	return is_made_up && parent_pid != event->pid ? PERF_SIDEBAND_KNOWN : PERF_SIDEBAND_EVENT;
}

static enum perf_sideband read_lost(const struct perf_record *record, const struct perf_desc *desc,
	struct cursor *c, struct trace_event *event)
{
	bool is_any = record->type == PERF_RECORD_LOST; /* samples and others */
	event->kind = TRACE_LOST;
	if (is_any)
		cursor_skip(c, 8); /* the event's id */
	event->lost.count = cursor_u64(c);
	event->lost.cpu = cpu_of(record, desc);
	if (c->failed)
		return PERF_SIDEBAND_MALFORMED;
	if (!is_any && record->misc & PERF_MISC_LOST_BY_FILTER)
		return PERF_SIDEBAND_KNOWN;
	return is_any ? PERF_SIDEBAND_EVENT : PERF_SIDEBAND_LOST_SAMPLES;
}

static enum perf_sideband read_throttle(
	const struct perf_record *record, const struct perf_desc *desc, struct trace_event *event)
{
	event->kind = TRACE_THROTTLE;
	event->throttle.cpu = cpu_of(record, desc);
	event->throttle.resumed = record->type == PERF_RECORD_UNTHROTTLE;
	return PERF_SIDEBAND_EVENT;
}

static enum perf_sideband read_symbol(struct cursor *c, struct trace_kernel_symbol *symbol)
{
	symbol->start = cursor_u64(c);
	symbol->size = cursor_u32(c);
	bool is_bpf = cursor_u16(c) == PERF_RECORD_KSYMBOL_TYPE_BPF;
	bool is_gone = cursor_u16(c) & PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER;
	symbol->name = cursor_str(c);
	symbol->module = is_bpf ? "bpf" : "";
	if (c->failed)
		return PERF_SIDEBAND_MALFORMED;
	return is_gone || !symbol->size ? PERF_SIDEBAND_KNOWN : PERF_SIDEBAND_SYMBOL;
}

static struct cursor body_of(const struct perf_record *record, const struct perf_desc *desc)
{
	size_t trailer = (size_t)desc->layout.trailer_words * 8;
	size_t end = record->n_bytes > trailer ? record->n_bytes - trailer : 0;
	struct cursor c = cursor_make(record->bytes, end);
	cursor_skip(&c, PERF_RECORD_HEADER_BYTES);
	return c;
}

static void read_who(
	const struct perf_record *record, const struct perf_desc *desc, struct trace_event *event)
{
	uint64_t who = 0;
	perf_record_word(record, desc, -1, desc->layout.trailer_tid, &who);
	event->pid = (uint32_t)who;
	event->tid = (uint32_t)(who >> 32);
}

enum perf_sideband perf_sideband_read(const struct perf_record *record,
	const struct perf_desc *desc, struct trace_event *ret_event,
	struct trace_kernel_symbol *ret_symbol)
{
	struct cursor c = body_of(record, desc);
	*ret_event = (struct trace_event){ .time_ns = perf_record_time_ns(record, desc) };
	read_who(record, desc, ret_event);
	switch (record->type) {
	case PERF_RECORD_MMAP:
		return read_mmap(record, &c, ret_event);
	case PERF_RECORD_MMAP2:
		return read_mmap2(record, desc, &c, ret_event);
	case PERF_RECORD_COMM:
		return read_comm(record, &c, ret_event);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return read_task(record, &c, ret_event);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		return read_lost(record, desc, &c, ret_event);
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		return read_throttle(record, desc, ret_event);
	case PERF_RECORD_KSYMBOL:
		return read_symbol(&c, ret_symbol);
	case PERF_RECORD_READ:
	case PERF_RECORD_AUX:
	case PERF_RECORD_ITRACE_START:
	case PERF_RECORD_SWITCH:
	case PERF_RECORD_SWITCH_CPU_WIDE:
	case PERF_RECORD_NAMESPACES:
	case PERF_RECORD_BPF_EVENT:
	case PERF_RECORD_CGROUP:
	case PERF_RECORD_TEXT_POKE:
	case PERF_RECORD_AUX_OUTPUT_HW_ID:
		return PERF_SIDEBAND_KNOWN;
	}
	return PERF_SIDEBAND_UNKNOWN;
}
