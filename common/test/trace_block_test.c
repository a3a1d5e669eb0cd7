/*
 * A whole trace: events, files, symbols, statistics and meta data come back; cuts, flipped bytes,
 * foreign files and failing outputs are told apart and survived.
 */
#include "common/test/trace_fixture.h"
#include "common/trace_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <zstd.h>

static const struct trace_event all_events[] = {
	{ .kind = TRACE_MMAP,
		.time_ns = 1000,
		.pid = 1,
		.tid = 2,
		.mmap = { 0x7f0000001000, 0x2000, 0x1000, 5, 2, 8, 1, 123456,
			{ { 1, 2, 3, 0xff }, 20 }, "/usr/lib/libc.so.6" } },
	{ .kind = TRACE_COMM, .time_ns = 999, .pid = 1, .tid = 2, .comm = { "app", true } },
	{ .kind = TRACE_FORK, .time_ns = 5000000000, .pid = 3, .tid = 3, .fork = { 1, 2 } },
	{ .kind = TRACE_MMAP,
		.time_ns = 1000,
		.pid = 1,
		.tid = 2,
		.mmap = { 0, UINT64_MAX, UINT64_MAX, 7, 1, 0, 0, UINT64_MAX, { { 0 }, 0 },
			"/usr/lib/libc.so.6" } },
	{ .kind = TRACE_LOST, .time_ns = 1001, .lost = { 1u << 30, 15, true } },
	{ .kind = TRACE_THROTTLE, .time_ns = 1002, .throttle = { 3, true } },
	{ .kind = TRACE_BUILD_ID, .time_ns = 1003, .build_id = { "/bin/app", { { 9 }, 16 } } },
	{ .kind = TRACE_COMM, .time_ns = 1004, .pid = 1, .tid = 2, .comm = { "", false } },
	{ .kind = TRACE_EXIT, .time_ns = UINT64_MAX, .pid = UINT32_MAX, .tid = UINT32_MAX },
};

static void assert_same_build_id(const struct build_id *a, const struct build_id *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void assert_same_event(const struct trace_event *a, const struct trace_event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->time_ns, b->time_ns);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->tid, b->tid);
	if (a->kind == TRACE_MMAP) {
		assert_int_equal(a->mmap.start, b->mmap.start);
		assert_int_equal(a->mmap.len, b->mmap.len);
		assert_int_equal(a->mmap.file_off, b->mmap.file_off);
		assert_int_equal(a->mmap.prot, b->mmap.prot);
		assert_int_equal(a->mmap.flags, b->mmap.flags);
		assert_int_equal(a->mmap.dev_major, b->mmap.dev_major);
		assert_int_equal(a->mmap.dev_minor, b->mmap.dev_minor);
		assert_int_equal(a->mmap.inode, b->mmap.inode);
		assert_same_build_id(&a->mmap.build_id, &b->mmap.build_id);
		assert_string_equal(a->mmap.path, b->mmap.path);
	} else if (a->kind == TRACE_COMM) {
		assert_string_equal(a->comm.name, b->comm.name);
		assert_int_equal(a->comm.is_exec, b->comm.is_exec);
	} else if (a->kind == TRACE_FORK) {
		assert_int_equal(a->fork.parent_pid, b->fork.parent_pid);
		assert_int_equal(a->fork.parent_tid, b->fork.parent_tid);
	} else if (a->kind == TRACE_LOST) {
		assert_int_equal(a->lost.count, b->lost.count);
		assert_int_equal(a->lost.cpu, b->lost.cpu);
		assert_int_equal(a->lost.of_sideband, b->lost.of_sideband);
	} else if (a->kind == TRACE_THROTTLE) {
		assert_int_equal(a->throttle.cpu, b->throttle.cpu);
		assert_int_equal(a->throttle.resumed, b->throttle.resumed);
	} else if (a->kind == TRACE_BUILD_ID) {
		assert_string_equal(a->build_id.path, b->build_id.path);
		assert_same_build_id(&a->build_id.id, &b->build_id.id);
	}
}

static const struct trace_kernel_symbol symbols[] = {
	{ 0xffffffff81000000, 0x100, "_text", "" },
	{ 0xffffffff81000100, 0, "do_thing", "" },
	{ 0xffffffffc0000000, 0x20, "ext4_read", "ext4" },
	{ 0xffffffffc0000020, 0x20, "ext4_write", "ext4" },
	{ 0xffffffffc0010000, 0x20, "xfs_read", "xfs" },
};

