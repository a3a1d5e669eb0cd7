/*
 * Builds and searches unwind tables: see unwind_table.h.
 *
 * FDEs are collected from both sections, sorted by ourselves, and cut so that none overlaps: the
 * one that starts first wins, and .eh_frame wins over .debug_frame. Then each FDE's program is run
 * once. A row's address is 32 bits from the table's base; a gap between FDEs is a row without rule.
 *
 * The search looks up the address's bucket, which tells the few rows it can be in.
 */
#include "report/unwind_table.h"

#include "report/cfi.h"
#include "report/elf_file.h"
#include "report/rule_set.h"

#include <elf.h>
#include <string.h>

struct unwind_table {
	uint64_t base; /* vaddr of the first row */
	uint64_t span; /* bytes from the base to the last row, which is a gap without end */
	uint32_t *row_off;
	uint16_t *row_rule; /* RULE_NONE: a gap */
	size_t n_rows, cap_rows;
	uint32_t *function_off; /* where FDEs start, rising */
	size_t n_functions;
	uint32_t *bucket_row; /* [i]: the row in force at i << bucket_shift; one more at the end */
	unsigned bucket_shift;
	struct rule_set rules;
	struct unwind_table_summary summary;
};

/* A part of an FDE's range: where that FDE is the one to follow. */
struct piece {
	uint64_t start, end;
	size_t fde_offset;
	bool is_eh;
};

struct pieces {
	struct piece *items;
	size_t n, cap;
};

static void pieces_fini_ptr(struct pieces *p)
{
	free(p->items);
}

static bool pieces_add(struct pieces *list, struct piece piece)
{
	if (piece.start >= piece.end)
		return true;
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 256;
		struct piece *bigger = reallocarray(list->items, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		list->items = bigger;
		list->cap = cap;
	}
	list->items[list->n++] = piece;
	return true;
}

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->fde_offset > y->fde_offset) - (x->fde_offset < y->fde_offset);
}

static void sort_pieces(struct pieces *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare_pieces);
}

/* Sorts, and cuts each piece to what the pieces before it leave. */
static void settle_pieces(struct pieces *list)
{
	uint64_t taken = 0;
	size_t kept = 0;
	sort_pieces(list);
	for (size_t i = 0; i < list->n; i++) {
		struct piece p = list->items[i];
		p.start = MAX(p.start, taken);
		if (p.start >= p.end)
			continue;
		taken = p.end;
		list->items[kept++] = p;
	}
	list->n = kept;
}

/* Adds to list what of more lies in its gaps. Both are settled before, list is after. */
static bool fill_gaps(struct pieces *list, const struct pieces *more)
{
	size_t n_before = list->n, next = 0;
	for (size_t i = 0; i < more->n; i++) {
		struct piece p = more->items[i];
		while (next < n_before && list->items[next].end <= p.start)
			next++;
		for (size_t k = next; k < n_before && list->items[k].start < p.end; k++) {
			struct piece before = p;
			before.end = list->items[k].start;
			if (!pieces_add(list, before))
				return false;
			p.start = list->items[k].end;
		}
		if (!pieces_add(list, p))
			return false;
	}
	sort_pieces(list);
	return true;
}

/* Linkers give the FDEs of code that they dropped the start 0, 1 or -1: those are in no segment. */
static bool is_code(const struct elf_file *elf, uint64_t start, uint64_t end)
{
	size_t n;
	const struct elf_segment *segments = elf_file_segments(elf, &n);
	for (size_t i = 0; start && i < n; i++) {
		const struct elf_segment *s = &segments[i];
		if (s->executable && start >= s->vaddr && end <= s->vaddr + s->mem_bytes)
			return true;
	}
	return false;
}

/* Everything that building needs and the table does not. */
struct build {
	struct elf_file *elf;
	struct unwind_table *table;
	struct cfi_section eh, debug; /* data NULL: the file has none */
	struct cfi_reader eh_reader, debug_reader;
	const struct piece *piece; /* whose program runs */
	bool overflowed;           /* the rule set refused a row */
};

static void find_section(struct build *b, const char *name, struct cfi_section *ret_section)
{
	struct elf_section s;
	struct err err;
	if (elf_file_section(b->elf, name, &s, &err) && s.data) {
		ret_section->data = s.data;
		ret_section->size_bytes = s.size_bytes;
		ret_section->vaddr = s.vaddr;
	} else if (err.text[0]) {
		b->table->summary.n_bad_fdes++;
	}
	if (elf_file_section(b->elf, ".text", &s, &err))
		ret_section->text_vaddr = s.vaddr;
	if (elf_file_section(b->elf, ".got", &s, &err))
		ret_section->data_vaddr = s.vaddr;
}

