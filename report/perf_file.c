/*
 * See perf_file.h. struct perf_file_header: magic, size, attr_size, then offset and size of the
 * attrs, the data and (unused) the event types, then 256 bits that tell which sections there are.
 * The table of sections follows the data.
 */
#include "report/perf_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SECTION_BYTES = 16, MAX_ATTRS = 16384, MAX_ATTR_BYTES = 4096 };
static const uint64_t max_section_bytes = 64 << 20;

struct section {
	uint64_t offset, bytes;
};

bool perf_file_damaged(struct trace_damage *damage, uint64_t at, const char *fmt, ...)
{
	va_list args;
	if (damage->why[0] && damage->why_at <= at)
		return false;
	damage->why_at = at;
	va_start(args, fmt);
	vsnprintf(damage->why, sizeof(damage->why), fmt, args);
	va_end(args);
	return false;
}

static struct section read_section(struct cursor *c)
{
	uint64_t offset = cursor_u64(c);
	return (struct section){ offset, cursor_u64(c) };
}

static bool is_inside(const struct trace_input *file, struct section s)
{
	return s.offset <= file->bytes && s.bytes <= file->bytes - s.offset;
}

/* The bytes of a section that lies inside the file; the caller frees them. */
static bool load(
	const struct trace_input *file, struct section s, uint8_t **ret_bytes, struct err *err)
{
	size_t n;
	AUTO_FREE uint8_t *bytes = malloc(s.bytes + 1);
	if (!bytes)
		return err_set(err, "%s: no memory for %llu bytes", file->name,
			(unsigned long long)s.bytes);
	if (!trace_input_read(file, s.offset, bytes, s.bytes, &n, err))
		return false;
	if (n < s.bytes)
		return err_set(err, "%s: became shorter while it was read", file->name);
	*ret_bytes = TAKE(bytes);
	return true;
}

/* ids: the section of the event's sample ids. ids_left: how many more a file of this size holds. */
static bool read_ids(const struct trace_input *file, struct section ids, struct perf_header *h,
	uint64_t *ids_left, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	if (!is_inside(file, ids) || ids.bytes / 8 > *ids_left)
		return err_set(err,
			"%s: the ids of event %zu lie outside the file (at offset %llu)",
			file->name, h->n_descs - 1, (unsigned long long)ids.offset);
	*ids_left -= ids.bytes / 8;
	if (!load(file, ids, &bytes, err))
		return false;
	struct cursor c = cursor_make(bytes, ids.bytes);
	for (uint64_t i = 0; i < ids.bytes / 8; i++) {
		if (!perf_header_add_id(h, cursor_u64(&c), (uint32_t)h->n_descs - 1))
			return err_set(err, "no memory for the ids of events");
	}
	return true;
}

static bool read_attrs(const struct trace_input *file, struct section attrs, uint64_t attr_bytes,
	struct perf_header *h, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	uint64_t ids_left = file->bytes / 8;
	if (attr_bytes < PERF_ATTR_MIN_BYTES + SECTION_BYTES || attr_bytes > MAX_ATTR_BYTES ||
		!is_inside(file, attrs) || attrs.bytes / attr_bytes > MAX_ATTRS)
		return err_set(err,
			"%s: the table of events (offset %llu, %llu bytes, %llu each) is malformed",
			file->name, (unsigned long long)attrs.offset,
			(unsigned long long)attrs.bytes, (unsigned long long)attr_bytes);
	if (!load(file, attrs, &bytes, err))
		return false;
	struct cursor c = cursor_make(bytes, attrs.bytes);
	while (cursor_left(&c) >= attr_bytes) {
		struct cursor entry = cursor_sub(&c, attr_bytes);
		struct cursor attr = cursor_sub(&entry, attr_bytes - SECTION_BYTES);
		if (!perf_header_attr(h, &attr))
			return err_set(err,
				"%s: event %zu in the table at offset %llu is malformed",
				file->name, h->n_descs, (unsigned long long)attrs.offset);
		if (!read_ids(file, read_section(&entry), h, &ids_left, err))
			return false;
	}
	return true;
}

