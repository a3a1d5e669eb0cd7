/*
 * Embedded files and kernel symbols: see trace_file_codec.h.
 */
#include "common/trace_file_codec.h"
#include "common/trace_format.h"

#include <string.h>

enum { TAG_KIND = 1, TAG_PID, TAG_NAME, TAG_BUILD_ID, TAG_DATA };

/* How a symbol says which module it belongs to. */
enum { MODULE_KERNEL, MODULE_AS_BEFORE, MODULE_NAMED };

static void put_number(struct buf *b, unsigned tag, uint32_t v)
{
	uint8_t bytes[5];
	struct buf value = { .data = bytes, .cap = sizeof(bytes), .fixed = true };
	for (; v >= 0x80; v >>= 7)
		buf_u8(&value, (uint8_t)(v | 0x80));
	buf_u8(&value, (uint8_t)v);
	buf_uleb(b, tag);
	buf_uleb(b, value.len);
	buf_bytes(b, value.data, value.len);
}

static void put_bytes(struct buf *b, unsigned tag, const void *data, size_t size_bytes)
{
	buf_uleb(b, tag);
	buf_uleb(b, size_bytes);
	buf_bytes(b, data, size_bytes);
}

void trace_file_encode(const struct trace_file *file, struct buf *b)
{
	put_number(b, TAG_KIND, file->kind);
	put_number(b, TAG_PID, file->pid);
	put_bytes(b, TAG_NAME, file->name, strnlen(file->name, TRACE_MAX_STRING_BYTES - 1));
	put_bytes(
		b, TAG_BUILD_ID, file->build_id.bytes, MIN(file->build_id.len, TRACE_BUILD_ID_MAX));
	put_bytes(b, TAG_DATA, file->data, file->size_bytes);
}

/* As in trace_fields.c: an empty field is 0. */
static uint32_t get_number(struct cursor *value)
{
	return cursor_left(value) ? cursor_uleb32(value) : 0;
}

/* False if it is malformed. */
static bool decode_field(
	uint64_t tag, struct cursor value, struct trace_file *ret, struct buf *name)
{
	size_t len = cursor_left(&value);
	if (tag == TAG_KIND) {
		ret->kind = (enum trace_file_kind)get_number(&value);
	} else if (tag == TAG_PID) {
		ret->pid = get_number(&value);
	} else if (tag == TAG_NAME) {
		buf_clear(name);
		buf_bytes(name, value.start, len);
	} else if (tag == TAG_BUILD_ID) {
		ret->build_id.len = (uint8_t)MIN(len, TRACE_BUILD_ID_MAX);
		memcpy(ret->build_id.bytes, value.start, ret->build_id.len);
	} else if (tag == TAG_DATA) {
		ret->data = value.start;
		ret->size_bytes = len;
	}
	return !value.failed;
}

bool trace_file_decode(struct cursor c, struct trace_file *ret, struct buf *name)
{
	*ret = (struct trace_file){ 0 };
	buf_clear(name);
	while (cursor_left(&c)) {
		uint64_t tag = cursor_uleb(&c);
		struct cursor value = cursor_sub(&c, cursor_uleb(&c));
		if (c.failed || !decode_field(tag, value, ret, name))
			return false;
	}
	buf_u8(name, 0);
	ret->name = (const char *)name->data;
	return !name->failed && ret->kind;
}

static void put_string(struct buf *b, const char *str)
{
	buf_bytes(b, str, strnlen(str, TRACE_MAX_STRING_BYTES - 1));
	buf_u8(b, 0);
}

void trace_symbol_encode(const struct trace_kernel_symbol *symbol,
	const struct trace_kernel_symbol *last, struct buf *b)
{
	buf_uleb(b, symbol->start - (last ? last->start : 0));
	buf_uleb(b, symbol->size);
	if (!symbol->module[0]) {
		buf_u8(b, MODULE_KERNEL);
	} else if (last && strcmp(last->module, symbol->module) == 0) {
		buf_u8(b, MODULE_AS_BEFORE);
	} else {
		buf_u8(b, MODULE_NAMED);
		put_string(b, symbol->module);
	}
	put_string(b, symbol->name);
}

bool trace_symbol_decode(struct cursor *c, struct trace_kernel_symbol *symbol)
{
	if (!cursor_left(c))
		return false;
	symbol->start += cursor_uleb(c);
	symbol->size = cursor_uleb(c);
	uint8_t module = cursor_u8(c);
	if (module == MODULE_KERNEL)
		symbol->module = "";
	else if (module == MODULE_NAMED)
		symbol->module = cursor_str(c);
	else if (module != MODULE_AS_BEFORE)
		c->failed = true;
	symbol->name = cursor_str(c);
	return !c->failed;
}
