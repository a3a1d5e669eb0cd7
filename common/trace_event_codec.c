/*
 * Events to bytes and back: see trace_event_codec.h. One function per kind and direction, found in
 * a table.
 */
#include "common/trace_event_codec.h"
#include "common/trace_format.h"

#include <string.h>

static size_t string_bytes(const char *str)
{
	return strnlen(str, TRACE_MAX_STRING_BYTES - 1);
}

static uint32_t hash_string(const char *str, size_t len)
{
	uint32_t hash = 2166136261;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)str[i]) * 16777619;
	return hash;
}

static uint32_t define_string(struct trace_event_encoder *e, const char *str, size_t len)
{
	buf_uleb(&e->payload, TRACE_RECORD_STRING);
	buf_uleb(&e->payload, len + 1);
	buf_bytes(&e->payload, str, len);
	buf_u8(&e->payload, 0);
	return e->n_strings++;
}

/* The number of str, which is written now if it is new (or if the table has no place for it). */
static uint32_t string_number(struct trace_event_encoder *e, const char *str)
{
	size_t len = string_bytes(str);
	uint32_t at = hash_string(str, len) % TRACE_STRING_SLOTS;
	for (unsigned tries = 0; tries < 8; tries++, at = (at + 1) % TRACE_STRING_SLOTS) {
		const char *known = (const char *)e->payload.data + e->strings[at].offset;
		if (!e->strings[at].offset)
			break;
		if (strncmp(known, str, len) == 0 && !known[len])
			return e->strings[at].number;
	}
	uint32_t number = define_string(e, str, len);
	e->strings[at].offset = (uint32_t)(e->payload.len - len - 1);
	e->strings[at].number = number;
	return number;
}

static void put_build_id(struct buf *b, const struct build_id *id)
{
	uint8_t len = MIN(id->len, TRACE_BUILD_ID_MAX);
	buf_u8(b, len);
	buf_bytes(b, id->bytes, len);
}

static void get_build_id(struct cursor *c, struct build_id *ret)
{
	uint8_t len = cursor_u8(c);
	const uint8_t *bytes = cursor_bytes(c, len);
	ret->len = MIN(len, TRACE_BUILD_ID_MAX);
	if (bytes && ret->len)
		memcpy(ret->bytes, bytes, ret->len);
}

static const char *get_string(struct trace_event_decoder *d, struct cursor *c)
{
	uint64_t number = cursor_uleb(c);
	if (c->failed || number >= d->n_strings) {
		c->failed = true;
		return "";
	}
	return d->strings[number];
}

static void put_mmap(struct buf *b, const struct trace_event *event, uint32_t path)
{
	const struct trace_mmap *map = &event->mmap;
	buf_uleb(b, map->start);
	buf_uleb(b, map->len);
	buf_uleb(b, map->file_off);
	buf_uleb(b, map->prot);
	buf_uleb(b, map->flags);
	buf_uleb(b, map->dev_major);
	buf_uleb(b, map->dev_minor);
	buf_uleb(b, map->inode);
	put_build_id(b, &map->build_id);
	buf_uleb(b, path);
}

static void get_mmap(struct trace_event_decoder *d, struct cursor *c, struct trace_event *event)
{
	struct trace_mmap *map = &event->mmap;
	map->start = cursor_uleb(c);
	map->len = cursor_uleb(c);
	map->file_off = cursor_uleb(c);
	map->prot = cursor_uleb32(c);
	map->flags = cursor_uleb32(c);
	map->dev_major = cursor_uleb32(c);
	map->dev_minor = cursor_uleb32(c);
	map->inode = cursor_uleb(c);
	get_build_id(c, &map->build_id);
	map->path = get_string(d, c);
}

static const char *mmap_string(const struct trace_event *event)
{
	return event->mmap.path;
}

static void put_comm(struct buf *b, const struct trace_event *event, uint32_t name)
{
	buf_uleb(b, name);
	buf_u8(b, event->comm.is_exec);
}

