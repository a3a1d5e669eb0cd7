/*
 * Runs the program of an FDE: see cfi_run.h.
 *
 * The machine is in one state, which the operations change; advancing the location makes a row.
 * Registers that no unwinding needs (vector registers and the like) are decoded and forgotten.
 */
#include "report/cfi_run.h"

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

/* Of the cursor's calls these are worth a shorter way: programs are single bytes. */
static inline uint8_t next_u8(struct cfi_machine *m)
{
	if (m->code.failed || m->code.pos == m->code.end)
		return cursor_u8(&m->code);
	return *m->code.pos++;
}

static inline uint64_t next_uleb(struct cfi_machine *m)
{
	if (m->code.failed || m->code.pos == m->code.end || *m->code.pos & 0x80)
		return cursor_uleb(&m->code);
	return *m->code.pos++;
}

/* Room for all the rows that a program can make: an advance takes a byte, the end takes none. */
static bool reserve_rows(struct cfi_machine *m, size_t program_bytes)
{
	size_t cap = MAX(2 * m->cap_rows, program_bytes + 1);
	if (program_bytes < m->cap_rows)
		return true;
	free(m->rows);
	m->rows = reallocarray(NULL, cap, sizeof(*m->rows));
	m->cap_rows = m->rows ? cap : 0;
	return m->rows != NULL;
}

static inline bool advance_to(struct cfi_machine *m, uint64_t loc)
{
	if (m->in_cie || loc < m->loc)
		return false;
	m->rows[m->n_rows] = (struct cfi_row){ m->loc, m->state };
	m->n_rows += loc > m->loc; /* no row is empty */
	m->loc = loc;
	return true;
}

static inline bool advance_by(struct cfi_machine *m, uint64_t units)
{
	uint64_t delta;
	if (__builtin_mul_overflow(units, m->cie->code_align, &delta))
		return false;
	return advance_to(m, m->loc + delta);
}

static bool set_target(struct cfi_machine *m, uint8_t target, struct cfi_value value)
{
	m->state = cfi_states_set(&m->states, m->state, target, &value);
	return m->state != CFI_NO_STATE;
}

static bool set_reg(struct cfi_machine *m, uint64_t reg, struct cfi_value value)
{
	return reg >= m->arch->n_regs || set_target(m, (uint8_t)reg, value);
}

static bool set_plain(struct cfi_machine *m, uint64_t reg, enum cfi_kind kind)
{
	return set_reg(m, reg, (struct cfi_value){ .kind = (uint8_t)kind });
}

static bool set_offset(struct cfi_machine *m, uint64_t reg, enum cfi_kind kind, uint64_t units)
{
	int64_t off = (int64_t)(units * (uint64_t)m->cie->data_align);
	return set_reg(m, reg, (struct cfi_value){ .kind = (uint8_t)kind, .off = off });
}

/* In the CIE's own program there is nothing to restore. */
static bool restore_reg(struct cfi_machine *m, uint64_t reg)
{
	if (m->in_cie || reg >= m->arch->n_regs)
		return !m->in_cie;
	return set_reg(m, reg, m->states.items[m->cie->initial].regs[reg]);
}

static bool set_cfa(struct cfi_machine *m, uint64_t reg, int64_t off)
{
	struct cfi_value cfa = { .kind = CFI_REGISTER, .reg = (uint8_t)reg, .off = off };
	return reg < m->arch->n_regs && set_target(m, CFI_TARGET_CFA, cfa);
}

static bool set_cfa_register(struct cfi_machine *m, uint64_t reg)
{
	const struct cfi_value *cfa = &m->states.items[m->state].cfa;
	return cfa->kind == CFI_REGISTER && set_cfa(m, reg, cfa->off);
}

static bool set_cfa_offset(struct cfi_machine *m, int64_t off)
{
	const struct cfi_value *cfa = &m->states.items[m->state].cfa;
	return cfa->kind == CFI_REGISTER && set_cfa(m, cfa->reg, off);
}

static bool read_expression(struct cfi_machine *m, enum cfi_kind kind, struct cfi_value *ret_value)
{
	uint64_t size_bytes = next_uleb(m);
	const uint8_t *expr = cursor_bytes(&m->code, size_bytes);
	if (!expr || size_bytes == 0 || size_bytes > CFI_MAX_EXPRESSION)
		return false;
	*ret_value = (struct cfi_value){
		.kind = (uint8_t)kind, .expr_bytes = (uint16_t)size_bytes, .expr = expr
	};
	return true;
}

static bool set_cfa_expression(struct cfi_machine *m)
{
	struct cfi_value value;
	return read_expression(m, CFI_EXPRESSION, &value) && set_target(m, CFI_TARGET_CFA, value);
}

static bool set_expression(struct cfi_machine *m, enum cfi_kind kind)
{
	struct cfi_value value;
	uint64_t reg = next_uleb(m);
	return read_expression(m, kind, &value) && set_reg(m, reg, value);
}

static bool set_register(struct cfi_machine *m, uint64_t reg, uint64_t source)
{
	if (source >= m->arch->n_regs)
		return set_plain(m, reg, CFI_UNDEFINED);
	return set_reg(m, reg, (struct cfi_value){ .kind = CFI_REGISTER, .reg = (uint8_t)source });
}

static bool remember(struct cfi_machine *m)
{
	if (m->n_remembered == CFI_MAX_REMEMBERED)
		return false;
	m->remembered[m->n_remembered++] = m->state;
	return true;
}

static bool recall(struct cfi_machine *m)
{
	if (m->n_remembered == 0)
		return false;
	m->state = m->remembered[--m->n_remembered];
	return true;
}

