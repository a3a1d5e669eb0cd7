/*
 * See perf_walk.h. The file is read through a window. Behind a big record, most likely a sample
 * with a copy of its stack, only a little is read ahead, because of the next one only the head will
 * be looked at.
 */
#include "report/perf_walk.h"

#include "report/perf_unpack.h"

#include <string.h>

enum {
	WINDOW_BYTES = 256 << 10,
	PEEK_BYTES = 512,
	BIG_RECORD_BYTES = 2048,
	/* What perf puts at most into one compressed record of the new kind. */
	PACKED2_HEADER_BYTES = 16,
	PACKED2_MAX_BYTES = 65519,
};

struct walk {
	struct perf_source *source;
	const struct perf_walk_sink *sink;
	struct trace_damage *damage;
	uint64_t at, end;
	uint8_t *window;
	uint64_t window_off;
	size_t window_bytes; /* of the file, in the window */
	bool is_peeking;
	struct perf_unpack *unpack;
};

bool perf_record_parse(const uint8_t *bytes, size_t n, struct perf_record *ret_record)
{
	struct cursor c = cursor_make(bytes, n);
	*ret_record = (struct perf_record){ .bytes = bytes };
	ret_record->type = cursor_u32(&c);
	ret_record->misc = cursor_u16(&c);
	ret_record->size = cursor_u16(&c);
	return !c.failed && ret_record->size >= PERF_RECORD_HEADER_BYTES;
}

/* The n bytes at offset, or fewer if the records end before; *ret_n tells. They live until the
 * next call. NULL on a failure. */
static const uint8_t *look(
	struct walk *w, uint64_t offset, size_t n, size_t *ret_n, struct err *err)
{
	n = (size_t)MIN((uint64_t)n, w->end - offset);
	bool is_there = offset >= w->window_off && offset - w->window_off <= w->window_bytes &&
		w->window_bytes - (offset - w->window_off) >= n;
	if (!is_there) {
		size_t ahead = MAX(n, (size_t)(w->is_peeking ? PEEK_BYTES : WINDOW_BYTES));
		w->window_off = offset;
		if (!trace_input_read(&w->source->file, offset, w->window,
			    (size_t)MIN((uint64_t)ahead, w->end - offset), &w->window_bytes, err))
			return NULL;
	}
	*ret_n = MIN(n, w->window_bytes - (size_t)(offset - w->window_off));
	return w->window + (offset - w->window_off);
}

static bool cut(struct walk *w, uint64_t offset)
{
	w->damage->is_cut = true;
	w->damage->cut_at = offset;
	w->at = w->end;
	perf_file_damaged(
		w->damage, offset, "cut in the record at offset %llu", (unsigned long long)offset);
	return true;
}

/* Without a size nothing after it can be found. */
static bool stop(struct walk *w, const char *what)
{
	w->damage->is_cut = true;
	w->damage->cut_at = w->at;
	w->damage->n_bad_records++;
	perf_file_damaged(w->damage, w->at, "the record at offset %llu %s; those after it are lost",
		(unsigned long long)w->at, what);
	w->at = w->end;
	return true;
}

static bool unpack(struct walk *w, uint64_t offset, const uint8_t *bytes, size_t n, struct err *err)
{
	if (!w->unpack && !perf_unpack_new(w->source, w->sink, &w->unpack, err))
		return false;
	return perf_unpack_piece(w->unpack, offset, bytes, n, w->damage, err);
}

/*
 * The newer kind has the size of its data beside the record's, because it is padded. perf 6.16 to
 * at least 6.18 let the record's size overflow when the padded record comes to 64 KiB or more: then
 * there is no padding, and if it comes to more than one record's worth, the others follow with
 * headers of their own, of which only the size can be trusted.
 */
