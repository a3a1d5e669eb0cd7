/*
 * Tagged fields: see trace_fields.h. The tags are part of the format (docs/trace-format.md) and
 * are never used again for something else.
 */
#include "common/trace_fields.h"

#include <string.h>

#define META(tag, type, member)                                              \
	{                                                                    \
		tag, TRACE_FIELD_##type, offsetof(struct trace_meta, member) \
	}
#define STATS(tag, type, member)                                              \
	{                                                                     \
		tag, TRACE_FIELD_##type, offsetof(struct trace_stats, member) \
	}

static const struct trace_field meta_fields[] = {
	META(1, STRING, ddrec_version),
	META(2, STRING, arch),
	META(3, STRING, host),
	META(4, STRING, kernel),
	META(5, STRING, cpu_model),
	META(6, U32, n_cpus),
	META(7, U32, page_bytes),
	META(8, STRING, event),
	META(9, BOOL, event_is_time),
	META(10, U32, frequency_hz),
	META(11, U64, period),
	META(12, STRING, stack_mode),
	META(13, U32, stack_bytes),
	META(14, BOOL, kernel_stacks),
	META(15, U64, start_mono_ns),
	META(16, U64, start_real_ns),
	META(17, STRING, command),
	META(18, U32, target_pid),
};

static const struct trace_field stats_fields[] = {
	STATS(1, U64, end_mono_ns),
	STATS(2, U64, samples),
	STATS(3, U64, lost_samples),
	STATS(4, U64, lost_sideband),
	STATS(5, U64, throttled),
	STATS(6, U64, recorder_user_ns),
	STATS(7, U64, recorder_sys_ns),
	STATS(8, U64, target_user_ns),
	STATS(9, U64, target_sys_ns),
	STATS(10, U64, stack_words_seen),
	STATS(11, U64, stack_words_kept),
	STATS(12, U64, stack_words_reused),
	STATS(13, U64, ring_bytes),
	STATS(14, U64, rounds),
	STATS(15, U64, coarse_range_tables),
	STATS(16, I32, exit_status),
	STATS(17, U64, recorder_end_ns),
};

const struct trace_fields trace_meta_fields = { meta_fields, ARRAY_LEN(meta_fields) };
const struct trace_fields trace_stats_fields = { stats_fields, ARRAY_LEN(stats_fields) };

static uint64_t get_number(uint8_t type, const void *member)
{
	switch (type) {
	case TRACE_FIELD_U32:
		return *(const uint32_t *)member;
	case TRACE_FIELD_U64:
		return *(const uint64_t *)member;
	case TRACE_FIELD_BOOL:
		return *(const bool *)member;
	default:
		return *(const uint32_t *)member << 1 ^ (uint32_t)(*(const int32_t *)member >> 31);
	}
}

static void set_number(uint8_t type, void *member, uint64_t v)
{
	switch (type) {
	case TRACE_FIELD_U32:
		*(uint32_t *)member = (uint32_t)v;
		break;
	case TRACE_FIELD_U64:
		*(uint64_t *)member = v;
		break;
	case TRACE_FIELD_BOOL:
		*(bool *)member = v != 0;
		break;
	default:
		*(int32_t *)member = (int32_t)((uint32_t)v >> 1 ^ -((uint32_t)v & 1));
		break;
	}
}

static size_t uleb_bytes(uint64_t v)
{
	size_t n = 1;
	while (v >>= 7)
		n++;
	return n;
}

void trace_fields_encode(const struct trace_fields *table, const void *record, struct buf *b)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct trace_field *field = &table->fields[i];
		const void *member = (const char *)record + field->offset;
		buf_uleb(b, field->tag);
		if (field->type == TRACE_FIELD_STRING) {
			const char *str = *(const char *const *)member;
			buf_uleb(b, str ? strlen(str) : 0);
			buf_str(b, str ? str : "");
		} else {
			uint64_t v = get_number(field->type, member);
			buf_uleb(b, uleb_bytes(v));
			buf_uleb(b, v);
		}
	}
}

/* An empty field is as good as an absent one. What follows the number is ignored. */
static uint64_t read_number(uint8_t type, struct cursor *value)
{
	if (!cursor_left(value))
		return 0;
	bool is_small = type == TRACE_FIELD_U32 || type == TRACE_FIELD_I32;
	return is_small ? cursor_uleb32(value) : cursor_uleb(value);
}

static const struct trace_field *find_field(const struct trace_fields *table, uint64_t tag)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->fields[i].tag == tag)
			return &table->fields[i];
	return NULL;
}

/* Copies the string behind a NUL of its own. A string with a NUL inside ends there. */
static const char *copy_string(struct cursor value, char *to)
{
	size_t len = cursor_left(&value);
	const uint8_t *bytes = cursor_bytes(&value, len);
	if (bytes)
		memcpy(to, bytes, len);
	to[len] = 0;
	return to;
}

bool trace_fields_decode(
	const struct trace_fields *table, struct cursor c, void *record, struct buf *strings)
{
	/* A string takes a tag and a length on disk, so this is room for all of them. */
	char *to = (char *)buf_reserve(strings, cursor_left(&c) + 1);
	if (!to)
		return false;
	for (size_t i = 0; i < table->n; i++)
		if (table->fields[i].type == TRACE_FIELD_STRING)
			*(const char **)((char *)record + table->fields[i].offset) = "";
	while (cursor_left(&c)) {
		uint64_t tag = cursor_uleb(&c);
		struct cursor value = cursor_sub(&c, cursor_uleb(&c));
		const struct trace_field *field = find_field(table, tag);
		if (c.failed)
			return false;
		if (!field)
			continue;
		void *member = (char *)record + field->offset;
		if (field->type == TRACE_FIELD_STRING) {
			*(const char **)member = copy_string(value, to);
			to += (value.end - value.start) + 1;
		} else {
			set_number(field->type, member, read_number(field->type, &value));
		}
		if (value.failed)
			return false;
	}
	return !c.failed;
}
