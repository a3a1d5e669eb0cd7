/*
 * The index of a module's symbols: see symtab.h. Reading the tables is in symtab_read.c.
 *
 * symtab_finish sorts the symbols by address, worst alias first, and paints them in that order
 * over the addresses: a stack holds the symbols that have begun and not yet ended, the topmost
 * holds the address. Two passes, n log n and n.
 */
#include "report/symtab.h"
#include "report/symtab_internal.h"

#include <elf.h>
#include <string.h>

enum { MAX_COMPARED_BYTES = 4096, MAX_KEPT_FILES = 4 };

struct symtab {
	const struct code_ranges *code;
	struct arena names;
	struct elf_file *files[MAX_KEPT_FILES]; /* that names are in */
	size_t n_files;
	struct raw_symbol *raw; /* until symtab_finish */
	size_t n_raw, cap_raw;
	struct symtab_symbol *index;
	size_t n_index, cap_index;
};

static int binding_rank(const struct raw_symbol *s)
{
	switch (s->binding) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 3;
	case STB_WEAK:
		return 2;
	case STB_LOCAL:
		return 1;
	default:
		return 0; /* made by us */
	}
}

bool symtab_name_is_internal(const char *name)
{
	bool is_cxx = name[0] == '_' && name[1] == 'Z';
	bool is_rust = name[0] == '_' && name[1] == 'R' && name[2] >= 'A' && name[2] <= 'Z';
	return name[0] == '_' && !is_cxx && !is_rust;
}

/* An old version of something has its name in it: "memcpy@GLIBC_2.2.5". */
static bool is_global(const struct raw_symbol *s)
{
	return s->is_function && binding_rank(s) >= 2 &&
		!memchr(s->name, '@', strnlen(s->name, MAX_COMPARED_BYTES));
}

static bool is_public(const struct raw_symbol *s)
{
	return is_global(s) && !symtab_name_is_internal(s->name);
}

/* Greater: rather show a than b. Ends in the names' order, so that the choice is stable. What makes
 * names longer than MAX_COMPARED_BYTES differ is not looked for. */
static int compare_aliases(const struct raw_symbol *a, const struct raw_symbol *b)
{
	if (is_public(a) != is_public(b))
		return is_public(a) - is_public(b);
	if (binding_rank(a) != binding_rank(b))
		return binding_rank(a) - binding_rank(b);
	if (a->is_function != b->is_function)
		return a->is_function - b->is_function;
	if ((a->size_bytes != 0) != (b->size_bytes != 0))
		return a->size_bytes ? 1 : -1;
	size_t a_len = strnlen(a->name, MAX_COMPARED_BYTES);
	size_t b_len = strnlen(b->name, MAX_COMPARED_BYTES);
	if (a_len != b_len)
		return a_len < b_len ? 1 : -1;
	return strncmp(b->name, a->name, MAX_COMPARED_BYTES);
}

static int compare_by_address(const void *a, const void *b)
{
	const struct raw_symbol *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return compare_aliases(x, y);
}

struct symtab *symtab_new(const struct code_ranges *code, struct err *err)
{
	struct symtab *t = calloc(1, sizeof(*t));
	if (!t)
		err_set(err, "symbols: no memory");
	else
		t->code = code;
	return t;
}

void symtab_free(struct symtab *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_files; i++)
		elf_file_close(t->files[i]);
	arena_fini(&t->names);
	free(t->raw);
	free(t->index);
	free(t);
}

bool symtab_add_raw(struct symtab *t, const struct raw_symbol *symbol, struct err *err)
{
	const struct code_range *range = code_ranges_find(t->code, symbol->start);
	if (!range || !symbol->name[0])
		return true;
	if (t->n_raw == t->cap_raw) {
		size_t cap = t->cap_raw ? 2 * t->cap_raw : 256;
		struct raw_symbol *raw = reallocarray(t->raw, cap, sizeof(*raw));
		if (!raw)
			return err_set(err, "symbols: no memory for %zu", cap);
		t->raw = raw;
		t->cap_raw = cap;
	}
	t->raw[t->n_raw] = *symbol;
	t->raw[t->n_raw++].size_bytes = MIN(symbol->size_bytes, range->end - symbol->start);
	return true;
}

bool symtab_add(struct symtab *t, uint64_t start, uint64_t size_bytes, const char *prefix,
	const char *suffix, struct err *err)
{
	struct raw_symbol symbol = { .start = start,
		.size_bytes = size_bytes,
		.name = arena_join(&t->names, prefix, suffix, ""),
		.binding = RAW_BINDING_MADE,
		.is_function = true };
	if (!symbol.name)
		return err_set(err, "symbols: no memory");
	return symtab_add_raw(t, &symbol, err);
}

