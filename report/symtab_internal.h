/*
 * Between symtab.c (the index) and symtab_read.c (the tables in the file).
 */
#ifndef REPORT_SYMTAB_INTERNAL_H
#define REPORT_SYMTAB_INTERNAL_H

#include "report/symtab.h"

enum { RAW_BINDING_MADE = 0xff };

struct raw_symbol {
	uint64_t start, size_bytes; /* size 0: the table does not say */
	const char *name;           /* in the file, or of the symtab */
	uint8_t binding;            /* STB_*, or RAW_BINDING_MADE */
	bool is_function;           /* STT_FUNC or STT_GNU_IFUNC, not STT_NOTYPE */
};

/* Symbols outside the code, and without a name, are left out silently. */
MUST_CHECK bool symtab_add_raw(struct symtab *t, const struct raw_symbol *symbol, struct err *err);
/* Takes a file that names are in, to close it with t. False when there are too many. */
MUST_CHECK bool symtab_keep_file(struct symtab *t, struct elf_file *file);

#endif