static bool collect(struct build *b, struct cfi_reader *reader, struct pieces *list)
{
	struct cfi_fde fde;
	while (reader->section->data && cfi_reader_next(reader, &fde)) {
		struct piece piece = { fde.start, fde.end, fde.offset, reader->section->is_eh };
		if (is_code(b->elf, fde.start, fde.end) && !pieces_add(list, piece))
			return false;
	}
	settle_pieces(list);
	b->table->summary.n_bad_fdes += reader->n_bad;
	reader->n_bad = 0;
	return true;
}

static bool grow_rows(struct unwind_table *t)
{
	size_t cap = t->cap_rows ? t->cap_rows * 2 : 1024;
	uint32_t *off = reallocarray(t->row_off, cap, sizeof(*off));
	if (off)
		t->row_off = off;
	uint16_t *rule = reallocarray(t->row_rule, cap, sizeof(*rule));
	if (rule)
		t->row_rule = rule;
	if (off && rule)
		t->cap_rows = cap;
	return off && rule;
}

/* Rows come rising; one at the same address as the last replaces it. */
static bool add_row(struct unwind_table *t, uint64_t vaddr, uint16_t rule)
{
	uint32_t off = (uint32_t)(vaddr - t->base);
	if (t->n_rows && t->row_off[t->n_rows - 1] == off) {
		t->row_rule[t->n_rows - 1] = rule;
		return true;
	}
	if (t->n_rows && t->row_rule[t->n_rows - 1] == rule)
		return true;
	if (t->n_rows == t->cap_rows && !grow_rows(t))
		return false;
	t->row_off[t->n_rows] = off;
	t->row_rule[t->n_rows++] = rule;
	return true;
}

static bool take_row(void *ctx, const struct cfi_fde *fde, const struct cfi_row *row)
{
	struct build *b = ctx;
	uint16_t rule;
	uint64_t start = MAX(row->start, b->piece->start), end = MIN(row->end, b->piece->end);
	if (start >= end)
		return true;
	b->overflowed =
		!rule_set_add(&b->table->rules, fde, row, &rule) || !add_row(b->table, start, rule);
	return !b->overflowed;
}

/* Runs the FDE of a piece. One that fails leaves a gap. */
static bool add_piece(struct build *b, const struct piece *piece)
{
	struct unwind_table *t = b->table;
	struct cfi_fde fde;
	size_t rows_before = t->n_rows;
	b->piece = piece;
	b->overflowed = false;
	bool ok = piece->end - t->base <= UINT32_MAX &&
		cfi_reader_at(
			piece->is_eh ? &b->eh_reader : &b->debug_reader, piece->fde_offset, &fde) &&
		cfi_run(&fde, take_row, b) && !b->overflowed;
	t->summary.n_fdes += ok;
	t->summary.n_bad_fdes += !ok;
	if (ok)
		t->function_off[t->n_functions++] = (uint32_t)(piece->start - t->base);
	if (ok)
		return add_row(t, piece->end, RULE_NONE);
	t->n_rows = rows_before;
	return piece->end - t->base > UINT32_MAX || add_row(t, piece->start, RULE_NONE);
}

static bool add_pieces(struct build *b, const struct pieces *list)
{
	struct unwind_table *t = b->table;
	t->base = list->items[0].start;
	t->function_off = reallocarray(NULL, list->n, sizeof(*t->function_off));
	if (!t->function_off)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!add_piece(b, &list->items[i]))
			return false;
	t->span = t->n_rows ? t->row_off[t->n_rows - 1] : 0;
	return true;
}

/* About two rows to a bucket, but no bucket below 64 bytes. */
static bool index_rows(struct unwind_table *t)
{
	t->bucket_shift = 6;
	while (t->span >> t->bucket_shift > t->n_rows / 2 + 16)
		t->bucket_shift++;
	size_t n_buckets = (size_t)(t->span >> t->bucket_shift) + 1;
	t->bucket_row = malloc((n_buckets + 1) * sizeof(*t->bucket_row));
	if (!t->bucket_row)
		return false;
	size_t row = 0;
	for (size_t i = 0; i < n_buckets; i++) {
		while (row + 1 < t->n_rows && t->row_off[row + 1] <= (uint64_t)i << t->bucket_shift)
			row++;
		t->bucket_row[i] = (uint32_t)row;
	}
	t->bucket_row[n_buckets] = (uint32_t)t->n_rows - 1;
	return true;
}

