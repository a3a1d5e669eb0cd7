/*
 * The trace reader: see trace_reader.h. It decompresses the block that is read and hands it to
 * the decoder of its kind (trace_event_codec, trace_sample_decoder, trace_fields,
 * trace_file_codec). The way from block to block is trace_blocks's matter.
 *
 * A block is decompressed when its first record is asked for, so that blocks can be passed over.
 */
#include "common/trace_reader.h"
#include "common/trace_blocks.h"
#include "common/trace_event_codec.h"
#include "common/trace_fields.h"
#include "common/trace_file_codec.h"
#include "common/trace_sample_decoder.h"

#include <inttypes.h>
#include <string.h>
#include <zstd.h>

enum load_state {
	LOAD_NOT_YET, /* the current block's payload has not been asked for */
	LOAD_DONE,
	LOAD_FAILED,
};

struct trace_reader {
	struct trace_blocks blocks;
	struct trace_meta meta;
	struct buf meta_strings;

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

/* No block is the current one. */
static void forget_block(struct trace_reader *r)
{
	r->block = (struct trace_block){ 0 };
	r->load = LOAD_NOT_YET;
	r->accounted = r->gave_single = false;
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
	r->blocks.damage.n_bad_records += n_bad;
	if (n_bad)
		trace_blocks_note(&r->blocks, r->block.file_off,
			"%" PRIu64 " records of block %u at offset %" PRIu64 " cannot be read",
			n_bad, r->block.number, r->block.file_off);
}

bool trace_reader_ok(const struct trace_reader *r, struct err *err)
{
	*err = r->machine_error;
	return !err->text[0];
}

bool trace_reader_next(struct trace_reader *r, struct trace_block *ret_block, struct err *err)
{
	account(r);
	if (!trace_reader_ok(r, err))
		return false;
	struct trace_frame frame;
	forget_block(r);
	if (!trace_blocks_next(&r->blocks, &frame, err))
		return false;
	r->block = frame.block;
	r->prefix_bytes = frame.prefix_bytes;
	*ret_block = r->block;
	return true;
}

bool trace_reader_rewind(struct trace_reader *r, struct err *err)
{
	trace_blocks_rewind(&r->blocks);
	forget_block(r);
	r->machine_error.text[0] = 0;
	err->text[0] = 0;
	return true;
}

/* Room for size_bytes in b, which is overwritten. */
static bool make_room(struct trace_reader *r, struct buf *b, size_t size_bytes)
{
	buf_clear(b);
	if (buf_reserve(b, size_bytes + 1))
		return true;
	err_set(&r->machine_error, "%s: not enough memory for a block of %zu bytes",
		r->blocks.input.name, size_bytes);
	return false;
}

static const char *decompress(struct trace_reader *r)
{
	const struct trace_block *block = &r->block;
	size_t n;
	if (!make_room(r, &r->compressed, block->compressed_bytes) ||
		!make_room(r, &r->raw, block->raw_bytes))
		return "no memory";
	if (!trace_input_read(&r->blocks.input, block->file_off + r->prefix_bytes,
		    r->compressed.data, block->compressed_bytes, &n, &r->machine_error))
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
	if (raw != block->raw_bytes)
		return "wrong size";
	return ZSTD_findFrameCompressedSize(r->compressed.data, n) == n ? NULL : "several frames";
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

static void no_memory(struct trace_reader *r)
{
	err_set(&r->machine_error, "%s: not enough memory", r->blocks.input.name);
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
	if (r->samples.no_memory)
		no_memory(r);
	r->load = problem ? LOAD_FAILED : LOAD_DONE;
	if (problem) {
		r->blocks.damage.n_bad_blocks++;
		trace_blocks_note(&r->blocks, r->block.file_off,
			"block %u at offset %" PRIu64 ": %s", r->block.number, r->block.file_off,
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

/* A block with one record whose payload turned out to be malformed. */
static void bad_single(struct trace_reader *r)
{
	r->load = LOAD_FAILED;
	r->blocks.damage.n_bad_blocks++;
	trace_blocks_note(&r->blocks, r->block.file_off,
		"block %u at offset %" PRIu64 ": malformed", r->block.number, r->block.file_off);
}

bool trace_reader_event(struct trace_reader *r, struct trace_event *ret_event)
{
	if (!load(r, TRACE_BLOCK_EVENTS)) {
		account(r);
		return false;
	}
	if (trace_event_decoder_next(&r->events, ret_event))
		return true;
	if (r->events.no_memory)
		no_memory(r);
	account(r);
	return false;
}

bool trace_reader_sample(struct trace_reader *r, struct trace_sample *ret_sample)
{
	if (!load(r, TRACE_BLOCK_SAMPLES)) {
		account(r);
		return false;
	}
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
	if (!trace_input_read(&r->blocks.input, 0, start, sizeof(start), &n, err))
		return false;
	enum trace_frame_status status = trace_frame_decode(start, n, 0, &frame);
	if (status == TRACE_FRAME_NEWER)
		return err_set(err,
			"%s: written by a newer ddrec: format %u.%u at offset 0, while this "
			"program reads format %u",
			r->blocks.input.name, frame.major, frame.minor, TRACE_VERSION_MAJOR);
	if (n < 4 || memcmp(start, "\x5d\x2a\x4d\x18", 4) != 0)
		return err_set(err, "%s %s", r->blocks.input.name, trace_input_guess(start, n));
	return err_set(err, "%s: the trace has no readable meta block: %s", r->blocks.input.name,
		r->blocks.damage.why[0] ? r->blocks.damage.why : "none was found");
}

/* The meta block is the trace's first block. */
static bool read_meta(struct trace_reader *r, struct err *err)
{
	struct trace_block block;
	if (!trace_reader_next(r, &block, err))
		return err->text[0] ? false : no_meta(r, err);
	if (load(r, TRACE_BLOCK_META)) {
		struct cursor c = cursor_make(r->raw.data, r->raw.len);
		if (trace_fields_decode(&trace_meta_fields, c, &r->meta, &r->meta_strings))
			return true;
		bad_single(r);
	}
	if (!r->machine_error.text[0])
		return no_meta(r, err);
	*err = r->machine_error;
	return false;
}

/* Takes *in over. */
static struct trace_reader *new_reader(struct trace_input *in, struct err *err)
{
	AUTO(trace_reader_close) struct trace_reader *r = calloc(1, sizeof(*r));
	if (!r) {
		err_set(err, "%s: not enough memory", in->name);
		trace_input_close(in);
		return NULL;
	}
	r->blocks.input = *in;
	*in = (struct trace_input){ .fd = -1 };
	r->zstd = ZSTD_createDCtx();
	if (!r->zstd) {
		err_set(err, "%s: not enough memory", r->blocks.input.name);
		return NULL;
	}
	return TAKE(r);
}

bool trace_reader_open_input(
	struct trace_input *in, struct trace_reader **ret_reader, struct err *err)
{
	AUTO(trace_reader_close) struct trace_reader *r = new_reader(in, err);
	if (!r)
		return false;
	trace_blocks_rewind(&r->blocks);
	if (!read_meta(r, err))
		return false;
	trace_sample_decoder_init(&r->samples, r->meta.arch);
	if (!trace_reader_rewind(r, err))
		return false;
	*ret_reader = TAKE(r);
	return true;
}

bool trace_reader_open(const char *path, struct trace_reader **ret_reader, struct err *err)
{
	struct trace_input in;
	return trace_input_open(&in, path, err) && trace_reader_open_input(&in, ret_reader, err);
}

bool trace_reader_clone(
	const struct trace_reader *from, struct trace_reader **ret_reader, struct err *err)
{
	struct trace_input in;
	if (!trace_input_clone(&in, &from->blocks.input, err))
		return false;
	struct trace_reader *r = new_reader(&in, err);
	if (!r)
		return false;
	r->meta = from->meta;
	trace_sample_decoder_init(&r->samples, r->meta.arch);
	*ret_reader = r;
	return true;
}

bool trace_reader_goto(struct trace_reader *r, const struct trace_block *block, struct err *err)
{
	struct trace_block found;
	trace_blocks_goto(&r->blocks, block);
	if (!trace_reader_next(r, &found, err) || found.file_off != block->file_off ||
		found.kind != block->kind)
		return err->text[0]
			? false
			: err_set(err, "%s: changed while it was read", r->blocks.input.name);
	return true;
}

void trace_reader_close(struct trace_reader *r)
{
	if (!r)
		return;
	trace_input_close(&r->blocks.input);
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
	return r->blocks.input.name;
}

uint64_t trace_reader_file_bytes(const struct trace_reader *r)
{
	return r->blocks.input.bytes;
}

const struct trace_meta *trace_reader_meta(const struct trace_reader *r)
{
	return &r->meta;
}

const struct trace_damage *trace_reader_damage(const struct trace_reader *r)
{
	return &r->blocks.damage;
}
