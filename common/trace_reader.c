/*
 * The trace reader: see trace_reader.h. It finds blocks, decompresses the one that is read, and
 * keeps the account of damage. What is inside a block is the decoders' matter (trace_event_codec,
 * trace_sample_decoder, trace_fields, trace_file_codec).
 *
 * A block is decompressed when its first record is asked for, so that blocks can be passed over.
 */
#include "common/trace_reader.h"
#include "common/trace_event_codec.h"
#include "common/trace_fields.h"
#include "common/trace_file_codec.h"
#include "common/trace_frame.h"
#include "common/trace_input.h"
#include "common/trace_sample_decoder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

enum { SCAN_BYTES = 64 << 10 };

enum load_state {
	LOAD_NOT_YET, /* the current block's payload has not been asked for */
	LOAD_DONE,
	LOAD_FAILED,
};

struct trace_reader {
	struct trace_input input;
	struct trace_meta meta;
	struct buf meta_strings;
	struct trace_damage damage;

	uint64_t position; /* file offset where the next block is expected */
	uint32_t next_number;
	bool saw_index; /* the last block that was passed is an index block */
	bool at_end;
	struct trace_block block; /* the current one; kind 0: none */
	uint32_t prefix_bytes;
	enum load_state load;
	bool accounted; /* what could not be read of the current block is in damage */

	ZSTD_DCtx *zstd;
	struct buf compressed, raw;
	struct err machine_error; /* of a record function; reported by the next trace_reader_next */

	struct trace_event_decoder events;
	struct trace_sample_decoder samples;
	struct buf file_name;
	bool gave_single; /* the one record of a file or statistics block has been returned */
	struct cursor symbols;
	struct trace_kernel_symbol symbol;
};

/* Remembers the first problem. */
static void PRINTF_LIKE(2, 3) note(struct trace_reader *r, const char *fmt, ...)
{
	if (r->damage.why[0])
		return;
	va_list args;
	va_start(args, fmt);
	vsnprintf(r->damage.why, sizeof(r->damage.why), fmt, args);
	va_end(args);
}

static void note_cut(struct trace_reader *r, uint64_t offset, const char *why)
{
	r->damage.is_cut = true;
	r->damage.cut_at = offset;
	note(r, "%s at offset %" PRIu64, why, offset);
	r->at_end = true;
}

static void begin_reading(struct trace_reader *r)
{
	r->damage = (struct trace_damage){ 0 };
	r->position = 0;
	r->next_number = 0;
	r->saw_index = r->at_end = false;
	r->block = (struct trace_block){ 0 };
	r->load = LOAD_NOT_YET;
	r->accounted = false;
	r->machine_error.text[0] = 0;
}

/* Searches from `from` on for a header whose checksum is right. *ret_off is the file's end if there
 * is none. */
static bool find_header(struct trace_reader *r, uint64_t from, uint64_t *ret_off, struct err *err)
{
	static const uint8_t magic[4] = { 0x5d, 0x2a, 0x4d, 0x18 };
	AUTO_FREE uint8_t *chunk = malloc(SCAN_BYTES);
	if (!chunk)
		return err_set(err, "%s: not enough memory", r->input.name);
	for (;;) {
		size_t n;
		if (!trace_input_read(&r->input, from, chunk, SCAN_BYTES, &n, err))
			return false;
		for (size_t i = 0; i + 4 <= n && (i <= SCAN_BYTES - TRACE_MAX_PREFIX_BYTES); i++) {
			const uint8_t *at = memchr(chunk + i, magic[0], n - i);
			i = at ? (size_t)(at - chunk) : n;
			if (!at || n - i < 4 || memcmp(at, magic, 4) != 0)
				continue;
			struct trace_frame frame;
			enum trace_frame_status status =
				trace_frame_decode(at, n - i, from + i, &frame);
			if (status == TRACE_FRAME_OK || status == TRACE_FRAME_FOOTER) {
				*ret_off = from + i;
				return true;
			}
		}
		if (n < SCAN_BYTES)
			break;
		from += SCAN_BYTES - TRACE_MAX_PREFIX_BYTES;
	}
	*ret_off = r->input.bytes;
	return true;
}

/* Something that is no header stands at the current position: goes on at the next header. */
static bool resynchronise(struct trace_reader *r, struct err *err)
{
	uint64_t bad = r->position, found = 0;
	if (!find_header(r, bad + 1, &found, err))
		return false;
	if (found >= r->input.bytes) {
		note_cut(r, bad, "no block could be found");
		return true;
	}
	note(r, "damaged block header at offset %" PRIu64, bad);
	r->position = found;
	return true;
}

