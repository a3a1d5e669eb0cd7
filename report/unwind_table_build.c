/*
 * Builds unwind tables: see unwind_table.h.
 *
 * fde_list tells which FDE is in force where; then each FDE's program is run once. A row's address
 * is 32 bits from the table's base; a gap between FDEs is a row without rule.
 */
#include "report/cfi_run.h"
#include "report/elf_file.h"
#include "report/fde_list.h"
#include "report/unwind_table_internal.h"

#include <elf.h>
#include <string.h>

enum { RULE_UNKNOWN = 0, MAX_ROWS = INT32_MAX };

/* Everything that building needs and the table does not. */
struct build {
	struct elf_file *elf;
	struct unwind_table *table;
	struct cfi_section eh, debug; /* data NULL: the file has none */
	struct cfi_reader eh_reader, debug_reader;
	struct cfi_machine machine;
	uint32_t *rule_of_state; /* rule + 1; RULE_UNKNOWN: not asked for yet */
	/* The table's arrays while they grow. */
	uint32_t *row_off;
	uint16_t *row_rule;
	uint32_t *function_off;
	uint32_t *bucket_row;
	size_t cap_rows;
};

static void build_fini_ptr(struct build *b)
{
	cfi_reader_fini(&b->eh_reader);
	cfi_reader_fini(&b->debug_reader);
	cfi_machine_fini(&b->machine);
	free(b->rule_of_state);
	free(b->row_off);
	free(b->row_rule);
	free(b->function_off);
	free(b->bucket_row);
}

static void find_section(struct build *b, const char *name, struct cfi_section *ret_section)
{
	struct elf_section s;
	struct err err;
	if (elf_file_section(b->elf, name, &s, &err) && s.data) {
		ret_section->data = s.data;
		ret_section->size_bytes = s.size_bytes;
		ret_section->vaddr = s.vaddr;
	} else if (err.text[0]) {
		b->table->n_bad_fdes++;
	}
	if (elf_file_section(b->elf, ".text", &s, &err))
		ret_section->text_vaddr = s.vaddr;
	if (elf_file_section(b->elf, ".got", &s, &err))
		ret_section->data_vaddr = s.vaddr;
}

/* Room for n rows more. */
static bool reserve_rows(struct build *b, size_t n)
{
	size_t need = b->table->n_rows + n, cap = MAX(2 * b->cap_rows, need);
	if (need <= b->cap_rows)
		return true;
	uint32_t *off = reallocarray(b->row_off, cap, sizeof(*off));
	if (off)
		b->row_off = off;
	uint16_t *rule = reallocarray(b->row_rule, cap, sizeof(*rule));
	if (rule)
		b->row_rule = rule;
	if (off && rule)
		b->cap_rows = cap;
	return off && rule && need <= MAX_ROWS;
}

/* Behind n rows that come rising; one at the same address as the last replaces it. There is room.
 * Returns how many rows there are then. */
static inline size_t add_row(struct build *b, size_t n, uint64_t vaddr, uint16_t rule)
{
	uint32_t off = (uint32_t)(vaddr - b->table->base);
	if (n && b->row_off[n - 1] == off) {
		b->row_rule[n - 1] = rule;
		return n;
	}
	if (n && b->row_rule[n - 1] == rule)
		return n;
	b->row_off[n] = off;
	b->row_rule[n] = rule;
	return n + 1;
}

static inline bool rule_of(struct build *b, uint32_t state, uint16_t *ret_rule)
{
	uint32_t *known = &b->rule_of_state[state];
	if (*known == RULE_UNKNOWN) {
		if (!rule_set_add(&b->table->rules, &b->machine.states.items[state], ret_rule))
			return false;
		*known = *ret_rule + 1u;
	}
	*ret_rule = (uint16_t)(*known - 1);
	return true;
}

/* The rows of the machine's last run, as far as they lie in the piece, and the end. */
static bool add_rows(struct build *b, const struct fde_piece *piece)
{
	const struct cfi_row *row = b->machine.rows, *end = row + b->machine.n_rows;
	size_t n = b->table->n_rows;
	if (!reserve_rows(b, b->machine.n_rows + 1))
		return false;
	for (; row < end && row->start < piece->end; row++) {
		uint16_t rule;
		if (row + 1 < end && row[1].start <= piece->start)
			continue;
		if (!rule_of(b, row->state, &rule))
			return false;
		n = add_row(b, n, MAX(row->start, piece->start), rule);
	}
	b->table->n_rows = add_row(b, n, piece->end, RULE_NONE);
	return true;
}

static bool add_gap(struct build *b, uint64_t vaddr)
{
	if (!reserve_rows(b, 1))
		return false;
	b->table->n_rows = add_row(b, b->table->n_rows, vaddr, RULE_NONE);
	return true;
}

