/*
 * The kernel's symbols: see kernel_symbols.h.
 */
#include "report/kernel_symbols.h"

#include <string.h>

void kernel_symbols_fini(struct kernel_symbols *table)
{
	for (size_t i = 0; i < table->n; i++) {
		free((char *)table->symbols[i].name);
		free((char *)table->symbols[i].module);
	}
	free(table->symbols);
	*table = (struct kernel_symbols){ 0 };
}

bool kernel_symbols_add(struct kernel_symbols *table, const struct trace_kernel_symbol *symbol)
{
	if (table->n == table->cap) {
		size_t cap = table->cap ? table->cap * 2 : 256;
		struct trace_kernel_symbol *symbols =
			realloc(table->symbols, cap * sizeof(*symbols));
		if (!symbols)
			return false;
		table->symbols = symbols;
		table->cap = cap;
	}
	struct trace_kernel_symbol *copy = &table->symbols[table->n];
	*copy = *symbol;
	copy->name = strdup(symbol->name);
	copy->module = strdup(symbol->module);
	table->n++; /* counted even when a copy failed, so that fini frees the other one */
	return copy->name && copy->module;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct trace_kernel_symbol *left = a, *right = b;
	return left->start < right->start ? -1 : left->start > right->start;
}

void kernel_symbols_sort(struct kernel_symbols *table)
{
	if (table->n)
		qsort(table->symbols, table->n, sizeof(*table->symbols), compare_symbols);
}

const struct trace_kernel_symbol *kernel_symbols_find(
	const struct kernel_symbols *table, uint64_t pc)
{
	size_t low = 0, high = table->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->symbols[middle].start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || pc - table->symbols[low - 1].start >= table->symbols[low - 1].size)
		return NULL;
	return &table->symbols[low - 1];
}
