/*
 * Fuzz entry: the input is an ELF file; its table is built, and a stack whose words point into its
 * code and into itself is unwound with it. Nothing may crash, and the walk must end.
 */
#include "report/elf_file.h"
#include "report/unwind.h"
#include "report/unwind_table.h"

#include <string.h>

enum { FUZZ_WORDS = 512 };
static const uint64_t fuzz_stack = 0x7f0000000000;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_sample(struct trace_sample *s, uint64_t *words, uint64_t code, uint64_t seed)
{
	for (size_t i = 0; i < FUZZ_WORDS; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		words[i] = seed >> 63 ? code + (seed >> 40) % 0x400
				      : fuzz_stack + (seed >> 40) % (FUZZ_WORDS * 8);
	}
	for (size_t i = 0; i < ARCH_MAX_REGS; i++)
		s->regs[i] = words[i * 3];
	s->regs_mask = UINT64_MAX;
	s->stack.words = words;
	s->stack.n_words = FUZZ_WORDS;
	s->stack.truncated = seed & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unwind_frame frames[UNWIND_MAX_FRAMES];
	static const char *const names[] = { ".debug_info", ".debug_line", ".gnu_debugdata" };
	struct unwind_result result = { .frames = frames };
	struct module module = { .path = "fuzz", .loaded = true };
	struct err err = { 0 };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	if (!elf_file_open_memory(data, size, "fuzz", &elf, &err))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct elf_section s;
		(void)!elf_file_section(elf, names[i], &s, &err);
	}
	if (!unwind_table_build(elf, &table, &err))
		return 0;
	module.elf = elf;
	module.unwind = table;
	uint64_t vaddr;
	const struct unwind_rule *rule;
	struct mapping mapping = { 0x400000, 0x400000 + (1 << 20), 0, &module };
	if (!unwind_table_row(table, 0, &vaddr, &rule))
		return 0;
	uint64_t code = mapping.start + vaddr % (mapping.end - mapping.start);
	struct address_space space = { &mapping, 1, 1, 1 };
	const struct arch *arch = elf_file_arch(elf);
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct trace_sample sample = { 0 };
		uint64_t words[FUZZ_WORDS];
		fuzz_sample(&sample, words, code, seed * 977 + size);
		sample.regs[arch->sp] = fuzz_stack;
		sample.regs[arch->pc] = code + words[0] % 0x400;
		unwind_stack(arch, &space, &sample, NULL, NULL, &result);
	}
	return 0;
}
