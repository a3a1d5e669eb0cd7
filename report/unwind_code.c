/*
 * From a code address to its module and rule: see unwind_code.h.
 */
#include "report/unwind_code.h"

#include "report/elf_file.h"
#include "report/unwind_table.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct unwind_code) == 64, "a cache line");

struct unwind_code *unwind_codes_new(void)
{
	const size_t bytes = UNWIND_CODES * sizeof(struct unwind_code);
	struct unwind_code *codes = aligned_alloc(sizeof(*codes), bytes);
	/* All 0 is true: without mappings (generation 0) there is nothing at address 0. */
	return codes ? memset(codes, 0, bytes) : NULL;
}

struct module *unwind_module_find(const struct address_space *space, unwind_load *load, void *ctx,
	uint64_t lookup_pc, uint64_t *ret_file_off)
{
	const struct mapping *mapping = address_space_find(space, lookup_pc);
	if (!mapping)
		return NULL;
	struct module *module = mapping->module;
	if (!atomic_load_explicit(&module->loaded, memory_order_acquire) && load)
		load(ctx, module);
	*ret_file_off = lookup_pc - mapping->start + mapping->file_off;
	return module;
}

/* A rule that follows sp and fp alone, and is not the end or a signal's. */
static bool is_plain(const struct unwind_rule *rule)
{
	return !(rule->flags & UNWIND_RULE_SIGNAL) && rule->cfa != UNWIND_CFA_EXACT &&
		rule->fp != UNWIND_PLACE_EXACT && rule->ra != UNWIND_PLACE_EXACT &&
		rule->ra != UNWIND_PLACE_UNKNOWN;
}

static void find_rule(struct unwind_code *code, uint64_t vaddr)
{
	const struct unwind_table *table = code->module ? code->module->unwind : NULL;
	const struct unwind_rule *rule = table ? unwind_table_find(table, vaddr) : NULL;
	code->kind = UNWIND_CODE_NO_RULE;
	if (!rule)
		return;
	code->rule = *rule;
	code->kind = is_plain(rule) ? UNWIND_CODE_PLAIN : UNWIND_CODE_OTHER;
}

void unwind_code_find(const struct address_space *space, unwind_load *load, void *ctx,
	uint64_t lookup_pc, struct unwind_code *ret_code)
{
	ret_code->lookup_pc = lookup_pc;
	ret_code->generation = space->generation;
	ret_code->vaddr = lookup_pc;
	ret_code->module = unwind_module_find(space, load, ctx, lookup_pc, &ret_code->vaddr);
	if (ret_code->module && ret_code->module->elf)
		elf_file_vaddr(ret_code->module->elf, ret_code->vaddr, &ret_code->vaddr);
	find_rule(ret_code, ret_code->vaddr);
}

void unwind_code_step_back(struct unwind_code *code)
{
	find_rule(code, code->vaddr - 1);
}