static bool read_feature(const struct trace_input *file, unsigned int bit, struct section s,
	struct perf_header *h, struct trace_damage *damage, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	if (!is_inside(file, s) || s.bytes > max_section_bytes) {
		perf_file_damaged(damage, s.offset,
			"section %u of the header, at offset %llu, lies outside the file", bit,
			(unsigned long long)s.offset);
		damage->n_bad_blocks++;
		return true;
	}
	if (!load(file, s, &bytes, err))
		return false;
	struct cursor c = cursor_make(bytes, s.bytes);
	if (!perf_header_feature(h, bit, &c)) {
		perf_file_damaged(damage, s.offset,
			"section %u of the header, at offset %llu, is malformed", bit,
			(unsigned long long)s.offset);
		damage->n_bad_blocks++;
	}
	return true;
}

/* bits: 256 of them, which sections there are. */
static bool read_features(const struct trace_input *file, const uint64_t bits[4], uint64_t table,
	struct perf_header *h, struct trace_damage *damage, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	unsigned int n = 0;
	for (int i = 0; i < 4; i++)
		n += (unsigned int)__builtin_popcountll(bits[i]);
	struct section s = { table, (uint64_t)n * SECTION_BYTES };
	if (!is_inside(file, s)) {
		damage->n_bad_blocks++;
		perf_file_damaged(damage, table,
			"the sections behind the data, at offset %llu, are missing",
			(unsigned long long)table);
		return true;
	}
	if (!load(file, s, &bytes, err))
		return false;
	struct cursor c = cursor_make(bytes, s.bytes);
	for (unsigned int bit = 0; bit < PERF_N_FEATS; bit++) {
		if (bits[bit / 64] >> bit % 64 & 1 &&
			!read_feature(file, bit, read_section(&c), h, damage, err))
			return false;
	}
	return true;
}

/* Where the records are. */
static bool find_data(const struct trace_input *file, struct section data,
	struct perf_extent *ret_extent, struct trace_damage *damage, struct err *err)
{
	if (data.offset < PERF_FILE_HEADER_BYTES || data.offset > file->bytes)
		return err_set(err, "%s: its data (offset %llu) lie outside the file", file->name,
			(unsigned long long)data.offset);
	ret_extent->start = data.offset;
	ret_extent->end = data.offset + data.bytes;
	ret_extent->is_unfinished = data.bytes == 0;
	if (is_inside(file, data) && data.bytes)
		return true;
	ret_extent->end = file->bytes;
	damage->is_cut = true;
	damage->cut_at = file->bytes;
	if (ret_extent->is_unfinished)
		perf_file_damaged(damage, file->bytes, "perf record did not finish the file");
	else
		perf_file_damaged(damage, file->bytes, "the data end at offset %llu, not at %llu",
			(unsigned long long)file->bytes,
			(unsigned long long)(data.offset + data.bytes));
	return true;
}

static bool open_file(const struct trace_input *file, struct cursor *c, struct perf_header *h,
	struct perf_extent *ret_extent, struct trace_damage *damage, struct err *err)
{
	uint64_t attr_bytes = cursor_u64(c);
	struct section attrs = read_section(c);
	struct section data = read_section(c);
	uint64_t bits[4];
	cursor_skip(c, SECTION_BYTES); /* event types */
	for (int i = 0; i < 4; i++)
		bits[i] = cursor_u64(c);
	if (c->failed)
		return err_set(err, "%s: cut in the header of perf.data, at offset %llu",
			file->name, (unsigned long long)file->bytes);
	if (!read_attrs(file, attrs, attr_bytes, h, err) ||
		!find_data(file, data, ret_extent, damage, err))
		return false;
	if (damage->is_cut) /* then no section is left either */
		return true;
	return read_features(file, bits, ret_extent->end, h, damage, err);
}

