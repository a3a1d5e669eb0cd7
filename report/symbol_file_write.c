/*
 * Symbol files, the writing side: see symbol_file.h.
 *
 * Where an old range and a new one overlap, both are right in all of their length, so what begins
 * later gets what is left.
 */
#include "report/symbol_file.h"

#include "report/cache.h"
#include "report/demangle.h"
#include "report/symbol_file_layout.h"

#include <string.h>

enum { MAX_FRAMES = RANGE_FRAMES_MASK, POINTER_CACHE = 2048 };

struct string_slot {
	uint32_t offset; /* 0: free; "" is never looked for */
	uint32_t hash;
	uint32_t shown; /* the demangled name, once asked for; 0: not yet */
};

struct writer {
	struct buf strings, starts, ranges, frames;
	struct string_slot *slots; /* open addressing, a power of two */
	size_t n_slots, n_strings;
	struct arena memory; /* of the old file's answers */
	struct {             /* strings come again and again from one place */
		const char *text;
		size_t slot;
	} pointers[POINTER_CACHE];
	uint64_t end; /* of the last range */
	uint32_t n_ranges, n_frames;
	bool failed;
};

static bool grow(struct writer *w)
{
	size_t n = w->n_slots ? 2 * w->n_slots : 1024;
	struct string_slot *slots = calloc(n, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < w->n_slots; i++) {
		if (!w->slots[i].offset)
			continue;
		size_t at = w->slots[i].hash & (n - 1);
		while (slots[at].offset)
			at = (at + 1) & (n - 1);
		slots[at] = w->slots[i];
	}
	free(w->slots);
	w->slots = slots;
	w->n_slots = n;
	memset(w->pointers, 0, sizeof(w->pointers)); /* slots have moved */
	return true;
}

/* The slot of a string that is not empty, or NULL without memory. It holds until the next call. */
static struct string_slot *intern(struct writer *w, const char *text)
{
	size_t len = strlen(text);
	uint64_t hash = cache_hash(0, text, len);
	if (2 * w->n_strings >= w->n_slots && !grow(w))
		return NULL;
	size_t at = hash & (w->n_slots - 1);
	for (; w->slots[at].offset; at = (at + 1) & (w->n_slots - 1))
		if (w->slots[at].hash == (uint32_t)hash &&
			!strcmp((const char *)w->strings.data + w->slots[at].offset, text))
			return &w->slots[at];
	if (w->strings.len + len >= UINT32_MAX)
		return NULL;
	w->slots[at] = (struct string_slot){ (uint32_t)w->strings.len, (uint32_t)hash, 0 };
	w->n_strings++;
	buf_bytes(&w->strings, text, len + 1);
	return w->strings.failed ? NULL : &w->slots[at];
}

static struct string_slot *intern_pointer(struct writer *w, const char *text)
{
	__typeof__(&w->pointers[0]) known =
		&w->pointers[((uintptr_t)text ^ (uintptr_t)text >> 11) % POINTER_CACHE];
	if (known->text == text)
		return &w->slots[known->slot];
	struct string_slot *slot = intern(w, text);
	if (slot) {
		known->text = text;
		known->slot = (size_t)(slot - w->slots);
	}
	w->failed |= !slot;
	return slot;
}

static uint32_t put_string(struct writer *w, const char *text)
{
	const struct string_slot *slot = text && text[0] ? intern_pointer(w, text) : NULL;
	return slot ? slot->offset : 0;
}

/* The raw name, and in *ret_shown what people call it: of most names the same string. */
static uint32_t put_name(struct writer *w, const struct symbol_frame *frame, uint32_t *ret_shown)
{
	struct string_slot *slot =
		frame->raw_name && frame->raw_name[0] ? intern_pointer(w, frame->raw_name) : NULL;
	*ret_shown = slot ? slot->shown : 0;
	if (!slot || slot->shown)
		return slot ? slot->offset : 0;
	uint32_t raw = slot->offset;
	AUTO_FREE char *made = frame->shown_name ? NULL : demangle(frame->raw_name);
	const char *text = frame->shown_name ? frame->shown_name : made;
	const struct string_slot *shown = text && text[0] ? intern(w, text) : NULL;
	*ret_shown = shown ? shown->offset : raw;
	slot = intern_pointer(w, frame->raw_name); /* the table may have grown */
	if (slot)
		slot->shown = *ret_shown;
	return raw;
}

