/*
 * What each element of an xctrace export means: see xctrace_table.h. Elements that are not here,
 * <sentinel/> among them, say nothing: a cell that is missing is unknown.
 */
#include "formats/xctrace_table.h"

#include "common/array.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool is(const struct xctrace_element *element, const char *name)
{
	return !strcmp(element->name, name);
}

/* Attributes and texts. */

/* A string of the profile; 0 where the attribute is missing. */
static bool get_string(struct xctrace_table *t, const struct xctrace_tag *tag, const char *name,
	uint32_t *ret_string, struct err *err)
{
	size_t len;
	const char *value = xctrace_attribute(tag, name, &len);
	*ret_string = 0;
	if (value && len > XCTRACE_TEXT_MAX)
		return err_set(err, "the %s of a <%s> is longer than %d bytes", name, tag->name,
			XCTRACE_TEXT_MAX);
	if (value)
		*ret_string = profile_add_string_n(t->p, value, len);
	return true;
}

static bool get_number(const struct xctrace_tag *tag, const char *name, int base,
	uint64_t *ret_number, struct err *err)
{
	size_t len;
	const char *value = xctrace_attribute(tag, name, &len);
	char digits[32], *stop;
	*ret_number = 0;
	if (!value)
		return true;
	snprintf(digits, sizeof(digits), "%.*s", (int)MIN(len, sizeof(digits) - 1), value);
	*ret_number = strtoull(digits, &stop, base);
	if (!len || len >= sizeof(digits) || *stop || !isxdigit((unsigned char)digits[0]))
		return err_set(err, "the %s of a <%s> is no number: '%s'", name, tag->name, digits);
	return true;
}

/* Of the element that ends; as long as t->text.len. */
static const char *text_of(const struct xctrace_table *t)
{
	return t->text.len ? (const char *)t->text.data : "";
}

/* The next number of the text, which blanks end; weights may be negative. */
static bool next_number(const char **at, const char *end, uint64_t *ret_number)
{
	uint64_t number = 0;
	while (*at < end && isspace((unsigned char)**at))
		++*at;
	bool is_negative = *at < end && **at == '-';
	*at += is_negative;
	const char *first = *at;
	for (; *at < end && isdigit((unsigned char)**at); ++*at)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(**at - '0'), &number))
			return false;
	*ret_number = is_negative ? -number : number;
	return *at > first && (*at == end || isspace((unsigned char)**at));
}

static bool close_number(struct xctrace_table *t, uint64_t *ret_value, struct err *err)
{
	const char *at = text_of(t), *end = at + t->text.len;
	if (next_number(&at, end, ret_value)) {
		while (at < end && isspace((unsigned char)*at))
			at++;
		if (at == end)
			return true;
	}
	return err_set(err, "the text of a <%s> is no number: '%.*s'",
		t->levels[t->depth - 1].element->name, (int)MIN(t->text.len, 40), text_of(t));
}

static bool close_string(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = profile_add_string_n(t->p, text_of(t), t->text.len);
	return true;
}

/* Tables. */

static bool open_contents(
	struct xctrace_table *t UNUSED, const struct xctrace_tag *tag UNUSED, struct err *err)
{
	return err_set(err,
		"it is a table of contents; the samples are in a table that "
		"`xctrace export --xpath` writes");
}

static bool open_node(
	struct xctrace_table *t, const struct xctrace_tag *tag UNUSED, struct err *err UNUSED)
{
	t->has_schema = t->is_shown = false;
	return true;
}

/* XCTRACE_NO_WEIGHT: it has no samples. */
static enum xctrace_weight kind_of_schema(const char *name)
{
	if (!strcmp(name, "time-profile"))
		return XCTRACE_NS;
	if (!strcmp(name, "cpu-profile"))
		return XCTRACE_CYCLES;
	return strcmp(name, "counters-profile") ? XCTRACE_NO_WEIGHT : XCTRACE_EVENTS;
}

static bool open_schema(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	uint32_t string;
	if (!get_string(t, tag, "name", &string, err))
		return false;
	const char *name = profile_string(t->p, string);
	enum xctrace_weight kind = kind_of_schema(name);
	t->has_schema = true;
	t->is_shown = kind != XCTRACE_NO_WEIGHT && !t->is_taken;
	t->is_taken |= t->is_shown;
	if (t->is_shown)
		t->kind = kind;
	t->n_tables_left_out += !t->is_shown;
	return true;
}

/* The column of weights may be called by what they count. */
static bool give_mnemonic(struct xctrace_table *t, const struct xctrace_element *to UNUSED,
	uint64_t value, struct err *err UNUSED)
{
	t->is_weight_column = !strcmp(profile_string(t->p, (uint32_t)value), "weight");
	return true;
}

static bool give_name(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	const char *name = profile_string(t->p, (uint32_t)value);
	if (t->is_shown && t->is_weight_column && is(to, "col") && strcmp(name, "Weight") != 0)
		t->event = (uint32_t)value;
	return true;
}

