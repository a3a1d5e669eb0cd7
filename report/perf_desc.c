/*
 * struct perf_event_attr grew eight times; each has its size in it, and what an old one lacks is 0.
 * See perf_desc.h.
 */
#include "report/perf_desc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const hardware_names[] = { "cycles", "instructions", "cache-references",
	"cache-misses", "branches", "branch-misses", "bus-cycles", "stalled-cycles-frontend",
	"stalled-cycles-backend", "ref-cycles" };

static const char *const software_names[] = { "cpu-clock", "task-clock", "page-faults",
	"context-switches", "cpu-migrations", "minor-faults", "major-faults", "alignment-faults",
	"emulation-faults", "dummy", "bpf-output", "cgroup-switches" };

static const char *const cache_names[] = { "L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB",
	"branch", "node" };
static const char *const cache_op_names[] = { "load", "store", "prefetch" };

static int8_t next_word(bool is_there, int8_t *at)
{
	return is_there ? (*at)++ : -1;
}

/* The order in which perf_event_open(2) lists the fields of a sample and of a trailer. */
static void find_layout(struct perf_desc *d)
{
	struct perf_layout *l = &d->layout;
	uint64_t type = d->sample_type;
	bool has_identifier = type & PERF_SAMPLE_IDENTIFIER;
	int8_t at = 0;
	int8_t identifier = next_word(has_identifier, &at);
	next_word(type & PERF_SAMPLE_IP, &at);
	l->sample_tid = next_word(type & PERF_SAMPLE_TID, &at);
	l->sample_time = next_word(type & PERF_SAMPLE_TIME, &at);
	next_word(type & PERF_SAMPLE_ADDR, &at);
	l->sample_id = next_word(type & PERF_SAMPLE_ID, &at);
	if (has_identifier)
		l->sample_id = identifier;

	at = 0;
	l->trailer_tid = next_word(type & PERF_SAMPLE_TID, &at);
	l->trailer_time = next_word(type & PERF_SAMPLE_TIME, &at);
	l->trailer_id = next_word(type & PERF_SAMPLE_ID, &at);
	next_word(type & PERF_SAMPLE_STREAM_ID, &at);
	l->trailer_cpu = next_word(type & PERF_SAMPLE_CPU, &at);
	if (has_identifier)
		l->trailer_id = next_word(true, &at);
	l->trailer_words = (uint8_t)at;
	if (!perf_desc_flag(d, PERF_FLAG_SAMPLE_ID_ALL)) {
		l->trailer_tid = l->trailer_time = l->trailer_id = l->trailer_cpu = -1;
		l->trailer_words = 0;
	}
}

/* The next field of an attr that may end before it. */
static uint64_t optional_u64(struct cursor *c)
{
	return cursor_left(c) >= 8 ? cursor_u64(c) : 0;
}

bool perf_desc_read(struct cursor *c, struct perf_desc *ret_desc)
{
	struct perf_desc d = { 0 };
	struct cursor ahead = *c;
	cursor_skip(&ahead, 4);
	d.size_bytes = cursor_u32(&ahead);
	if (!d.size_bytes)
		d.size_bytes = PERF_ATTR_MIN_BYTES;
	if (ahead.failed || d.size_bytes < PERF_ATTR_MIN_BYTES)
		return false;
	struct cursor a = cursor_sub(c, d.size_bytes);
	d.type = cursor_u32(&a);
	cursor_skip(&a, 4);
	d.config = cursor_u64(&a);
	d.period = cursor_u64(&a);
	d.sample_type = cursor_u64(&a);
	d.read_format = cursor_u64(&a);
	d.flags = cursor_u64(&a);
	cursor_skip(&a, 16); /* wakeup, bp_type, config1 */
	optional_u64(&a);    /* config2 */
	d.branch_type = optional_u64(&a);
	d.regs_user = optional_u64(&a);
	d.stack_user_bytes = (uint32_t)optional_u64(&a); /* and clockid */
	d.regs_intr = optional_u64(&a);
	if (a.failed)
		return false;
	find_layout(&d);
	*ret_desc = d;
	return true;
}

static void PRINTF_LIKE(2, 3) set_name(struct perf_desc *d, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(d->name, sizeof(d->name), fmt, args);
	va_end(args);
}

static void name_cache_event(struct perf_desc *d)
{
	unsigned int cache = d->config & 0xff, op = d->config >> 8 & 0xff;
	bool is_miss = d->config >> 16 & 0xff;
	if (cache >= ARRAY_LEN(cache_names) || op >= ARRAY_LEN(cache_op_names))
		set_name(d, "hw-cache 0x%llx", (unsigned long long)d->config);
	else
		set_name(d, "%s-%s%s", cache_names[cache], cache_op_names[op],
			is_miss           ? "-misses"
				: op == 2 ? "es"
					  : "s");
}

void perf_desc_make_name(struct perf_desc *d, const char *pmu)
{
	unsigned long long config = d->config;
	if (d->name[0])
		return;
	if (d->type == PERF_TYPE_HARDWARE && (config & 0xff) < ARRAY_LEN(hardware_names))
		set_name(d, "%s", hardware_names[config & 0xff]);
	else if (d->type == PERF_TYPE_SOFTWARE && config < ARRAY_LEN(software_names))
		set_name(d, "%s", software_names[config]);
	else if (d->type == PERF_TYPE_HW_CACHE)
		name_cache_event(d);
	else if (d->type == PERF_TYPE_TRACEPOINT)
		set_name(d, "tracepoint %llu", config);
	else if (d->type == PERF_TYPE_RAW)
		set_name(d, "raw 0x%llx", config);
	else if (d->type == PERF_TYPE_BREAKPOINT)
		set_name(d, "breakpoint");
	else if (pmu)
		set_name(d, "%s/config=0x%llx/", pmu, config);
	else
		set_name(d, "type %u config 0x%llx", d->type, config);
	bool excludes_kernel = perf_desc_flag(d, PERF_FLAG_EXCLUDE_KERNEL);
	bool excludes_user = perf_desc_flag(d, PERF_FLAG_EXCLUDE_USER);
	if (excludes_kernel != excludes_user)
		strncat(d->name, excludes_kernel ? ":u" : ":k",
			sizeof(d->name) - strlen(d->name) - 1);
}

bool perf_desc_is_time(const struct perf_desc *d)
{
	return d->type == PERF_TYPE_SOFTWARE && d->config <= PERF_COUNT_SW_TASK_CLOCK;
}

bool perf_desc_is_dummy(const struct perf_desc *d)
{
	return d->type == PERF_TYPE_SOFTWARE && d->config == PERF_COUNT_SW_DUMMY;
}

uint64_t perf_desc_period(const struct perf_desc *d)
{
	if (!perf_desc_flag(d, PERF_FLAG_FREQ))
		return d->period ? d->period : 1;
	return perf_desc_is_time(d) && d->period ? 1000000000 / d->period : 1;
}