static const struct trace_file vdso = {
	.kind = TRACE_FILE_VDSO,
	.pid = 7,
	.name = "[vdso]",
	.build_id = { { 1, 2, 3 }, 20 },
	.data = (const uint8_t *)"\177ELF...",
	.size_bytes = 7,
};

/* A small trace with one block of each kind. */
static void write_small(int fd, struct fixture_copy *copies, uint32_t n_samples)
{
	struct err err = { { 0 } };
	struct machine m;
	struct trace_writer *w = writer_open(fd, 0);
	rng_state = 5;
	machine_init(&m, 3);
	for (size_t i = 0; i < ARRAY_LEN(all_events); i++)
		assert_true(trace_writer_event(w, &all_events[i], &err));
	for (uint32_t i = 0; i < n_samples; i++)
		assert_true(machine_sample(&m, w, &copies[i], &err));
	assert_true(trace_writer_file(w, &vdso, &err));
	assert_true(trace_writer_kernel_symbols(w, symbols, ARRAY_LEN(symbols), &err));
	assert_true(trace_writer_close(w, &fixture_stats, &err));
	trace_writer_free(w);
	machine_fini(&m);
}

enum { N_SAMPLES = 12 };

struct tally {
	uint32_t events, samples, files, symbols, stats, metas;
};

/* Reads all records; what is read must be what was written, unless `any`. */
static void read_all(
	struct trace_reader *r, const struct fixture_copy *copies, bool any, struct tally *ret)
{
	struct err err = { { 0 } };
	struct trace_block block;
	struct trace_event event;
	struct trace_sample sample;
	struct trace_file file;
	struct trace_kernel_symbol symbol;
	struct trace_stats stats;
	*ret = (struct tally){ 0 };
	while (trace_reader_next(r, &block, &err)) {
		ret->metas += block.kind == TRACE_BLOCK_META;
		for (; trace_reader_event(r, &event); ret->events++)
			if (!any)
				assert_same_event(&event, &all_events[ret->events]);
		for (; trace_reader_sample(r, &sample); ret->samples++)
			if (!any)
				assert_same_sample(&sample, &copies[ret->samples]);
		for (; trace_reader_file(r, &file); ret->files++)
			if (!any && file.kind == TRACE_FILE_VDSO)
				assert_memory_equal(file.data, vdso.data, 7);
		for (; trace_reader_kernel_symbol(r, &symbol); ret->symbols++) {
			const struct trace_kernel_symbol *e =
				&symbols[MIN(ret->symbols, ARRAY_LEN(symbols) - 1)];
			if (any)
				continue;
			assert_int_equal(symbol.start, e->start);
			assert_int_equal(symbol.size, e->size);
			assert_string_equal(symbol.name, e->name);
			assert_string_equal(symbol.module, e->module);
		}
		for (; trace_reader_stats(r, &stats); ret->stats++)
			if (!any)
				assert_memory_equal(&stats, &fixture_stats, sizeof(stats));
	}
	assert_string_equal(err.text, "");
}

static void every_kind_of_record_comes_back(void **state)
{
	(void)state;
	struct fixture_copy copies[N_SAMPLES];
	struct memory_file file = memory_file_open();
	struct tally tally;
	write_small(file.fd, copies, N_SAMPLES);
	struct trace_reader *r = reader_open(file.path);
	const struct trace_meta *meta = trace_reader_meta(r);
	assert_string_equal(meta->arch, "x86_64");
	assert_string_equal(meta->command, fixture_meta.command);
	assert_int_equal(meta->start_real_ns, fixture_meta.start_real_ns);
	assert_int_equal(meta->target_pid, 4711);
	assert_true(meta->kernel_stacks);
	for (int pass = 0; pass < 2; pass++) {
		struct err err;
		read_all(r, copies, false, &tally);
		assert_int_equal(tally.metas, 1);
		assert_int_equal(tally.events, ARRAY_LEN(all_events));
		assert_int_equal(tally.samples, N_SAMPLES);
		assert_int_equal(tally.files, 2);
		assert_int_equal(tally.symbols, ARRAY_LEN(symbols));
		assert_int_equal(tally.stats, 1);
		assert_string_equal(trace_reader_damage(r)->why, "");
		assert_false(trace_reader_damage(r)->is_cut);
		assert_true(trace_reader_rewind(r, &err));
	}
	trace_reader_close(r);
	close(file.fd);
}

/* The small trace as bytes. */
struct image {
	uint8_t bytes[64 << 10];
	size_t len;
	struct fixture_copy copies[N_SAMPLES];
};