/* A table that does not say what it is counts when a row of it has a stack. */
static bool open_row(
	struct xctrace_table *t, const struct xctrace_tag *tag UNUSED, struct err *err UNUSED)
{
	t->row = (__typeof__(t->row)){ .core = PROFILE_NONE,
		.thread = PROFILE_NONE,
		.process = PROFILE_NONE,
		.stack = PROFILE_NO_STACK };
	return true;
}

static bool close_row(struct xctrace_table *t, uint64_t *ret_value UNUSED, struct err *err)
{
	if (!t->has_schema && !t->is_taken && t->row.has_stack)
		t->is_shown = t->is_taken = true;
	return !t->is_shown || xctrace_rows_add(t, err);
}

/* Cells of numbers. */

static bool give_time(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "row")) {
		t->row.time_ns = (int64_t)value < 0 ? 0 : value;
		t->row.has_time = true;
	}
	return true;
}

static bool give_core(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "row"))
		t->row.core = MIN(value, (uint64_t)PROFILE_NONE);
	return true;
}

static bool give_any_weight(struct xctrace_table *t, const struct xctrace_element *to,
	uint64_t value, enum xctrace_weight kind)
{
	if (is(to, "row")) {
		t->row.weight = value;
		t->row.kind = kind;
	}
	return true;
}

static bool give_weight(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	return give_any_weight(t, to, value, XCTRACE_NS);
}

static bool give_cycles(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	return give_any_weight(t, to, value, XCTRACE_CYCLES);
}

static bool give_events(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	return give_any_weight(t, to, value, XCTRACE_EVENTS);
}

/* Threads. */

static bool give_tid(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "thread"))
		t->thread.tid = (uint32_t)value;
	return true;
}

static bool give_pid(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "process"))
		t->process.pid = (uint32_t)value;
	return true;
}

static bool open_process(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	t->process.pid = 0;
	return get_string(t, tag, "fmt", &t->process.fmt, err);
}

static bool close_process(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = xctrace_threads_add_process(
		&t->threads, profile_string(t->p, t->process.fmt), t->process.pid);
	return true;
}

static bool give_process(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "thread"))
		t->thread.process = (uint32_t)value;
	else if (is(to, "row"))
		t->row.process = (uint32_t)value;
	return true;
}

static bool open_thread(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	t->thread.tid = 0;
	t->thread.process = PROFILE_NONE;
	return get_string(t, tag, "fmt", &t->thread.fmt, err);
}

static bool close_thread(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = xctrace_threads_add(
		&t->threads, profile_string(t->p, t->thread.fmt), t->thread.tid, t->thread.process);
	return true;
}

static bool give_thread(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "row"))
		t->row.thread = (uint32_t)value;
	return true;
}

/* Frames. */

static bool open_binary(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	uint32_t name, path, uuid;
	uint64_t load_addr;
	if (!get_string(t, tag, "name", &name, err) || !get_string(t, tag, "path", &path, err) ||
		!get_string(t, tag, "UUID", &uuid, err) ||
		!get_number(tag, "load-addr", 16, &load_addr, err))
		return false;
	if (!t->p->meta.arch && !get_string(t, tag, "arch", &t->p->meta.arch, err))
		return false;
	t->binary = xctrace_stacks_add_binary(&t->stacks, profile_string(t->p, name),
		profile_string(t->p, path), profile_string(t->p, uuid), load_addr);
	return true;
}

static bool close_binary(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = t->binary;
	return true;
}

static bool give_binary(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "frame"))
		t->frame.binary = (uint32_t)value;
	return true;
}

static bool open_source(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	uint64_t line;
	if (!get_number(tag, "line", 10, &line, err))
		return false;
	t->source.line = (uint32_t)MIN(line, UINT32_MAX);
	t->source.path = 0;
	return true;
}

static bool close_source(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = (uint64_t)t->source.path << 32 | t->source.line;
	return true;
}

static bool give_source(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "frame")) {
		t->frame.path = (uint32_t)(value >> 32);
		t->frame.line = (uint32_t)value;
	}
	return true;
}

static bool give_path(struct xctrace_table *t, const struct xctrace_element *to, uint64_t value,
	struct err *err UNUSED)
{
	if (is(to, "source"))
		t->source.path = (uint32_t)value;
	return true;
}

/* Addresses of frames are one too high, of leaves and callers alike. */
static bool open_frame(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	uint64_t addr;
	t->frame = (__typeof__(t->frame)){ .binary = PROFILE_NONE };
	if (!get_string(t, tag, "name", &t->frame.name, err) ||
		!get_number(tag, "addr", 16, &addr, err))
		return false;
	t->frame.pc = addr ? addr - 1 : 0;
	return true;
}

static bool close_frame(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = xctrace_stacks_add_frame(&t->stacks, profile_string(t->p, t->frame.name),
		t->frame.pc, t->frame.binary, t->frame.path, t->frame.line);
	return true;
}

static bool give_frame(
	struct xctrace_table *t, const struct xctrace_element *to, uint64_t value, struct err *err)
{
	if (!is(to, "backtrace") && !is(to, "tagged-backtrace"))
		return true;
	return xctrace_stacks_push(&t->stacks, (uint32_t)value, err);
}

/* Backtraces. */

