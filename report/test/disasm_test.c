/*
 * Instructions from bytes: both architectures, both syntaxes, and whatever is no code.
 */
#include "report/disasm.h"
#include "report/x86_length.h"
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct result {
	struct arena memory;
	struct insn *insns;
	size_t n;
};

static struct result decode(const struct arch *arch, enum disasm_syntax syntax, const void *code,
	size_t n_bytes, uint64_t vaddr)
{
	struct result r = { 0 };
	struct err err = { 0 };
	if (!disasm(arch, syntax, code, n_bytes, vaddr, &r.memory, &r.insns, &r.n, &err))
		fail_msg("%s", err.text);
	return r;
}

static void result_fini(struct result *r)
{
	free(r->insns);
	arena_fini(&r->memory);
}

static const uint8_t x86_code[] = {
	0xf3, 0x0f, 0x1e, 0xfa,                   /* 1000 endbr64 */
	0xe8, 0x07, 0x00, 0x00, 0x00,             /* 1004 call 1010 */
	0x74, 0x02,                               /* 1009 je 100d */
	0xeb, 0xf3,                               /* 100b jmp 1000 */
	0x48, 0x8b, 0x05, 0x10, 0x00, 0x00, 0x00, /* 100d mov 0x10(%rip),%rax */
	0xff, 0xd0,                               /* 1014 call *%rax */
	0xff, 0x24, 0xc5, 0x00, 0x20, 0x00, 0x00, /* 1016 jmp *0x2000(,%rax,8) */
	0xc3,                                     /* 101d ret */
};

static void x86_flow_and_targets_are_told(void **state)
{
	static const struct {
		uint64_t vaddr, target, refers_to;
		enum insn_flow flow;
		const char *mnemonic, *operands;
	} expected[] = {
		{ 0x1000, 0, 0, INSN_PLAIN, "endbr64", "" },
		{ 0x1004, 0x1010, 0, INSN_CALL, "call", "" },
		{ 0x1009, 0x100d, 0, INSN_BRANCH, "je", "" },
		{ 0x100b, 0x1000, 0, INSN_JUMP, "jmp", "" },
		{ 0x100d, 0, 0x1024, INSN_PLAIN, "mov", "rax, qword ptr [rip + 0x10]" },
		{ 0x1014, 0, 0, INSN_CALL, "call", "rax" },
		{ 0x1016, 0, 0, INSN_JUMP, "jmp", "qword ptr [rax*8 + 0x2000]" },
		{ 0x101d, 0, 0, INSN_RETURN, "ret", "" },
	};
	(void)state;
	struct result r = decode(&arch_x86_64, DISASM_INTEL, x86_code, sizeof(x86_code), 0x1000);
	assert_int_equal(r.n, ARRAY_LEN(expected));
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.insns[i].vaddr, expected[i].vaddr);
		assert_int_equal(r.insns[i].flow, expected[i].flow);
		assert_int_equal(r.insns[i].has_target, expected[i].target != 0);
		assert_int_equal(r.insns[i].target, expected[i].target);
		assert_int_equal(r.insns[i].refers_to, expected[i].refers_to);
		assert_string_equal(r.insns[i].mnemonic, expected[i].mnemonic);
		assert_string_equal(r.insns[i].operands, expected[i].operands);
	}
	result_fini(&r);
}

static void att_puts_the_source_first(void **state)
{
	(void)state;
	struct result r = decode(&arch_x86_64, DISASM_ATT, x86_code, sizeof(x86_code), 0x1000);
	assert_string_equal(r.insns[4].mnemonic, "movq");
	assert_string_equal(r.insns[4].operands, "0x10(%rip), %rax");
	assert_string_equal(r.insns[5].operands, "*%rax");
	result_fini(&r);
}

static void aarch64_flow_and_targets_are_told(void **state)
{
	static const uint32_t code[] = { 0x94000010, 0x54000040, 0xb4000040, 0x14000002, 0xd65f03c0,
		0x36000040, 0xd63f0000, 0xd61f0000, 0x00000000, 0x8b010000 };
	static const struct {
		uint64_t target;
		enum insn_flow flow;
		const char *mnemonic, *operands;
	} expected[] = {
		{ 0x1040, INSN_CALL, "bl", "" },
		{ 0x100c, INSN_BRANCH, "b.eq", "" },
		{ 0x1010, INSN_BRANCH, "cbz", "x0" },
		{ 0x1014, INSN_JUMP, "b", "" },
		{ 0, INSN_RETURN, "ret", "" },
		{ 0x101c, INSN_BRANCH, "tbz", "w0, #0" },
		{ 0, INSN_CALL, "blr", "x0" },
		{ 0, INSN_JUMP, "br", "x0" },
		{ 0, INSN_DATA, ".word", "0x00000000" },
		{ 0, INSN_PLAIN, "add", "x0, x0, x1" },
	};
	(void)state;
	struct result r = decode(&arch_aarch64, DISASM_ATT, code, sizeof(code), 0x1000);
	assert_int_equal(r.n, ARRAY_LEN(expected));
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.insns[i].vaddr, 0x1000 + 4 * i);
		assert_int_equal(r.insns[i].flow, expected[i].flow);
		assert_int_equal(r.insns[i].target, expected[i].target);
		assert_string_equal(r.insns[i].mnemonic, expected[i].mnemonic);
		assert_string_equal(r.insns[i].operands, expected[i].operands);
	}
	result_fini(&r);
}

