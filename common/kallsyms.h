/*
 * The kernel's symbols for given addresses, from /proc/kallsyms. The file is read as a stream (it
 * has hundreds of thousands of lines, in no order across modules); memory grows with the
 * addresses asked for, not with the file.
 */
#ifndef COMMON_KALLSYMS_H
#define COMMON_KALLSYMS_H

#include "common/err.h"
#include "common/trace_event.h"

#include <stdio.h>

struct kallsyms {
	struct trace_kernel_symbol *symbols; /* sorted by start, each once */
	size_t n;
	char (*names)[2][128]; /* storage: name and module */
};

/* addresses: n of them, sorted. Zero symbols, not an error, when the kernel hides its addresses. */
MUST_CHECK bool kallsyms_read(FILE *file, const uint64_t *addresses, size_t n,
	struct kallsyms *ret_symbols, struct err *err);
void kallsyms_fini(struct kallsyms *k);

#endif
