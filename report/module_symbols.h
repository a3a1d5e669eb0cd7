/*
 * Asks the symbols of many modules for their addresses, on several threads. What the cache knows
 * is looked up at once; the other modules are shared out among the threads, the largest first, and
 * one that has most of the addresses may use threads of its own.
 */
#ifndef REPORT_MODULE_SYMBOLS_H
#define REPORT_MODULE_SYMBOLS_H

#include "report/profile_build.h"

struct module_symbols {
	struct module *module;        /* NULL: addresses where nothing is mapped */
	size_t first, n;              /* its addresses, in the arrays of all */
	struct symbol_source *source; /* NULL: it has no file */
	struct recording *kernel_of;  /* of the kernel: it gives the names, not the answers */
	bool is_done;
};
void module_symbols_close(struct module_symbols *m);

/* vaddrs are those of all modules, by module, each sorted; answers are for them, zeroed at first.
 * They live as long as the module's source. */
MUST_CHECK bool module_symbols_resolve(struct module_symbols *modules, size_t n,
	const uint64_t *vaddrs, struct symbol_answer *answers,
	const struct profile_build_options *options, struct err *err);

#endif