/* 0x06 is no instruction in 64-bit code, and the last one lacks its end. */
static void what_is_no_code_becomes_data(void **state)
{
	static const uint8_t code[] = { 0x90, 0x06, 0x90, 0x48, 0x8b };
	(void)state;
	struct result r = decode(&arch_x86_64, DISASM_ATT, code, sizeof(code), 0);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.insns[1].flow, INSN_DATA);
	assert_string_equal(r.insns[1].mnemonic, ".byte");
	assert_string_equal(r.insns[1].operands, "0x06");
	assert_int_equal(r.insns[2].flow, INSN_PLAIN);
	assert_int_equal(r.insns[3].flow, INSN_DATA);
	assert_int_equal(r.insns[4].flow, INSN_DATA);
	result_fini(&r);
}

/* Newer than the disassembler, or not: where they end is known, so what follows is read right. */
static void vector_instructions_keep_their_length(void **state)
{
	static const struct {
		uint8_t n_bytes, code[15];
	} cases[] = {
		{ 6, { 0x62, 0xf1, 0x6d, 0x40, 0x74, 0xc1 } },              /* vpcmpeqb zmm */
		{ 7, { 0x62, 0xf3, 0x7d, 0x48, 0x3e, 0xc1, 0x00 } },        /* vpcmpub, immediate */
		{ 7, { 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x46, 0x01 } },        /* displacement of 1 */
		{ 8, { 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x44, 0x24, 0x01 } },  /* and SIB */
		{ 10, { 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x05, 1, 2, 3, 4 } }, /* rip */
		{ 11, { 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x04, 0x25, 1, 2, 3, 4 } }, /* no base */
		{ 4, { 0xc5, 0xfb, 0x92, 0xc8 } },                                /* kmovd */
		{ 6, { 0xc4, 0xe3, 0xf9, 0x30, 0xc9, 0x08 } },                    /* kshiftrw */
		{ 3, { 0xc5, 0xf8, 0x77 } },                                      /* vzeroupper */
		{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xe8 } },                          /* incsspq */
		{ 4, { 0x0f, 0x38, 0xf9, 0x07 } },                                /* movdiri */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t code[16];
		memcpy(code, cases[i].code, 15);
		code[cases[i].n_bytes] = 0xc3;
		assert_int_equal(x86_length(code, 16), cases[i].n_bytes);
		for (size_t n = 0; n < cases[i].n_bytes; n++)
			assert_int_equal(x86_length(code, n), 0);
		struct result r =
			decode(&arch_x86_64, DISASM_ATT, code, cases[i].n_bytes + 1u, 0x1000);
		assert_int_equal(r.n, 2);
		assert_int_equal(r.insns[1].flow, INSN_RETURN);
		result_fini(&r);
	}
	assert_int_equal(x86_length((const uint8_t *)"\x90\x90", 2), 0);
	assert_int_equal(x86_length((const uint8_t *)"\x0f\x84\0\0\0\0", 6), 0);
}

static void assert_covers(const struct result *r, uint64_t vaddr, size_t n_bytes)
{
	uint64_t next = vaddr;
	for (size_t i = 0; i < r->n; i++) {
		assert_int_equal(r->insns[i].vaddr, next);
		assert_true(r->insns[i].size_bytes > 0);
		next += r->insns[i].size_bytes;
	}
	assert_int_equal(next, vaddr + n_bytes);
}

static void instructions_cover_any_bytes(void **state)
{
	uint8_t code[4001];
	uint64_t random = 88172645463325252u;
	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(code); i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			code[i] = (uint8_t)random;
		}
		uint64_t vaddr = round == 49 ? UINT64_MAX - 2000 : random;
		for (unsigned k = 0; k < 3; k++) {
			struct result r = decode(k == 2 ? &arch_aarch64 : &arch_x86_64,
				(enum disasm_syntax)(k & 1), code, sizeof(code), vaddr);
			assert_covers(&r, vaddr, sizeof(code));
			result_fini(&r);
		}
	}
}

static void an_address_is_found_in_its_instruction(void **state)
{
	(void)state;
	struct result r = decode(&arch_x86_64, DISASM_ATT, x86_code, sizeof(x86_code), 0x1000);
	assert_int_equal(insn_find(r.insns, r.n, 0x1000), 0);
	assert_int_equal(insn_find(r.insns, r.n, 0x1003), 0);
	assert_int_equal(insn_find(r.insns, r.n, 0x1004), 1);
	assert_int_equal(insn_find(r.insns, r.n, 0x101d), 7);
	assert_int_equal(insn_find(r.insns, r.n, 0x101e), r.n);
	assert_int_equal(insn_find(r.insns, r.n, 0xfff), r.n);
	assert_int_equal(insn_find(NULL, 0, 0), 0);
	result_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_flow_and_targets_are_told),
		cmocka_unit_test(att_puts_the_source_first),
		cmocka_unit_test(aarch64_flow_and_targets_are_told),
		cmocka_unit_test(what_is_no_code_becomes_data),
		cmocka_unit_test(vector_instructions_keep_their_length),
		cmocka_unit_test(instructions_cover_any_bytes),
		cmocka_unit_test(an_address_is_found_in_its_instruction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
