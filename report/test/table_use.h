/*
 * Uses a table that was read from bytes in every way there is: rows, searches, walks over a made-up
 * stack. For the bytes of nobody: tests and the fuzz entry.
 */
#ifndef REPORT_TEST_TABLE_USE_H
#define REPORT_TEST_TABLE_USE_H

#include "report/cfi.h"
#include "report/unwind.h"
#include "report/unwind_rule.h"
#include "report/unwind_table.h"

#include <string.h>

enum { USE_WORDS = 512, USE_CODE_BYTES = 0x400 };

/* A stack whose words point into the code and into itself. */
static inline void use_sample(struct trace_sample *s, const struct arch *arch, uint64_t *words,
	uint64_t code, uint64_t seed)
{
	static const uint64_t stack = 0x7f0000000000;
	for (size_t i = 0; i < USE_WORDS; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		words[i] = seed >> 63 ? code + (seed >> 40) % USE_CODE_BYTES
				      : stack + (seed >> 40) % (USE_WORDS * 8);
	}
	for (size_t i = 0; i < ARCH_MAX_REGS; i++)
		s->regs[i] = words[i * 3];
	s->regs_mask = UINT64_MAX;
	s->stack.words = words;
	s->stack.n_words = USE_WORDS;
	s->stack.truncated = seed & 1;
	s->regs[arch->sp] = stack;
	s->regs[arch->pc] = code + words[0] % USE_CODE_BYTES;
}

/* Walks with the table as that of a file whose code begins at vaddr code. */
static inline void use_in_walks(struct unwind_table *table, const struct arch *arch, uint64_t code)
{
	static struct unwind_frame frames[UNWIND_MAX_FRAMES];
	struct unwind_result result = { .frames = frames };
	struct module module = { .path = "use", .loaded = true, .unwind = table };
	struct mapping mapping = { 0x400000, 0x400000 + (1 << 20), code, &module };
	struct address_space space = { &mapping, 1, 1, 1 };
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct trace_sample sample = { 0 };
		uint64_t words[USE_WORDS];
		use_sample(&sample, arch, words, mapping.start, seed * 977);
		unwind_stack(arch, &space, &sample, NULL, NULL, &result);
	}
}

static inline uint64_t use_values(const struct unwind_table *table, const struct unwind_rule *rule)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; rule && i < rule->n_values; i++) {
		const struct unwind_value *v = unwind_table_values(table, rule) + i;
		sum += v->kind;
		for (uint32_t k = 0; v->kind >= CFI_AT_EXPRESSION && k < v->expr_bytes; k++)
			sum += unwind_table_expression(table, v)[k];
	}
	return sum;
}

/* False: the bytes are refused. */
static inline bool use_table(const void *data, size_t size_bytes, const struct arch *arch)
{
	AUTO(unwind_table_free) struct unwind_table *table = NULL;
	const struct unwind_rule *rule;
	uint64_t vaddr, first = 0, start;
	volatile uint64_t sum = 0;
	if (!unwind_table_read(data, size_bytes, arch, &table))
		return false;
	for (size_t i = 0; unwind_table_row(table, i, &vaddr, &rule); i++) {
		first = i ? first : vaddr;
		sum += use_values(table, rule);
		sum += use_values(table, unwind_table_find(table, vaddr));
		sum += use_values(table, unwind_table_find(table, vaddr - 1));
		sum += unwind_table_function(table, vaddr, &start);
	}
	for (uint64_t at = 0; at < USE_CODE_BYTES; at++)
		sum += use_values(table, unwind_table_find(table, first + at));
	(void)sum; /* volatile: so that everything is read */
	use_in_walks(table, arch, first);
	return true;
}

#endif
