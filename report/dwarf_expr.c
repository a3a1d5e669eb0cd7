/*
 * The expression machine: see dwarf_expr.h. A stack of 64 words; every operation is one of a
 * handful of groups. Popping an empty or filling a full stack makes the machine failed, which the
 * main loop looks at once per step.
 */
#include "report/dwarf_expr.h"

#include "common/cursor.h"

enum { /* DWARF 5, 7.7.1 */
	OP_ADDR = 0x03,
	OP_DEREF = 0x06,
	OP_CONST1U = 0x08,
	OP_CONST1S = 0x09,
	OP_CONST2U = 0x0a,
	OP_CONST2S = 0x0b,
	OP_CONST4U = 0x0c,
	OP_CONST4S = 0x0d,
	OP_CONST8U = 0x0e,
	OP_CONST8S = 0x0f,
	OP_CONSTU = 0x10,
	OP_CONSTS = 0x11,
	OP_DUP = 0x12,
	OP_DROP = 0x13,
	OP_OVER = 0x14,
	OP_PICK = 0x15,
	OP_SWAP = 0x16,
	OP_ROT = 0x17,
	OP_ABS = 0x19,
	OP_AND = 0x1a,
	OP_DIV = 0x1b,
	OP_MINUS = 0x1c,
	OP_MOD = 0x1d,
	OP_MUL = 0x1e,
	OP_NEG = 0x1f,
	OP_NOT = 0x20,
	OP_OR = 0x21,
	OP_PLUS = 0x22,
	OP_PLUS_UCONST = 0x23,
	OP_SHL = 0x24,
	OP_SHR = 0x25,
	OP_SHRA = 0x26,
	OP_XOR = 0x27,
	OP_BRA = 0x28,
	OP_EQ = 0x29,
	OP_GE = 0x2a,
	OP_GT = 0x2b,
	OP_LE = 0x2c,
	OP_LT = 0x2d,
	OP_NE = 0x2e,
	OP_SKIP = 0x2f,
	OP_LIT0 = 0x30,
	OP_LIT31 = 0x4f,
	OP_BREG0 = 0x70,
	OP_BREG31 = 0x8f,
	OP_BREGX = 0x92,
	OP_DEREF_SIZE = 0x94,
	OP_NOP = 0x96,
};

enum { STACK_WORDS = 64, MAX_STEPS = 1000 };

struct machine {
	const struct dwarf_expr *expr;
	struct cursor code;
	uint64_t stack[STACK_WORDS];
	unsigned depth;
	bool failed;
	bool is_unreadable;
	uint64_t unreadable; /* the address */
};

static void push(struct machine *m, uint64_t value)
{
	if (m->depth == STACK_WORDS)
		m->failed = true;
	else
		m->stack[m->depth++] = value;
}

static uint64_t pop(struct machine *m)
{
	if (m->depth == 0) {
		m->failed = true;
		return 0;
	}
	return m->stack[--m->depth];
}

/* The i-th word from the top. */
static uint64_t peek(struct machine *m, unsigned i)
{
	if (i >= m->depth) {
		m->failed = true;
		return 0;
	}
	return m->stack[m->depth - 1 - i];
}

static void push_register(struct machine *m, uint64_t reg)
{
	uint64_t off = (uint64_t)cursor_sleb(&m->code);
	if (reg >= 64 || !(m->expr->regs_known >> reg & 1))
		m->failed = true;
	else
		push(m, m->expr->regs[reg] + off);
}

static void deref(struct machine *m, unsigned size_bytes)
{
	uint64_t addr = pop(m), word = 0;
	if (m->failed || size_bytes == 0 || size_bytes > 8) {
		m->failed = true;
	} else if (!m->expr->read(m->expr->ctx, addr, &word)) {
		m->failed = m->is_unreadable = true;
		m->unreadable = addr;
	}
	push(m, word & UINT64_MAX >> (64 - 8 * MIN(MAX(size_bytes, 1), 8)));
}

static void jump(struct machine *m, bool taken)
{
	int16_t off = (int16_t)cursor_u16(&m->code);
	if (taken)
		cursor_seek(&m->code, cursor_offset(&m->code) + (size_t)off);
}

static bool run_constant(struct machine *m, uint8_t op)
{
	struct cursor *c = &m->code;
	switch (op) {
	case OP_CONST1U:
		push(m, cursor_u8(c));
		return true;
	case OP_CONST1S:
		push(m, (uint64_t)(int8_t)cursor_u8(c));
		return true;
	case OP_CONST2U:
		push(m, cursor_u16(c));
		return true;
	case OP_CONST2S:
		push(m, (uint64_t)(int16_t)cursor_u16(c));
		return true;
	case OP_CONST4U:
		push(m, cursor_u32(c));
		return true;
	case OP_CONST4S:
		push(m, (uint64_t)(int32_t)cursor_u32(c));
		return true;
	case OP_ADDR:
	case OP_CONST8U:
	case OP_CONST8S:
		push(m, cursor_u64(c));
		return true;
	case OP_CONSTU:
		push(m, cursor_uleb(c));
		return true;
	case OP_CONSTS:
		push(m, (uint64_t)cursor_sleb(c));
		return true;
	}
	return false;
}

