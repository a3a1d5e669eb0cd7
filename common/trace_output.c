/*
 * The way out for blocks: see trace_output.h.
 *
 * The compressor works in a workspace of fixed size (ZSTD_initStaticCCtx), because a context of its
 * own would take and give back memory as the sizes of blocks change.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "common/trace_output.h"
#include "common/trace_frame.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

enum { DEFAULT_LEVEL = 3, INDEX_ROW_BYTES = 44, INDEX_HEAD_BYTES = 12 };

static bool set_parameters(struct trace_output *o, int level, struct err *err)
{
	const struct {
		ZSTD_cParameter name;
		int value;
	} parameters[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_contentSizeFlag, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
		size_t rc =
			ZSTD_CCtx_setParameter(o->zstd, parameters[i].name, parameters[i].value);
		if (ZSTD_isError(rc))
			return err_set(err, "%s: zstd level %d: %s", o->name, level,
				ZSTD_getErrorName(rc));
	}
	return true;
}

bool trace_output_init(struct trace_output *o, int fd, const char *name, int zstd_level,
	size_t max_raw_bytes, struct err *err)
{
	int level = zstd_level ? zstd_level : DEFAULT_LEVEL;
	*o = (struct trace_output){ .fd = fd, .name = name };
	size_t workspace_bytes = ZSTD_estimateCCtxSize(level);
	o->out_cap = TRACE_PREFIX_BYTES + ZSTD_compressBound(max_raw_bytes);
	o->out = malloc(o->out_cap);
	o->workspace = malloc(workspace_bytes);
	if (!o->out || !o->workspace ||
		!buf_init_fixed(&o->index, INDEX_HEAD_BYTES + TRACE_INDEX_ROWS * INDEX_ROW_BYTES))
		return err_set(err, "%s: not enough memory for the trace writer", name);
	o->zstd = ZSTD_initStaticCCtx(o->workspace, workspace_bytes);
	if (!o->zstd)
		return err_set(err, "%s: cannot set up zstd level %d", name, level);
	return set_parameters(o, level, err);
}

void trace_output_fini(struct trace_output *o)
{
	buf_fini(&o->index);
	free(o->workspace);
	free(o->out);
	*o = (struct trace_output){ .fd = -1 };
}

/* Remembers the first failure, which every later call repeats. */
static bool fail(struct trace_output *o, const struct err *err)
{
	o->failed = true;
	o->first_error = *err;
	return false;
}

static bool write_fully(struct trace_output *o, const uint8_t *data, size_t size, struct err *err)
{
	while (size) {
		ssize_t n = write(o->fd, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_errno(err, "%s: cannot write at offset %llu", o->name,
				(unsigned long long)o->bytes);
			return fail(o, err);
		}
		data += n;
		size -= (size_t)n;
		o->bytes += (uint64_t)n;
	}
	return true;
}

static void begin_index(struct trace_output *o)
{
	buf_clear(&o->index);
	o->n_rows = 0;
	buf_u64(&o->index, o->previous_index);
	buf_u32(&o->index, INDEX_ROW_BYTES);
}

static void add_row(struct trace_output *o, const struct trace_block *block)
{
	if (!o->n_rows)
		begin_index(o);
	buf_u32(&o->index, block->kind);
	buf_u32(&o->index, block->number);
	buf_u64(&o->index, block->file_off);
	buf_u32(&o->index, block->compressed_bytes);
	buf_u32(&o->index, block->raw_bytes);
	buf_u32(&o->index, block->n_records);
	buf_u64(&o->index, block->first_ns);
	buf_u64(&o->index, block->last_ns);
	o->n_rows++;
}

static bool write_block(struct trace_output *o, struct trace_block *block, const void *raw,
	size_t raw_bytes, struct err *err)
{
	size_t compressed = ZSTD_compress2(o->zstd, o->out + TRACE_PREFIX_BYTES,
		o->out_cap - TRACE_PREFIX_BYTES, raw, raw_bytes);
	if (ZSTD_isError(compressed)) {
		err_set(err, "%s: zstd: %s", o->name, ZSTD_getErrorName(compressed));
		return fail(o, err);
	}
	block->file_off = o->bytes;
	block->number = o->n_blocks;
	block->compressed_bytes = (uint32_t)compressed;
	block->raw_bytes = (uint32_t)raw_bytes;
	struct trace_frame frame = { .block = *block, .flags = TRACE_FLAG_MUST_UNDERSTAND };
	trace_frame_encode(&frame, o->out);
	if (!write_fully(o, o->out, TRACE_PREFIX_BYTES + compressed, err))
		return false;
	o->n_blocks++;
	return true;
}

static bool write_index(struct trace_output *o, struct err *err)
{
	if (!o->n_rows)
		begin_index(o);
	struct trace_block block = { .kind = TRACE_BLOCK_INDEX, .n_records = o->n_rows };
	if (!write_block(o, &block, o->index.data, o->index.len, err))
		return false;
	o->previous_index = block.file_off;
	o->n_rows = 0;
	return true;
}

bool trace_output_block(struct trace_output *o, const struct trace_block *block, const void *raw,
	size_t raw_bytes, struct err *err)
{
	if (o->failed) {
		*err = o->first_error;
		return false;
	}
	struct trace_block written = *block;
	if (!write_block(o, &written, raw, raw_bytes, err))
		return false;
	add_row(o, &written);
	return o->n_rows < TRACE_INDEX_ROWS || write_index(o, err);
}

bool trace_output_finish(struct trace_output *o, struct err *err)
{
	if (o->failed) {
		*err = o->first_error;
		return false;
	}
	if (!write_index(o, err))
		return false;
	uint8_t tail[TRACE_TAIL_BYTES];
	trace_footer_encode(o->previous_index, o->bytes, tail);
	return write_fully(o, tail, sizeof(tail), err);
}
