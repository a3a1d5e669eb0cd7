/*
 * Unwind rules as text, for tests and for looking at a file's table: "rsp+16 rbp=c-16 ra=c-8".
 */
#ifndef REPORT_TEST_UNWIND_DUMP_H
#define REPORT_TEST_UNWIND_DUMP_H

#include "common/buf.h"
#include "report/cfi.h"
#include "report/unwind_rule.h"
#include "report/unwind_table.h"

#include <inttypes.h>

static inline void dump_value(
	struct buf *out, const struct arch *arch, const struct unwind_value *v)
{
	const char *reg = v->reg < arch->n_regs ? arch->reg_names[v->reg] : "?";
	switch (v->kind) {
	case CFI_AT_CFA:
		buf_fmt(out, "c%+" PRId64, v->off);
		break;
	case CFI_CFA_PLUS:
		buf_fmt(out, "v%+" PRId64, v->off);
		break;
	case CFI_REGISTER:
		buf_fmt(out, "%s%+" PRId64, reg, v->off);
		break;
	case CFI_AT_EXPRESSION:
		buf_str(out, "exp");
		break;
	case CFI_EXPRESSION:
		buf_str(out, "vexp");
		break;
	default:
		buf_str(out, v->kind == CFI_SAME ? "s" : "u");
	}
}

/* Appends the text; rule NULL: "-". */
static inline void dump_rule(struct buf *out, const struct arch *arch,
	const struct unwind_table *table, const struct unwind_rule *rule)
{
	const struct unwind_value *v = rule ? unwind_table_values(table, rule) : NULL;
	if (!rule) {
		buf_str(out, "-");
		return;
	}
	dump_value(out, arch, &v[0]);
	for (uint32_t i = 2; i < rule->n_values; i++) {
		buf_fmt(out, " %s=", arch->reg_names[v[i].for_reg]);
		dump_value(out, arch, &v[i]);
	}
	buf_str(out, " ra=");
	dump_value(out, arch, &v[1]);
	if (rule->flags & UNWIND_RULE_SIGNAL)
		buf_str(out, " signal");
}

/* "addr text; addr text; ...", addresses in hex relative to base. */
static inline void dump_table(
	struct buf *out, const struct arch *arch, const struct unwind_table *table, uint64_t base)
{
	uint64_t vaddr;
	const struct unwind_rule *rule;
	for (size_t i = 0; unwind_table_row(table, i, &vaddr, &rule); i++) {
		buf_fmt(out, "%s%" PRIx64 " ", i ? "; " : "", vaddr - base);
		dump_rule(out, arch, table, rule);
	}
}

#endif
