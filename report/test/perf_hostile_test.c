/*
 * perf.data files that are compressed in every way, and those that nobody should write: cut, with
 * wrong bytes, with a bomb in them. Looked at through `ddrec script`.
 */
#include "report/kernel_cache.h"
#include "report/recording.h"
#include "report/test/perf_fixture.h"

#include <time.h>
#include <zstd.h>

/* Compression. */

enum { ZSTD_ROOM = 1 << 20 };

/* One endless stream, flushed after each piece. */
static size_t pack(ZSTD_CCtx *zstd, const uint8_t *from, size_t n, uint8_t *to)
{
	ZSTD_inBuffer in = { from, n, 0 };
	ZSTD_outBuffer out = { to, ZSTD_ROOM, 0 };
	assert_int_equal(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush), 0);
	return out.pos;
}

static struct perf_builder many_samples(uint64_t n)
{
	struct perf_builder b = builder();
	for (uint64_t i = 0; i < n; i++)
		add_sample(&b, 5, 1000 + i, rng() >> 16);
	return b;
}

/* The records of `from` in b, compressed in pieces of so many bytes, which cut records anywhere. */
static struct perf_builder packed(const struct perf_builder *from, size_t piece, uint32_t type)
{
	struct perf_builder b = builder();
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	uint8_t *room = malloc(ZSTD_ROOM);
	for (size_t at = 0; at < from->data.len; at += piece) {
		size_t n = pack(zstd, from->data.data + at, MIN(piece, from->data.len - at), room);
		perf_builder_begin(&b, type, 0);
		if (type == PERF_DATA_COMPRESSED2)
			buf_u64(&b.data, n);
		buf_bytes(&b.data, room, n);
		while (type == PERF_DATA_COMPRESSED2 && b.data.len % 8)
			buf_u8(&b.data, 0);
		perf_builder_end(&b);
		perf_builder_begin(&b, PERF_DATA_FINISHED_ROUND, 0);
		perf_builder_end(&b);
	}
	free(room);
	ZSTD_freeCCtx(zstd);
	return b;
}

static void compressed_records_are_read(void **state)
{
	static const size_t pieces[] = { 7, 100, 4096, 30000 };
	struct perf_builder plain = many_samples(2000);
	struct outcome expected = script_of(perf_builder_file(&plain));
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(pieces); i++) {
		struct perf_builder b = packed(&plain, pieces[i / 2],
			i % 2 ? PERF_DATA_COMPRESSED2 : PERF_DATA_COMPRESSED);
		struct outcome o = script_of(perf_builder_file(&b));
		assert_string_equal(o.out, expected.out);
		assert_string_equal(o.err, "");
		outcome_fini(&o);
		perf_builder_fini(&b);
	}
	outcome_fini(&expected);
	perf_builder_fini(&plain);
}

/* perf 6.16 and later: the 16-bit size of the record does not hold the padded size. */
static void oversized_compressed_records_are_read(void **state)
{
	struct perf_builder plain = many_samples(12000); /* random: barely gets smaller */
	struct outcome expected = script_of(perf_builder_file(&plain));
	uint8_t *room = malloc(ZSTD_ROOM);
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t done = 0, n_single = 0, n_multiple = 0;
	struct perf_builder b = builder();
	(void)state;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, -50);
	while (done < plain.data.len) {
		/* Any number of bytes, found by trying, or two records' worth. */
		size_t take = n_single ? MIN((size_t)180000, plain.data.len - done) : 0, n = 0;
		for (size_t guess = 20000; !n_single && !take; guess++) {
			ZSTD_CCtx *trial = ZSTD_createCCtx();
			ZSTD_CCtx_setParameter(trial, ZSTD_c_compressionLevel, -50);
			size_t would = pack(trial, plain.data.data, guess, room);
			ZSTD_freeCCtx(trial);
			take = would >= 65513 && would <= 65519 ? guess : 0;
			guess += would < 60000 ? 1000 : 0;
			assert_true(would <= 65519);
		}
		n = pack(zstd, plain.data.data + done, take, room);
		done += take;
		for (size_t at = 0, part; at < n; at += part) {
			part = MIN(n - at, (size_t)65519);
			perf_builder_begin(&b, PERF_DATA_COMPRESSED2, 0);
			size_t total = n + 16 * ((n + 65518) / 65519);
			buf_u64(&b.data, at ? rng() : total - 16);
			buf_bytes(&b.data, room + at, part);
			perf_builder_set_size(&b, (uint16_t)(at ? part + 16 : (total + 7) / 8 * 8));
		}
		if (n <= 65519 && (n + 16 + 7) / 8 * 8 > 65535)
			n_single++;
		else if (n > 65519)
			n_multiple++;
		else
			while ((b.data.len - b.record) % 8)
				buf_u8(&b.data, 0);
	}
	struct outcome o = script_of(perf_builder_file(&b));
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, expected.out);
	assert_true(n_single && n_multiple);
	outcome_fini(&o);
	outcome_fini(&expected);
	free(room);
	ZSTD_freeCCtx(zstd);
	perf_builder_fini(&b);
	perf_builder_fini(&plain);
}

