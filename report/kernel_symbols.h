/*
 * The kernel's symbols as the trace carries them: only those that samples hit, sorted by address.
 */
#ifndef REPORT_KERNEL_SYMBOLS_H
#define REPORT_KERNEL_SYMBOLS_H

#include "common/defs.h"
#include "common/trace_event.h"

#include <stdbool.h>

struct kernel_symbols {
	struct trace_kernel_symbol *symbols; /* strings owned */
	size_t n, cap;
};

void kernel_symbols_fini(struct kernel_symbols *table);
MUST_CHECK bool kernel_symbols_add(
	struct kernel_symbols *table, const struct trace_kernel_symbol *symbol);
void kernel_symbols_sort(struct kernel_symbols *table);
/* NULL: none covers the address. */
const struct trace_kernel_symbol *kernel_symbols_find(
	const struct kernel_symbols *table, uint64_t pc);

#endif
