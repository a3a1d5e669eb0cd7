/*
 * Searches unwind tables: see unwind_table.h. unwind_table_build.c makes them from a file's FDEs,
 * unwind_table_file.c keeps them in the cache.
 *
 * The search looks up the address's bucket, which tells the few rows it can be in.
 */
#include "report/unwind_table_internal.h"

void unwind_table_free(struct unwind_table *table)
{
	if (!table)
		return;
	if (table->is_loaded) {
		table->rules.expressions = BUF_INIT;
	} else {
		free((void *)table->row_off);
		free((void *)table->row_rule);
		free((void *)table->function_off);
		free((void *)table->bucket_row);
	}
	rule_set_fini(&table->rules);
	cache_entry_fini(&table->entry);
	free(table);
}

static const struct unwind_rule *rule_of_row(const struct unwind_table *t, size_t row)
{
	uint16_t rule = t->row_rule[row];
	return rule < t->rules.n_rules ? &t->rules.rules[rule] : NULL;
}

const struct unwind_rule *unwind_table_find(const struct unwind_table *t, uint64_t vaddr)
{
	uint64_t off = vaddr - t->base;
	if (off >= t->span) /* also below the base */
		return NULL;
	const uint32_t *bucket = &t->bucket_row[off >> t->bucket_shift];
	uint32_t row = bucket[0], last = bucket[1];
	if (row > last || last >= t->n_rows)
		return NULL;
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
	return (struct unwind_table_summary){
		.n_fdes = table->n_fdes,
		.n_bad_fdes = table->n_bad_fdes,
		.n_rows = table->n_rows,
		.n_rules = table->rules.n_rules,
		.n_expressions = table->rules.n_expressions,
	};
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