static void rotate(struct machine *m)
{
	uint64_t first = pop(m), second = pop(m), third = pop(m);
	push(m, first);
	push(m, third);
	push(m, second);
}

static bool run_stack(struct machine *m, uint8_t op)
{
	uint64_t top, below;
	switch (op) {
	case OP_DUP:
		push(m, peek(m, 0));
		return true;
	case OP_DROP:
		pop(m);
		return true;
	case OP_OVER:
		push(m, peek(m, 1));
		return true;
	case OP_PICK:
		push(m, peek(m, cursor_u8(&m->code)));
		return true;
	case OP_SWAP:
		top = pop(m);
		below = pop(m);
		push(m, top);
		push(m, below);
		return true;
	case OP_ROT:
		rotate(m);
		return true;
	}
	return false;
}

static bool run_unary(struct machine *m, uint8_t op)
{
	uint64_t v;
	switch (op) {
	case OP_ABS:
		v = pop(m);
		push(m, (int64_t)v < 0 ? -v : v);
		return true;
	case OP_NEG:
		push(m, -pop(m));
		return true;
	case OP_NOT:
		push(m, ~pop(m));
		return true;
	case OP_PLUS_UCONST:
		v = pop(m);
		push(m, v + cursor_uleb(&m->code));
		return true;
	}
	return false;
}

/* Signed as DWARF says, without C's undefined cases. */
static uint64_t divide(struct machine *m, uint64_t a, uint64_t b)
{
	if (b == 0) {
		m->failed = true;
		return 0;
	}
	return b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
}

static uint64_t modulo(struct machine *m, uint64_t a, uint64_t b)
{
	if (b == 0) {
		m->failed = true;
		return 0;
	}
	return a % b;
}

static uint64_t shift_signed(uint64_t a, uint64_t b)
{
	return (uint64_t)((int64_t)a >> MIN(b, 63));
}

/* A flat dispatch. */
static bool run_binary(struct machine *m, uint8_t op)
{
	if (m->depth < 2)
		return false;
	uint64_t b = peek(m, 0), a = peek(m, 1), v;
	int64_t sb = (int64_t)b, sa = (int64_t)a;
	switch (op) {
	case OP_AND:
		v = a & b;
		break;
	case OP_DIV:
		v = divide(m, a, b);
		break;
	case OP_MINUS:
		v = a - b;
		break;
	case OP_MOD:
		v = modulo(m, a, b);
		break;
	case OP_MUL:
		v = a * b;
		break;
	case OP_OR:
		v = a | b;
		break;
	case OP_PLUS:
		v = a + b;
		break;
	case OP_SHL:
		v = b < 64 ? a << b : 0;
		break;
	case OP_SHR:
		v = b < 64 ? a >> b : 0;
		break;
	case OP_SHRA:
		v = shift_signed(a, b);
		break;
	case OP_XOR:
		v = a ^ b;
		break;
	case OP_EQ:
		v = sa == sb;
		break;
	case OP_GE:
		v = sa >= sb;
		break;
	case OP_GT:
		v = sa > sb;
		break;
	case OP_LE:
		v = sa <= sb;
		break;
	case OP_LT:
		v = sa < sb;
		break;
	case OP_NE:
		v = sa != sb;
		break;
	default:
		return false;
	}
	m->depth -= 2;
	push(m, v);
	return true;
}

static void step(struct machine *m)
{
	uint8_t op = cursor_u8(&m->code);
	if (op >= OP_LIT0 && op <= OP_LIT31)
		push(m, op - OP_LIT0);
	else if (op >= OP_BREG0 && op <= OP_BREG31)
		push_register(m, op - OP_BREG0);
	else if (op == OP_BREGX)
		push_register(m, cursor_uleb(&m->code));
	else if (op == OP_DEREF)
		deref(m, 8);
	else if (op == OP_DEREF_SIZE)
		deref(m, cursor_u8(&m->code));
	else if (op == OP_SKIP)
		jump(m, true);
	else if (op == OP_BRA)
		jump(m, pop(m) != 0);
	else if (op != OP_NOP && !run_constant(m, op) && !run_stack(m, op) && !run_unary(m, op) &&
		!run_binary(m, op))
		m->failed = true;
}

enum dwarf_expr_result dwarf_expr_eval(const struct dwarf_expr *expr, uint64_t *ret_value)
{
	struct machine m;
	m.expr = expr;
	m.code = cursor_make(expr->code, expr->code_bytes);
	m.depth = 0;
	m.failed = m.is_unreadable = false;
	if (expr->initial)
		push(&m, *expr->initial);
	for (int steps = 0; cursor_left(&m.code) > 0 && !m.failed; steps++) {
		if (steps == MAX_STEPS)
			return DWARF_EXPR_BAD;
		step(&m);
	}
	if (m.is_unreadable) {
		*ret_value = m.unreadable;
		return DWARF_EXPR_UNREADABLE;
	}
	if (m.failed || m.code.failed || m.depth == 0)
		return DWARF_EXPR_BAD;
	*ret_value = m.stack[m.depth - 1];
	return DWARF_EXPR_OK;
}
