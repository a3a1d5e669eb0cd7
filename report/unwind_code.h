/*
 * What the unwinder knows of a code address: whose code it is, and the rule that finds its caller.
 * A function of the address and the mappings alone, so it can be remembered; one cache line.
 *
 * The memory of it is a table in which each address of each state of a process's mappings has one
 * place, and the last one that came keeps it. The states' numbers (generations) are part of the
 * key, so that processes may alternate.
 */
#ifndef REPORT_UNWIND_CODE_H
#define REPORT_UNWIND_CODE_H

#include "report/unwind.h"
#include "report/unwind_rule.h"

enum unwind_code_kind {
	UNWIND_CODE_NO_RULE,
	UNWIND_CODE_PLAIN, /* rule is one that the fast step follows */
	UNWIND_CODE_OTHER, /* rule is another one */
};

struct unwind_code {
	uint64_t lookup_pc;
	uint32_t kind;         /* enum unwind_code_kind */
	struct module *module; /* NULL: none; otherwise loaded */
	uint64_t vaddr;        /* as in struct unwind_frame */
	struct unwind_rule rule;
	uint64_t generation;
};

enum { UNWIND_CODES_SHIFT = 12, UNWIND_CODES = 1 << UNWIND_CODES_SHIFT };

/* An empty table, for free(); NULL: no memory. */
struct unwind_code *unwind_codes_new(void);

/* An address's place in a table. */
static inline size_t unwind_code_slot(uint64_t generation, uint64_t lookup_pc)
{
	uint64_t key = lookup_pc + generation * 0xd6e8feb86659fd93;
	return key * 0x9e3779b97f4a7c15 >> (64 - UNWIND_CODES_SHIFT);
}

/* Looks the address up. */
void unwind_code_find(const struct address_space *space, unwind_load *load, void *ctx,
	uint64_t lookup_pc, struct unwind_code *ret_code);

/* The same code as one byte earlier, as to its rule. */
void unwind_code_step_back(struct unwind_code *code);

/* The module that has the address, loaded, and the address's offset in it; NULL: none. */
struct module *unwind_module_find(const struct address_space *space, unwind_load *load, void *ctx,
	uint64_t lookup_pc, uint64_t *ret_file_off);

#endif
