/*
 * What the tests of whole perf.data files share: a file of one event on two threads, and its
 * samples and events as `ddrec script` prints them.
 */
#ifndef REPORT_TEST_PERF_FIXTURE_H
#define REPORT_TEST_PERF_FIXTURE_H

#include "report/test/perf_builder.h"
#include "report/test/run_command.h"

enum { KERNEL = PERF_RECORD_MISC_KERNEL, USER = PERF_RECORD_MISC_USER };

static const struct perf_builder_attr cpu_clock = {
	.type = PERF_TYPE_SOFTWARE,
	.period = 999,
	.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID,
	.flags = 1 << PERF_FLAG_FREQ | 1 << PERF_FLAG_SAMPLE_ID_ALL,
	.id = 5,
};

static inline struct perf_builder builder(void)
{
	struct perf_builder b = { 0 };
	perf_builder_attr(&b, cpu_clock);
	perf_builder_text(&b.features[PERF_FEAT_ARCH], "x86_64");
	return b;
}

static inline void put_who(struct buf *b, uint32_t pid, uint32_t tid)
{
	buf_u32(b, pid);
	buf_u32(b, tid);
}

static inline void put_trailer(struct perf_builder *b, uint64_t time)
{
	put_who(&b->data, 11, 12);
	buf_u64(&b->data, time);
	buf_u64(&b->data, time ? 5 : 0);
}

static inline void add_sample(struct perf_builder *b, uint64_t id, uint64_t time, uint64_t ip)
{
	perf_builder_begin(b, PERF_RECORD_SAMPLE, USER);
	buf_u64(&b->data, ip);
	put_who(&b->data, 11, 12);
	buf_u64(&b->data, time);
	buf_u64(&b->data, id);
	perf_builder_end(b);
}

static inline void add_comm(struct perf_builder *b, uint64_t time, const char *name)
{
	perf_builder_begin(b, PERF_RECORD_COMM, 0);
	put_who(&b->data, 11, 12);
	perf_builder_str(&b->data, name);
	put_trailer(b, time);
	perf_builder_end(b);
}

static inline void add_mmap(struct perf_builder *b, uint16_t misc, uint32_t pid, const char *path)
{
	perf_builder_begin(b, PERF_RECORD_MMAP, misc);
	put_who(&b->data, pid, pid);
	buf_u64(&b->data, 0x400000);
	buf_u64(&b->data, 0x1000);
	buf_u64(&b->data, 0x2000);
	perf_builder_str(&b->data, path);
	put_trailer(b, 1000);
	perf_builder_end(b);
}

/* What script prints of the file, and closes it. */
static inline struct outcome script_of(struct memory_file file)
{
	struct outcome o = run_command(&command_script, file.path);
	assert_null(outcome_problem(&o));
	close(file.fd);
	return o;
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static inline unsigned int count_of(const char *text, const char *part)
{
	unsigned int n = 0;
	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

#endif
