/*
 * The symbol tables of a module, merged into one index of disjoint ranges, so that an address has
 * one name or none.
 *
 * First all symbols are added, from .symtab, .dynsym, .gnu_debugdata, a separate debug file, and
 * PLT stubs; then symtab_finish decides who gets which addresses:
 * - a symbol with a size holds just its bytes; where two overlap, the one that starts later wins;
 * - a symbol without a size holds what no sized symbol holds, up to the next symbol or the end of
 *   its section;
 * - of several at one address the most telling one is taken (see compare_aliases);
 * - what nobody holds has no name. The symbol before it would be a guess.
 */
#ifndef REPORT_SYMTAB_H
#define REPORT_SYMTAB_H

#include "report/arena.h"
#include "report/code_ranges.h"

struct symtab_symbol {
	uint64_t start, end; /* vaddr; the part that this symbol holds */
	uint64_t entry;      /* vaddr where the function begins */
	const char *name;    /* lives as long as the symtab */
	bool is_global;      /* a global or weak function, and not an old version of one */
};

/* Whether C leaves the name to the implementation (C17, 7.1.3: it begins with '_'), as libraries
 * call the inner sides of their functions: __GI___libc_malloc. Mangled names are not meant. */
bool symtab_name_is_internal(const char *name);

struct symtab;

/* code must outlive the symtab. */
MUST_CHECK struct symtab *symtab_new(const struct code_ranges *code, struct err *err);
void symtab_free(struct symtab *t);
DEFINE_AUTO(struct symtab *, symtab_free);

/* Adds the functions of .symtab, .dynsym and .gnu_debugdata; a file without them adds none. elf
 * must outlive the symtab. False when one of them could not be read; those that could are in. */
MUST_CHECK bool symtab_add_file(struct symtab *t, struct elf_file *elf, struct err *err);
/* Adds one function symbol, with the name prefix + suffix; the least preferred among aliases. */
MUST_CHECK bool symtab_add(struct symtab *t, uint64_t start, uint64_t size_bytes,
	const char *prefix, const char *suffix, struct err *err);
MUST_CHECK bool symtab_finish(struct symtab *t, struct err *err);

size_t symtab_count(const struct symtab *t);
/* The symbol that holds vaddr, or NULL. Only after symtab_finish. */
const struct symtab_symbol *symtab_find(const struct symtab *t, uint64_t vaddr);
/* The same, and the range around vaddr in which the answer is the same. */
const struct symtab_symbol *symtab_find_range(
	const struct symtab *t, uint64_t vaddr, struct code_range *ret_range);

#endif
