/*
 * Fuzz entry: any bytes as an ELF file, and questions all over its code.
 */
#include "report/test/ask_symbols.h"
#include "report/symbol_source.h"
#include "report/demangle.h"
#include "report/elf_file.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const no_dirs[] = { NULL };
	struct symbol_search search = { .debug_dirs = no_dirs };
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	struct err err = { 0 };
	size_t n = 0;
	if (!elf_file_open_memory(data, size, "/nonexistent/fuzz", &elf, &err) ||
		!symbol_source_open(elf, &search, &source, &err))
		return 0;
	const struct elf_segment *segments = elf_file_segments(elf, &n);
	for (size_t i = 0; i < n && i < 16; i++)
		if (segments[i].executable)
			ask_all_over(source, &segments[i]);
	return 0;
}