static void get_comm(struct trace_event_decoder *d, struct cursor *c, struct trace_event *event)
{
	event->comm.name = get_string(d, c);
	event->comm.is_exec = cursor_u8(c) != 0;
}

static const char *comm_string(const struct trace_event *event)
{
	return event->comm.name;
}

static void put_fork(struct buf *b, const struct trace_event *event, uint32_t string UNUSED)
{
	buf_uleb(b, event->fork.parent_pid);
	buf_uleb(b, event->fork.parent_tid);
}

static void get_fork(
	struct trace_event_decoder *d UNUSED, struct cursor *c, struct trace_event *event)
{
	event->fork.parent_pid = cursor_uleb32(c);
	event->fork.parent_tid = cursor_uleb32(c);
}

static void put_exit(
	struct buf *b UNUSED, const struct trace_event *event UNUSED, uint32_t string UNUSED)
{
}

static void get_exit(struct trace_event_decoder *d UNUSED, struct cursor *c UNUSED,
	struct trace_event *event UNUSED)
{
}

static void put_lost(struct buf *b, const struct trace_event *event, uint32_t string UNUSED)
{
	buf_uleb(b, event->lost.count);
	buf_uleb(b, event->lost.cpu);
	buf_u8(b, event->lost.of_sideband);
}

static void get_lost(
	struct trace_event_decoder *d UNUSED, struct cursor *c, struct trace_event *event)
{
	event->lost.count = cursor_uleb(c);
	event->lost.cpu = cursor_uleb32(c);
	event->lost.of_sideband = cursor_u8(c) != 0;
}

static void put_throttle(struct buf *b, const struct trace_event *event, uint32_t string UNUSED)
{
	buf_uleb(b, event->throttle.cpu);
	buf_u8(b, event->throttle.resumed);
}

static void get_throttle(
	struct trace_event_decoder *d UNUSED, struct cursor *c, struct trace_event *event)
{
	event->throttle.cpu = cursor_uleb32(c);
	event->throttle.resumed = cursor_u8(c) != 0;
}

static void put_file_id(struct buf *b, const struct trace_event *event, uint32_t path)
{
	buf_uleb(b, path);
	put_build_id(b, &event->build_id.id);
}

static void get_file_id(struct trace_event_decoder *d, struct cursor *c, struct trace_event *event)
{
	event->build_id.path = get_string(d, c);
	get_build_id(c, &event->build_id.id);
}

static const char *file_id_string(const struct trace_event *event)
{
	return event->build_id.path;
}

/* By enum trace_event_kind. */
static const struct {
	void (*put)(struct buf *b, const struct trace_event *event, uint32_t string);
	void (*get)(struct trace_event_decoder *d, struct cursor *c, struct trace_event *event);
	const char *(*string)(const struct trace_event *event); /* NULL: the kind has none */
} kinds[] = {
	[TRACE_MMAP] = { put_mmap, get_mmap, mmap_string },
	[TRACE_COMM] = { put_comm, get_comm, comm_string },
	[TRACE_FORK] = { put_fork, get_fork, NULL },
	[TRACE_EXIT] = { put_exit, get_exit, NULL },
	[TRACE_LOST] = { put_lost, get_lost, NULL },
	[TRACE_THROTTLE] = { put_throttle, get_throttle, NULL },
	[TRACE_BUILD_ID] = { put_file_id, get_file_id, file_id_string },
};

static bool is_known(uint64_t kind)
{
	return kind < ARRAY_LEN(kinds) && kinds[kind].put;
}

bool trace_event_encoder_init(struct trace_event_encoder *e, size_t payload_bytes)
{
	*e = (struct trace_event_encoder){ 0 };
	return buf_init_fixed(&e->payload, payload_bytes);
}

void trace_event_encoder_fini(struct trace_event_encoder *e)
{
	buf_fini(&e->payload);
}

