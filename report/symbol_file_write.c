/*
 * Symbol files, the writing side: see symbol_file.h.
 *
 * Where an old range and a new one overlap, both are right in all of their length, so what begins
 * later gets what is left.
 */
#include "report/symbol_file.h"

#include "report/cache.h"
#include "report/demangle.h"
#include "report/hash_slots.h"
#include "report/symbol_file_layout.h"

#include <string.h>

enum { MAX_FRAMES = RANGE_FRAMES_MASK, POINTER_CACHE = 2048 };

struct string { /* not "" */
	uint32_t offset;
	uint32_t shown; /* the demangled name, once asked for; 0: not yet */
};

struct writer {
	struct buf strings, starts, ranges, frames;
	struct string *known;
	size_t n_known, cap_known;
	struct hash_slots slots; /* of known */
	struct arena memory;     /* of the old file's answers */
	struct {                 /* strings come again and again from one place */
		const char *text;
		uint32_t index; /* in known */
	} pointers[POINTER_CACHE];
	uint64_t end; /* of the last range */
	uint32_t n_ranges, n_frames;
	bool failed;
};

static bool add_string(struct writer *w, const char *text, size_t len, uint32_t *ret_index)
{
	if (w->n_known == w->cap_known) {
		size_t cap = w->cap_known ? 2 * w->cap_known : 1024;
		struct string *known = reallocarray(w->known, cap, sizeof(*known));
		if (!known)
			return false;
		w->known = known;
		w->cap_known = cap;
	}
	if (w->strings.len + len >= UINT32_MAX || w->n_known == UINT32_MAX)
		return false;
	*ret_index = (uint32_t)w->n_known;
	w->known[w->n_known++] = (struct string){ .offset = (uint32_t)w->strings.len };
	buf_bytes(&w->strings, text, len + 1);
	return !w->strings.failed;
}

/* Where the hash table gives up, a string is there twice, which costs room only. */
static bool intern(struct writer *w, const char *text, uint32_t *ret_index)
{
	size_t len = strlen(text);
	struct hash_probe probe = hash_slots_probe(cache_hash(0, text, len));
	while (hash_slots_next(&w->slots, &probe, ret_index))
		if (!strcmp((const char *)w->strings.data + w->known[*ret_index].offset, text))
			return true;
	if (!add_string(w, text, len, ret_index))
		return false;
	bool is_found_again = hash_slots_put(&w->slots, &probe, *ret_index);
	(void)is_found_again;
	return true;
}

/* The string's index in known. It comes from a place that does not change. */
static bool intern_pointer(struct writer *w, const char *text, uint32_t *ret_index)
{
	__typeof__(&w->pointers[0]) at =
		&w->pointers[((uintptr_t)text ^ (uintptr_t)text >> 11) % POINTER_CACHE];
	if (at->text != text) {
		if (!intern(w, text, &at->index)) {
			w->failed = true;
			return false;
		}
		at->text = text;
	}
	*ret_index = at->index;
	return true;
}

static uint32_t put_string(struct writer *w, const char *text)
{
	uint32_t index;
	return text && text[0] && intern_pointer(w, text, &index) ? w->known[index].offset : 0;
}

static uint32_t put_shown(struct writer *w, const struct symbol_frame *frame, uint32_t raw)
{
	AUTO_FREE char *made = frame->shown_name ? NULL : demangle(frame->raw_name);
	const char *text = frame->shown_name ? frame->shown_name : made;
	uint32_t index;
	return text && text[0] && intern(w, text, &index) ? w->known[index].offset : raw;
}

/* The raw name, and in *ret_shown what people call it: of most names the same string. */
static uint32_t put_name(struct writer *w, const struct symbol_frame *frame, uint32_t *ret_shown)
{
	uint32_t index;
	*ret_shown = 0;
	if (!frame->raw_name || !frame->raw_name[0] || !intern_pointer(w, frame->raw_name, &index))
		return 0;
	uint32_t raw = w->known[index].offset;
	if (!w->known[index].shown) {
		uint32_t shown = put_shown(w, frame, raw);
		w->known[index].shown = shown;
	}
	*ret_shown = w->known[index].shown;
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
	hash_slots_fini(&w->slots);
	free(w->known);
	return ok;
}