static bool read_pipe_record(struct perf_header *h, uint64_t at, uint32_t type, struct cursor *c,
	struct trace_damage *damage)
{
	bool ok = true;
	if (type == PERF_DATA_HEADER_ATTR) {
		ok = perf_header_attr(h, c);
		while (ok && cursor_left(c) >= 8)
			ok = perf_header_add_id(h, cursor_u64(c), (uint32_t)h->n_descs - 1);
	} else if (type == PERF_DATA_FEATURE) {
		uint64_t bit = cursor_u64(c);
		ok = !c->failed &&
			(bit >= PERF_N_FEATS || perf_header_feature(h, (unsigned int)bit, c));
	} else if (type == PERF_DATA_EVENT_UPDATE) {
		ok = perf_header_update(h, c);
	}
	if (ok)
		return true;
	damage->n_bad_records++;
	return perf_file_damaged(
		damage, at, "a record of type %u at the beginning is malformed", type);
}

/* The records at the beginning; the ones of the kernel, and whatever says its size elsewhere, are
 * left to perf_walk.c, which comes over all of them once more. */
static bool read_pipe_head(const struct trace_input *file, struct perf_header *h,
	struct trace_damage *damage, struct err *err)
{
	AUTO_FREE uint8_t *record = malloc(PERF_MAX_RECORD_BYTES);
	uint64_t at = PERF_PIPE_HEADER_BYTES;
	size_t n;
	if (!record)
		return err_set(err, "no memory");
	while (trace_input_read(file, at, record, PERF_MAX_RECORD_BYTES, &n, err)) {
		struct cursor c = cursor_make(record, n);
		uint32_t type = cursor_u32(&c);
		cursor_skip(&c, 2);
		uint16_t size = cursor_u16(&c);
		if (c.failed || size < PERF_RECORD_HEADER_BYTES || size > n ||
			type < PERF_DATA_HEADER_ATTR || type == PERF_DATA_TRACING_DATA ||
			type == PERF_DATA_AUXTRACE || type == PERF_DATA_COMPRESSED ||
			type == PERF_DATA_COMPRESSED2)
			return true;
		struct cursor body = cursor_sub(&c, size - PERF_RECORD_HEADER_BYTES);
		(void)!read_pipe_record(h, at, type, &body, damage);
		at += size;
	}
	return false;
}

static bool check_magic(const struct trace_input *file, struct cursor *c, struct err *err)
{
	const uint8_t *magic = cursor_bytes(c, 8);
	if (magic && memcmp(magic, PERF_FILE_MAGIC, 8) == 0)
		return true;
	if (magic && memcmp(magic, PERF_FILE_MAGIC_SWAPPED, 8) == 0)
		return err_set(err,
			"%s: is a perf.data file of a big-endian machine; ddrec reads only "
			"little-endian ones",
			file->name);
	return err_set(err, "%s: is a perf.data file of before 2009, which ddrec does not read",
		file->name);
}

bool perf_file_open(const struct trace_input *file, struct perf_header *h,
	struct perf_extent *ret_extent, struct trace_damage *damage, struct err *err)
{
	uint8_t bytes[PERF_FILE_HEADER_BYTES];
	size_t n;
	*ret_extent = (struct perf_extent){ 0 };
	if (!trace_input_read(file, 0, bytes, sizeof(bytes), &n, err))
		return false;
	struct cursor c = cursor_make(bytes, n);
	if (!check_magic(file, &c, err))
		return false;
	uint64_t header_bytes = cursor_u64(&c);
	bool ok;
	if (header_bytes == PERF_PIPE_HEADER_BYTES) {
		*ret_extent = (struct perf_extent){ true, false, header_bytes, file->bytes };
		ok = read_pipe_head(file, h, damage, err);
	} else {
		ok = open_file(file, &c, h, ret_extent, damage, err);
	}
	if (!ok)
		return false;
	perf_header_complete(h);
	return h->n_descs || err_set(err, "%s: describes no event that was sampled", file->name);
}
