/*
 * Symbols of kernels that were read before, in the cache: by the kernel's build-id, and as
 * distances from one symbol of it, so that they hold on every boot and tell nobody where a kernel
 * lies. Symbols of kernel modules are not kept: where these lie differs.
 */
#ifndef REPORT_KERNEL_CACHE_H
#define REPORT_KERNEL_CACHE_H

#include "report/cache.h"
#include "report/kernel_symbols.h"

/* Which kernel, and where it lay when it was recorded. */
struct kernel_place {
	struct build_id build_id; /* len 0: unknown, and nothing is kept */
	const char *symbol;       /* "_text", ... */
	uint64_t address;         /* of the symbol */
};

/* Adds what is kept to symbols. False: no memory. */
MUST_CHECK bool kernel_cache_load(
	struct cache *cache, const struct kernel_place *place, struct kernel_symbols *symbols);
/* Keeps the symbols, in the place of what was kept. */
void kernel_cache_store(struct cache *cache, const struct kernel_place *place,
	const struct kernel_symbols *symbols);

#endif
