/*
 * Prints the unwind table of an ELF file, a row per line. Not a test; build with
 * `make build/report/test/unwind_dump`.
 */
#include "report/elf_file.h"
#include "report/test/unwind_dump.h"

#include <stdio.h>

static void dump_rows(const struct arch *arch, const struct unwind_table *table)
{
	AUTO_BUF struct buf line = BUF_INIT;
	uint64_t vaddr;
	const struct unwind_rule *rule;
	for (size_t i = 0; unwind_table_row(table, i, &vaddr, &rule); i++) {
		buf_clear(&line);
		dump_rule(&line, arch, table, rule);
		printf("%16" PRIx64 " %.*s\n", vaddr, (int)line.len, (const char *)line.data);
	}
}

static bool dump_file(const char *path, struct err *err)
{
	AUTO(elf_file_close) struct elf_file *elf = NULL;
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	if (!elf_file_open(path, &elf, err) || !unwind_table_build(elf, &table, err))
		return false;
	dump_rows(elf_file_arch(elf), table);
	struct unwind_table_summary s = unwind_table_summary(table);
	printf("%zu FDEs, %zu damaged, %zu rows, %zu rules, %zu with expressions\n", s.n_fdes,
		s.n_bad_fdes, s.n_rows, s.n_rules, s.n_expressions);
	return true;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	if (argc != 2 || !dump_file(argv[1], &err)) {
		fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: unwind_dump ELF-FILE");
		return 1;
	}
	return 0;
}