static bool fill_table(struct build *b, struct err *err)
{
	const char *name = elf_file_name(b->elf);
	AUTO(pieces_fini) struct pieces eh = { 0 }, debug = { 0 };
	bool ok = collect(b, &b->eh_reader, &eh) && collect(b, &b->debug_reader, &debug) &&
		fill_gaps(&eh, &debug);
	if (ok && eh.n == 0)
		return err_set(err, "%s: no unwind information (%s, %s; %zu damaged entries)", name,
			b->eh.data ? "an .eh_frame without use" : "no .eh_frame",
			b->debug.data ? "a .debug_frame without use" : "no .debug_frame",
			b->table->summary.n_bad_fdes);
	if (!ok || !add_pieces(b, &eh))
		return err_set(err, "%s: no memory for the unwind table", name);
	if (b->table->summary.n_fdes == 0)
		return err_set(err, "%s: all %zu entries of the unwind information are damaged",
			name, b->table->summary.n_bad_fdes);
	return index_rows(b->table) || err_set(err, "%s: no memory for the unwind table", name);
}

bool unwind_table_build(struct elf_file *elf, struct unwind_table **ret_table, struct err *err)
{
	const struct arch *arch = elf_file_arch(elf);
	if (elf_file_type(elf) == ET_REL)
		return err_set(err, "%s: a relocatable file", elf_file_name(elf));
	AUTO(unwind_table_free) struct unwind_table *table = calloc(1, sizeof(*table));
	if (!table)
		return err_set(err, "%s: no memory", elf_file_name(elf));
	rule_set_init(&table->rules, arch);
	struct build b = { .elf = elf, .table = table, .eh = { .is_eh = true } };
	find_section(&b, ".eh_frame", &b.eh);
	find_section(&b, ".debug_frame", &b.debug);
	b.eh_reader = cfi_reader_make(arch, &b.eh);
	b.debug_reader = cfi_reader_make(arch, &b.debug);
	if (!fill_table(&b, err))
		return false;
	rule_set_seal(&table->rules);
	*ret_table = TAKE(table);
	return true;
}

void unwind_table_free(struct unwind_table *table)
{
	if (!table)
		return;
	rule_set_fini(&table->rules);
	free(table->row_off);
	free(table->row_rule);
	free(table->function_off);
	free(table->bucket_row);
	free(table);
}

static const struct unwind_rule *rule_of_row(const struct unwind_table *t, size_t row)
{
	uint16_t rule = t->row_rule[row];
	return rule == RULE_NONE ? NULL : &t->rules.rules[rule];
}

const struct unwind_rule *unwind_table_find(const struct unwind_table *t, uint64_t vaddr)
{
	uint64_t off = vaddr - t->base;
	if (off >= t->span) /* also below the base */
		return NULL;
	const uint32_t *bucket = &t->bucket_row[off >> t->bucket_shift];
	uint32_t row = bucket[0], last = bucket[1];
	while (row < last) {
		uint32_t middle = row + (last - row + 1) / 2;
		if (t->row_off[middle] <= off)
			row = middle;
		else
			last = middle - 1;
	}
	return rule_of_row(t, row);
}

bool unwind_table_function(const struct unwind_table *t, uint64_t vaddr, uint64_t *ret_start)
{
	size_t low = 0, high = t->n_functions;
	if (!unwind_table_find(t, vaddr))
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->function_off[middle] <= vaddr - t->base)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*ret_start = t->base + t->function_off[low - 1];
	return true;
}

bool unwind_table_row(const struct unwind_table *table, size_t i, uint64_t *ret_vaddr,
	const struct unwind_rule **ret_rule)
{
	if (i >= table->n_rows)
		return false;
	*ret_vaddr = table->base + table->row_off[i];
	*ret_rule = rule_of_row(table, i);
	return true;
}

struct unwind_table_summary unwind_table_summary(const struct unwind_table *table)
{
	struct unwind_table_summary summary = table->summary;
	summary.n_rows = table->n_rows;
	summary.n_rules = table->rules.n_rules;
	summary.n_expressions = table->rules.n_expressions;
	return summary;
}

const struct unwind_value *unwind_table_values(
	const struct unwind_table *table, const struct unwind_rule *rule)
{
	return &table->rules.values[rule->first_value];
}

const uint8_t *unwind_table_expression(
	const struct unwind_table *table, const struct unwind_value *value)
{
	return table->rules.expressions.data + value->off;
}