/* Runs the FDE of a piece. One that fails leaves a gap. */
static bool add_piece(struct build *b, const struct fde_piece *piece)
{
	struct unwind_table *t = b->table;
	const struct cfi_fde fde = { piece->start - piece->skipped, piece->end, piece->cie,
		piece->program_off, piece->program_bytes };
	bool is_near = piece->end - t->base <= UINT32_MAX;
	bool ok = is_near &&
		cfi_run(&b->machine, piece->is_eh ? &b->eh_reader : &b->debug_reader, &fde) &&
		add_rows(b, piece);
	t->n_fdes += ok;
	t->n_bad_fdes += !ok;
	if (ok)
		b->function_off[t->n_functions++] = (uint32_t)(piece->start - t->base);
	return ok || !is_near || add_gap(b, piece->start);
}

static bool add_pieces(struct build *b, const struct fde_list *list)
{
	struct unwind_table *t = b->table;
	t->base = list->items[0].start;
	b->function_off = reallocarray(NULL, list->n, sizeof(*b->function_off));
	if (!b->function_off)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!add_piece(b, &list->items[i]))
			return false;
	t->span = t->n_rows ? b->row_off[t->n_rows - 1] : 0;
	return true;
}

/* About two rows to a bucket, but no bucket below 64 bytes. */
static bool index_rows(struct build *b)
{
	struct unwind_table *t = b->table;
	t->bucket_shift = 6;
	while (t->span >> t->bucket_shift > t->n_rows / 2 + 16)
		t->bucket_shift++;
	t->n_buckets = (size_t)(t->span >> t->bucket_shift) + 1;
	b->bucket_row = malloc((t->n_buckets + 1) * sizeof(*b->bucket_row));
	if (!b->bucket_row)
		return false;
	size_t row = 0;
	for (size_t i = 0; i < t->n_buckets; i++) {
		while (row + 1 < t->n_rows && b->row_off[row + 1] <= (uint64_t)i << t->bucket_shift)
			row++;
		b->bucket_row[i] = (uint32_t)row;
	}
	b->bucket_row[t->n_buckets] = (uint32_t)t->n_rows - 1;
	return true;
}

/* Gives back what the arrays have too much: doubling leaves up to half of them unused. */
static void hand_over(struct build *b)
{
	struct unwind_table *t = b->table;
	uint32_t *off = reallocarray(b->row_off, t->n_rows, sizeof(*off));
	uint16_t *rule = reallocarray(b->row_rule, t->n_rows, sizeof(*rule));
	t->row_off = off ? off : b->row_off;
	t->row_rule = rule ? rule : b->row_rule;
	t->function_off = TAKE(b->function_off);
	t->bucket_row = TAKE(b->bucket_row);
	b->row_off = NULL;
	b->row_rule = NULL;
	rule_set_seal(&t->rules);
}

static void fde_list_fini_ptr(struct fde_list *list)
{
	fde_list_fini(list);
}

static bool collect(struct build *b, struct fde_list *list, struct fde_list *debug)
{
	bool ok = fde_list_collect(list, &b->eh_reader, b->elf) &&
		fde_list_collect(debug, &b->debug_reader, b->elf) &&
		fde_list_fill_gaps(list, debug);
	b->table->n_bad_fdes += b->eh_reader.n_bad + b->debug_reader.n_bad;
	return ok;
}

static bool fill_table(struct build *b, struct err *err)
{
	const char *name = elf_file_name(b->elf);
	AUTO(fde_list_fini) struct fde_list list = { 0 }, debug = { 0 };
	bool ok = b->rule_of_state && collect(b, &list, &debug);
	if (ok && list.n == 0)
		return err_set(err, "%s: no unwind information (%s, %s; %zu damaged entries)", name,
			b->eh.data ? "an .eh_frame without use" : "no .eh_frame",
			b->debug.data ? "a .debug_frame without use" : "no .debug_frame",
			b->table->n_bad_fdes);
	if (!ok || !add_pieces(b, &list))
		return err_set(err, "%s: no memory for the unwind table", name);
	if (b->table->n_fdes == 0)
		return err_set(err, "%s: all %zu entries of the unwind information are damaged",
			name, b->table->n_bad_fdes);
	if (!index_rows(b))
		return err_set(err, "%s: no memory for the unwind table", name);
	hand_over(b);
	return true;
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
	AUTO(build_fini) struct build b = { .elf = elf, .table = table, .eh = { .is_eh = true } };
	find_section(&b, ".eh_frame", &b.eh);
	find_section(&b, ".debug_frame", &b.debug);
	b.eh_reader = cfi_reader_make(arch, &b.eh);
	b.debug_reader = cfi_reader_make(arch, &b.debug);
	if (cfi_machine_init(&b.machine, arch))
		b.rule_of_state = calloc(CFI_MAX_STATES, sizeof(*b.rule_of_state));
	if (!fill_table(&b, err))
		return false;
	*ret_table = TAKE(table);
	return true;
}
