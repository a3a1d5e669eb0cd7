/*
 * The index: from the last 32 bytes of a trace every block can be found, however many there are.
 */
#include "common/test/trace_fixture.h"
#include "common/cursor.h"
#include "common/trace_frame.h"
#include "common/trace_output.h"

#include <zstd.h>

enum { N_FILES = 2 * TRACE_INDEX_ROWS + 100, ROW_BYTES = 44 };

static void write_many_blocks(int fd)
{
	struct err err = { { 0 } };
	struct trace_file file = { .kind = TRACE_FILE_PERF_MAP,
		.name = "m",
		.data = (const uint8_t *)"x",
		.size_bytes = 1 };
	struct trace_writer *w = writer_open(fd, 0);
	for (uint32_t i = 0; i < N_FILES; i++) {
		file.pid = i;
		assert_true(trace_writer_file(w, &file, &err));
	}
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);
}

/* The header and, decompressed, the payload of the block at off. */
static size_t read_block(int fd, uint64_t off, struct trace_frame *ret, uint8_t *raw, size_t cap)
{
	static uint8_t bytes[1 << 20];
	ssize_t n = pread(fd, bytes, sizeof(bytes), (off_t)off);
	assert_true(n > 0);
	assert_int_equal(trace_frame_decode(bytes, (size_t)n, off, ret), TRACE_FRAME_OK);
	size_t raw_bytes =
		ZSTD_decompress(raw, cap, bytes + ret->prefix_bytes, ret->block.compressed_bytes);
	assert_int_equal(raw_bytes, ret->block.raw_bytes);
	return raw_bytes;
}

/* The last row of an index block comes first. Each row's header must say the same. */
static uint32_t check_rows(int fd, const uint8_t *raw, size_t size, uint32_t n_rows)
{
	static uint8_t payload[4096];
	assert_int_equal(size, 12 + (size_t)n_rows * ROW_BYTES);
	for (uint32_t i = 0; i < n_rows; i++) {
		struct trace_frame frame;
		struct cursor row = cursor_make(raw + 12 + (size_t)i * ROW_BYTES, ROW_BYTES);
		uint32_t kind = cursor_u32(&row), number = cursor_u32(&row);
		read_block(fd, cursor_u64(&row), &frame, payload, sizeof(payload));
		assert_int_equal(frame.block.kind, kind);
		assert_int_equal(frame.block.number, number);
		assert_int_equal(frame.block.compressed_bytes, cursor_u32(&row));
		assert_int_equal(frame.block.raw_bytes, cursor_u32(&row));
		assert_int_equal(frame.block.n_records, cursor_u32(&row));
		assert_int_equal(frame.block.first_ns, cursor_u64(&row));
		assert_int_equal(frame.block.last_ns, cursor_u64(&row));
	}
	return n_rows;
}

static void every_block_is_found_from_the_end(void **state)
{
	(void)state;
	static uint8_t raw[TRACE_INDEX_ROWS * ROW_BYTES + 12];
	uint8_t tail[TRACE_TAIL_BYTES];
	struct trace_frame frame;
	struct memory_file file = memory_file_open();
	write_many_blocks(file.fd);
	uint64_t off = (uint64_t)lseek(file.fd, 0, SEEK_END) - sizeof(tail);
	assert_int_equal(pread(file.fd, tail, sizeof(tail), (off_t)off), sizeof(tail));
	assert_int_equal(trace_frame_decode(tail, sizeof(tail), off, &frame), TRACE_FRAME_FOOTER);
	uint64_t at = frame.block.file_off;
	uint32_t n_rows = 0, n_blocks = 0;
	while (at) {
		size_t size = read_block(file.fd, at, &frame, raw, sizeof(raw));
		struct cursor c = cursor_make(raw, size);
		uint64_t before = cursor_u64(&c);
		assert_int_equal(frame.block.kind, TRACE_BLOCK_INDEX);
		assert_int_equal(cursor_u32(&c), ROW_BYTES);
		assert_true(before < at);
		n_rows += check_rows(file.fd, raw, size, frame.block.n_records);
		n_blocks++;
		at = before;
	}
	assert_int_equal(n_rows, 1 + N_FILES + 1);
	assert_int_equal(n_blocks, 3);
	close(file.fd);
}

static void index_blocks_do_not_disturb_a_reader(void **state)
{
	(void)state;
	struct err err;
	struct trace_block block;
	struct trace_file f;
	struct memory_file file = memory_file_open();
	write_many_blocks(file.fd);
	struct trace_reader *r = reader_open(file.path);
	uint32_t n = 0;
	while (trace_reader_next(r, &block, &err))
		for (; trace_reader_file(r, &f); n++)
			assert_int_equal(f.pid, n);
	assert_int_equal(n, N_FILES);
	assert_string_equal(trace_reader_damage(r)->why, "");
	trace_reader_close(r);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_is_found_from_the_end),
		cmocka_unit_test(index_blocks_do_not_disturb_a_reader),
	};
	return cmocka_run_group_tests_name("trace index", tests, NULL, NULL);
}
