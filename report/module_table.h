/*
 * The modules of an analysis: every file, vdso, kernel and stretch of anonymous code that samples
 * can hit, once for each identity (kind, path, build-id), however many processes map it.
 *
 * A file is opened on first use, by module_table_load. The build-id decides: a file that carries
 * another build-id than the recording says is never used, and module->problem tells so.
 *
 * module_table_load may be called by several threads at once, for the same module, too. All else is
 * for one thread, while none loads.
 */
#ifndef REPORT_MODULE_TABLE_H
#define REPORT_MODULE_TABLE_H

#include "common/err.h"
#include "report/address_space.h"

struct cache;
struct module_table;

struct module_table *module_table_new(void); /* NULL: no memory */
void module_table_free(struct module_table *table);
DEFINE_AUTO(struct module_table *, module_table_free);

/* What a mapping's path means: "[vdso]", "//anon", a file. */
enum module_kind module_kind_of_path(const char *path);

/* The module with this identity, made if need be. NULL: no memory. */
struct module *module_table_get(struct module_table *table, enum module_kind kind, const char *path,
	const struct build_id *build_id);

/* The image that stands for modules of kind MODULE_VDSO; copied. */
void module_table_set_vdso(struct module_table *table, const uint8_t *image, size_t size_bytes);

/* Where unwind tables are kept between reports; it must outlive the table. NULL, as at first:
 * nowhere.
 */
void module_table_use_cache(struct module_table *table, struct cache *cache);

/* Opens the module's file, and builds its unwind table or takes it from the cache. ctx is the
 * table: fits unwind_stack. */
void module_table_load(void *ctx, struct module *module);

size_t module_table_count(const struct module_table *table);
struct module *module_table_at(const struct module_table *table, size_t index); /* by id */

/* The last component of the path, or the whole of a special name. */
const char *module_base_name(const struct module *module);

#endif