static struct image *small_image(void)
{
	static struct image image;
	struct memory_file file = memory_file_open();
	write_small(file.fd, image.copies, N_SAMPLES);
	ssize_t len = pread(file.fd, image.bytes, sizeof(image.bytes), 0);
	assert_true(len > 0 && len < (ssize_t)sizeof(image.bytes));
	image.len = (size_t)len;
	close(file.fd);
	return &image;
}

/* Opens these bytes as a file; NULL if that fails, and then err says why. */
static struct trace_reader *open_bytes(const void *bytes, size_t len, struct err *err)
{
	struct memory_file file = memory_file_open();
	struct trace_reader *r = NULL;
	assert_int_equal(write(file.fd, bytes, len), len);
	err->text[0] = 0;
	bool ok = trace_reader_open(file.path, &r, err);
	assert_int_equal(ok, r != NULL);
	assert_int_equal(ok, err->text[0] == 0);
	close(file.fd);
	return r;
}

static void a_trace_cut_at_any_byte_is_read_up_to_its_last_whole_block(void **state)
{
	(void)state;
	struct image *image = small_image();
	uint32_t previous = 0;
	for (size_t len = 0; len < image->len; len++) {
		struct err err;
		struct tally tally;
		struct trace_reader *r = open_bytes(image->bytes, len, &err);
		if (!r) {
			assert_int_equal(previous, 0);
			continue;
		}
		read_all(r, image->copies, false, &tally);
		const struct trace_damage *damage = trace_reader_damage(r);
		assert_true(damage->is_cut);
		assert_true(damage->cut_at <= len);
		assert_true(damage->why[0]);
		assert_int_equal(damage->n_bad_blocks, 0);
		uint32_t n = tally.metas + tally.events + tally.samples + tally.files + tally.stats;
		assert_true(n >= previous);
		previous = n;
		trace_reader_close(r);
	}
	assert_int_equal(previous, 1 + ARRAY_LEN(all_events) + N_SAMPLES + 2 + 1);
}

static void a_flipped_byte_is_noticed_or_harmless(void **state)
{
	(void)state;
	struct image *image = small_image();
	uint32_t n_opened = 0;
	for (size_t at = 0; at < image->len; at++) {
		struct err err;
		struct tally tally;
		image->bytes[at] ^= 1 << at % 8;
		struct trace_reader *r = open_bytes(image->bytes, image->len, &err);
		image->bytes[at] ^= 1 << at % 8;
		if (!r)
			continue;
		n_opened++;
		read_all(r, image->copies, true, &tally);
		if (!trace_reader_damage(r)->why[0]) {
			assert_int_equal(tally.events, ARRAY_LEN(all_events));
			assert_int_equal(tally.samples, N_SAMPLES);
			assert_int_equal(tally.symbols, ARRAY_LEN(symbols));
		}
		trace_reader_close(r);
	}
	assert_true(n_opened > image->len / 2);
}

/* Block number n of the image: where it begins. */
static size_t block_offset(const struct image *image, uint32_t number, struct trace_frame *ret)
{
	size_t off = 0;
	for (;;) {
		assert_int_equal(trace_frame_decode(image->bytes + off, image->len - off, off, ret),
			TRACE_FRAME_OK);
		if (ret->block.number == number)
			return off;
		off += ret->prefix_bytes + ret->block.compressed_bytes;
	}
}

/* The small trace with the events block (number 1) under another header. */
static struct trace_reader *open_with_header(void (*change)(struct trace_frame *frame))
{
	struct err err;
	struct image *image = small_image();
	struct trace_frame frame;
	size_t off = block_offset(image, 1, &frame);
	change(&frame);
	trace_frame_encode(&frame, image->bytes + off);
	struct trace_reader *r = open_bytes(image->bytes, image->len, &err);
	assert_non_null(r);
	return r;
}

static void to_unknown_kind(struct trace_frame *frame)
{
	frame->block.kind = 99;
	frame->flags = 0;
}

static void to_important_unknown_kind(struct trace_frame *frame)
{
	frame->block.kind = 99;
	frame->flags = TRACE_FLAG_MUST_UNDERSTAND;
}

static void to_wrong_size(struct trace_frame *frame)
{
	frame->block.raw_bytes++;
}

static void to_too_many_records(struct trace_frame *frame)
{
	frame->block.n_records += 2;
}

static void to_huge(struct trace_frame *frame)
{
	frame->block.raw_bytes = TRACE_MAX_RAW_BYTES + 1;
}

static void to_too_few_records(struct trace_frame *frame)
{
	frame->block.n_records -= 2;
}