/* Counts the blocks that the numbers say are missing before this one. */
static void count_missing(struct trace_reader *r, uint32_t number)
{
	if (number > r->next_number) {
		uint32_t missing = number - r->next_number;
		note(r, "%u blocks are missing before block %u", missing, number);
		r->damage.n_bad_blocks += MIN(missing, UINT32_MAX - r->damage.n_bad_blocks);
	}
	r->next_number = number + 1;
}

static bool is_known_kind(uint32_t kind)
{
	return kind >= TRACE_BLOCK_META && kind <= TRACE_BLOCK_INDEX;
}

/* A whole block of a known kind becomes the current one. */
static bool accept_block(struct trace_reader *r, const struct trace_frame *frame)
{
	const struct trace_block *block = &frame->block;
	uint64_t end = r->position + frame->prefix_bytes + block->compressed_bytes;
	if (end > r->input.bytes) {
		note_cut(r, r->position, "the file ends in the block");
		return false;
	}
	count_missing(r, block->number);
	r->position = end;
	r->saw_index = block->kind == TRACE_BLOCK_INDEX;
	if (!is_known_kind(block->kind)) {
		if (frame->flags & TRACE_FLAG_MUST_UNDERSTAND) {
			r->damage.n_bad_blocks++;
			note(r, "block %u at offset %" PRIu64 " is of the unknown kind %u",
				block->number, block->file_off, block->kind);
		}
		return false;
	}
	r->block = *block;
	r->prefix_bytes = frame->prefix_bytes;
	r->load = LOAD_NOT_YET;
	r->accounted = r->gave_single = false;
	return true;
}

/* The file ends where a block could begin. */
static void end_of_file(struct trace_reader *r)
{
	r->at_end = true;
	note_cut(r, r->position, "the file ends without its index");
}

static void pass_footer(struct trace_reader *r, const struct trace_frame *frame)
{
	r->position += frame->prefix_bytes;
	r->at_end = true;
	if (r->position < r->input.bytes)
		note(r, "%" PRIu64 " bytes follow the end of the trace at offset %" PRIu64,
			r->input.bytes - r->position, r->position);
}

/* One step forward. *ret_found: r->block is a new block. */
static bool step(struct trace_reader *r, bool *ret_found, struct err *err)
{
	uint8_t prefix[TRACE_MAX_PREFIX_BYTES];
	struct trace_frame frame;
	size_t n;
	*ret_found = false;
	if (!trace_input_read(&r->input, r->position, prefix, sizeof(prefix), &n, err))
		return false;
	if (!n) {
		end_of_file(r);
		return true;
	}
	switch (trace_frame_decode(prefix, n, r->position, &frame)) {
	case TRACE_FRAME_OK:
		*ret_found = accept_block(r, &frame);
		return true;
	case TRACE_FRAME_FOOTER:
		pass_footer(r, &frame);
		return true;
	case TRACE_FRAME_SHORT:
		note_cut(r, r->position, "the file ends in a block header");
		return true;
	default:
		return resynchronise(r, err);
	}
}

/* Puts what the last block announced and was not read, though it was tried, into the account. */
static void account(struct trace_reader *r)
{
	uint64_t n_bad = 0;
	if (r->accounted || r->load == LOAD_NOT_YET)
		return;
	r->accounted = true;
	if (r->load == LOAD_FAILED)
		n_bad = r->block.n_records;
	else if (r->block.kind == TRACE_BLOCK_SAMPLES)
		n_bad = r->samples.bad ? r->samples.n_left : 0;
	else if (r->block.kind == TRACE_BLOCK_EVENTS)
		n_bad = r->events.n_unknown + (r->events.c.failed ? r->events.n_left : 0);
	else if (r->block.kind == TRACE_BLOCK_FILE)
		n_bad = r->symbols.failed;
	r->damage.n_bad_records += n_bad;
	if (n_bad)
		note(r, "%" PRIu64 " records of block %u at offset %" PRIu64 " cannot be read",
			n_bad, r->block.number, r->block.file_off);
}

bool trace_reader_next(struct trace_reader *r, struct trace_block *ret_block, struct err *err)
{
	err->text[0] = 0;
	account(r);
	if (r->machine_error.text[0]) {
		*err = r->machine_error;
		return false;
	}
	r->block = (struct trace_block){ 0 };
	r->load = LOAD_NOT_YET;
	bool found = false;
	while (!found && !r->at_end)
		if (!step(r, &found, err))
			return false;
	if (found)
		*ret_block = r->block;
	return found;
}

