/*
 * The ranges of FDEs: see fde_list.h.
 *
 * Sections are in the order of the linker's input, which is nearly rising, but for the cold parts
 * of functions. They are sorted by digits of the address: qsort took a tenth of a table's time.
 */
#include "report/fde_list.h"

#include "report/elf_file.h"

#include <string.h>

enum { DIGIT_BITS = 8, N_DIGITS = 1 << DIGIT_BITS };

void fde_list_fini(struct fde_list *list)
{
	free(list->items);
	*list = (struct fde_list){ 0 };
}

static bool add(struct fde_list *list, const struct fde_piece *piece)
{
	if (piece->start >= piece->end)
		return true;
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 256;
		struct fde_piece *bigger = reallocarray(list->items, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		list->items = bigger;
		list->cap = cap;
	}
	list->items[list->n++] = *piece;
	return true;
}

static size_t digit(const struct fde_piece *piece, uint64_t base, unsigned shift)
{
	return (piece->start - base) >> shift & (N_DIGITS - 1);
}

/* One stable pass, by one digit. */
static void sort_by_digit(
	const struct fde_piece *from, struct fde_piece *to, size_t n, uint64_t base, unsigned shift)
{
	size_t at[N_DIGITS] = { 0 }, sum = 0;
	for (size_t i = 0; i < n; i++)
		at[digit(&from[i], base, shift)]++;
	for (size_t d = 0; d < N_DIGITS; d++) {
		size_t count = at[d];
		at[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[digit(&from[i], base, shift)]++] = from[i];
}

/* By start; those of equal start stay in the order of the file. */
static bool sort(struct fde_list *list)
{
	uint64_t lowest = UINT64_MAX, highest = 0;
	bool is_sorted = true;
	for (size_t i = 0; i < list->n; i++) {
		is_sorted &= list->items[i].start >= highest;
		lowest = MIN(lowest, list->items[i].start);
		highest = MAX(highest, list->items[i].start);
	}
	if (is_sorted)
		return true;
	struct fde_piece *other = reallocarray(NULL, list->cap, sizeof(*other));
	if (!other)
		return false;
	for (unsigned shift = 0; shift < 64 && (highest - lowest) >> shift; shift += DIGIT_BITS) {
		struct fde_piece *from = list->items;
		sort_by_digit(from, other, list->n, lowest, shift);
		list->items = other;
		other = from;
	}
	free(other);
	return true;
}

static void cut_front(struct fde_piece *piece, uint64_t start)
{
	piece->skipped += (uint32_t)(start - piece->start);
	piece->start = start;
}

/* Sorts, and cuts each piece to what the pieces before it leave. */
static bool settle(struct fde_list *list)
{
	uint64_t taken = 0;
	size_t kept = 0;
	if (!sort(list))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		struct fde_piece piece = list->items[i];
		if (piece.start < taken)
			cut_front(&piece, MIN(taken, piece.end));
		if (piece.start == piece.end)
			continue;
		taken = piece.end;
		list->items[kept++] = piece;
	}
	list->n = kept;
	return true;
}

/* Linkers give the FDEs of code that they dropped the start 0, 1 or -1: those are in no segment. */
static bool is_code(const struct elf_segment *segments, size_t n, uint64_t start, uint64_t end)
{
	for (size_t i = 0; start && i < n; i++) {
		const struct elf_segment *s = &segments[i];
		if (s->executable && start >= s->vaddr && end <= s->vaddr + s->mem_bytes)
			return true;
	}
	return false;
}

bool fde_list_collect(struct fde_list *list, struct cfi_reader *reader, const struct elf_file *elf)
{
	struct cfi_fde fde;
	size_t n_segments;
	const struct elf_segment *segments = elf_file_segments(elf, &n_segments);
	while (reader->section->data && cfi_reader_next(reader, &fde)) {
		struct fde_piece piece = { fde.start, fde.end, 0, fde.program_off,
			fde.program_bytes, fde.cie & INT32_MAX, reader->section->is_eh };
		bool is_short = fde.end - fde.start <= UINT32_MAX;
		if (!is_code(segments, n_segments, fde.start, fde.end))
			continue;
		if (is_short && !add(list, &piece))
			return false;
		reader->n_bad += !is_short;
	}
	return !reader->no_memory && settle(list);
}

bool fde_list_fill_gaps(struct fde_list *list, const struct fde_list *more)
{
	size_t n_before = list->n, next = 0;
	for (size_t i = 0; i < more->n; i++) {
		struct fde_piece piece = more->items[i];
		while (next < n_before && list->items[next].end <= piece.start)
			next++;
		for (size_t k = next; k < n_before && list->items[k].start < piece.end; k++) {
			struct fde_piece before = piece;
			before.end = list->items[k].start;
			if (!add(list, &before))
				return false;
			cut_front(&piece, MIN(list->items[k].end, piece.end));
		}
		if (!add(list, &piece))
			return false;
	}
	return sort(list);
}