static void to_meta(struct trace_frame *frame)
{
	frame->block.kind = TRACE_BLOCK_META;
	frame->flags = TRACE_FLAG_MUST_UNDERSTAND;
}

static void read_changed(void (*change)(struct trace_frame *frame), struct tally *ret,
	struct trace_damage *ret_damage)
{
	struct trace_reader *r = open_with_header(change);
	read_all(r, NULL, true, ret);
	*ret_damage = *trace_reader_damage(r);
	assert_int_equal(ret->samples, N_SAMPLES);
	trace_reader_close(r);
}

static void a_block_of_an_unknown_kind_is_passed_over(void **state)
{
	(void)state;
	struct tally tally;
	struct trace_damage damage;
	read_changed(to_unknown_kind, &tally, &damage);
	assert_int_equal(tally.events, 0);
	assert_string_equal(damage.why, "");
	read_changed(to_important_unknown_kind, &tally, &damage);
	assert_int_equal(tally.events, 0);
	assert_int_equal(damage.n_bad_blocks, 1);
	assert_non_null(strstr(damage.why, "unknown kind 99"));
}

static void a_block_that_lies_about_its_size_is_bad(void **state)
{
	(void)state;
	struct tally tally;
	struct trace_damage damage;
	read_changed(to_wrong_size, &tally, &damage);
	assert_int_equal(tally.events, 0);
	assert_int_equal(damage.n_bad_blocks, 1);
	assert_int_equal(damage.n_bad_records, ARRAY_LEN(all_events));
	read_changed(to_huge, &tally, &damage);
	assert_int_equal(tally.events, 0);
	assert_int_equal(damage.n_bad_blocks, 1);
}

static void records_that_are_announced_but_missing_are_counted(void **state)
{
	(void)state;
	struct tally tally;
	struct trace_damage damage;
	read_changed(to_too_many_records, &tally, &damage);
	assert_int_equal(tally.events, ARRAY_LEN(all_events));
	assert_int_equal(damage.n_bad_records, 2);
}

static void a_reader_stops_after_the_announced_records(void **state)
{
	(void)state;
	struct tally tally;
	struct trace_damage damage;
	read_changed(to_too_few_records, &tally, &damage);
	assert_int_equal(tally.events, ARRAY_LEN(all_events) - 2);
	assert_string_equal(damage.why, "");
}

static void the_meta_block_is_the_first(void **state)
{
	(void)state;
	struct err err;
	struct tally tally;
	struct trace_damage damage;
	struct trace_frame frame;
	read_changed(to_meta, &tally, &damage);
	assert_int_equal(tally.metas, 1);
	assert_int_equal(damage.n_bad_blocks, 1);
	struct image *image = small_image();
	block_offset(image, 0, &frame);
	to_unknown_kind(&frame);
	trace_frame_encode(&frame, image->bytes);
	block_offset(image, 1, &frame);
	to_meta(&frame);
	trace_frame_encode(&frame, image->bytes + frame.block.file_off);
	assert_null(open_bytes(image->bytes, image->len, &err));
	assert_non_null(strstr(err.text, "no readable meta block"));
}

/* Opens the small trace with another major version in one block's header. */
static struct trace_reader *open_version(uint32_t number, uint8_t major, struct err *err)
{
	struct image *image = small_image();
	struct trace_frame frame;
	uint8_t *header = image->bytes + block_offset(image, number, &frame);
	header[12] = major;
	uint32_t crc = trace_crc32(header + 8, 56);
	for (int i = 0; i < 4; i++)
		header[64 + i] = (uint8_t)(crc >> (8 * i));
	return open_bytes(image->bytes, image->len, err);
}

static void only_the_first_block_s_version_refuses_a_trace(void **state)
{
	(void)state;
	struct err err;
	assert_null(open_version(0, 0, &err));
	assert_null(open_version(0, 2, &err));
	assert_non_null(strstr(err.text, "written by a newer ddrec: format 2.0"));
	for (uint8_t major = 0; major <= 2; major += 2) {
		struct tally tally;
		struct trace_reader *r = open_version(1, major, &err);
		assert_non_null(r);
		read_all(r, NULL, true, &tally);
		assert_int_equal(tally.events, 0);
		assert_int_equal(tally.samples, N_SAMPLES);
		assert_int_equal(trace_reader_damage(r)->n_bad_blocks, 1);
		trace_reader_close(r);
	}
}

