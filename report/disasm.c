/*
 * Instructions from capstone: see disasm.h.
 *
 * What capstone says of an instruction's groups is not enough: on aarch64 it counts calls and
 * indirect jumps as jumps. So the flow comes from the instruction, and a target only from an
 * immediate operand.
 */
#include "report/disasm.h"

#include "common/library.h"
#include "report/x86_length.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

/* The structs are those of the version whose headers these are. */
#define TEXT(number) #number
#define SONAME_OF(major) "libcapstone.so." TEXT(major)
#define CAPSTONE_SONAME SONAME_OF(CS_API_MAJOR)

#define CAPSTONE_FUNCTIONS(F) \
	F(cs_close)           \
	F(cs_disasm_iter)     \
	F(cs_free)            \
	F(cs_malloc)          \
	F(cs_open)            \
	F(cs_option)          \
	F(cs_strerror)

struct capstone {
	CAPSTONE_FUNCTIONS(LIBRARY_POINTER)
};

struct disasm {
	struct capstone lib; /* opened by those who disassemble, see common/library.h */
	csh handle;
	cs_insn *scratch;
	const struct arch *arch;
	struct arena *memory;
	struct insn *insns;
	size_t n, cap;
};

static void disasm_fini_ptr(struct disasm *d)
{
	if (d->scratch)
		d->lib.cs_free(d->scratch, 1);
	if (d->handle)
		d->lib.cs_close(&d->handle);
	free(d->insns);
}

static bool is_in_group(const cs_insn *from, uint8_t group)
{
	for (uint8_t i = 0; i < from->detail->groups_count; i++)
		if (from->detail->groups[i] == group)
			return true;
	return false;
}

/* x86-64. */

static void classify_x86(const cs_insn *from, struct insn *insn)
{
	const cs_x86 *x86 = &from->detail->x86;
	bool is_jump = is_in_group(from, CS_GRP_JUMP);
	if (is_in_group(from, CS_GRP_CALL))
		insn->flow = INSN_CALL;
	else if (is_in_group(from, CS_GRP_RET))
		insn->flow = INSN_RETURN;
	else if (is_jump)
		insn->flow = from->id == X86_INS_JMP ? INSN_JUMP : INSN_BRANCH;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];
		if (op->type == X86_OP_IMM &&
			(insn->flow == INSN_CALL || insn->flow == INSN_JUMP ||
				insn->flow == INSN_BRANCH)) {
			insn->target = (uint64_t)op->imm;
			insn->has_target = true;
		} else if (op->type == X86_OP_MEM && op->mem.base == X86_REG_RIP &&
			op->mem.index == X86_REG_INVALID) {
			insn->refers_to = from->address + from->size + (uint64_t)op->mem.disp;
		}
	}
}

/* aarch64. */

static enum insn_flow flow_aarch64(const cs_insn *from)
{
	switch (from->id) {
	case ARM64_INS_BL:
	case ARM64_INS_BLR:
		return INSN_CALL;
	case ARM64_INS_RET:
	case ARM64_INS_ERET:
		return INSN_RETURN;
	case ARM64_INS_BR:
		return INSN_JUMP;
	case ARM64_INS_B: {
		arm64_cc cc = from->detail->arm64.cc;
		return cc == ARM64_CC_INVALID || cc == ARM64_CC_AL ? INSN_JUMP : INSN_BRANCH;
	}
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
		return INSN_BRANCH;
	default:
		return INSN_PLAIN;
	}
}

static void classify_aarch64(const cs_insn *from, struct insn *insn)
{
	const cs_arm64 *arm64 = &from->detail->arm64;
	insn->flow = (uint8_t)flow_aarch64(from);
	if (insn->flow == INSN_PLAIN || insn->flow == INSN_RETURN || !arm64->op_count)
		return;
	const cs_arm64_op *last = &arm64->operands[arm64->op_count - 1];
	if (last->type == ARM64_OP_IMM) {
		insn->target = (uint64_t)last->imm;
		insn->has_target = true;
	}
}

/* Both. */

static const char *keep(struct disasm *d, const char *text, size_t len)
{
	char *copy = arena_alloc(d->memory, len + 1);
	return copy ? memcpy(copy, text, len) : NULL;
}

/* The target is the last operand: "x0, #0x1010". */
static size_t length_without_target(const char *operands)
{
	const char *comma = strrchr(operands, ',');
	return comma ? (size_t)(comma - operands) : 0;
}

