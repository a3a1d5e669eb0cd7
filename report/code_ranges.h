/*
 * Where an ELF file's code is: its executable sections, or, without a section table, its
 * executable segments. What symbol tables and DWARF say of addresses elsewhere is not believed:
 * linkers leave functions that they threw away in the debug information, at 0, 1, -1 or -2.
 */
#ifndef REPORT_CODE_RANGES_H
#define REPORT_CODE_RANGES_H

#include "report/elf_file.h"

struct code_range {
	uint64_t start, end; /* vaddr */
};

struct code_ranges {
	struct code_range *v; /* sorted, disjoint */
	size_t n;
};

MUST_CHECK bool code_ranges_init(struct code_ranges *r, struct elf_file *elf, struct err *err);
void code_ranges_fini(struct code_ranges *r);

/* The range that holds vaddr, or NULL. */
const struct code_range *code_ranges_find(const struct code_ranges *r, uint64_t vaddr);

#endif