void trace_event_encoder_clear(struct trace_event_encoder *e)
{
	buf_clear(&e->payload);
	memset(e->strings, 0, sizeof(e->strings));
	e->n_strings = 0;
	e->n_records = 0;
	e->first_ns = e->last_ns = e->previous_ns = 0;
}

bool trace_event_encoder_has_room(const struct trace_event_encoder *e)
{
	return e->payload.cap - e->payload.len >= TRACE_MAX_EVENT_BYTES + TRACE_MAX_STRING_BYTES;
}

static void note_time(struct trace_event_encoder *e, uint64_t time_ns)
{
	e->first_ns = e->n_records ? MIN(e->first_ns, time_ns) : time_ns;
	e->last_ns = MAX(e->last_ns, time_ns);
	e->previous_ns = time_ns;
	e->n_records++;
}

void trace_event_encoder_add(struct trace_event_encoder *e, const struct trace_event *event)
{
	if (!is_known(event->kind))
		return;
	const char *str = kinds[event->kind].string ? kinds[event->kind].string(event) : NULL;
	uint32_t string = str ? string_number(e, str) : 0;
	uint8_t bytes[TRACE_MAX_EVENT_BYTES];
	struct buf body = { .data = bytes, .cap = sizeof(bytes), .fixed = true };
	buf_zigzag(&body, (int64_t)(event->time_ns - e->previous_ns));
	buf_uleb(&body, event->pid);
	buf_uleb(&body, event->tid);
	kinds[event->kind].put(&body, event, string);
	buf_uleb(&e->payload, event->kind);
	buf_uleb(&e->payload, body.len);
	buf_bytes(&e->payload, body.data, body.len);
	note_time(e, event->time_ns);
}

void trace_event_decoder_begin(
	struct trace_event_decoder *d, const uint8_t *payload, size_t size, uint32_t n_records)
{
	d->c = cursor_make(payload, size);
	d->previous_ns = 0;
	d->n_left = n_records;
	d->n_unknown = 0;
	d->n_strings = 0;
}

void trace_event_decoder_fini(struct trace_event_decoder *d)
{
	free(d->strings);
	*d = (struct trace_event_decoder){ 0 };
}

static bool add_string(struct trace_event_decoder *d, struct cursor *body)
{
	const char *str = cursor_str(body);
	if (!str)
		return false;
	if (d->n_strings == d->cap_strings) {
		size_t cap = d->cap_strings ? 2 * d->cap_strings : 64;
		const char **grown = realloc(d->strings, cap * sizeof(*grown));
		if (!grown) {
			d->no_memory = true;
			return false;
		}
		d->strings = grown;
		d->cap_strings = cap;
	}
	d->strings[d->n_strings++] = str;
	return true;
}

/* One record that is no string. Sets *ret_known. */
static bool get_record(struct trace_event_decoder *d, uint64_t kind, struct cursor *body,
	struct trace_event *ret, bool *ret_known)
{
	*ret = (struct trace_event){ .kind = (enum trace_event_kind)kind };
	d->previous_ns += (uint64_t)cursor_zigzag(body);
	ret->time_ns = d->previous_ns;
	ret->pid = cursor_uleb32(body);
	ret->tid = cursor_uleb32(body);
	*ret_known = is_known(kind);
	if (*ret_known)
		kinds[kind].get(d, body, ret);
	return !body->failed;
}

bool trace_event_decoder_next(struct trace_event_decoder *d, struct trace_event *ret)
{
	while (d->n_left && cursor_left(&d->c)) {
		uint64_t kind = cursor_uleb(&d->c);
		struct cursor body = cursor_sub(&d->c, cursor_uleb(&d->c));
		bool known = false;
		if (d->c.failed)
			return false;
		if (kind == TRACE_RECORD_STRING) {
			if (!add_string(d, &body))
				break;
			continue;
		}
		if (!get_record(d, kind, &body, ret, &known))
			break;
		d->n_left--;
		if (known)
			return true;
		d->n_unknown++;
	}
	d->c.failed = true;
	return false;
}