static bool push(struct disasm *d, const struct insn *insn)
{
	if (!insn->mnemonic || !insn->operands)
		return false;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 256;
		struct insn *grown = reallocarray(d->insns, cap, sizeof(*grown));
		if (!grown)
			return false;
		d->insns = grown;
		d->cap = cap;
	}
	d->insns[d->n++] = *insn;
	return true;
}

static bool push_decoded(struct disasm *d)
{
	const cs_insn *from = d->scratch;
	struct insn insn = { .vaddr = from->address, .size_bytes = (uint8_t)from->size };
	if (d->arch == &arch_x86_64)
		classify_x86(from, &insn);
	else
		classify_aarch64(from, &insn);
	size_t len = strlen(from->op_str);
	insn.mnemonic = keep(d, from->mnemonic, strlen(from->mnemonic));
	insn.operands =
		keep(d, from->op_str, insn.has_target ? length_without_target(from->op_str) : len);
	return push(d, &insn);
}

/* A word of aarch64; of x86-64 what is known to be one instruction, or a byte. */
static size_t data_length(const struct disasm *d, const uint8_t *code, size_t left)
{
	if (d->arch == &arch_aarch64)
		return left >= 4 ? 4 : 1;
	size_t len = x86_length(code, left);
	return len ? len : 1;
}

static bool push_data(struct disasm *d, const uint8_t *code, size_t left, uint64_t vaddr)
{
	char text[128], *at = text;
	size_t n = data_length(d, code, left);
	bool is_word = d->arch == &arch_aarch64 && n == 4;
	if (is_word)
		at += sprintf(at, "0x%02x%02x%02x%02x", code[3], code[2], code[1], code[0]);
	for (size_t i = 0; i < n && !is_word; i++)
		at += sprintf(at, "%s0x%02x", i ? ", " : "", code[i]);
	struct insn insn = {
		.vaddr = vaddr,
		.size_bytes = (uint8_t)n,
		.flow = INSN_DATA,
		.mnemonic = is_word ? ".word" : ".byte",
		.operands = keep(d, text, (size_t)(at - text)),
	};
	return push(d, &insn);
}

static bool disasm_init(struct disasm *d, enum disasm_syntax syntax, struct err *err)
{
	bool is_x86 = d->arch == &arch_x86_64;
	if (!is_x86 && d->arch != &arch_aarch64)
		return err_set(err, "no disassembler for %s", d->arch->name);
	static const char *const names[] = { CAPSTONE_FUNCTIONS(LIBRARY_NAME) };
	if (!library_open(CAPSTONE_SONAME, names, ARRAY_LEN(names), &d->lib, err))
		return false;
	cs_err status = is_x86 ? d->lib.cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle)
			       : d->lib.cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &d->handle);
	if (status != CS_ERR_OK)
		return err_set(err, "capstone: %s", d->lib.cs_strerror(status));
	d->lib.cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (is_x86 && syntax == DISASM_ATT)
		d->lib.cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	d->scratch = d->lib.cs_malloc(d->handle);
	return d->scratch || err_set(err, "capstone: no memory");
}

bool disasm(const struct arch *arch, enum disasm_syntax syntax, const uint8_t *code, size_t n_bytes,
	uint64_t vaddr, struct arena *memory, struct insn **ret_insns, size_t *ret_n,
	struct err *err)
{
	AUTO(disasm_fini) struct disasm d = { .arch = arch, .memory = memory };
	if (!disasm_init(&d, syntax, err))
		return false;
	while (n_bytes) {
		const uint8_t *at = code;
		size_t left = n_bytes;
		uint64_t next = vaddr;
		bool is_known = d.lib.cs_disasm_iter(d.handle, &at, &left, &next, d.scratch) &&
			d.scratch->size && d.scratch->size <= n_bytes;
		bool ok = is_known ? push_decoded(&d) : push_data(&d, code, n_bytes, vaddr);
		if (!ok)
			return err_set(err, "no memory for instructions");
		size_t size_bytes = d.insns[d.n - 1].size_bytes;
		code += size_bytes;
		n_bytes -= size_bytes;
		vaddr += size_bytes;
	}
	*ret_insns = TAKE(d.insns);
	*ret_n = d.n;
	return true;
}

size_t insn_find(const struct insn *insns, size_t n, uint64_t vaddr)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (insns[mid].vaddr <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && vaddr - insns[low - 1].vaddr < insns[low - 1].size_bytes)
		return low - 1;
	return n;
}