static void broken_compression_keeps_what_came_before(void **state)
{
	struct perf_builder plain = builder();
	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		add_sample(&plain, 5, 1000 + i, i);
	struct perf_builder b = packed(&plain, 10000, PERF_DATA_COMPRESSED);
	/* The third piece begins with the header of a zstd block, which has a reserved type now. */
	size_t at = 0;
	for (int i = 0; i < 4; i++) /* each with a FINISHED_ROUND of 8 bytes */
		at += i % 2 ? 8u : b.data.data[at + 6] | (size_t)b.data.data[at + 7] << 8;
	memset(b.data.data + at + 8, 0xff, 3);
	struct outcome o = script_of(perf_builder_file(&b));
	assert_int_equal(o.status, EXIT_OK);
	assert_int_equal(count_of(o.out, "\nsample "), 20000 / 40);
	assert_has(o.err, "those after it are lost");
	outcome_fini(&o);
	perf_builder_fini(&b);
	perf_builder_fini(&plain);
}

static void a_bomb_is_not_unpacked(void **state)
{
	struct perf_builder b = builder();
	uint8_t *room = malloc(ZSTD_ROOM);
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	struct buf zeros = BUF_INIT;
	(void)state;
	add_sample(&b, 5, 1000, 0x401000);
	/* Records of an ordinary kind, all alike: a thousandth of them remains. */
	for (int i = 0; i < 1 << 17; i++) {
		buf_u32(&zeros, PERF_RECORD_SWITCH);
		buf_u32(&zeros, 8 << 16);
	}
	for (int i = 0; i < 200; i++) {
		size_t n = pack(zstd, zeros.data, zeros.len, room);
		perf_builder_begin(&b, PERF_DATA_COMPRESSED, 0);
		buf_bytes(&b.data, room, n);
		perf_builder_end(&b);
	}
	struct outcome o = script_of(perf_builder_file(&b));
	assert_has(o.out, "ip 401000");
	assert_has(o.err, "too many come out of so few bytes");
	outcome_fini(&o);
	buf_fini(&zeros);
	free(room);
	ZSTD_freeCCtx(zstd);
	perf_builder_fini(&b);
}

/* Damage. */

static void a_file_may_be_cut_anywhere(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	add_comm(&b, 0, "first");
	add_mmap(&b, USER, 11, "/bin/code");
	for (uint64_t i = 0; i < 3; i++)
		add_sample(&b, 5, 1000 + i, 0x401000 + i);
	struct memory_file file = perf_builder_file(&b);
	off_t whole = lseek(file.fd, 0, SEEK_END);
	for (off_t end = whole - 1; end >= 0; end--) {
		assert_int_equal(ftruncate(file.fd, end), 0);
		struct outcome o = run_command(&command_script, file.path);
		if (outcome_problem(&o) || !o.err_bytes)
			fail_msg("cut at %ld: %s", (long)end, outcome_problem(&o));
		outcome_fini(&o);
	}
	close(file.fd);
	perf_builder_fini(&b);
}

static void every_byte_may_be_wrong(void **state)
{
	struct perf_builder plain = many_samples(20);
	struct perf_builder b = packed(&plain, 200, PERF_DATA_COMPRESSED2);
	(void)state;
	add_comm(&b, 0, "first");
	add_mmap(&b, USER, 11, "/bin/code");
	add_sample(&b, 5, 1000, 0x401000);
	struct memory_file file = perf_builder_file(&b);
	off_t whole = lseek(file.fd, 0, SEEK_END);
	for (off_t at = 0; at < whole; at++) {
		uint8_t right, wrong[] = { 0, 0xff, 0x80 };
		assert_int_equal(pread(file.fd, &right, 1, at), 1);
		for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
			assert_int_equal(pwrite(file.fd, &wrong[i], 1, at), 1);
			struct outcome o = run_command(&command_script, file.path);
			if (outcome_problem(&o))
				fail_msg("byte %ld is %u: %s", (long)at, wrong[i],
					outcome_problem(&o));
			outcome_fini(&o);
		}
		assert_int_equal(pwrite(file.fd, &right, 1, at), 1);
	}
	close(file.fd);
	perf_builder_fini(&b);
	perf_builder_fini(&plain);
}

