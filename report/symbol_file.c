/*
 * Symbol files, the reading side: see symbol_file.h. They are written by symbol_file_write.c.
 */
#include "report/symbol_file.h"

#include "report/symbol_file_layout.h"

#include <string.h>

static uint32_t load_u32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t load_u64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

/* NULL: unknown, or out of bounds. */
static const char *string_at(const struct symbol_file *f, uint32_t offset)
{
	return offset && offset < f->strings_bytes ? f->strings + offset : NULL;
}

static void read_notes(struct symbol_file *f, uint32_t flags, uint32_t debug_file, uint32_t problem)
{
	f->notes = (struct symbol_notes){
		.has_symbols = flags & NOTE_HAS_SYMBOLS,
		.has_debug_info = flags & NOTE_HAS_DEBUG_INFO,
		.is_stripped = flags & NOTE_IS_STRIPPED,
		.debug_file = string_at(f, debug_file),
		.problem = string_at(f, problem),
	};
}

bool symbol_file_open(const uint8_t *data, size_t size_bytes, struct symbol_file *ret_file)
{
	struct cursor c = cursor_make(data, size_bytes);
	struct symbol_file f = { 0 };
	f.n_ranges = cursor_u32(&c);
	f.n_frames = cursor_u32(&c);
	f.strings_bytes = cursor_u32(&c);
	uint32_t facts_bytes = cursor_u32(&c), flags = cursor_u32(&c);
	uint32_t debug_file = cursor_u32(&c), problem = cursor_u32(&c);
	cursor_u32(&c); /* padding */
	f.starts = cursor_bytes(&c, (size_t)f.n_ranges * START_BYTES);
	f.ranges = cursor_bytes(&c, (size_t)f.n_ranges * RANGE_BYTES);
	f.frames = cursor_bytes(&c, (size_t)f.n_frames * FRAME_BYTES);
	f.strings = (const char *)cursor_bytes(&c, f.strings_bytes);
	f.facts = cursor_sub(&c, facts_bytes);
	if (c.failed || cursor_left(&c) || !f.strings_bytes || f.strings[f.strings_bytes - 1])
		return false;
	read_notes(&f, flags, debug_file, problem);
	*ret_file = f;
	return true;
}

static uint64_t start_of(const struct symbol_file *f, uint32_t index)
{
	return load_u64(f->starts + (size_t)index * START_BYTES);
}

struct symbol_range symbol_file_range(const struct symbol_file *f, uint32_t index)
{
	const uint8_t *p = f->ranges + (size_t)index * RANGE_BYTES;
	uint32_t packed = load_u32(p + 12);
	struct symbol_range range = {
		.start = start_of(f, index),
		.end = load_u64(p),
		.first_frame = load_u32(p + 8),
		.n_frames = packed & RANGE_FRAMES_MASK,
		.problem = string_at(f, load_u32(p + 16)),
		.is_partial = packed & RANGE_IS_PARTIAL,
	};
	if (range.first_frame > f->n_frames || range.n_frames > f->n_frames - range.first_frame)
		range.n_frames = 0;
	return range;
}

/* The ranges that begin at or before vaddr. */
static uint32_t count_begun(const struct symbol_file *f, uint64_t vaddr, uint32_t hint)
{
	uint32_t low = 0, high = f->n_ranges;
	if (hint <= f->n_ranges && (!hint || start_of(f, hint - 1) <= vaddr)) {
		uint32_t end = hint;
		while (end < f->n_ranges && end - hint < 8 && start_of(f, end) <= vaddr)
			end++;
		if (end == f->n_ranges || start_of(f, end) > vaddr)
			return end;
		low = end;
	}
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (start_of(f, mid) <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool symbol_file_find(
	const struct symbol_file *f, uint64_t vaddr, uint32_t *hint, struct symbol_range *ret_range)
{
	*hint = count_begun(f, vaddr, *hint);
	if (!*hint)
		return false;
	*ret_range = symbol_file_range(f, *hint - 1);
	return ret_range->start <= vaddr && vaddr < ret_range->end;
}

bool symbol_file_answer(const struct symbol_file *f, const struct symbol_range *range,
	struct arena *memory, struct symbol_answer *ret_answer)
{
	*ret_answer = (struct symbol_answer){ 0 };
	if (!range->n_frames)
		return true;
	struct symbol_frame *frames = arena_alloc(memory, range->n_frames * sizeof(*frames));
	if (!frames)
		return false;
	for (uint32_t i = 0; i < range->n_frames; i++) {
		const uint8_t *p = f->frames + (size_t)(range->first_frame + i) * FRAME_BYTES;
		frames[i] = (struct symbol_frame){
			.raw_name = string_at(f, load_u32(p)),
			.shown_name = string_at(f, load_u32(p + 4)),
			.file = string_at(f, load_u32(p + 8)),
			.line = load_u32(p + 12),
			.is_inlined = load_u32(p + 16) & FRAME_IS_INLINED,
		};
	}
	*ret_answer = (struct symbol_answer){ frames, range->n_frames };
	return true;
}
