/*
 * Runs the program of an FDE: see cfi.h. The operations are those of DWARF 5, 6.4.2, with GNU's and
 * AArch64's additions.
 *
 * The machine is one row that the operations change; advancing the location hands the row out.
 * Registers that no unwinding needs (vector registers and the like) are decoded and forgotten.
 */
#include "report/cfi.h"

enum { /* DWARF 5, 7.24 */
	CFA_ADVANCE_LOC = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00,
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE_LOC1 = 0x02,
	CFA_ADVANCE_LOC2 = 0x03,
	CFA_ADVANCE_LOC4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER_STATE = 0x0a,
	CFA_RESTORE_STATE = 0x0b,
	CFA_DEF_CFA = 0x0c,
	CFA_DEF_CFA_REGISTER = 0x0d,
	CFA_DEF_CFA_OFFSET = 0x0e,
	CFA_DEF_CFA_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEF_CFA_SF = 0x12,
	CFA_DEF_CFA_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14,
	CFA_VAL_OFFSET_SF = 0x15,
	CFA_VAL_EXPRESSION = 0x16,
	CFA_AARCH64_NEGATE_RA_STATE_WITH_PC = 0x2c,
	CFA_AARCH64_NEGATE_RA_STATE = 0x2d, /* SPARC's GNU_window_save elsewhere */
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
};

enum { MAX_REMEMBERED = 32 }; /* compilers go to 2 */

struct machine {
	const struct cfi_fde *fde;
	struct cursor code;
	struct cfi_row row;
	struct cfi_row initial; /* after the CIE's program */
	bool in_cie;
	struct cfi_row remembered[MAX_REMEMBERED];
	unsigned n_remembered;
	bool (*take)(void *ctx, const struct cfi_fde *fde, const struct cfi_row *row);
	void *ctx;
	bool stopped; /* take has had enough */
};

static bool advance_to(struct machine *m, uint64_t loc)
{
	if (m->in_cie || loc < m->row.start)
		return false;
	if (loc == m->row.start)
		return true;
	m->row.end = loc;
	m->stopped = !m->take(m->ctx, m->fde, &m->row);
	m->row.start = loc;
	return true;
}

static bool advance_by(struct machine *m, uint64_t units)
{
	uint64_t delta;
	if (__builtin_mul_overflow(units, m->fde->cie.code_align, &delta))
		return false;
	return advance_to(m, m->row.start + delta);
}

static bool set_reg(struct machine *m, uint64_t reg, struct cfi_value value)
{
	if (reg >= m->fde->arch->n_regs)
		return true;
	m->row.regs[reg] = value;
	if (value.kind == CFI_UNSPECIFIED)
		m->row.regs_mask &= ~(1ULL << reg);
	else
		m->row.regs_mask |= 1ULL << reg;
	return true;
}

static bool set_plain(struct machine *m, uint64_t reg, enum cfi_kind kind)
{
	return set_reg(m, reg, (struct cfi_value){ .kind = (uint8_t)kind });
}

static bool set_offset(struct machine *m, uint64_t reg, enum cfi_kind kind, uint64_t units)
{
	int64_t off = (int64_t)(units * (uint64_t)m->fde->cie.data_align);
	return set_reg(m, reg, (struct cfi_value){ .kind = (uint8_t)kind, .off = off });
}

/* In the CIE's own program there is nothing to restore. */
static bool restore_reg(struct machine *m, uint64_t reg)
{
	if (reg >= m->fde->arch->n_regs)
		return !m->in_cie;
	return !m->in_cie && set_reg(m, reg, m->initial.regs[reg]);
}

static bool set_cfa(struct machine *m, uint64_t reg, int64_t off)
{
	if (reg >= m->fde->arch->n_regs)
		return false;
	m->row.cfa = (struct cfi_value){ .kind = CFI_REGISTER, .reg = (uint8_t)reg, .off = off };
	return true;
}

static bool set_cfa_register(struct machine *m, uint64_t reg)
{
	return m->row.cfa.kind == CFI_REGISTER && set_cfa(m, reg, m->row.cfa.off);
}

static bool set_cfa_offset(struct machine *m, int64_t off)
{
	return m->row.cfa.kind == CFI_REGISTER && set_cfa(m, m->row.cfa.reg, off);
}

static bool read_expression(struct machine *m, enum cfi_kind kind, struct cfi_value *ret_value)
{
	uint64_t size_bytes = cursor_uleb(&m->code);
	const uint8_t *expr = cursor_bytes(&m->code, size_bytes);
	if (!expr || size_bytes == 0 || size_bytes > CFI_MAX_EXPRESSION)
		return false;
	*ret_value = (struct cfi_value){
		.kind = (uint8_t)kind, .expr_bytes = (uint16_t)size_bytes, .expr = expr
	};
	return true;
}

static bool set_expression(struct machine *m, enum cfi_kind kind)
{
	struct cfi_value value;
	uint64_t reg = cursor_uleb(&m->code);
	return read_expression(m, kind, &value) && set_reg(m, reg, value);
}

static bool set_register(struct machine *m, uint64_t reg, uint64_t source)
{
	if (source >= m->fde->arch->n_regs)
		return set_plain(m, reg, CFI_UNDEFINED);
	return set_reg(m, reg, (struct cfi_value){ .kind = CFI_REGISTER, .reg = (uint8_t)source });
}

static bool remember(struct machine *m)
{
	if (m->n_remembered == MAX_REMEMBERED)
		return false;
	m->remembered[m->n_remembered++] = m->row;
	return true;
}