static void an_unfinished_file_is_read_to_its_end(void **state)
{
	struct perf_builder b = builder();
	(void)state;
	b.is_unfinished = true;
	add_sample(&b, 5, 1000, 0x401000);
	add_sample(&b, 5, 2000, 0x402000);
	struct outcome o = script_of(perf_builder_file(&b));
	assert_has(o.out, "ip 402000");
	assert_has(o.err, "perf record did not finish the file");
	outcome_fini(&o);
	perf_builder_fini(&b);
}

/* The record of the user's chain is of another event than the sample, with a shorter trailer. */
static void a_deferred_chain_ends_with_its_own_record(void **state)
{
	struct perf_builder b = { 0 };
	struct perf_builder_attr a = cpu_clock, other = cpu_clock;
	const uint64_t cookie = (uint64_t)12 << 32 | 11;
	(void)state;
	a.sample_type |= PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU;
	other.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
	other.id = 0;
	perf_builder_attr(&b, a);
	perf_builder_attr(&b, other);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	perf_builder_begin(&b, PERF_RECORD_SAMPLE, USER);
	buf_u64(&b.data, 0x401000);
	put_who(&b.data, 11, 12);
	buf_u64(&b.data, 1000);
	buf_u64(&b.data, 5);
	buf_u64(&b.data, 0);
	buf_u64(&b.data, 0);
	buf_u64(&b.data, 2);
	buf_u64(&b.data, PERF_CHAIN_USER_DEFERRED);
	buf_u64(&b.data, cookie);
	perf_builder_end(&b);
	perf_builder_begin(&b, PERF_DATA_CALLCHAIN_DEFERRED, USER);
	buf_u64(&b.data, cookie); /* the trailer's pid and tid, too */
	buf_u64(&b.data, 0x7ffffff0);
	perf_builder_end(&b);
	struct outcome o = script_of(perf_builder_file(&b));
	assert_has(o.out, "ip 401000");
	outcome_fini(&o);
	perf_builder_fini(&b);
}

