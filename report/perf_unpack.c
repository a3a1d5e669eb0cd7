/* See perf_unpack.h. */
#include "report/perf_unpack.h"

#include <string.h>
#include <zstd.h>

/*
 * A bomb must not fill the disk. perf's own streams come to some 20 to 40 times their size
 * (dwarf stacks), and to a few hundred when a program always stands in the same place.
 */
static const uint64_t unpacked_bytes_free = 64 << 20, unpacked_bytes_per_byte = 1024;

enum { OUT_BYTES = 1 << 20 };

struct perf_unpack {
	struct perf_source *source;
	const struct perf_walk_sink *sink;
	ZSTD_DStream *zstd;
	uint64_t max_bytes;
	uint8_t *out; /* OUT_BYTES */
	size_t n_out; /* bytes in it: the beginning of a record, whose end has not come yet */
	bool is_broken;
};

bool perf_unpack_new(struct perf_source *source, const struct perf_walk_sink *sink,
	struct perf_unpack **ret_unpack, struct err *err)
{
	AUTO(perf_unpack_free) struct perf_unpack *u = calloc(1, sizeof(*u));
	if (!u)
		return err_set(err, "no memory");
	*u = (struct perf_unpack){
		.source = source,
		.sink = sink,
		.zstd = ZSTD_createDStream(),
		.max_bytes = unpacked_bytes_free + source->file.bytes * unpacked_bytes_per_byte,
		.out = malloc(OUT_BYTES),
	};
	if (!u->zstd || !u->out)
		return err_set(err, "no memory to decompress");
	if (!trace_input_temporary(&source->unpacked, source->file.name, err))
		return false;
	*ret_unpack = TAKE(u);
	return true;
}

void perf_unpack_free(struct perf_unpack *u)
{
	if (!u)
		return;
	ZSTD_freeDStream(u->zstd);
	free(u->out);
	free(u);
}

static bool break_off(
	struct perf_unpack *u, struct trace_damage *damage, uint64_t file_off, const char *why)
{
	u->is_broken = true;
	damage->n_bad_blocks++;
	perf_file_damaged(damage, file_off,
		"compressed records at offset %llu: %s; those after it are lost",
		(unsigned long long)file_off, why);
	return true;
}

static bool is_nested(uint32_t type)
{
	return type == PERF_DATA_COMPRESSED || type == PERF_DATA_COMPRESSED2 ||
		type == PERF_DATA_AUXTRACE || type == PERF_DATA_TRACING_DATA;
}

/* Hands on the whole records in u->out, and keeps the rest. */
static bool hand_on(
	struct perf_unpack *u, uint64_t file_off, struct trace_damage *damage, struct err *err)
{
	uint64_t start = u->source->unpacked.bytes;
	size_t at = 0;
	struct perf_record record;
	while (u->n_out - at >= PERF_RECORD_HEADER_BYTES) {
		if (!perf_record_parse(u->out + at, u->n_out - at, &record) ||
			is_nested(record.type))
			return break_off(u, damage, file_off, "a record in them is malformed");
		if (record.size > u->n_out - at)
			break;
		record.place = perf_place_of(true, start + at, record.size);
		record.n_bytes = record.size;
		if (!u->sink->record(u->sink->ctx, &record, err))
			return false;
		at += record.size;
	}
	if (at && !trace_input_append(&u->source->unpacked, u->out, at, err))
		return false;
	u->n_out -= at;
	memmove(u->out, u->out + at, u->n_out);
	return true;
}

bool perf_unpack_piece(struct perf_unpack *u, uint64_t file_off, const uint8_t *bytes, size_t n,
	struct trace_damage *damage, struct err *err)
{
	ZSTD_inBuffer in = { bytes, n, 0 };
	bool is_full = true; /* there may be more to come out */
	if (u->is_broken)
		damage->n_bad_blocks++;
	while (!u->is_broken && (in.pos < in.size || is_full)) {
		ZSTD_outBuffer out = { u->out, OUT_BYTES, u->n_out };
		size_t status = ZSTD_decompressStream(u->zstd, &out, &in);
		if (ZSTD_isError(status))
			return break_off(u, damage, file_off, ZSTD_getErrorName(status));
		is_full = out.pos == out.size;
		if (u->source->unpacked.bytes + out.pos > u->max_bytes)
			return break_off(u, damage, file_off, "too many come out of so few bytes");
		u->n_out = out.pos;
		if (!hand_on(u, file_off, damage, err))
			return false;
	}
	return true;
}

void perf_unpack_finish(struct perf_unpack *u, struct trace_damage *damage)
{
	if (!u->n_out || u->is_broken)
		return;
	damage->n_bad_records++;
	perf_file_damaged(damage, u->source->file.bytes, "the last compressed record has no end");
}