static bool recall(struct machine *m)
{
	if (m->n_remembered == 0)
		return false;
	uint64_t loc = m->row.start;
	m->row = m->remembered[--m->n_remembered];
	m->row.start = loc;
	return true;
}

static int64_t signed_units(struct machine *m)
{
	return (int64_t)((uint64_t)cursor_sleb(&m->code) * (uint64_t)m->fde->cie.data_align);
}

static bool run_cfa_op(struct machine *m, uint8_t op)
{
	struct cursor *c = &m->code;
	uint64_t reg;
	switch (op) {
	case CFA_DEF_CFA:
		reg = cursor_uleb(c);
		return set_cfa(m, reg, (int64_t)cursor_uleb(c));
	case CFA_DEF_CFA_SF:
		reg = cursor_uleb(c);
		return set_cfa(m, reg, signed_units(m));
	case CFA_DEF_CFA_REGISTER:
		return set_cfa_register(m, cursor_uleb(c));
	case CFA_DEF_CFA_OFFSET:
		return set_cfa_offset(m, (int64_t)cursor_uleb(c));
	case CFA_DEF_CFA_OFFSET_SF:
		return set_cfa_offset(m, signed_units(m));
	case CFA_DEF_CFA_EXPRESSION:
		return read_expression(m, CFI_EXPRESSION, &m->row.cfa);
	}
	return false;
}

static bool run_register_op(struct machine *m, uint8_t op)
{
	struct cursor *c = &m->code;
	uint64_t reg;
	switch (op) {
	case CFA_EXPRESSION:
		return set_expression(m, CFI_AT_EXPRESSION);
	case CFA_VAL_EXPRESSION:
		return set_expression(m, CFI_EXPRESSION);
	}
	reg = cursor_uleb(c);
	switch (op) {
	case CFA_OFFSET_EXTENDED:
		return set_offset(m, reg, CFI_AT_CFA, cursor_uleb(c));
	case CFA_OFFSET_EXTENDED_SF:
		return set_offset(m, reg, CFI_AT_CFA, (uint64_t)cursor_sleb(c));
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
		return set_offset(m, reg, CFI_AT_CFA, -cursor_uleb(c));
	case CFA_VAL_OFFSET:
		return set_offset(m, reg, CFI_CFA_PLUS, cursor_uleb(c));
	case CFA_VAL_OFFSET_SF:
		return set_offset(m, reg, CFI_CFA_PLUS, (uint64_t)cursor_sleb(c));
	case CFA_RESTORE_EXTENDED:
		return restore_reg(m, reg);
	case CFA_UNDEFINED:
		return set_plain(m, reg, CFI_UNDEFINED);
	case CFA_SAME_VALUE:
		return set_plain(m, reg, CFI_SAME);
	case CFA_REGISTER:
		return set_register(m, reg, cursor_uleb(c));
	}
	return false;
}

static bool run_op(struct machine *m, uint8_t op)
{
	struct cursor *c = &m->code;
	switch (op) {
	case CFA_NOP:
	case CFA_AARCH64_NEGATE_RA_STATE_WITH_PC:
	case CFA_AARCH64_NEGATE_RA_STATE: /* the walker strips signatures from all addresses */
		return true;
	case CFA_GNU_ARGS_SIZE: /* for landing pads only */
		cursor_uleb(c);
		return true;
	case CFA_SET_LOC:
		return advance_to(m, cfi_pointer(c, m->fde->section, m->fde->cie.fde_encoding));
	case CFA_ADVANCE_LOC1:
		return advance_by(m, cursor_u8(c));
	case CFA_ADVANCE_LOC2:
		return advance_by(m, cursor_u16(c));
	case CFA_ADVANCE_LOC4:
		return advance_by(m, cursor_u32(c));
	case CFA_REMEMBER_STATE:
		return remember(m);
	case CFA_RESTORE_STATE:
		return recall(m);
	case CFA_DEF_CFA:
	case CFA_DEF_CFA_SF:
	case CFA_DEF_CFA_REGISTER:
	case CFA_DEF_CFA_OFFSET:
	case CFA_DEF_CFA_OFFSET_SF:
	case CFA_DEF_CFA_EXPRESSION:
		return run_cfa_op(m, op);
	}
	return run_register_op(m, op);
}

static bool run_program(struct machine *m, struct cursor code)
{
	m->code = code;
	while (cursor_left(&m->code) > 0 && !m->stopped) {
		uint8_t op = cursor_u8(&m->code), low = op & 0x3f;
		bool ok;
		switch (op & 0xc0) {
		case CFA_ADVANCE_LOC:
			ok = advance_by(m, low);
			break;
		case CFA_OFFSET:
			ok = set_offset(m, low, CFI_AT_CFA, cursor_uleb(&m->code));
			break;
		case CFA_RESTORE:
			ok = restore_reg(m, low);
			break;
		default:
			ok = run_op(m, op);
		}
		if (!ok || m->code.failed)
			return false;
	}
	return true;
}

bool cfi_run(const struct cfi_fde *fde,
	bool (*take)(void *ctx, const struct cfi_fde *fde, const struct cfi_row *row), void *ctx)
{
	struct machine m;
	m.fde = fde;
	m.take = take;
	m.ctx = ctx;
	m.stopped = false;
	m.n_remembered = 0; /* the rest of the machine is large, and written before it is read */
	m.row = (struct cfi_row){ .start = fde->start };
	m.in_cie = true;
	if (!run_program(&m, fde->cie.program))
		return false;
	m.in_cie = false;
	m.initial = m.row;
	return run_program(&m, fde->program) &&
		(m.stopped || advance_to(&m, MAX(fde->end, m.row.start)));
}
