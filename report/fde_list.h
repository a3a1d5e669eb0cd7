/*
 * Which FDE is to be followed where: the ranges of a file's FDEs, rising, none overlapping. The one
 * that starts first wins, and .eh_frame wins over .debug_frame.
 *
 *	fde_list_collect(&eh, &eh_reader, elf) && fde_list_collect(&debug, &debug_reader, elf) &&
 *		fde_list_fill_gaps(&eh, &debug);
 */
#ifndef REPORT_FDE_LIST_H
#define REPORT_FDE_LIST_H

#include "report/cfi.h"

struct elf_file;

struct fde_piece {
	uint64_t start, end; /* vaddr, end exclusive: where this FDE is the one to follow */
	uint32_t skipped;    /* bytes of the FDE's range before start */
	uint32_t program_off, program_bytes; /* as struct cfi_fde */
	uint32_t cie : 31;
	uint32_t is_eh : 1;
};

struct fde_list { /* zeroed: empty */
	struct fde_piece *items;
	size_t n, cap;
};

void fde_list_fini(struct fde_list *list);

/* Takes all FDEs of code. False: no memory. */
MUST_CHECK bool fde_list_collect(
	struct fde_list *list, struct cfi_reader *reader, const struct elf_file *elf);
/* Adds to list what of more lies in its gaps. False: no memory. */
MUST_CHECK bool fde_list_fill_gaps(struct fde_list *list, const struct fde_list *more);

#endif
