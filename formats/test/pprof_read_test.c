/*
 * pprof read: files as other tools write them, and files that nobody should write. Messages are
 * made by hand here, field by field, in any order.
 */
#include "common/buf.h"
#include "formats/gzip.h"
#include "formats/pprof_proto.h"
#include "formats/protobuf.h"
#include "formats/test/import_profile.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct format_options plain = { 0 };

/* A message from numbers: field, value, field, value, ..., 0. */
static void add_message(struct buf *out, uint32_t number, const uint64_t *fields)
{
	AUTO_BUF struct buf message = BUF_INIT;
	for (; *fields; fields += 2)
		pb_u64(&message, (uint32_t)fields[0], fields[1]);
	pb_message(out, number, &message);
}
#define MESSAGE(out, number, ...) add_message(out, number, (const uint64_t[]){ __VA_ARGS__, 0 })

static void add_strings(struct buf *out, const char *const *strings)
{
	pb_bytes(out, PROFILE_STRING_TABLE, "", 0);
	for (; *strings; strings++)
		pb_bytes(out, PROFILE_STRING_TABLE, *strings, strlen(*strings));
}
#define STRINGS(out, ...) add_strings(out, (const char *const[]){ __VA_ARGS__, NULL })

static void add_location(struct buf *out, uint64_t id, uint64_t mapping, uint64_t address,
	const uint64_t *functions, size_t n)
{
	AUTO_BUF struct buf location = BUF_INIT;
	pb_u64(&location, LOCATION_ID, id);
	pb_u64(&location, LOCATION_MAPPING_ID, mapping);
	pb_u64(&location, LOCATION_ADDRESS, address);
	for (size_t i = 0; i < n; i++)
		MESSAGE(&location, LOCATION_LINE, LINE_FUNCTION_ID, functions[i], LINE_LINE, i + 7);
	pb_message(out, PROFILE_LOCATION, &location);
}

/* A sample with a label of a number, unless key is 0. */
static void add_sample(struct buf *out, uint64_t location, const int64_t *values, size_t n,
	uint64_t key, uint64_t str, uint64_t num)
{
	AUTO_BUF struct buf sample = BUF_INIT;
	pb_u64(&sample, SAMPLE_LOCATION_ID, location);
	for (size_t i = 0; i < n; i++) { /* one by one, and zeros too */
		buf_uleb(&sample, SAMPLE_VALUE << 3);
		buf_uleb(&sample, (uint64_t)values[i]);
	}
	if (key)
		MESSAGE(&sample, SAMPLE_LABEL, LABEL_KEY, key, LABEL_STR, str, LABEL_NUM, num);
	pb_message(out, PROFILE_SAMPLE, &sample);
}

static struct profile *read_buf(const struct buf *b)
{
	assert_ptr_equal(
		import_find(b->data, MIN(b->len, (size_t)IMPORT_SNIFF_BYTES)), &import_pprof);
	return import_known(&import_pprof, b->data, b->len);
}

static void expect_folded(struct profile *p, size_t value, const char *want)
{
	size_t n;
	AUTO_FREE char *folded =
		make_output(p, &format_folded, &(struct format_options){ .tree.value = value }, &n);
	assert_string_equal(folded, want);
}

/* A heap profile of two functions, one inlined into the other, with ids that are no indices. */
static void add_heap(struct buf *b)
{
	MESSAGE(b, PROFILE_PERIOD_TYPE, VALUE_TYPE_TYPE, 3, VALUE_TYPE_UNIT, 4);
	pb_u64(b, PROFILE_PERIOD, 512);
	MESSAGE(b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 1, VALUE_TYPE_UNIT, 2);
	MESSAGE(b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 3, VALUE_TYPE_UNIT, 4);
	add_sample(b, 77, (const int64_t[]){ 2, 640 }, 2, 5, 0, 320);
	add_sample(b, 78, (const int64_t[]){ 0, 0 }, 2, 0, 0, 0);
	add_location(b, 77, 9, 0x401234, (const uint64_t[]){ 1000, 2000 }, 2);
	add_location(b, 78, 9, 0x401300, NULL, 0);
	MESSAGE(b, PROFILE_MAPPING, MAPPING_ID, 9, MAPPING_START, 0x400000, MAPPING_LIMIT, 0x500000,
		MAPPING_FILE_OFFSET, 0x1000, MAPPING_FILENAME, 8, MAPPING_BUILD_ID, 9);
	MESSAGE(b, PROFILE_FUNCTION, FUNCTION_ID, 1000, FUNCTION_NAME, 6, FUNCTION_FILENAME, 10);
	MESSAGE(b, PROFILE_FUNCTION, FUNCTION_ID, 2000, FUNCTION_SYSTEM_NAME, 7);
	STRINGS(b, "objects", "count", "inuse_space", "bytes", "bytes", "new", "main", "/bin/srv",
		"abcd", "srv.go");
}