/* Half a minute, if the ids are sorted for each name. */
static void names_between_ids_take_no_time(void **state)
{
	enum { N_IDS = 8000, N_EVENTS = 15000 };
	struct perf_builder b = builder();
	(void)state;
	for (uint64_t i = 0; i < N_EVENTS; i++) {
		perf_builder_begin(&b, PERF_DATA_HEADER_ATTR, 0);
		perf_builder_put_attr(&b.data, &cpu_clock);
		for (uint64_t k = 0; k < (i < 20 ? N_IDS : 1); k++)
			buf_u64(&b.data, rng());
		perf_builder_end(&b);
		perf_builder_begin(&b, PERF_DATA_EVENT_UPDATE, 0);
		buf_u64(&b.data, 2);
		buf_u64(&b.data, i);
		perf_builder_str(&b.data, "name");
		perf_builder_end(&b);
	}
	clock_t start = clock();
	struct outcome o = script_of(perf_builder_pipe(&b));
	assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static const uint64_t kernel_text = 0xffffffff81000000;

/* A kernel with a build-id, and a name for an address of its text. */
static struct perf_builder names_of_a_kernel(void)
{
	struct perf_builder b = builder();
	struct buf *ids = &b.features[PERF_FEAT_BUILD_ID];
	perf_builder_begin(&b, PERF_RECORD_MMAP, KERNEL);
	put_who(&b.data, UINT32_MAX, 0);
	buf_u64(&b.data, kernel_text);
	buf_u64(&b.data, 0x2000000);
	buf_u64(&b.data, kernel_text);
	perf_builder_str(&b.data, "[kernel.kallsyms]_text");
	put_trailer(&b, 0);
	perf_builder_end(&b);
	perf_builder_begin(&b, PERF_RECORD_KSYMBOL, 0);
	buf_u64(&b.data, kernel_text + 0x1000);
	buf_u32(&b.data, 0x100);
	buf_u32(&b.data, 2); /* code out of line */
	perf_builder_str(&b.data, "a_lie");
	put_trailer(&b, 10);
	perf_builder_end(&b);
	buf_u32(ids, 0);
	buf_u16(ids, KERNEL);
	buf_u16(ids, 8 + 4 + 24 + 24);
	buf_u32(ids, UINT32_MAX);
	for (uint8_t i = 0; i < 24; i++)
		buf_u8(ids, i < 20 ? i : 0);
	perf_builder_str(ids, "[kernel.kallsyms]");
	return b;
}

/* One file's names are not those that another file's addresses get. */
static void names_of_a_file_stay_out_of_the_cache(void **state)
{
	char dir[] = "/tmp/ddrec-test-XXXXXX", command[64];
	AUTO(cache_close) struct cache *cache = NULL;
	AUTO(recording_close) struct recording *rec = NULL;
	struct perf_builder b = names_of_a_kernel();
	struct kernel_symbols kept = { 0 };
	struct err err = { 0 };
	(void)state;
	struct memory_file file = perf_builder_file(&b);
	assert_non_null(mkdtemp(dir));
	assert_true(cache_open(dir, &cache, &err));
	struct recording_options options = { .cache = cache };
	assert_true(recording_open(file.path, &options, &rec, &err));
	uint64_t addresses[] = { kernel_text + 0x1010, kernel_text + 0x5000 };
	assert_true(recording_name_kernel(rec, addresses, ARRAY_LEN(addresses), &err));
	assert_non_null(kernel_symbols_find(&rec->kernel_symbols, kernel_text + 0x1010));
	assert_int_equal(rec->in->kernel.build_id.len, 20);
	assert_true(kernel_cache_load(cache, &rec->in->kernel, &kept));
	assert_int_equal(kept.n, 0);
	kernel_symbols_fini(&kept);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	close(file.fd);
	perf_builder_fini(&b);
}

/* Writes an u64 over the file and looks at what is said. */
static void patched(size_t at, uint64_t value, int status, const char *message)
{
	struct perf_builder b = builder();
	add_sample(&b, 5, 1000, 0x401000);
	struct memory_file file = perf_builder_file(&b);
	assert_int_equal(pwrite(file.fd, &value, 8, (off_t)at), 8);
	struct outcome o = script_of(file);
	assert_int_equal(o.status, status);
	assert_has(o.err, message);
	outcome_fini(&o);
	perf_builder_fini(&b);
}

static void bad_headers_are_refused(void **state)
{
	uint64_t swapped, old;
	(void)state;
	memcpy(&swapped, PERF_FILE_MAGIC_SWAPPED, 8);
	memcpy(&old, PERF_FILE_MAGIC_OLD, 8);
	patched(0, swapped, EXIT_FAILED, "is a perf.data file of a big-endian machine");
	patched(0, old, EXIT_FAILED, "of before 2009");
	patched(16, 8, EXIT_FAILED, "the table of events (offset 112, 152 bytes, 8 each)");
	patched(16, UINT64_MAX, EXIT_FAILED, "the table of events");
	patched(24, UINT64_MAX, EXIT_FAILED, "the table of events");
	patched(32, 1 << 30, EXIT_FAILED, "the table of events");
	patched(32, 0, EXIT_FAILED, "describes no event that was sampled");
	patched(40, UINT64_MAX - 8, EXIT_FAILED, "lie outside the file");
	patched(40, 0, EXIT_FAILED, "lie outside the file");
	patched(112 + 136 + 8, UINT64_MAX - 7, EXIT_FAILED, "the ids of event 0 lie outside");
	patched(112 + 4, 3, EXIT_FAILED, "event 0 in the table at offset 112 is malformed");
}

static void bad_parts_are_told(void **state)
{
	(void)state;
	patched(48, 1 << 30, EXIT_OK, "the record at offset 304 has no size");
	patched(48, 41, EXIT_OK, "cut in the record at offset 304");
	patched(264 + 40, UINT64_MAX, EXIT_OK, "section 6 of the header, at offset");
	patched(264 + 40 + 16, UINT64_MAX, EXIT_OK, "section 6 of the header, at offset");
	patched(264, 9, EXIT_OK, "the record at offset 264 has no size; those after it are lost");
	patched(264, UINT64_C(7) << 48 | 9, EXIT_OK, "the record at offset 264 has no size");
	patched(264, UINT64_C(9000) << 48 | 9, EXIT_OK, "cut in the record at offset 264");
	patched(72, UINT64_MAX, EXIT_OK, "the sections behind the data, at offset 304");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_records_are_read),
		cmocka_unit_test(oversized_compressed_records_are_read),
		cmocka_unit_test(broken_compression_keeps_what_came_before),
		cmocka_unit_test(a_bomb_is_not_unpacked),
		cmocka_unit_test(a_file_may_be_cut_anywhere),
		cmocka_unit_test(every_byte_may_be_wrong),
		cmocka_unit_test(names_between_ids_take_no_time),
		cmocka_unit_test(names_of_a_file_stay_out_of_the_cache),
		cmocka_unit_test(a_deferred_chain_ends_with_its_own_record),
		cmocka_unit_test(an_unfinished_file_is_read_to_its_end),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(bad_parts_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
