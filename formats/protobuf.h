/*
 * The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding): just enough to
 * write and read messages by hand.
 *
 * Writing: fields are appended to a buffer. As in proto3, a field that is zero or empty is left
 *out. A message inside a message is built in a buffer of its own first.
 *
 *	pb_u64(&line, 1, function);
 *	pb_message(&location, 4, &line);
 *
 * Reading: a message is a cursor, from which fields are taken one after the other. What is
 * malformed makes the cursor failed, and its offset tells where.
 *
 *	struct pb_field field;
 *	while (pb_next(&message, &field))
 *		if (field.number == 1 && field.wire == PB_VARINT)
 *			id = field.value;
 *	if (message.failed)
 *		...
 */
#ifndef FORMATS_PROTOBUF_H
#define FORMATS_PROTOBUF_H

#include "common/buf.h"
#include "common/cursor.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

/* Negative numbers of an int64 are written as the uint64 of the same bits. */
void pb_u64(struct buf *out, uint32_t number, uint64_t value);
void pb_bool(struct buf *out, uint32_t number, bool value);
/* Also when empty: an element of a repeated field is told by being there. */
void pb_bytes(struct buf *out, uint32_t number, const void *data, size_t size_bytes);
void pb_message(struct buf *out, uint32_t number, const struct buf *message);

struct pb_field {
	uint32_t number;
	enum pb_wire wire;
	uint64_t value;      /* of a number */
	struct cursor bytes; /* of PB_BYTES; its start lies in the message */
};

/* False at the end, and when the message is malformed. */
bool pb_next(struct cursor *message, struct pb_field *ret);

#endif
