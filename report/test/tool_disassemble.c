/*
 * Disassembles what objdump does, for comparison with it:
 *
 *	tool_disassemble FILE <RANGES
 *
 * A range is "START END", in hexadecimal vaddrs. One line for each instruction:
 * "ADDRESS SIZE MNEMONIC OPERANDS", or "ADDRESS SIZE (data)".
 */
#include "report/annotate.h"
#include "report/elf_file.h"

#include <inttypes.h>
#include <stdio.h>

static bool print_range(struct elf_file *elf, uint64_t start, uint64_t end, struct err *err)
{
	struct arena memory = { 0 };
	struct insn *insns = NULL;
	size_t n = 0;
	const uint8_t *code = elf_file_bytes(elf, start, end - start);
	if (!code)
		return err_set(err, "no bytes at %" PRIx64, start);
	bool ok = disasm(
		elf_file_arch(elf), DISASM_ATT, code, end - start, start, &memory, &insns, &n, err);
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf operands = BUF_INIT;
		annotate_operands(&operands, &insns[i]);
		printf("%" PRIx64 " %u %s %.*s\n", insns[i].vaddr, insns[i].size_bytes,
			insns[i].flow == INSN_DATA ? "(data)" : insns[i].mnemonic,
			insns[i].flow == INSN_DATA ? 0 : (int)operands.len, (char *)operands.data);
	}
	free(insns);
	arena_fini(&memory);
	return ok;
}

int main(int argc, char **argv)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	struct err err = { 0 };
	uint64_t start, end;
	bool ok = argc == 2 && elf_file_open(argv[1], &elf, &err);
	while (ok && scanf("%" SCNx64 " %" SCNx64, &start, &end) == 2)
		ok = print_range(elf, start, end, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	return !ok;
}