static void put_frame(struct writer *w, const struct symbol_frame *frame)
{
	uint32_t shown, raw = put_name(w, frame, &shown);
	buf_u32(&w->frames, raw);
	buf_u32(&w->frames, shown);
	buf_u32(&w->frames, put_string(w, frame->file));
	buf_u32(&w->frames, frame->line);
	buf_u32(&w->frames, frame->is_inlined ? FRAME_IS_INLINED : 0);
	w->n_frames++;
}

static void put_range(struct writer *w, const struct symbol_finding *f)
{
	uint64_t start = MAX(f->start, w->end);
	uint32_t n_frames = MIN(f->n_frames, (uint32_t)MAX_FRAMES);
	if (start >= f->end)
		return;
	if (w->n_ranges == UINT32_MAX || w->n_frames > UINT32_MAX - n_frames) {
		w->failed = true;
		return;
	}
	buf_u64(&w->starts, start);
	buf_u64(&w->ranges, f->end);
	buf_u32(&w->ranges, w->n_frames);
	buf_u32(&w->ranges, n_frames | (f->is_partial ? (uint32_t)RANGE_IS_PARTIAL : 0));
	buf_u32(&w->ranges, put_string(w, f->problem));
	buf_u32(&w->ranges, 0);
	for (uint32_t i = 0; i < n_frames; i++)
		put_frame(w, &f->frames[i]);
	w->n_ranges++;
	w->end = f->end;
}

/* What was given up on is left out: it may be found another time. */
static void put_old_range(struct writer *w, const struct symbol_file *old, uint32_t index)
{
	struct symbol_range range = symbol_file_range(old, index);
	struct symbol_answer answer;
	if (range.is_partial)
		return;
	if (!symbol_file_answer(old, &range, &w->memory, &answer)) {
		w->failed = true;
		return;
	}
	struct symbol_finding f = {
		.start = range.start,
		.end = range.end,
		.frames = answer.frames,
		.n_frames = answer.n_frames,
		.problem = range.problem,
	};
	put_range(w, &f);
}

/* Both are sorted by start. */
static void put_all(struct writer *w, const struct symbol_file *old,
	const struct symbol_finding *findings, size_t n)
{
	uint32_t at = 0, n_old = old ? old->n_ranges : 0;
	for (size_t i = 0; i < n && !w->failed; i++) {
		while (at < n_old && symbol_file_range(old, at).start <= findings[i].start)
			put_old_range(w, old, at++);
		put_range(w, &findings[i]);
	}
	while (at < n_old && !w->failed)
		put_old_range(w, old, at++);
}

static void put_header(struct writer *w, const struct symbol_notes *notes, const struct buf *facts,
	struct buf *out)
{
	uint32_t debug_file = put_string(w, notes->debug_file);
	uint32_t problem = put_string(w, notes->problem);
	buf_u32(out, w->n_ranges);
	buf_u32(out, w->n_frames);
	buf_u32(out, (uint32_t)w->strings.len);
	buf_u32(out, (uint32_t)facts->len);
	buf_u32(out,
		(notes->has_symbols ? NOTE_HAS_SYMBOLS : 0) |
			(notes->has_debug_info ? NOTE_HAS_DEBUG_INFO : 0) |
			(notes->is_stripped ? NOTE_IS_STRIPPED : 0));
	buf_u32(out, debug_file);
	buf_u32(out, problem);
	buf_u32(out, 0);
}

static bool put_together(struct writer *w, const struct symbol_notes *notes,
	const struct buf *facts, struct buf *out)
{
	put_header(w, notes, facts, out);
	buf_bytes(out, w->starts.data, w->starts.len);
	buf_bytes(out, w->ranges.data, w->ranges.len);
	buf_bytes(out, w->frames.data, w->frames.len);
	buf_bytes(out, w->strings.data, w->strings.len);
	buf_bytes(out, facts->data, facts->len);
	return !w->failed && !out->failed && !facts->failed && facts->len < UINT32_MAX &&
		!w->strings.failed && !w->starts.failed && !w->ranges.failed && !w->frames.failed;
}

bool symbol_file_write(const struct symbol_file *old, const struct symbol_finding *findings,
	size_t n, const struct symbol_notes *notes, const struct buf *facts, struct buf *out)
{
	AUTO_FREE struct writer *w = calloc(1, sizeof(*w));
	if (!w)
		return false;
	buf_u8(&w->strings, 0);
	put_all(w, old, findings, n);
	bool ok = put_together(w, notes, facts, out);
	buf_fini(&w->strings);
	buf_fini(&w->starts);
	buf_fini(&w->ranges);
	buf_fini(&w->frames);
	arena_fini(&w->memory);
	free(w->slots);
	return ok;
}