static void a_heap_profile_is_read(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	add_heap(&b);
	AUTO(profile_free) struct profile *p = read_buf(&b);
	assert_int_equal(p->n_value_types, 3);
	assert_string_equal(profile_string(p, p->value_types[0].type), "samples");
	assert_int_equal(profile_main_value(p), 2);
	assert_int_equal(p->health.n_shown, 2);
	expect_folded(p, 2, "srv;main;new 640\n");
	expect_folded(p, 1, "srv;main;new 2\n");
	expect_folded(p, 0, "srv;[srv+0x2300] 1\nsrv;main;new 1\n");
	assert_string_equal(profile_string(p, p->modules[0].name), "srv");
	assert_string_equal(profile_string(p, p->modules[0].build_id), "abcd");
	assert_int_equal(profile_frame_pc(p, 0), 0x401234);
	assert_int_equal(p->frames[0].address, 0x2234);
	assert_false(p->frames[0].is_inlined);
	assert_true(p->frames[1].is_inlined);
	assert_int_equal(p->frames[0].line, 8);
	assert_string_equal(profile_string(p, p->frames[1].file), "srv.go");
	assert_int_equal(p->health.n_notes, 1); /* the label "bytes" */
	assert_int_equal(p->meta.frequency_hz, 0);
}

/* As perf_to_profile writes a library that is in two processes. */
static void mappings_of_one_file_are_one_module(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	add_heap(&b);
	MESSAGE(&b, PROFILE_MAPPING, MAPPING_ID, 10, MAPPING_START, 0x700000, MAPPING_LIMIT,
		0x800000, MAPPING_FILE_OFFSET, 0x1000, MAPPING_FILENAME, 8, MAPPING_BUILD_ID, 9);
	add_location(&b, 79, 10, 0x701234, (const uint64_t[]){ 1000, 2000 }, 2);
	add_sample(&b, 79, (const int64_t[]){ 1, 60 }, 2, 0, 0, 0);
	AUTO(profile_free) struct profile *p = read_buf(&b);
	assert_int_equal(p->n_modules, 1);
	assert_int_equal(p->n_frames, 3);
	assert_int_equal(p->n_samples, 2);
	expect_folded(p, 2, "srv;main;new 700\n");
}

static void packed_ones_are_unpacked(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	add_heap(&b);
	for (int window = 15; window <= 31; window += 16) {
		uint8_t packed[4096];
		z_stream z = { .next_in = b.data,
			.avail_in = (uInt)b.len,
			.next_out = packed,
			.avail_out = sizeof packed };
		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, 0), Z_OK);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		size_t n = sizeof packed - z.avail_out;
		deflateEnd(&z);
		const struct buf bytes = { .data = packed, .len = n };
		AUTO(profile_free) struct profile *p = read_buf(&bytes);
		expect_folded(p, 2, "srv;main;new 640\n");
		struct err err = { 0 };
		assert_null(import_profile(&import_pprof, packed, n - 9, &err));
		assert_non_null(strstr(err.text, "cut at byte"));
		packed[n - 6] ^= 1;
		assert_null(import_profile(&import_pprof, packed, n, &err));
		assert_non_null(strstr(err.text, "damaged before byte"));
	}
}

