/*
 * Decompression of ELF sections: see elf_inflate.h.
 */
#include "report/elf_inflate.h"

#include "common/cursor.h"

#include <elf.h>
#include <zlib.h>
#include <zstd.h>

#include <string.h>

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* zlib cannot shrink by more than 1032:1; zstd can, but no debug section does. */
static const uint64_t max_ratio = 2048;
static const uint64_t max_inflated_bytes = 1ULL << 30;

static bool size_is_sane(uint64_t inflated_bytes, struct cursor packed)
{
	size_t packed_bytes = cursor_left(&packed);
	return inflated_bytes > 0 && inflated_bytes <= max_inflated_bytes &&
		packed_bytes <= max_inflated_bytes && inflated_bytes / max_ratio <= packed_bytes;
}

static bool inflate_zlib(struct cursor packed, uint8_t *out, size_t out_bytes, struct err *err)
{
	z_stream z = {
		.next_in = (Bytef *)packed.pos,
		.avail_in = (uInt)cursor_left(&packed),
		.next_out = out,
		.avail_out = (uInt)out_bytes,
	};
	if (inflateInit(&z) != Z_OK)
		return err_set(err, "zlib: no memory");
	int status = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (status != Z_STREAM_END || z.avail_out > 0)
		return err_set(err, "zlib data is damaged");
	return true;
}

static bool inflate_zstd(struct cursor packed, uint8_t *out, size_t out_bytes, struct err *err)
{
	size_t n = ZSTD_decompress(out, out_bytes, packed.pos, cursor_left(&packed));
	if (ZSTD_isError(n) || n != out_bytes)
		return err_set(err, "zstd data is damaged");
	return true;
}

static bool inflate_to_new(uint32_t method, struct cursor packed, uint64_t out_bytes,
	uint8_t **ret_data, size_t *ret_size_bytes, struct err *err)
{
	if (method != ELFCOMPRESS_ZLIB && method != ELFCOMPRESS_ZSTD)
		return err_set(err, "unknown compression method %u", method);
	if (packed.failed || !size_is_sane(out_bytes, packed))
		return err_set(err, "impossible size after decompression");
	AUTO_FREE uint8_t *out = malloc(out_bytes);
	if (!out)
		return err_set(err, "no memory for %llu bytes", (unsigned long long)out_bytes);
	bool ok = method == ELFCOMPRESS_ZLIB ? inflate_zlib(packed, out, out_bytes, err)
					     : inflate_zstd(packed, out, out_bytes, err);
	if (!ok)
		return false;
	*ret_data = TAKE(out);
	*ret_size_bytes = out_bytes;
	return true;
}

bool elf_inflate_section(const uint8_t *data, size_t size_bytes, uint8_t **ret_data,
	size_t *ret_size_bytes, struct err *err)
{
	struct cursor c = cursor_make(data, size_bytes);
	uint32_t method = cursor_u32(&c);
	cursor_u32(&c); /* ch_reserved */
	uint64_t out_bytes = cursor_u64(&c);
	cursor_u64(&c); /* ch_addralign */
	return inflate_to_new(method, c, out_bytes, ret_data, ret_size_bytes, err);
}

bool elf_inflate_zdebug(const uint8_t *data, size_t size_bytes, uint8_t **ret_data,
	size_t *ret_size_bytes, struct err *err)
{
	struct cursor c = cursor_make(data, size_bytes);
	const uint8_t *magic = cursor_bytes(&c, 4);
	uint64_t out_bytes = __builtin_bswap64(cursor_u64(&c));
	if (!magic || memcmp(magic, "ZLIB", 4) != 0)
		return err_set(err, "no ZLIB header");
	return inflate_to_new(ELFCOMPRESS_ZLIB, c, out_bytes, ret_data, ret_size_bytes, err);
}