bool symtab_keep_file(struct symtab *t, struct elf_file *file)
{
	if (t->n_files == MAX_KEPT_FILES)
		return false;
	t->files[t->n_files++] = file;
	return true;
}

static bool emit(struct symtab *t, uint64_t start, uint64_t end, const struct raw_symbol *raw)
{
	if (start >= end)
		return true;
	if (t->n_index == t->cap_index) {
		size_t cap = t->cap_index ? 2 * t->cap_index : 256;
		struct symtab_symbol *index = reallocarray(t->index, cap, sizeof(*index));
		if (!index)
			return false;
		t->index = index;
		t->cap_index = cap;
	}
	t->index[t->n_index++] = (struct symtab_symbol){
		.start = start,
		.end = end,
		.entry = raw->start,
		.name = raw->name,
		.is_global = is_global(raw),
	};
	return true;
}

/* Gives the addresses up to `until` to the symbols on the stack, and drops those that end. */
static bool paint(struct symtab *t, const struct raw_symbol **stack, size_t *depth, uint64_t *pos,
	uint64_t until)
{
	while (*depth && *pos < until) {
		const struct raw_symbol *top = stack[*depth - 1];
		uint64_t end = top->start + top->size_bytes;
		if (!emit(t, *pos, MIN(end, until), top))
			return false;
		*pos = MAX(*pos, MIN(end, until));
		if (end <= *pos)
			(*depth)--;
	}
	*pos = until;
	return true;
}

static bool paint_all(struct symtab *t, struct err *err)
{
	uint64_t pos = 0;
	size_t depth = 0;
	AUTO_FREE const struct raw_symbol **stack = calloc(t->n_raw + 1, sizeof(const void *));
	if (!stack)
		return err_set(err, "symbols: no memory");
	for (size_t i = 0; i < t->n_raw; i++) {
		if (!t->raw[i].size_bytes)
			continue;
		if (!paint(t, stack, &depth, &pos, t->raw[i].start))
			return err_set(err, "symbols: no memory");
		stack[depth++] = &t->raw[i];
	}
	return paint(t, stack, &depth, &pos, UINT64_MAX) || err_set(err, "symbols: no memory");
}

/* Gives every symbol without a size the bytes up to what comes next, unless a sized symbol holds
 * its address already. Of aliases, the last (and best) gets them. */
static void size_the_sizeless(struct symtab *t)
{
	uint64_t held_until = 0;
	for (size_t i = 0; i < t->n_raw; i++) {
		struct raw_symbol *s = &t->raw[i];
		const struct code_range *range = code_ranges_find(t->code, s->start);
		bool is_last = i + 1 == t->n_raw || t->raw[i + 1].start != s->start;
		if (s->size_bytes || !range) {
			held_until = MAX(held_until, s->start + s->size_bytes);
		} else if (is_last && held_until <= s->start) {
			uint64_t next =
				is_last && i + 1 < t->n_raw ? t->raw[i + 1].start : UINT64_MAX;
			s->size_bytes = MIN(next, range->end) - s->start;
		}
	}
}

/* An unsized alias that is better than its sized twin takes its size. */
static void share_sizes(struct symtab *t)
{
	for (size_t i = 1; i < t->n_raw; i++)
		if (t->raw[i].start == t->raw[i - 1].start && !t->raw[i].size_bytes)
			t->raw[i].size_bytes = t->raw[i - 1].size_bytes;
}

bool symtab_finish(struct symtab *t, struct err *err)
{
	if (t->n_raw)
		qsort(t->raw, t->n_raw, sizeof(*t->raw), compare_by_address);
	share_sizes(t);
	size_the_sizeless(t);
	if (!paint_all(t, err))
		return false;
	free(TAKE(t->raw));
	t->n_raw = t->cap_raw = 0;
	return true;
}

size_t symtab_count(const struct symtab *t)
{
	return t->n_index;
}

const struct symtab_symbol *symtab_find_range(
	const struct symtab *t, uint64_t vaddr, struct code_range *ret_range)
{
	size_t low = 0, high = t->n_index;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->index[mid].end <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	const struct symtab_symbol *next = low < t->n_index ? &t->index[low] : NULL;
	if (next && next->start <= vaddr) {
		*ret_range = (struct code_range){ next->start, next->end };
		return next;
	}
	ret_range->start = low ? t->index[low - 1].end : 0;
	ret_range->end = next ? next->start : UINT64_MAX;
	return NULL;
}

const struct symtab_symbol *symtab_find(const struct symtab *t, uint64_t vaddr)
{
	struct code_range ignored;
	return symtab_find_range(t, vaddr, &ignored);
}
