/*
 * A module's code: see code_file.h.
 */
#include "report/code_file.h"

#include "common/vdso.h"
#include "report/debug_file.h"
#include "report/plt.h"
#include "report/unwind_table.h"

#include <string.h>

struct code_file {
	struct elf_file *elf, *debug_file;
	struct code_ranges code;
	struct symtab *symbols, *stubs;
	struct unwind_table *unwind; /* NULL: none */
};

static bool has_build_id(const struct elf_file *elf, const char *hex)
{
	char own[BUILD_ID_HEX_MAX];
	return !hex[0] || strcmp(build_id_hex(elf_file_build_id(elf), own), hex) == 0;
}

/* A profile does not hold the recorded image; that of this machine serves where it is the same. */
static bool open_vdso(const char *build_id, struct elf_file **ret_elf, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	struct trace_file file;
	if (!vdso_get(&file) ||
		!elf_file_open_memory(file.data, file.size_bytes, "[vdso]", &elf, err) ||
		!build_id[0] || !has_build_id(elf, build_id))
		return err_set(err, "the recorded vdso is not that of this machine");
	*ret_elf = TAKE(elf);
	return true;
}

static bool open_file(
	const char *path, const char *build_id, struct elf_file **ret_elf, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	if (!elf_file_open(path, &elf, err))
		return false;
	if (!has_build_id(elf, build_id))
		return err_set(
			err, "%s: not the file that was recorded (its build-id differs)", path);
	*ret_elf = TAKE(elf);
	return true;
}

static bool open_elf(
	const struct profile *p, uint32_t module, struct elf_file **ret_elf, struct err *err)
{
	const struct profile_module *m = &p->modules[module];
	const char *path = profile_string(p, m->path);
	const char *build_id = profile_string(p, m->build_id);
	if (m->kind == PROFILE_KERNEL)
		return err_set(err, "the kernel's code is not in any file that can be read");
	if (m->kind == PROFILE_JIT)
		return err_set(err,
			"code that was generated at run time is in no file, and its bytes were "
			"not recorded");
	if (strcmp(path, "[vdso]") == 0)
		return open_vdso(build_id, ret_elf, err);
	if (path[0] != '/')
		return err_set(err, "'%s' is no file", path[0] ? path : "this module");
	return open_file(path, build_id, ret_elf, err);
}

/* What cannot be read leaves fewer names. */
static bool read_symbols(struct code_file *f, const struct symbol_search *search, struct err *err)
{
	struct err ignored = { 0 };
	f->debug_file = debug_file_find(f->elf, search, NULL, &ignored);
	f->symbols = symtab_new(&f->code, err);
	f->stubs = symtab_new(&f->code, err);
	if (!f->symbols || !f->stubs)
		return false;
	(void)!symtab_add_file(f->symbols, f->elf, &ignored);
	if (f->debug_file)
		(void)!symtab_add_file(f->symbols, f->debug_file, &ignored);
	return symtab_finish(f->symbols, err) &&
		plt_add_symbols(f->stubs, f->elf, f->symbols, err) && symtab_finish(f->stubs, err);
}

bool code_file_open(const struct profile *p, uint32_t module, const struct symbol_search *search,
	struct code_file **ret_file, struct err *err)
{
	struct err ignored = { 0 };
	if (module >= p->n_modules)
		return err_set(err, "nothing is known of what was there");
	AUTO(code_file_close) struct code_file *f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(err, "no memory");
	if (!open_elf(p, module, &f->elf, err) || !code_ranges_init(&f->code, f->elf, err) ||
		!read_symbols(f, search, err))
		return false;
	if (!unwind_table_open(f->elf, search->cache, &f->unwind, &ignored))
		f->unwind = NULL;
	*ret_file = TAKE(f);
	return true;
}

void code_file_close(struct code_file *f)
{
	if (!f)
		return;
	unwind_table_free(f->unwind);
	symtab_free(f->symbols);
	symtab_free(f->stubs);
	code_ranges_fini(&f->code);
	elf_file_close(f->debug_file);
	elf_file_close(f->elf);
	free(f);
}

struct elf_file *code_file_elf(const struct code_file *f)
{
	return f->elf;
}

/* The first row above vaddr; rows rise. */
static size_t first_row_above(const struct unwind_table *t, uint64_t vaddr)
{
	const struct unwind_rule *rule;
	size_t low = 0, high = unwind_table_summary(t).n_rows;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = 0;
		if (unwind_table_row(t, mid, &at, &rule) && at <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Where the function that starts at `start` ends; it holds low, and not high. Neighbours with the
 * same rule may share a row. */
static uint64_t find_end(const struct code_file *f, uint64_t start, uint64_t low, uint64_t high)
{
	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2, other = 0;
		if (unwind_table_function(f->unwind, mid, &other) && other == start)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* What symbols hold is not part of it, though the unwind information may begin before them. */
static bool cut_at_symbols(const struct code_file *f, uint64_t vaddr, struct code_body *body)
{
	struct code_range named, stub;
	(void)symtab_find_range(f->symbols, vaddr, &named);
	(void)symtab_find_range(f->stubs, vaddr, &stub);
	body->start = MAX(body->start, MAX(named.start, stub.start));
	body->end = MIN(body->end, MIN(named.end, stub.end));
	return body->start <= vaddr && vaddr < body->end;
}

static bool body_by_unwind(const struct code_file *f, uint64_t vaddr, struct code_body *ret_body)
{
	const struct unwind_rule *rule;
	uint64_t start, other, at, last = vaddr;
	if (!f->unwind || !unwind_table_function(f->unwind, vaddr, &start))
		return false;
	for (size_t i = first_row_above(f->unwind, vaddr);
		unwind_table_row(f->unwind, i, &at, &rule); i++) {
		if (rule && unwind_table_function(f->unwind, at, &other) && other == start) {
			last = at;
			continue;
		}
		*ret_body =
			(struct code_body){ .start = start, .end = find_end(f, start, last, at) };
		return cut_at_symbols(f, vaddr, ret_body);
	}
	return false;
}

bool code_file_body(const struct code_file *f, uint64_t vaddr, struct code_body *ret_body)
{
	const struct symtab_symbol *symbol = symtab_find(f->symbols, vaddr);
	if (!symbol)
		symbol = symtab_find(f->stubs, vaddr);
	if (!symbol)
		return body_by_unwind(f, vaddr, ret_body);
	*ret_body = (struct code_body){ symbol->start, symbol->end, symbol->name };
	return true;
}

const char *code_file_name(const struct code_file *f, uint64_t vaddr, uint64_t *ret_off)
{
	const struct symtab_symbol *symbol = symtab_find(f->symbols, vaddr);
	if (!symbol)
		symbol = symtab_find(f->stubs, vaddr);
	if (!symbol)
		return NULL;
	*ret_off = vaddr - symbol->entry;
	return symbol->name;
}
