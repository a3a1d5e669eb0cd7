/*
 * The machine that runs the programs of FDEs: DWARF 5, 6.4.2, with GNU's and AArch64's operations.
 * It yields rows: from which address on which state (cfi_state.h) holds.
 *
 *	cfi_machine_init(&m, arch);
 *	if (cfi_run(&m, &reader, &fde))
 *		... m.rows, m.n_rows, m.states.items[m.rows[0].state] ...
 *	cfi_machine_fini(&m);
 */
#ifndef REPORT_CFI_RUN_H
#define REPORT_CFI_RUN_H

#include "report/cfi_state.h"

enum {
	CFI_MAX_REMEMBERED = 32,         /* compilers go to 2 */
	CFI_MAX_PROGRAM_BYTES = 1 << 24, /* 1 to 2 for each change of a frame */
};

struct cfi_row {        /* holds up to the next one, the last to the end of the FDE */
	uint64_t start; /* vaddr */
	uint32_t state;
};

struct cfi_machine {
	const struct arch *arch;
	struct cfi_states states;
	struct cfi_row *rows; /* of the last run; rising, none empty */
	size_t n_rows, cap_rows;
	/* The run at work. */
	const struct cfi_reader *reader;
	const struct cfi_cie *cie;
	struct cursor code;
	bool in_cie;
	uint64_t loc;
	uint32_t state;
	uint32_t remembered[CFI_MAX_REMEMBERED];
	unsigned n_remembered;
};

MUST_CHECK bool cfi_machine_init(struct cfi_machine *m, const struct arch *arch);
void cfi_machine_fini(struct cfi_machine *m); /* due in either case */

/* reader is the one that gave fde. False: the program is damaged, or memory or states ran out. */
MUST_CHECK bool cfi_run(
	struct cfi_machine *m, struct cfi_reader *reader, const struct cfi_fde *fde);

#endif