static void labels_become_threads(void **state)
{
	(void)state;
	static const struct {
		const char *key, *str;
		uint64_t num;
		struct {
			const char *name, *process;
			uint32_t tid, pid;
		} want;
	} cases[] = {
		{ "thread", "worker", 0, { "worker", "", 0, 0 } },
		{ "thread_name", "worker", 0, { "worker", "", 0, 0 } },
		{ "comm", "app", 0, { "", "app", 0, 0 } },
		{ "process_name", "app", 0, { "", "app", 0, 0 } },
		{ "tid", NULL, 12, { "", "", 12, 0 } },
		{ "thread id", "34", 0, { "", "", 34, 0 } },
		{ "thread_id", "34x", 0, { "", "", 0, 0 } },
		{ "pid", NULL, 56, { "", "", 0, 56 } },
		{ "process_id", NULL, 1ull << 40, { "", "", 0, 0 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 1, VALUE_TYPE_UNIT, 2);
		add_sample(&b, 0, (const int64_t[]){ 1 }, 1, 3, cases[i].str ? 4 : 0, cases[i].num);
		STRINGS(&b, "samples", "count", cases[i].key, cases[i].str ? cases[i].str : "");
		AUTO(profile_free) struct profile *p = read_buf(&b);
		const struct profile_thread *t = &p->threads[0];
		assert_string_equal(profile_string(p, t->name), cases[i].want.name);
		assert_string_equal(profile_string(p, t->process_name), cases[i].want.process);
		assert_int_equal(t->tid, cases[i].want.tid);
		assert_int_equal(t->pid, cases[i].want.pid);
		assert_int_equal(p->health.n_notes, 0);
	}
}

static void a_count_of_samples_comes_first(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 1, VALUE_TYPE_UNIT, 2);
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 3, VALUE_TYPE_UNIT, 4);
	add_sample(&b, 0, (const int64_t[]){ 5000, 3 }, 2, 0, 0, 0);
	add_sample(&b, 0, (const int64_t[]){ 5000, 0 }, 2, 0, 0, 0);
	add_sample(&b, 0, (const int64_t[]){ -1, 3 }, 2, 0, 0, 0);
	STRINGS(&b, "cpu-time", "nanoseconds", "cpu-samples", "count");
	AUTO(profile_free) struct profile *p = read_buf(&b);
	assert_string_equal(profile_string(p, p->value_types[0].type), "cpu-samples");
	assert_int_equal(p->health.n_shown, 3);
	assert_int_equal(profile_sample_value(p, 0, 1), 5000);
	assert_int_equal(profile_main_value(p), 0);
	assert_int_equal(p->health.n_notes, 2); /* a count of 0, and a negative value */
}

static void samples_of_several_kinds_count_as_one_each(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 1, VALUE_TYPE_UNIT, 2);
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 3, VALUE_TYPE_UNIT, 2);
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 4, VALUE_TYPE_UNIT, 5);
	add_location(&b, 1, 0, 0x10, NULL, 0);
	add_location(&b, 2, 0, 0x20, NULL, 0);
	add_sample(&b, 1, (const int64_t[]){ 7, 0, 0 }, 3, 0, 0, 0);
	add_sample(&b, 2, (const int64_t[]){ 0, 3, 4096 }, 3, 0, 0, 0);
	STRINGS(&b, "cpu-samples", "count", "alloc-samples", "alloc-space", "bytes");
	AUTO(profile_free) struct profile *p = read_buf(&b);
	assert_int_equal(p->n_value_types, 4);
	assert_int_equal(p->health.n_shown, 2);
	assert_int_equal(p->health.n_notes, 0);
	expect_folded(p, 1, "[unknown process];[0x10] 7\n");
	expect_folded(p, 3, "[unknown process];[0x20] 4096\n");
	assert_int_equal(profile_main_value(p), 3);
}

static void the_default_value_is_kept(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	add_heap(&b);
	pb_u64(&b, PROFILE_DEFAULT_SAMPLE_TYPE, 1);
	AUTO(profile_free) struct profile *p = read_buf(&b);
	assert_int_equal(profile_main_value(p), 1);
	AUTO(profile_free)
	struct profile *again = import_written(p, &format_pprof, &plain, &import_pprof);
	assert_int_equal(profile_main_value(again), 1);
}

