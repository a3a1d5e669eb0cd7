/*
 * Call frame information: the entries of .eh_frame (LSB Core, 10.6) and .debug_frame (DWARF 5,
 * 6.4), and the rows that their programs make.
 *
 * A reader goes through one section and yields its FDEs, each with its CIE. .eh_frame_hdr is not
 * used: it is missing in static files and wrong in some. An entry that cannot be understood is
 * counted and passed over. A machine (cfi_run.h) then executes an FDE's program.
 *
 *	struct cfi_reader r = cfi_reader_make(arch, &section);
 *	while (cfi_reader_next(&r, &fde))
 *		cfi_run(machine, &r, &fde);
 *	cfi_reader_fini(&r);
 */
#ifndef REPORT_CFI_H
#define REPORT_CFI_H

#include "common/arch.h"
#include "common/cursor.h"
#include "common/defs.h"

struct cfi_section {
	const uint8_t *data;
	size_t size_bytes;
	uint64_t vaddr;
	uint64_t text_vaddr, data_vaddr; /* what textrel and datarel pointers are relative to */
	bool is_eh;                      /* .eh_frame */
};

struct cfi_cie {
	size_t offset; /* in the section */
	uint64_t code_align;
	int64_t data_align;
	uint64_t return_column;
	uint8_t fde_encoding; /* DW_EH_PE_* */
	bool is_usable;       /* understood */
	bool has_augmentation_data, is_signal_frame;
	bool has_run;     /* initial is known; the machine's, as that */
	uint32_t initial; /* the state after the program */
	struct cursor program;
};

struct cfi_fde {
	uint64_t start, end;                 /* vaddr, end exclusive */
	uint32_t cie;                        /* index of the reader's */
	uint32_t program_off, program_bytes; /* in the section */
};

enum { CFI_RECENT_CIES = 64 }; /* a power of two; C++ alternates between two, C has one */

struct cfi_reader {
	const struct arch *arch;
	const struct cfi_section *section;
	struct cursor at;
	struct cfi_cie *cies;
	size_t n_cies, cap_cies;
	uint32_t recent[CFI_RECENT_CIES]; /* index + 1, by the offset's hash */
	size_t n_bad;                     /* entries left out */
	bool no_memory;                   /* ended before the section did */
};

struct cfi_reader cfi_reader_make(const struct arch *arch, const struct cfi_section *section);
void cfi_reader_fini(struct cfi_reader *r);
/* False at the end of the section. */
bool cfi_reader_next(struct cfi_reader *r, struct cfi_fde *ret_fde);

/* A pointer as DW_EH_PE_* encodes it; marks the cursor failed if it cannot be known from the file.
 */
uint64_t cfi_pointer(struct cursor *c, const struct cfi_section *section, uint8_t encoding);

/* Where a register of the caller is. The CFA itself is CFI_REGISTER or CFI_EXPRESSION. */
enum cfi_kind {
	CFI_UNSPECIFIED,   /* nothing was said: as the ABI has it */
	CFI_UNDEFINED,     /* lost; for the return address: there is no caller */
	CFI_SAME,          /* unchanged */
	CFI_AT_CFA,        /* the word at CFA + off */
	CFI_CFA_PLUS,      /* CFA + off */
	CFI_REGISTER,      /* register reg + off */
	CFI_AT_EXPRESSION, /* the word at the address that the expression yields */
	CFI_EXPRESSION,    /* the expression's value */
	CFI_N_KINDS,
};

enum { CFI_MAX_EXPRESSION = 256 }; /* bytes; real ones have up to about 20 */

struct cfi_value {
	uint8_t kind; /* enum cfi_kind */
	uint8_t reg;
	uint16_t expr_bytes;
	union {
		int64_t off;
		const uint8_t *expr; /* in the section */
	};
};

static inline bool cfi_is_expression(const struct cfi_value *v)
{
	return v->kind == CFI_EXPRESSION || v->kind == CFI_AT_EXPRESSION;
}

#endif
