/*
 * Unwind tables: for every code address of one ELF file, the rule that finds the caller's frame.
 * Built from .eh_frame and .debug_frame, or loaded from the cache as built before; then only looked
 * up, by any number of threads.
 *
 * A table is sorted rows (vaddr, rule id) over a shared array of distinct rules: CFI of real files
 * has tens of thousands of rows, but a few hundred rules. Each row holds up to the next row.
 */
#ifndef REPORT_UNWIND_TABLE_H
#define REPORT_UNWIND_TABLE_H

#include "common/arch.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct buf;
struct cache;
struct elf_file;
struct unwind_table;
struct unwind_rule; /* unwind_rule.h: what the walker executes */

/* False: the file has no usable unwind information (err says what was found), or no memory.
 * Damaged CIEs and FDEs are left out and counted. */
MUST_CHECK bool unwind_table_build(
	struct elf_file *elf, struct unwind_table **ret_table, struct err *err);
/* The same from the cache; what is not there is built and stored. cache may be NULL. */
MUST_CHECK bool unwind_table_open(struct elf_file *elf, struct cache *cache,
	struct unwind_table **ret_table, struct err *err);
void unwind_table_free(struct unwind_table *table);
DEFINE_AUTO(struct unwind_table *, unwind_table_free);

/* The rule in force at vaddr; NULL: no FDE covers it. */
const struct unwind_rule *unwind_table_find(const struct unwind_table *table, uint64_t vaddr);

/* Where the function (FDE) that covers vaddr starts; false: none does. */
bool unwind_table_function(const struct unwind_table *table, uint64_t vaddr, uint64_t *ret_start);

/* Row i, for dumps and tests; rule is NULL where a gap begins. False: there are not so many. */
bool unwind_table_row(const struct unwind_table *table, size_t i, uint64_t *ret_vaddr,
	const struct unwind_rule **ret_rule);

struct unwind_table_summary {
	size_t n_fdes, n_bad_fdes, n_rows, n_rules, n_expressions;
};
struct unwind_table_summary unwind_table_summary(const struct unwind_table *table);

/* The table as bytes, which are used where they lie: they must be aligned to 8 and outlive it.
 * False: no memory, or not the bytes of a table for arch. Whatever passes, searches stay inside it.
 */
void unwind_table_write(const struct unwind_table *table, struct buf *out);
MUST_CHECK bool unwind_table_read(const void *data, size_t size_bytes, const struct arch *arch,
	struct unwind_table **ret_table);

#endif