/* "leaf <- (12 other frames)", with an arrow: the only name in a backtrace of addresses. */
static bool open_backtrace(struct xctrace_table *t, const struct xctrace_tag *tag, struct err *err)
{
	static const char arrow[] = " \xe2\x86\x90 ";
	size_t len;
	const char *fmt = xctrace_attribute(tag, "fmt", &len);
	const char *end = fmt ? memmem(fmt, len, arrow, sizeof(arrow) - 1) : NULL;
	t->leaf_name = 0;
	t->tagged = PROFILE_NO_STACK;
	if (!end)
		return true;
	if (end - fmt > XCTRACE_TEXT_MAX)
		return err_set(err, "the fmt of a <%s> is too long", tag->name);
	if (end - fmt < 2 || memcmp(fmt, "0x", 2) != 0)
		t->leaf_name = profile_add_string_n(t->p, fmt, (size_t)(end - fmt));
	return true;
}

static bool close_backtrace(struct xctrace_table *t, uint64_t *ret_value, struct err *err UNUSED)
{
	*ret_value = xctrace_stacks_pop(&t->stacks, t->levels[t->depth - 1].first_frame);
	return true;
}

static bool close_tagged(struct xctrace_table *t, uint64_t *ret_value, struct err *err)
{
	if (t->stacks.n_open > t->levels[t->depth - 1].first_frame)
		return close_backtrace(t, ret_value, err);
	*ret_value = t->tagged;
	return true;
}

static bool give_backtrace(struct xctrace_table *t, const struct xctrace_element *to,
	uint64_t value, struct err *err UNUSED)
{
	if (is(to, "tagged-backtrace"))
		t->tagged = (uint32_t)value;
	if (is(to, "row")) {
		t->row.stack = (uint32_t)value;
		t->row.has_stack = true;
	}
	return true;
}

/* Addresses alone, leaf first, as they are: leaves are exact and callers inside their calls. Zeros
 * end the stack. */
static bool close_addresses(struct xctrace_table *t, uint64_t *ret_value, struct err *err)
{
	const char *at = text_of(t), *end = at + t->text.len;
	struct xctrace_list list = { .first = t->n_listed };
	bool is_leaf = t->depth > 1 && t->stacks.n_open == t->levels[t->depth - 2].first_frame;
	for (uint64_t pc; next_number(&at, end, &pc);) {
		const char *name = is_leaf && t->leaf_name && t->n_listed == list.first
			? profile_string(t->p, t->leaf_name)
			: NULL;
		if (!pc)
			continue;
		if (!ARRAY_ROOM(t->listed, t->cap_listed, t->n_listed))
			return err_set(err, "no memory for addresses");
		t->listed[t->n_listed++] = xctrace_stacks_add_address(&t->stacks, pc, name);
	}
	list.n = t->n_listed - list.first;
	if (!ARRAY_ROOM(t->lists, t->cap_lists, t->n_lists))
		return err_set(err, "no memory for addresses");
	t->lists[t->n_lists] = list;
	*ret_value = t->n_lists++;
	return true;
}

static bool give_addresses(
	struct xctrace_table *t, const struct xctrace_element *to, uint64_t value, struct err *err)
{
	const struct xctrace_list *list = &t->lists[value];
	if (!is(to, "backtrace"))
		return true;
	for (size_t i = 0; i < list->n; i++)
		if (!xctrace_stacks_push(&t->stacks, t->listed[list->first + i], err))
			return false;
	return true;
}

static const struct xctrace_element elements[] = {
	{ "row", .open = open_row, .close = close_row },
	{ "sample-time", true, .close = close_number, .give = give_time },
	{ "thread", .open = open_thread, .close = close_thread, .give = give_thread },
	{ "process", .open = open_process, .close = close_process, .give = give_process },
	{ "core", true, .close = close_number, .give = give_core },
	{ "weight", true, .close = close_number, .give = give_weight },
	{ "cycle-weight", true, .close = close_number, .give = give_cycles },
	{ "pmc-event", true, .close = close_number, .give = give_events },
	{ "frame", .open = open_frame, .close = close_frame, .give = give_frame },
	{ "binary", .open = open_binary, .close = close_binary, .give = give_binary },
	{ "source", .open = open_source, .close = close_source, .give = give_source },
	{ "path", true, .close = close_string, .give = give_path },
	{ "backtrace", .open = open_backtrace, .close = close_backtrace, .give = give_backtrace },
	{ "tagged-backtrace", .open = open_backtrace, .close = close_tagged,
		.give = give_backtrace },
	{ "tid", true, .close = close_number, .give = give_tid },
	{ "pid", true, .close = close_number, .give = give_pid },
	{ "text-addresses", true, .close = close_addresses, .give = give_addresses },
	{ "node", .open = open_node },
	{ "schema", .open = open_schema },
	{ .name = "col" },
	{ "mnemonic", true, .close = close_string, .give = give_mnemonic },
	{ "name", true, .close = close_string, .give = give_name },
	{ "trace-toc", .open = open_contents },
};

const struct xctrace_element *xctrace_element_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (!strcmp(name, elements[i].name))
			return &elements[i];
	return NULL;
}
