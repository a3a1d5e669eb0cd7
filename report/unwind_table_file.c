/*
 * Unwind tables as bytes, and in the cache.
 *
 * The bytes: numbers, then the arrays, each from a multiple of 8 on. Rows, buckets and functions
 *are used where they lie, in this machine's byte order (the cache refuses another's); rules and
 *values are packed into words of 64 bits, checked and copied:
 *
 *	rule	cfa | fp << 8 | ra << 16 | flags << 24 | cfa_off << 32
 *		fp_off | ra_off << 32
 *		first_value | n_values << 32
 *	value	kind | reg << 8 | for_reg << 16 | expr_bytes << 32
 *		off
 */
#include "report/unwind_table_internal.h"

#include "common/cursor.h"
#include "report/elf_file.h"

#include <string.h>

enum { PAYLOAD_VERSION = 1, N_NUMBERS = 13, RULE_BYTES = 24, VALUE_BYTES = 16 };

static void align(struct buf *out)
{
	while (!out->failed && out->len % 8)
		buf_u8(out, 0);
}

static void write_array(struct buf *out, const void *items, size_t n, size_t item_bytes)
{
	buf_bytes(out, items, n * item_bytes);
	align(out);
}

static uint64_t low_and_high(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

static void write_rules(struct buf *out, const struct rule_set *set)
{
	for (size_t i = 0; i < set->n_rules; i++) {
		const struct unwind_rule *r = &set->rules[i];
		uint32_t head = r->cfa | (uint32_t)r->fp << 8 | (uint32_t)r->ra << 16 |
			(uint32_t)r->flags << 24;
		buf_u64(out, low_and_high(head, (uint32_t)r->cfa_off));
		buf_u64(out, low_and_high((uint32_t)r->fp_off, (uint32_t)r->ra_off));
		buf_u64(out, low_and_high(r->first_value, r->n_values));
	}
	for (size_t i = 0; i < set->n_values; i++) {
		const struct unwind_value *v = &set->values[i];
		uint32_t head = v->kind | (uint32_t)v->reg << 8 | (uint32_t)v->for_reg << 16;
		buf_u64(out, low_and_high(head, v->expr_bytes));
		buf_u64(out, (uint64_t)v->off);
	}
}

void unwind_table_write(const struct unwind_table *t, struct buf *out)
{
	const struct rule_set *set = &t->rules;
	const uint64_t numbers[N_NUMBERS] = { set->arch->elf_machine, t->base, t->span, t->n_rows,
		t->n_functions, t->n_buckets, t->bucket_shift, set->n_rules, set->n_values,
		set->expressions.len, set->n_expressions, t->n_fdes, t->n_bad_fdes };
	buf_reserve(out, t->n_rows * 6 + t->n_functions * 4 + t->n_buckets * 4 + (1 << 16));
	for (size_t i = 0; i < N_NUMBERS; i++)
		buf_u64(out, numbers[i]);
	write_array(out, t->row_off, t->n_rows, sizeof(*t->row_off));
	write_array(out, t->row_rule, t->n_rows, sizeof(*t->row_rule));
	write_array(out, t->function_off, t->n_functions, sizeof(*t->function_off));
	write_array(out, t->bucket_row, t->n_buckets + 1, sizeof(*t->bucket_row));
	write_rules(out, set);
	buf_bytes(out, set->expressions.data, set->expressions.len);
}

/* An array in place; NULL, and the cursor failed: it is not all there. */
static const void *read_array(struct cursor *c, uint64_t n, size_t item_bytes)
{
	if (n > UINT32_MAX)
		c->failed = true;
	const void *items = cursor_bytes(c, n * item_bytes);
	if (!c->failed)
		cursor_skip(c, -cursor_offset(c) & 7);
	return items;
}

static struct unwind_rule read_rule(struct cursor *c)
{
	uint64_t head = cursor_u64(c), offs = cursor_u64(c), values = cursor_u64(c);
	return (struct unwind_rule){
		.cfa = (uint8_t)head,
		.fp = (uint8_t)(head >> 8),
		.ra = (uint8_t)(head >> 16),
		.flags = (uint8_t)(head >> 24),
		.cfa_off = (int32_t)(head >> 32),
		.fp_off = (int32_t)offs,
		.ra_off = (int32_t)(offs >> 32),
		.first_value = (uint32_t)values,
		.n_values = (uint32_t)(values >> 32),
	};
}

/* What the walkers take for granted. */
static bool rule_is_sound(const struct unwind_rule *r, const struct rule_set *set)
{
	if (r->cfa > UNWIND_CFA_EXACT || r->fp > UNWIND_PLACE_EXACT || r->ra > UNWIND_PLACE_EXACT ||
		r->n_values < 2 || r->n_values > RULE_MAX_VALUES ||
		r->first_value > set->n_values || r->n_values > set->n_values - r->first_value)
		return false;
	for (uint32_t i = 2; i < r->n_values; i++) {
		if (set->values[r->first_value + i].for_reg >= set->arch->n_regs)
			return false;
	}
	return true;
}

static bool value_is_sound(const struct unwind_value *v, const struct rule_set *set)
{
	const struct cfi_value kind = { .kind = v->kind };
	uint64_t all_bytes = set->expressions.len, off = (uint64_t)v->off;
	if (v->kind >= CFI_N_KINDS || v->reg >= set->arch->n_regs)
		return false;
	return !cfi_is_expression(&kind) ||
		(off <= all_bytes && v->expr_bytes <= all_bytes - off &&
			v->expr_bytes <= CFI_MAX_EXPRESSION);
}

static bool read_rules(struct cursor *c, struct rule_set *set)
{
	for (size_t i = 0; i < set->n_rules; i++)
		set->rules[i] = read_rule(c);
	for (size_t i = 0; i < set->n_values; i++) {
		uint64_t head = cursor_u64(c), off = cursor_u64(c);
		set->values[i] = (struct unwind_value){ .kind = (uint8_t)head,
			.reg = (uint8_t)(head >> 8),
			.for_reg = (uint8_t)(head >> 16),
			.expr_bytes = (uint16_t)(head >> 32),
			.off = (int64_t)off };
	}
	/* Nothing appends to these: buf is only how built tables hold them. */
	set->expressions.data = (uint8_t *)cursor_bytes(c, set->expressions.len);
	for (size_t i = 0; !c->failed && i < set->n_values; i++)
		c->failed = !value_is_sound(&set->values[i], set);
	for (size_t i = 0; !c->failed && i < set->n_rules; i++)
		c->failed = !rule_is_sound(&set->rules[i], set);
	return !c->failed;
}

static bool make_rules(struct cursor *c, struct rule_set *set)
{
	if (set->n_rules > RULE_SET_MAX || set->n_rules > cursor_left(c) / RULE_BYTES ||
		set->n_values > cursor_left(c) / VALUE_BYTES)
		return false;
	set->rules = reallocarray(NULL, set->n_rules + 1, sizeof(*set->rules));
	set->values = reallocarray(NULL, set->n_values + 1, sizeof(*set->values));
	return set->rules && set->values && read_rules(c, set);
}

static bool read_table(struct cursor *c, struct unwind_table *t)
{
	uint64_t numbers[N_NUMBERS];
	for (size_t i = 0; i < N_NUMBERS; i++)
		numbers[i] = cursor_u64(c);
	t->base = numbers[1];
	t->span = numbers[2];
	t->n_rows = numbers[3];
	t->n_functions = numbers[4];
	t->n_buckets = numbers[5];
	t->bucket_shift = (unsigned)MIN(numbers[6], (uint64_t)63);
	t->rules.n_rules = numbers[7];
	t->rules.n_values = numbers[8];
	t->rules.expressions.len = numbers[9];
	t->rules.n_expressions = numbers[10];
	t->n_fdes = numbers[11];
	t->n_bad_fdes = numbers[12];
	t->row_off = read_array(c, t->n_rows, sizeof(*t->row_off));
	t->row_rule = read_array(c, t->n_rows, sizeof(*t->row_rule));
	t->function_off = read_array(c, t->n_functions, sizeof(*t->function_off));
	t->bucket_row = read_array(c, t->n_buckets + 1, sizeof(*t->bucket_row));
	/* So every address of the span has its bucket, and the bucket an end. */
	return !c->failed && numbers[0] == t->rules.arch->elf_machine && t->span <= UINT32_MAX &&
		t->n_buckets < UINT32_MAX && t->span >> t->bucket_shift < t->n_buckets &&
		make_rules(c, &t->rules);
}

bool unwind_table_read(const void *data, size_t size_bytes, const struct arch *arch,
	struct unwind_table **ret_table)
{
	struct cursor c = cursor_make(data, size_bytes);
	AUTO(unwind_table_free) struct unwind_table *table = calloc(1, sizeof(*table));
	if (!table || (uintptr_t)data % 8 != 0)
		return false;
	table->is_loaded = true;
	rule_set_init(&table->rules, arch);
	if (!read_table(&c, table))
		return false;
	*ret_table = TAKE(table);
	return true;
}

/* Files of one build-id may differ: only the one that was not stripped has .debug_frame. */
static struct cache_key key_of(const struct elf_file *elf)
{
	struct cache_key key = cache_key_of("unwind", PAYLOAD_VERSION, elf);
	size_t n;
	const struct elf_segment *segments = elf_file_segments(elf, &n);
	for (size_t i = 0; i < n; i++) {
		const struct elf_segment *s = &segments[i];
		uint64_t words[] = { s->vaddr, s->file_off, s->file_bytes, s->mem_bytes,
			s->executable };
		key.variant = cache_hash(key.variant, words, sizeof(words));
	}
	uint64_t file_bytes = elf_file_size(elf);
	key.variant = cache_hash(key.variant, &file_bytes, sizeof(file_bytes));
	return key;
}

static bool load(struct cache *cache, const struct cache_key *key, const struct arch *arch,
	struct unwind_table **ret_table)
{
	struct cache_entry entry;
	struct unwind_table *table;
	if (!cache_load(cache, key, &entry))
		return false;
	if (!unwind_table_read(entry.data, entry.size_bytes, arch, &table)) {
		cache_reject(cache, &entry);
		return false;
	}
	table->entry = entry;
	*ret_table = table;
	return true;
}

bool unwind_table_open(
	struct elf_file *elf, struct cache *cache, struct unwind_table **ret_table, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT;
	struct cache_key key = key_of(elf);
	if (load(cache, &key, elf_file_arch(elf), ret_table))
		return true;
	if (!unwind_table_build(elf, ret_table, err))
		return false;
	if (cache)
		unwind_table_write(*ret_table, &bytes);
	if (cache && !bytes.failed)
		cache_store(cache, &key, bytes.data, bytes.len);
	return true;
}
