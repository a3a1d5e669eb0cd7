/*
 * Protocol Buffers: see protobuf.h.
 */
#include "formats/protobuf.h"

static void add_tag(struct buf *out, uint32_t number, enum pb_wire wire)
{
	buf_uleb(out, (uint64_t)number << 3 | wire);
}

void pb_u64(struct buf *out, uint32_t number, uint64_t value)
{
	if (!value)
		return;
	add_tag(out, number, PB_VARINT);
	buf_uleb(out, value);
}

void pb_bool(struct buf *out, uint32_t number, bool value)
{
	pb_u64(out, number, value);
}

void pb_bytes(struct buf *out, uint32_t number, const void *data, size_t size_bytes)
{
	add_tag(out, number, PB_BYTES);
	buf_uleb(out, size_bytes);
	if (size_bytes)
		buf_bytes(out, data, size_bytes);
}

void pb_message(struct buf *out, uint32_t number, const struct buf *message)
{
	pb_bytes(out, number, message->data, message->len);
	out->failed |= message->failed;
}

static bool read_value(struct cursor *message, struct pb_field *field)
{
	switch (field->wire) {
	case PB_VARINT:
		field->value = cursor_uleb(message);
		return !message->failed;
	case PB_FIXED64:
		field->value = cursor_u64(message);
		return !message->failed;
	case PB_FIXED32:
		field->value = cursor_u32(message);
		return !message->failed;
	case PB_BYTES:
		field->bytes = cursor_sub(message, cursor_uleb(message));
		return !message->failed;
	}
	message->failed = true; /* a group, which proto3 does not have */
	return false;
}

bool pb_next(struct cursor *message, struct pb_field *ret)
{
	if (!cursor_left(message))
		return false;
	uint64_t tag = cursor_uleb(message);
	uint64_t number = tag >> 3;
	*ret = (struct pb_field){ .number = (uint32_t)number, .wire = (enum pb_wire)(tag & 7) };
	if (!number || number >= 1u << 29)
		message->failed = true;
	return !message->failed && read_value(message, ret);
}
