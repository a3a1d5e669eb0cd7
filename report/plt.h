/*
 * Names for procedure linkage table stubs, which have no symbols: "printf@plt". A stub is known by
 * its code: it jumps through a slot of the global offset table, and the relocation of that slot
 * tells the function.
 */
#ifndef REPORT_PLT_H
#define REPORT_PLT_H

#include "report/symtab.h"

/* Adds the stubs of .plt, .plt.sec and .plt.got. Damaged tables yield fewer names. False only
 * without memory. Relocations without a symbol (IRELATIVE: the function is chosen at start) are
 * named after the resolver, which is looked up in `finished` where that is not NULL. */
MUST_CHECK bool plt_add_symbols(
	struct symtab *t, struct elf_file *elf, const struct symtab *finished, struct err *err);

#endif
