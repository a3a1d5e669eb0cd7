/*
 * gzip: see gzip.h.
 */
#include "formats/gzip.h"

#include <errno.h>
#include <string.h>

enum { GZIP_WINDOW = 15 + 16, ANY_WINDOW = 15 + 32, READ_BYTES = 1 << 16 };

bool gzip_open(struct gzip_writer *w, FILE *out, struct err *err)
{
	w->out = out;
	w->stream = (z_stream){ 0 };
	if (deflateInit2(&w->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, "no memory to compress");
	return true;
}

/* Compresses what is in the stream's input. */
static bool pack(struct gzip_writer *w, int flush, struct err *err)
{
	do {
		w->stream.next_out = w->packed;
		w->stream.avail_out = sizeof w->packed;
		deflate(&w->stream, flush); /* cannot fail: the state is whole, there is room */
		size_t n = sizeof w->packed - w->stream.avail_out;
		if (n && fwrite(w->packed, 1, n, w->out) != n)
			return err_errno(err, "cannot write the output");
	} while (!w->stream.avail_out);
	return true;
}

bool gzip_pass(struct gzip_writer *w, struct buf *b, struct err *err)
{
	if (b->failed)
		return err_set(err, "out of memory while writing");
	for (size_t at = 0; at < b->len;) {
		size_t n = MIN(b->len - at, (size_t)1 << 30);
		w->stream.next_in = b->data + at;
		w->stream.avail_in = (uInt)n;
		if (!pack(w, Z_NO_FLUSH, err))
			return false;
		at += n;
	}
	buf_clear(b);
	return true;
}

bool gzip_close(struct gzip_writer *w, bool ok, struct err *err)
{
	w->stream.avail_in = 0;
	ok = ok && pack(w, Z_FINISH, err);
	deflateEnd(&w->stream);
	if (ok && (fflush(w->out) || ferror(w->out)))
		return err_errno(err, "cannot write the output");
	return ok;
}

bool gunzip_knows(const uint8_t *start, size_t n)
{
	if (n < 2)
		return false;
	bool is_gzip = start[0] == 0x1f && start[1] == 0x8b;
	/* RFC 1950: deflate, a window of 32 KiB, no dictionary, and a check of these two bytes. */
	bool is_zlib =
		start[0] == 0x78 && !(start[1] & 0x20) && (start[0] << 8 | start[1]) % 31 == 0;
	return is_gzip || is_zlib;
}

size_t gunzip_start(const uint8_t *start, size_t n, uint8_t *out, size_t size_bytes)
{
	z_stream stream = { .next_in = (uint8_t *)(uintptr_t)start,
		.avail_in = (uInt)n,
		.next_out = out,
		.avail_out = (uInt)size_bytes };
	if (inflateInit2(&stream, ANY_WINDOW) != Z_OK)
		return 0;
	inflate(&stream, Z_SYNC_FLUSH);
	inflateEnd(&stream);
	return size_bytes - stream.avail_out;
}

struct unpacking {
	int fd;
	const char *name;
	uint64_t read; /* bytes of the file */
	bool is_packed;
	bool at_end; /* of the file */
	bool at_member_end;
	z_stream stream;
	uint8_t in[READ_BYTES];
};

/* The next piece of the file; at_end when there is none. */
static bool read_piece(struct unpacking *u, struct err *err)
{
	ssize_t n;
	do
		n = pread(u->fd, u->in, sizeof u->in, (off_t)u->read);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "cannot read %s", u->name);
	u->at_end = n == 0;
	u->read += (uint64_t)n;
	u->stream.next_in = u->in;
	u->stream.avail_in = (uInt)n;
	return true;
}

static bool check_size(const struct unpacking *u, size_t n, struct err *err)
{
	if (n > GUNZIP_MAX_BYTES)
		return err_set(err, "%s is larger than 1 GiB%s", u->name,
			u->is_packed ? " when it is unpacked" : "");
	if (u->is_packed && n > GUNZIP_FREE_BYTES &&
		(n - GUNZIP_FREE_BYTES) / GUNZIP_MAX_RATIO > u->read)
		return err_set(err, "%s unpacks to more than %d times its size, as no profile does",
			u->name, GUNZIP_MAX_RATIO);
	return true;
}

static bool inflate_piece(struct unpacking *u, struct buf *ret, struct err *err)
{
	/* Where the room was just enough, there may be more without any input. */
	do {
		uint8_t *room = buf_reserve(ret, READ_BYTES);
		if (!room)
			return err_set(err, "%s: no memory to unpack it", u->name);
		if (u->at_member_end) /* gzip: another may follow */
			inflateReset(&u->stream);
		u->stream.next_out = room;
		u->stream.avail_out = READ_BYTES;
		int status = inflate(&u->stream, Z_NO_FLUSH);
		ret->len += READ_BYTES - u->stream.avail_out;
		u->at_member_end = status == Z_STREAM_END;
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return err_set(err, "%s: damaged before byte %llu: %s", u->name,
				(unsigned long long)u->read,
				u->stream.msg ? u->stream.msg : "the compressed data is malformed");
		if (!check_size(u, ret->len, err))
			return false;
	} while (u->stream.avail_in || (!u->stream.avail_out && !u->at_member_end));
	return true;
}

static bool take_piece(struct unpacking *u, struct buf *ret, struct err *err)
{
	if (u->is_packed)
		return inflate_piece(u, ret, err);
	buf_bytes(ret, u->in, u->stream.avail_in);
	if (ret->failed)
		return err_set(err, "no memory for %s", u->name);
	return check_size(u, ret->len, err);
}

static bool unpack(struct unpacking *u, struct buf *ret, struct err *err)
{
	if (!read_piece(u, err))
		return false;
	u->is_packed = gunzip_knows(u->in, u->stream.avail_in);
	while (!u->at_end)
		if (!take_piece(u, ret, err) || !read_piece(u, err))
			return false;
	if (u->is_packed && !u->at_member_end)
		return err_set(err, "%s: the compressed data is cut at byte %llu", u->name,
			(unsigned long long)u->read);
	return true;
}

bool gunzip_file(int fd, uint64_t file_bytes, const char *name, struct buf *ret, struct err *err)
{
	AUTO_FREE struct unpacking *u = calloc(1, sizeof *u);
	if (file_bytes > GUNZIP_MAX_BYTES)
		return err_set(err, "%s is larger than 1 GiB", name);
	if (!u)
		return err_set(err, "no memory for %s", name);
	u->fd = fd;
	u->name = name;
	if (inflateInit2(&u->stream, ANY_WINDOW) != Z_OK)
		return err_set(err, "no memory to unpack %s", name);
	bool ok = unpack(u, ret, err);
	inflateEnd(&u->stream);
	return ok;
}