bool trace_reader_rewind(struct trace_reader *r, struct err *err UNUSED)
{
	begin_reading(r);
	return true;
}

/* Room for size_bytes in b, which is overwritten. */
static bool make_room(struct trace_reader *r, struct buf *b, size_t size_bytes)
{
	buf_clear(b);
	if (buf_reserve(b, size_bytes + 1))
		return true;
	err_set(&r->machine_error, "%s: not enough memory for a block of %zu bytes", r->input.name,
		size_bytes);
	return false;
}

static const char *decompress(struct trace_reader *r)
{
	const struct trace_block *block = &r->block;
	size_t n;
	if (!make_room(r, &r->compressed, block->compressed_bytes) ||
		!make_room(r, &r->raw, block->raw_bytes))
		return "no memory";
	if (!trace_input_read(&r->input, block->file_off + r->prefix_bytes, r->compressed.data,
		    block->compressed_bytes, &n, &r->machine_error))
		return "unreadable";
	if (n < block->compressed_bytes)
		return "cut short";
	if (ZSTD_getFrameContentSize(r->compressed.data, n) != block->raw_bytes)
		return "wrong size";
	size_t raw =
		ZSTD_decompressDCtx(r->zstd, r->raw.data, block->raw_bytes, r->compressed.data, n);
	if (ZSTD_isError(raw))
		return ZSTD_getErrorName(raw);
	r->raw.len = raw;
	return raw == block->raw_bytes ? NULL : "wrong size";
}

static bool begin_records(struct trace_reader *r)
{
	uint32_t n = r->block.n_records;
	if (r->block.kind == TRACE_BLOCK_EVENTS)
		trace_event_decoder_begin(&r->events, r->raw.data, r->raw.len, n);
	else if (r->block.kind == TRACE_BLOCK_SAMPLES)
		return trace_sample_decoder_begin(&r->samples, r->raw.data, r->raw.len, n);
	return true;
}

/* The payload of the current block, if it is of this kind, is in r->raw and its decoder stands at
 * the first record. */
static bool load(struct trace_reader *r, uint32_t kind)
{
	if (r->block.kind != kind || r->load == LOAD_FAILED)
		return false;
	if (r->load == LOAD_DONE)
		return true;
	r->symbols = (struct cursor){ 0 };
	const char *problem = decompress(r);
	if (!problem && !begin_records(r))
		problem = "not understood";
	r->load = problem ? LOAD_FAILED : LOAD_DONE;
	if (problem) {
		r->damage.n_bad_blocks++;
		note(r, "block %u at offset %" PRIu64 ": %s", r->block.number, r->block.file_off,
			problem);
	}
	return !problem;
}

/* As load, for a block with a single record: true only the first time. */
static bool load_single(struct trace_reader *r, uint32_t kind)
{
	if (!load(r, kind) || r->gave_single)
		return false;
	r->gave_single = true;
	return true;
}

static void no_memory(struct trace_reader *r)
{
	err_set(&r->machine_error, "%s: not enough memory", r->input.name);
}

/* A block with one record whose payload turned out to be malformed. */
static void bad_single(struct trace_reader *r)
{
	r->load = LOAD_FAILED;
	r->damage.n_bad_blocks++;
	note(r, "block %u at offset %" PRIu64 ": malformed", r->block.number, r->block.file_off);
}

bool trace_reader_event(struct trace_reader *r, struct trace_event *ret_event)
{
	if (!load(r, TRACE_BLOCK_EVENTS))
		return false;
	if (trace_event_decoder_next(&r->events, ret_event))
		return true;
	if (r->events.no_memory)
		no_memory(r);
	account(r);
	return false;
}

bool trace_reader_sample(struct trace_reader *r, struct trace_sample *ret_sample)
{
	if (!load(r, TRACE_BLOCK_SAMPLES))
		return false;
	if (trace_sample_decoder_next(&r->samples, ret_sample))
		return true;
	if (r->samples.no_memory)
		no_memory(r);
	account(r);
	return false;
}

bool trace_reader_file(struct trace_reader *r, struct trace_file *ret_file)
{
	if (!load_single(r, TRACE_BLOCK_FILE))
		return false;
	struct cursor c = cursor_make(r->raw.data, r->raw.len);
	if (trace_file_decode(c, ret_file, &r->file_name))
		return true;
	bad_single(r);
	return false;
}

