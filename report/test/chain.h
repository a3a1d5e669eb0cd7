/*
 * What is expected of PROGRAMS "chain.c", however it was built.
 */
#ifndef REPORT_TEST_CHAIN_H
#define REPORT_TEST_CHAIN_H

#include "report/test/tools.h"

static inline uint64_t address_of(const char *file, const char *symbol)
{
	char command[512];
	unsigned long long vaddr = 0;
	snprintf(command, sizeof(command), "nm %s | grep -w '%s$'", in_scratch(file), symbol);
	FILE *nm = popen(command, "r");
	if (fscanf(nm, "%llx", &vaddr) != 1)
		fail_msg("%s has no symbol %s", file, symbol);
	pclose(nm);
	return vaddr;
}

/* The number of the line in chain.c that says "mark: what". */
static inline uint32_t marked_line(const char *what)
{
	char line[512], mark[64];
	FILE *source = fopen(PROGRAMS "chain.c", "r");
	uint32_t found = 0;
	assert_non_null(source);
	snprintf(mark, sizeof(mark), "/* mark: %s */", what);
	for (uint32_t n = 1; !found && fgets(line, sizeof(line), source); n++)
		if (strstr(line, mark))
			found = n;
	fclose(source);
	assert_int_not_equal(found, 0);
	return found;
}

static inline void assert_frame(
	const struct symbol_frame *frame, const char *name, const char *what, bool is_inlined)
{
	assert_string_equal(or_unknown(frame->raw_name), name);
	assert_string_equal(basename(or_unknown(frame->file)), "chain.c");
	assert_int_equal(frame->file[0], '/');
	assert_int_equal(frame->line, marked_line(what));
	assert_int_equal(frame->is_inlined, is_inlined);
}

/* Asks from vaddr on until the innermost line is the marked one. */
static inline const struct symbol_answer *ask_for_line(
	struct module *m, uint64_t vaddr, const char *what)
{
	for (uint64_t off = 0; off < 64; off++) {
		const struct symbol_answer *a = ask(m, vaddr + off);
		if (a->n_frames && a->frames[0].line == marked_line(what))
			return a;
	}
	fail_msg("no code for '%s'", what);
	return NULL;
}

static inline void assert_plain_function(struct module *m, uint64_t chain_plain)
{
	const struct symbol_answer *a = ask_for_line(m, chain_plain, "plain");
	assert_int_equal(a->n_frames, 1);
	assert_frame(&a->frames[0], "chain_plain", "plain", false);
}

static inline void assert_inlined_chain(struct module *m, uint64_t chain_top)
{
	const struct symbol_answer *a = ask_for_line(m, chain_top, "inner");
	assert_int_equal(a->n_frames, 3);
	assert_frame(&a->frames[0], "chain_inner", "inner", true);
	assert_frame(&a->frames[1], "chain_middle", "middle calls inner", true);
	assert_frame(&a->frames[2], "chain_top", "top calls middle", false);
}

static inline void assert_full_answers(const char *name, const char *with_symbols)
{
	struct module m = open_module(name);
	const struct symbol_notes *notes = symbol_source_notes(m.source);
	if (notes->problem)
		fail_msg("%s: %s", name, notes->problem);
	assert_true(notes->has_debug_info);
	assert_true(notes->has_symbols);
	assert_plain_function(&m, address_of(with_symbols, "chain_plain"));
	assert_inlined_chain(&m, address_of(with_symbols, "chain_top"));
	close_module(&m);
}

static inline void assert_only_the_name(const char *name, const char *with_symbols)
{
	struct module m = open_module(name);
	const struct symbol_answer *a = ask(&m, address_of(with_symbols, "chain_plain") + 1);
	assert_int_equal(a->n_frames, 1);
	assert_string_equal(a->frames[0].raw_name, "chain_plain");
	assert_null(a->frames[0].file);
	assert_false(symbol_source_notes(m.source)->has_debug_info);
	close_module(&m);
}

static inline void build_chain(void)
{
	if (!run("gcc -O2 -g -Wl,--build-id -o $D/chain $P/chain.c"))
		SKIP("gcc");
}

#endif