static int64_t signed_units(struct cfi_machine *m)
{
	return (int64_t)((uint64_t)cursor_sleb(&m->code) * (uint64_t)m->cie->data_align);
}

static bool run_cfa_op(struct cfi_machine *m, uint8_t op)
{
	uint64_t reg;
	switch (op) {
	case CFA_DEF_CFA:
		reg = next_uleb(m);
		return set_cfa(m, reg, (int64_t)next_uleb(m));
	case CFA_DEF_CFA_SF:
		reg = next_uleb(m);
		return set_cfa(m, reg, signed_units(m));
	case CFA_DEF_CFA_REGISTER:
		return set_cfa_register(m, next_uleb(m));
	case CFA_DEF_CFA_OFFSET:
		return set_cfa_offset(m, (int64_t)next_uleb(m));
	case CFA_DEF_CFA_OFFSET_SF:
		return set_cfa_offset(m, signed_units(m));
	case CFA_DEF_CFA_EXPRESSION:
		return set_cfa_expression(m);
	}
	return false;
}

static bool run_register_op(struct cfi_machine *m, uint8_t op)
{
	uint64_t reg;
	switch (op) {
	case CFA_EXPRESSION:
		return set_expression(m, CFI_AT_EXPRESSION);
	case CFA_VAL_EXPRESSION:
		return set_expression(m, CFI_EXPRESSION);
	}
	reg = next_uleb(m);
	switch (op) {
	case CFA_OFFSET_EXTENDED:
		return set_offset(m, reg, CFI_AT_CFA, next_uleb(m));
	case CFA_OFFSET_EXTENDED_SF:
		return set_offset(m, reg, CFI_AT_CFA, (uint64_t)cursor_sleb(&m->code));
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
		return set_offset(m, reg, CFI_AT_CFA, -next_uleb(m));
	case CFA_VAL_OFFSET:
		return set_offset(m, reg, CFI_CFA_PLUS, next_uleb(m));
	case CFA_VAL_OFFSET_SF:
		return set_offset(m, reg, CFI_CFA_PLUS, (uint64_t)cursor_sleb(&m->code));
	case CFA_RESTORE_EXTENDED:
		return restore_reg(m, reg);
	case CFA_UNDEFINED:
		return set_plain(m, reg, CFI_UNDEFINED);
	case CFA_SAME_VALUE:
		return set_plain(m, reg, CFI_SAME);
	case CFA_REGISTER:
		return set_register(m, reg, next_uleb(m));
	}
	return false;
}

static bool run_op(struct cfi_machine *m, uint8_t op)
{
	struct cursor *c = &m->code;
	switch (op) {
	case CFA_NOP:
	case CFA_AARCH64_NEGATE_RA_STATE_WITH_PC:
	case CFA_AARCH64_NEGATE_RA_STATE: /* the walker strips signatures from all addresses */
		return true;
	case CFA_GNU_ARGS_SIZE: /* for landing pads only */
		next_uleb(m);
		return true;
	case CFA_SET_LOC:
		return advance_to(m, cfi_pointer(c, m->reader->section, m->cie->fde_encoding));
	case CFA_ADVANCE_LOC1:
		return advance_by(m, next_u8(m));
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

static bool run_program(struct cfi_machine *m, struct cursor code)
{
	m->code = code;
	while (m->code.pos < m->code.end) {
		uint8_t op = next_u8(m), low = op & 0x3f;
		bool ok;
		switch (op & 0xc0) {
		case CFA_ADVANCE_LOC:
			ok = advance_by(m, low);
			break;
		case CFA_OFFSET:
			ok = set_offset(m, low, CFI_AT_CFA, next_uleb(m));
			break;
		case CFA_RESTORE:
			ok = restore_reg(m, low);
			break;
		default: /* two thirds of these are one operation: pushes and pops */
			ok = op == CFA_DEF_CFA_OFFSET ? set_cfa_offset(m, (int64_t)next_uleb(m))
						      : run_op(m, op);
		}
		if (!ok || m->code.failed)
			return false;
	}
	return true;
}

/* The CIE's program, whose state is where its FDEs' programs begin. */
static bool run_cie(struct cfi_machine *m, struct cfi_cie *cie)
{
	cie->has_run = true;
	cie->initial = CFI_NO_STATE;
	m->in_cie = true;
	m->n_remembered = 0;
	m->state = cfi_states_first(&m->states, (uint8_t)cie->return_column, cie->is_signal_frame);
	if (m->state == CFI_NO_STATE || !run_program(m, cie->program))
		return false;
	cie->initial = m->state;
	return true;
}

bool cfi_machine_init(struct cfi_machine *m, const struct arch *arch)
{
	*m = (struct cfi_machine){ .arch = arch };
	return cfi_states_init(&m->states);
}

void cfi_machine_fini(struct cfi_machine *m)
{
	cfi_states_fini(&m->states);
	free(m->rows);
	m->rows = NULL;
}

bool cfi_run(struct cfi_machine *m, struct cfi_reader *reader, const struct cfi_fde *fde)
{
	struct cfi_cie *cie = &reader->cies[fde->cie];
	m->n_rows = 0;
	if (fde->program_bytes > CFI_MAX_PROGRAM_BYTES || !reserve_rows(m, fde->program_bytes))
		return false;
	m->reader = reader;
	m->cie = cie;
	if (!cie->has_run)
		(void)!run_cie(m, cie);
	if (cie->initial == CFI_NO_STATE)
		return false;
	m->in_cie = false;
	m->n_remembered = 0;
	m->state = cie->initial;
	m->loc = fde->start;
	return run_program(m,
		       cursor_make(reader->section->data + fde->program_off, fde->program_bytes)) &&
		advance_to(m, MAX(fde->end, m->loc));
}
