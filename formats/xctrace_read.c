/*
 * Reading what `xctrace export` writes, of any Xcode from 12 on: a table of samples (time-profile,
 * cpu-profile or counters-profile) in XML.
 *
 *	Xcode 12 to 14.2	backtraces are runs of addresses, without names but the leaf's
 *	14.3 to 26.3		<backtrace> holds frames
 *	26.4			<tagged-backtrace> holds a <backtrace>; Xcode 27: frames themselves
 *
 * From bytes to elements is xctrace_sax.c; what elements mean, xctrace_elements.c; what a row
 * makes, xctrace_rows.c. This file keeps the levels and the ids. The first table of samples is
 * read; others in the file are noted. Frames know their addresses, not what was inlined: see
 * xctrace_stacks.h. Tables of allocations, signposts and the like are not read.
 */
#include "formats/xctrace_table.h"

#include <string.h>

enum { FREE_NAME_BYTES = 1 << 20, NAMES_PER_BYTE = 16 };

static void auto_table_ptr(struct xctrace_table *t)
{
	xctrace_ids_fini(&t->ids);
	xctrace_stacks_fini(&t->stacks);
	xctrace_threads_fini(&t->threads);
	buf_fini(&t->text);
	free(t->lists);
	free(t->listed);
}

/* The value of what the level refers to. */
static bool resolve(struct xctrace_table *t, struct xctrace_level *level, struct err *err)
{
	const struct xctrace_id *id = xctrace_ids_find(&t->ids, level->id);
	if (!id)
		return err_set(err, "a <%s> refers to an id that is not there before it",
			level->element->name);
	if (id->element != level->element)
		return err_set(
			err, "a <%s> refers to another kind of element", level->element->name);
	level->value = id->value;
	return true;
}

static bool start(void *table, const struct xctrace_tag *tag, struct err *err)
{
	struct xctrace_table *t = table;
	size_t len;
	if (t->depth == XCTRACE_DEPTH_MAX)
		return err_set(err, "elements are nested more than %d deep", XCTRACE_DEPTH_MAX);
	struct xctrace_level *level = &t->levels[t->depth++];
	*level = (struct xctrace_level){ .element = xctrace_element_find(tag->name),
		.first_frame = t->stacks.n_open };
	buf_clear(&t->text);
	if (!level->element)
		return true;
	const char *id = xctrace_attribute(tag, "ref", &len);
	level->is_ref = id != NULL;
	if (!id)
		id = xctrace_attribute(tag, "id", &len);
	level->has_id = id && !level->is_ref;
	if (id)
		level->id = xctrace_id_of(&t->ids, id, len);
	if (level->is_ref)
		return resolve(t, level, err);
	return !level->element->open || level->element->open(t, tag, err);
}

static bool text(void *table, const char *bytes, size_t len, struct err *err)
{
	struct xctrace_table *t = table;
	const struct xctrace_level *level = t->depth ? &t->levels[t->depth - 1] : NULL;
	if (!level || !level->element || !level->element->has_text || level->is_ref)
		return true;
	if (len > XCTRACE_TEXT_MAX - t->text.len)
		return err_set(err, "the text of a <%s> is longer than %d bytes",
			level->element->name, XCTRACE_TEXT_MAX);
	buf_bytes(&t->text, bytes, len);
	return !t->text.failed || err_set(err, "no memory for a text");
}

static bool define(struct xctrace_table *t, const struct xctrace_level *level, uint64_t value)
{
	const struct xctrace_id id = { level->id, value, level->element };
	return !level->has_id || xctrace_ids_define(&t->ids, &id);
}

static bool end(void *table, struct err *err)
{
	struct xctrace_table *t = table;
	struct xctrace_level *level = &t->levels[t->depth - 1];
	const struct xctrace_element *element = level->element;
	const struct xctrace_element *around = t->depth > 1 ? level[-1].element : NULL;
	if (element) {
		uint64_t value = level->value;
		if (!level->is_ref && element->close && !element->close(t, &value, err))
			return false;
		if (!define(t, level, value))
			return err_set(err, "no memory for ids");
		if (element->give && around && !element->give(t, around, value, err))
			return false;
	}
	t->depth--;
	buf_clear(&t->text);
	if (t->failed || t->stacks.failed || t->threads.failed || profile_failed(t->p))
		return err_set(err, "no memory for what it holds");
	return true;
}

static bool read_profile(const struct import_input *in, struct profile *p, struct err *err)
{
	static const struct xctrace_handler handler = { start, text, end };
	uint64_t seed = intern_random_seed();
	AUTO(auto_table)
	struct xctrace_table t = { .p = p,
		.ids.seed = seed,
		.stacks = { .p = p, .seed = seed, .max_pushed = in->bytes },
		.threads = { .p = p, .seed = seed },
		.max_name_bytes = FREE_NAME_BYTES + in->bytes * NAMES_PER_BYTE };
	return xctrace_sax_read(in, &handler, &t, err) && xctrace_rows_finish(&t, in, err);
}

/* The root element stands near the start: exports have no comments before it. A table of contents
 * is recognised too, to be told what it is. */
static bool is_mine(const uint8_t *start_bytes, size_t n)
{
	const char *at = (const char *)start_bytes;
	if (n >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3, n -= 3;
	while (n && *at && strchr(" \t\r\n", *at))
		at++, n--;
	return n && *at == '<' &&
		(memmem(at, n, "<trace-query-result", 19) || memmem(at, n, "<trace-toc", 10));
}

const struct import_format import_xctrace = { "xctrace export", is_mine, read_profile };