/* Stands r->symbols at the first symbol of the current block, if it holds some. */
static bool begin_symbols(struct trace_reader *r)
{
	struct trace_file file;
	struct cursor c = cursor_make(r->raw.data, r->raw.len);
	if (r->symbols.start)
		return true;
	if (!trace_file_decode(c, &file, &r->file_name)) {
		bad_single(r);
		return false;
	}
	if (file.kind != TRACE_FILE_KERNEL_SYMBOLS || !file.size_bytes)
		return false;
	r->symbols = cursor_make(file.data, file.size_bytes);
	r->symbol = (struct trace_kernel_symbol){ .name = "", .module = "" };
	return true;
}

bool trace_reader_kernel_symbol(struct trace_reader *r, struct trace_kernel_symbol *ret_symbol)
{
	if (!load(r, TRACE_BLOCK_FILE) || !begin_symbols(r) ||
		!trace_symbol_decode(&r->symbols, &r->symbol))
		return false;
	*ret_symbol = r->symbol;
	return true;
}

bool trace_reader_stats(struct trace_reader *r, struct trace_stats *ret_stats)
{
	if (!load_single(r, TRACE_BLOCK_STATS))
		return false;
	AUTO_BUF struct buf strings = BUF_INIT;
	struct trace_stats stats = { 0 };
	struct cursor c = cursor_make(r->raw.data, r->raw.len);
	if (!trace_fields_decode(&trace_stats_fields, c, &stats, &strings)) {
		bad_single(r);
		return false;
	}
	*ret_stats = stats;
	return true;
}

static bool no_meta(struct trace_reader *r, struct err *err)
{
	uint8_t start[TRACE_MAX_PREFIX_BYTES];
	struct trace_frame frame;
	size_t n;
	if (!trace_input_read(&r->input, 0, start, sizeof(start), &n, err))
		return false;
	enum trace_frame_status status = trace_frame_decode(start, n, 0, &frame);
	if (status == TRACE_FRAME_NEWER)
		return err_set(err,
			"%s: written by a newer ddrec: format %u.%u at offset 0, while this "
			"program reads format %u",
			r->input.name, frame.major, frame.minor, TRACE_VERSION_MAJOR);
	if (n < 4 || memcmp(start, "\x5d\x2a\x4d\x18", 4) != 0)
		return err_set(err, "%s: %s", r->input.name, trace_input_guess(start, n));
	return err_set(err, "%s: the trace has no readable meta block: %s", r->input.name,
		r->damage.why[0] ? r->damage.why : "none was found");
}

static bool read_meta(struct trace_reader *r, struct err *err)
{
	struct trace_block block;
	while (trace_reader_next(r, &block, err)) {
		if (!load(r, TRACE_BLOCK_META))
			continue;
		buf_clear(&r->meta_strings);
		struct cursor c = cursor_make(r->raw.data, r->raw.len);
		if (trace_fields_decode(&trace_meta_fields, c, &r->meta, &r->meta_strings))
			return true;
		bad_single(r);
	}
	return err->text[0] ? false : no_meta(r, err);
}

bool trace_reader_open(const char *path, struct trace_reader **ret_reader, struct err *err)
{
	AUTO(trace_reader_close) struct trace_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, "%s: not enough memory", path);
	r->input.fd = -1;
	r->zstd = ZSTD_createDCtx();
	if (!r->zstd)
		return err_set(err, "%s: not enough memory", path);
	if (!trace_input_open(&r->input, path, err))
		return false;
	begin_reading(r);
	if (!read_meta(r, err))
		return false;
	trace_sample_decoder_init(&r->samples, r->meta.arch);
	begin_reading(r);
	*ret_reader = TAKE(r);
	return true;
}

void trace_reader_close(struct trace_reader *r)
{
	if (!r)
		return;
	trace_input_close(&r->input);
	trace_sample_decoder_fini(&r->samples);
	trace_event_decoder_fini(&r->events);
	buf_fini(&r->meta_strings);
	buf_fini(&r->file_name);
	buf_fini(&r->compressed);
	buf_fini(&r->raw);
	ZSTD_freeDCtx(r->zstd);
	free(r);
}

const char *trace_reader_name(const struct trace_reader *r)
{
	return r->input.name;
}

uint64_t trace_reader_file_bytes(const struct trace_reader *r)
{
	return r->input.bytes;
}

const struct trace_meta *trace_reader_meta(const struct trace_reader *r)
{
	return &r->meta;
}

const struct trace_damage *trace_reader_damage(const struct trace_reader *r)
{
	return &r->damage;
}