/* What is wrong is in one field more. */
static void hostile_files_are_refused(void **state)
{
	(void)state;
	static const struct {
		uint32_t number;
		uint64_t fields[7];
		const char *why;
	} cases[] = {
		{ PROFILE_MAPPING, { MAPPING_ID, 9 }, "another has" },
		{ PROFILE_MAPPING, { MAPPING_START, 9 }, "has the id 0, which means none" },
		{ PROFILE_MAPPING, { MAPPING_ID, 10, MAPPING_FILENAME, 11 },
			"names string 11 of 11" },
		{ PROFILE_FUNCTION, { FUNCTION_ID, 1000 }, "another has" },
		{ PROFILE_FUNCTION, { FUNCTION_ID, 5, FUNCTION_NAME, 1ull << 40 },
			"names string 1099511627776 of 11" },
		{ PROFILE_LOCATION, { LOCATION_ID, 78 }, "another has" },
		{ PROFILE_LOCATION, { LOCATION_ID, 79, LOCATION_MAPPING_ID, 3 },
			"names mapping 3, which is not there" },
		{ PROFILE_SAMPLE, { SAMPLE_LOCATION_ID, 1, SAMPLE_VALUE, 1, SAMPLE_VALUE, 1 },
			"names location 1, which is not there" },
		{ PROFILE_SAMPLE, { SAMPLE_VALUE, 1 }, "has 1 values instead of 2" },
		{ PROFILE_SAMPLE, { SAMPLE_VALUE, 1, SAMPLE_VALUE, 1, SAMPLE_VALUE, 1 },
			"has more than 2 values" },
		{ PROFILE_SAMPLE, { SAMPLE_VALUE, 1, SAMPLE_VALUE, INT64_MAX },
			"add up to more than 2^62" },
		{ PROFILE_SAMPLE_TYPE, { VALUE_TYPE_TYPE, 99 }, "names string 99 of 11" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT;
		struct err err = { 0 };
		add_heap(&b);
		add_message(&b, cases[i].number, cases[i].fields);
		assert_null(import_profile(&import_pprof, b.data, b.len, &err));
		if (!strstr(err.text, cases[i].why) || strncmp(err.text, "test: pprof: ", 13))
			fail_msg("'%s' instead of '%s'", err.text, cases[i].why);
	}
}

static void every_cut_is_told(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF_INIT;
	struct err err = { 0 };
	add_heap(&b);
	for (size_t n = 0; n < b.len; n++)
		profile_free(import_profile(&import_pprof, b.data, n, &err));
	assert_null(import_profile(&import_pprof, b.data, 30, &err));
	assert_string_equal(err.text, "test: pprof: malformed at offset 23");
}

/* A location of many lines makes many frames out of a few bytes. */
static void frames_are_limited_by_the_size(void **state)
{
	(void)state;
	enum { N_LINES = 1000, N_LOCATIONS = 2000 };
	AUTO_BUF struct buf b = BUF_INIT;
	static uint64_t functions[N_LINES];
	struct err err = { 0 };
	for (size_t i = 0; i < N_LINES; i++)
		functions[i] = 1;
	MESSAGE(&b, PROFILE_SAMPLE_TYPE, VALUE_TYPE_TYPE, 1, VALUE_TYPE_UNIT, 2);
	MESSAGE(&b, PROFILE_FUNCTION, FUNCTION_ID, 1);
	add_location(&b, 1, 0, 0, functions, N_LINES);
	for (int i = 0; i < N_LOCATIONS; i++)
		add_sample(&b, 1, (const int64_t[]){ 1 }, 1, 0, 0, 0);
	STRINGS(&b, "samples", "count");
	assert_null(import_profile(&import_pprof, b.data, b.len, &err));
	assert_non_null(strstr(err.text, "too many for its size"));
}

static void a_bomb_is_not_unpacked(void **state)
{
	(void)state;
	enum { ZEROS = 1 << 20, TIMES = 64 };
	AUTO_FREE char *packed = NULL;
	size_t n;
	struct err err = { 0 };
	struct gzip_writer w;
	FILE *out = open_memstream(&packed, &n);
	bool ok = gzip_open(&w, out, &err);
	for (int i = 0; ok && i < TIMES; i++) {
		AUTO_BUF struct buf zeros = {
			.data = calloc(1, ZEROS), .len = ZEROS, .cap = ZEROS
		};
		ok = gzip_pass(&w, &zeros, &err);
	}
	assert_true(gzip_close(&w, ok, &err));
	fclose(out);
	assert_null(import_profile(&import_pprof, packed, n, &err));
	assert_string_equal(
		err.text, "test unpacks to more than 250 times its size, as no profile does");
}

static void other_files_are_not_taken(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{ "", 0 },
		{ "\x0a", 1 },
		{ "\x0a\x04\x08\x01\x18\x02", 6 }, /* a value type has no field 3 */
		{ "PERFILE2........", 16 },
		{ "\x28\xb5\x2f\xfd....", 8 },
		{ "\x1f\x8b\x08", 3 },
		{ "\x7f"
		  "ELF",
			4 },
		{ "a;b 1\n", 6 },
		{ "\n\nsome text\n", 12 },
		{ "{\"a\": 1}", 8 },
		{ "<?xml", 5 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (import_pprof.is_mine((const uint8_t *)cases[i].bytes, cases[i].n))
			fail_msg("case %zu is taken for pprof", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_heap_profile_is_read),
		cmocka_unit_test(mappings_of_one_file_are_one_module),
		cmocka_unit_test(packed_ones_are_unpacked),
		cmocka_unit_test(labels_become_threads),
		cmocka_unit_test(a_count_of_samples_comes_first),
		cmocka_unit_test(samples_of_several_kinds_count_as_one_each),
		cmocka_unit_test(the_default_value_is_kept),
		cmocka_unit_test(hostile_files_are_refused),
		cmocka_unit_test(every_cut_is_told),
		cmocka_unit_test(frames_are_limited_by_the_size),
		cmocka_unit_test(a_bomb_is_not_unpacked),
		cmocka_unit_test(other_files_are_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