static void a_payload_of_two_frames_is_bad(void **state)
{
	(void)state;
	static const uint8_t payload[] = { 4, 3, 0, 1, 1 };
	for (int n_frames = 1; n_frames <= 2; n_frames++) {
		struct err err;
		struct tally tally;
		struct trace_frame meta;
		struct image *image = small_image();
		size_t off = block_offset(image, 1, &meta), room = sizeof(image->bytes) - off;
		uint8_t *to = image->bytes + off + TRACE_PREFIX_BYTES;
		size_t len = ZSTD_compress(to, room, payload, sizeof(payload), 1);
		if (n_frames > 1)
			len += ZSTD_compress(to + len, room, "", 0, 1);
		struct trace_frame frame = { .block = { TRACE_BLOCK_EVENTS, 1, off, (uint32_t)len,
						     sizeof(payload), 1, 0, 0 } };
		trace_frame_encode(&frame, image->bytes + off);
		struct trace_reader *r =
			open_bytes(image->bytes, off + TRACE_PREFIX_BYTES + len, &err);
		assert_non_null(r);
		read_all(r, NULL, true, &tally);
		assert_int_equal(tally.events, n_frames == 1);
		assert_int_equal(trace_reader_damage(r)->n_bad_blocks, n_frames == 2);
		trace_reader_close(r);
	}
}

static void other_files_are_named_for_what_they_look_like(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "\177ELF\2\1\1", 7, "an ELF file" },
		{ "\x28\xb5\x2f\xfd...", 7, "is compressed with zstd, but is not a trace" },
		{ "\x1f\x8b\x08", 3, "a gzip file" },
		{ "hello", 5, "is neither a trace of ddrec record nor a perf.data file, nor a" },
		{ "{}", 2, "a JSON file" },
		{ "\x5d\x2a\x4d\x18", 4, "no readable meta block" },
		{ "\x5d\x2a\x4d\x18\x3c\0\0\0DDRB\2\0", 14,
			"written by a newer ddrec: format 2.0" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err;
		assert_null(open_bytes(cases[i].bytes, cases[i].len, &err));
		if (!strstr(err.text, cases[i].text))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].text);
	}
}

static void a_file_cut_while_it_is_read_ends_early(void **state)
{
	(void)state;
	struct image *image = small_image();
	struct memory_file file = memory_file_open();
	struct trace_frame frame;
	struct tally tally;
	size_t samples_off = block_offset(image, 2, &frame);
	assert_int_equal(write(file.fd, image->bytes, image->len), image->len);
	struct trace_reader *r = reader_open(file.path);
	assert_int_equal(ftruncate(file.fd, (off_t)samples_off + 100), 0);
	read_all(r, image->copies, false, &tally);
	assert_int_equal(tally.events, ARRAY_LEN(all_events));
	assert_int_equal(tally.samples, 0);
	assert_int_equal(trace_reader_damage(r)->n_bad_blocks, 1);
	assert_true(trace_reader_damage(r)->is_cut);
	trace_reader_close(r);
	close(file.fd);
}

static void the_zstd_program_accepts_a_trace(void **state)
{
	(void)state;
	char command[100];
	struct memory_file file = memory_file_open();
	struct fixture_copy copies[N_SAMPLES];
	if (system("zstd --version >/dev/null 2>&1") != 0) {
		print_message("SKIPPED: no zstd program to check the trace with\n");
		close(file.fd);
		skip();
	}
	write_small(file.fd, copies, N_SAMPLES);
	snprintf(command, sizeof(command), "zstd -q -t </proc/%d/fd/%d", getpid(), file.fd);
	assert_int_equal(system(command), 0);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_record_comes_back),
		cmocka_unit_test(a_trace_cut_at_any_byte_is_read_up_to_its_last_whole_block),
		cmocka_unit_test(a_flipped_byte_is_noticed_or_harmless),
		cmocka_unit_test(a_block_of_an_unknown_kind_is_passed_over),
		cmocka_unit_test(a_block_that_lies_about_its_size_is_bad),
		cmocka_unit_test(records_that_are_announced_but_missing_are_counted),
		cmocka_unit_test(a_reader_stops_after_the_announced_records),
		cmocka_unit_test(the_meta_block_is_the_first),
		cmocka_unit_test(only_the_first_block_s_version_refuses_a_trace),
		cmocka_unit_test(a_payload_of_two_frames_is_bad),
		cmocka_unit_test(other_files_are_named_for_what_they_look_like),
		cmocka_unit_test(a_file_cut_while_it_is_read_ends_early),
		cmocka_unit_test(the_zstd_program_accepts_a_trace),
	};
	return cmocka_run_group_tests_name("trace blocks", tests, NULL, NULL);
}