static bool unpack2(struct walk *w, const struct perf_record *record, struct err *err)
{
	size_t n;
	struct cursor c = cursor_make(record->bytes, record->n_bytes);
	cursor_skip(&c, PERF_RECORD_HEADER_BYTES);
	uint64_t data_bytes = cursor_u64(&c);
	if (c.failed)
		return stop(w, "is compressed, but too short");
	uint64_t padded = (PACKED2_HEADER_BYTES + data_bytes + 7) & ~UINT64_C(7);
	bool has_overflown = padded > record->size && padded > 65535;
	if (data_bytes > w->end - w->at || PACKED2_HEADER_BYTES + data_bytes > w->end - w->at ||
		(!has_overflown && padded > record->size))
		return stop(w, "is compressed, and longer than its record");
	uint64_t first = MIN(data_bytes, (uint64_t)PACKED2_MAX_BYTES);
	const uint8_t *bytes = look(w, w->at + PACKED2_HEADER_BYTES, first, &n, err);
	if (!bytes)
		return false;
	if (n < first)
		return cut(w, w->at);
	if (!unpack(w, w->at, bytes, first, err))
		return false;
	w->at += has_overflown ? PACKED2_HEADER_BYTES + first : record->size;
	for (uint64_t left = data_bytes - first; left > 0;) {
		struct perf_record next;
		bytes = look(w, w->at, PERF_MAX_RECORD_BYTES, &n, err);
		if (!bytes)
			return false;
		if (!perf_record_parse(bytes, n, &next) || next.type != PERF_DATA_COMPRESSED2 ||
			next.size < PACKED2_HEADER_BYTES || next.size > n || next.size > left)
			return stop(w, "should go on with compressed data, but does not");
		if (!unpack(w, w->at, bytes + PACKED2_HEADER_BYTES,
			    next.size - PACKED2_HEADER_BYTES, err))
			return false;
		w->at += next.size;
		left -= next.size;
	}
	return true;
}

/* What hangs behind a record of the file and is not counted in its size. */
static uint64_t bytes_behind(const struct perf_record *record, bool is_pipe)
{
	struct cursor c = cursor_make(record->bytes, record->n_bytes);
	cursor_skip(&c, PERF_RECORD_HEADER_BYTES);
	if (record->type == PERF_DATA_AUXTRACE)
		return cursor_u64(&c);
	if (record->type == PERF_DATA_TRACING_DATA && is_pipe)
		return ((uint64_t)cursor_u32(&c) + 7) & ~UINT64_C(7);
	return 0;
}

static bool step(struct walk *w, bool is_pipe, struct err *err)
{
	struct perf_record record;
	size_t n;
	const uint8_t *bytes = look(w, w->at, PERF_SAMPLE_HEAD_BYTES, &n, err);
	if (!bytes)
		return false;
	if (n < PERF_RECORD_HEADER_BYTES)
		return cut(w, w->at);
	bool has_size = perf_record_parse(bytes, n, &record);
	if (!has_size && record.type == PERF_DATA_COMPRESSED2) {
		record.n_bytes = (uint32_t)n;
		return unpack2(w, &record, err);
	}
	if (!has_size)
		return stop(w, "has no size");
	if (record.size > w->end - w->at)
		return cut(w, w->at);
	w->is_peeking = record.type == PERF_RECORD_SAMPLE && record.size > BIG_RECORD_BYTES;
	record.n_bytes = w->is_peeking ? PERF_SAMPLE_HEAD_BYTES : record.size;
	record.bytes = look(w, w->at, record.n_bytes, &n, err);
	if (!record.bytes)
		return false;
	if (n < record.n_bytes)
		return cut(w, w->at);
	if (record.type == PERF_DATA_COMPRESSED2)
		return unpack2(w, &record, err);
	uint64_t behind = bytes_behind(&record, is_pipe);
	record.place = perf_place_of(false, w->at, record.size);
	if (record.type == PERF_DATA_COMPRESSED) {
		if (!unpack(w, w->at, record.bytes + PERF_RECORD_HEADER_BYTES,
			    record.size - PERF_RECORD_HEADER_BYTES, err))
			return false;
	} else if (!w->sink->record(w->sink->ctx, &record, err)) {
		return false;
	}
	if (behind > w->end - w->at - record.size)
		return cut(w, w->at);
	w->at += record.size + behind;
	return true;
}

bool perf_walk(struct perf_source *source, const struct perf_extent *extent,
	const struct perf_walk_sink *sink, struct trace_damage *damage, struct err *err)
{
	AUTO_FREE uint8_t *window = malloc(WINDOW_BYTES);
	struct walk w = {
		.source = source,
		.sink = sink,
		.damage = damage,
		.at = extent->start,
		.end = MIN(extent->end, perf_max_offset),
		.window = window,
	};
	bool ok = window != NULL || err_set(err, "no memory");
	while (ok && w.at < w.end)
		ok = step(&w, extent->is_pipe, err);
	if (ok && w.unpack)
		perf_unpack_finish(w.unpack, damage);
	perf_unpack_free(w.unpack);
	return ok;
}
