/*
 * Makes perf.data files by hand: those that perf here does not write, and broken ones.
 *
 *	struct perf_builder b = { 0 };
 *	perf_builder_attr(&b, (struct perf_builder_attr){ .sample_type = PERF_SAMPLE_IP | ... },
 *id); perf_builder_begin(&b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER); buf_u64(&b.data, ip); ...
 *	perf_builder_end(&b);
 *	struct memory_file file = perf_builder_file(&b);    // or perf_builder_pipe
 *	perf_builder_fini(&b);
 */
#ifndef REPORT_TEST_PERF_BUILDER_H
#define REPORT_TEST_PERF_BUILDER_H

#include "common/buf.h"
#include "common/test/trace_fixture.h"
#include "report/perf_format.h"

#include <string.h>

enum { PERF_BUILDER_ATTR_BYTES = 136, PERF_BUILDER_MAX_ATTRS = 8 };

struct perf_builder_attr {
	uint32_t type;
	uint64_t config, period, sample_type, read_format, flags, branch_type, regs_user;
	uint32_t stack_user;
	uint64_t id;
};

struct perf_builder {
	struct perf_builder_attr attrs[PERF_BUILDER_MAX_ATTRS];
	size_t n_attrs;
	struct buf data; /* the records */
	size_t record;   /* where the open one begins */
	struct buf features[PERF_N_FEATS];
	bool is_unfinished;
};

static inline void perf_builder_fini(struct perf_builder *b)
{
	buf_fini(&b->data);
	for (size_t i = 0; i < PERF_N_FEATS; i++)
		buf_fini(&b->features[i]);
}

static inline void perf_builder_attr(struct perf_builder *b, struct perf_builder_attr attr)
{
	b->attrs[b->n_attrs++] = attr;
}

static inline void perf_builder_begin(struct perf_builder *b, uint32_t type, uint16_t misc)
{
	b->record = b->data.len;
	buf_u32(&b->data, type);
	buf_u16(&b->data, misc);
	buf_u16(&b->data, 0);
}

static inline void perf_builder_set_size(struct perf_builder *b, uint16_t size)
{
	b->data.data[b->record + 6] = (uint8_t)size;
	b->data.data[b->record + 7] = (uint8_t)(size >> 8);
}

static inline void perf_builder_end(struct perf_builder *b)
{
	perf_builder_set_size(b, (uint16_t)(b->data.len - b->record));
}

/* With its NUL, padded to 8 bytes. */
static inline void perf_builder_str(struct buf *to, const char *text)
{
	size_t start = to->len;
	buf_str(to, text);
	do
		buf_u8(to, 0);
	while ((to->len - start) % 8);
}

/* A string of the header. */
static inline void perf_builder_text(struct buf *to, const char *text)
{
	size_t padded = (strlen(text) + 64) / 64 * 64;
	buf_u32(to, (uint32_t)padded);
	buf_str(to, text);
	for (size_t i = strlen(text); i < padded; i++)
		buf_u8(to, 0);
}

static inline void perf_builder_put_attr(struct buf *to, const struct perf_builder_attr *a)
{
	buf_u32(to, a->type);
	buf_u32(to, PERF_BUILDER_ATTR_BYTES);
	const uint64_t words[] = { a->config, a->period, a->sample_type, a->read_format, a->flags,
		0, 0, 0, a->branch_type, a->regs_user, a->stack_user, 0, 0, 0, 0, 0 };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		buf_u64(to, words[i]);
}

static inline struct memory_file perf_builder_write(struct buf *whole)
{
	struct memory_file file = memory_file_open();
	if (whole->failed || write(file.fd, whole->data, whole->len) != (ssize_t)whole->len)
		abort();
	buf_fini(whole);
	return file;
}

static inline struct memory_file perf_builder_file(struct perf_builder *b)
{
	struct buf w = BUF_INIT;
	uint64_t ids = PERF_FILE_HEADER_BYTES, attrs = ids + 8 * b->n_attrs;
	uint64_t attr_bytes = PERF_BUILDER_ATTR_BYTES + 16;
	uint64_t data = attrs + b->n_attrs * attr_bytes, bits[4] = { 0 }, n_features = 0;
	buf_str(&w, PERF_FILE_MAGIC);
	const uint64_t head[] = { PERF_FILE_HEADER_BYTES, attr_bytes, attrs,
		b->n_attrs * attr_bytes, data, b->is_unfinished ? 0 : b->data.len, 0, 0 };
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		buf_u64(&w, head[i]);
	for (size_t i = 0; i < PERF_N_FEATS; i++) {
		bits[i / 64] |= (uint64_t)(b->features[i].len > 0) << i % 64;
		n_features += b->features[i].len > 0;
	}
	for (int i = 0; i < 4; i++)
		buf_u64(&w, bits[i]);
	for (size_t i = 0; i < b->n_attrs; i++)
		buf_u64(&w, b->attrs[i].id);
	for (size_t i = 0; i < b->n_attrs; i++) {
		perf_builder_put_attr(&w, &b->attrs[i]);
		buf_u64(&w, ids + 8 * i);
		buf_u64(&w, 8);
	}
	buf_bytes(&w, b->data.data, b->data.len);
	uint64_t at = w.len + 16 * n_features;
	for (size_t i = 0; i < PERF_N_FEATS && !b->is_unfinished; i++) {
		if (!b->features[i].len)
			continue;
		buf_u64(&w, at);
		buf_u64(&w, b->features[i].len);
		at += b->features[i].len;
	}
	for (size_t i = 0; i < PERF_N_FEATS && !b->is_unfinished; i++)
		buf_bytes(&w, b->features[i].data, b->features[i].len);
	return perf_builder_write(&w);
}

static inline struct memory_file perf_builder_pipe(struct perf_builder *b)
{
	struct buf w = BUF_INIT;
	buf_str(&w, PERF_FILE_MAGIC);
	buf_u64(&w, PERF_PIPE_HEADER_BYTES);
	for (size_t i = 0; i < b->n_attrs; i++) {
		buf_u32(&w, PERF_DATA_HEADER_ATTR);
		buf_u16(&w, 0);
		buf_u16(&w, 8 + PERF_BUILDER_ATTR_BYTES + 8);
		perf_builder_put_attr(&w, &b->attrs[i]);
		buf_u64(&w, b->attrs[i].id);
	}
	for (size_t i = 0; i < PERF_N_FEATS; i++) {
		if (!b->features[i].len)
			continue;
		buf_u32(&w, PERF_DATA_FEATURE);
		buf_u16(&w, 0);
		buf_u16(&w, (uint16_t)(16 + b->features[i].len));
		buf_u64(&w, i);
		buf_bytes(&w, b->features[i].data, b->features[i].len);
	}
	buf_bytes(&w, b->data.data, b->data.len);
	return perf_builder_write(&w);
}

#endif
