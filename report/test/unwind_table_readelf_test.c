/*
 * Every row that readelf prints of a file's call frame information, against the unwind table's rule
 * at its first and last address; and the bytes covered by both.
 *
 * Known and wanted differences: registers "saved" below the row's stack pointer are dropped by the
 * table; vector registers are not kept; readelf prints "u" both for "undefined" and for registers
 * that nothing is said of.
 *
 * Without arguments: the files named below, of which the missing ones are skipped, loudly. With
 * arguments: those files, e.g. the arm64 libraries that report/test/fetch_arm64.sh fetches.
 */
#include "report/cfi.h"
#include "report/elf_file.h"
#include "report/unwind_rule.h"
#include "report/unwind_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const default_files[] = {
	"/lib/x86_64-linux-gnu/libc.so.6",
	"/lib/x86_64-linux-gnu/libm.so.6",
	"/lib64/ld-linux-x86-64.so.2",
	"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
	"/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
	"/usr/bin/python3",
	"/usr/aarch64-linux-gnu/lib/libc.so.6",
	"/usr/aarch64-linux-gnu/lib/libm.so.6",
	"/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
	"/usr/aarch64-linux-gnu/lib/libgcc_s.so.1",
};

static const char *const *files = default_files;
static size_t n_files = ARRAY_LEN(default_files);

enum { MAX_COLUMNS = 80, MAX_SHOWN = 10 };

struct judge {
	struct elf_file *elf;
	struct unwind_table *table;
	const struct arch *arch;
	uint64_t fde_end;
	bool fde_is_code;
	char *columns[MAX_COLUMNS]; /* register names, from the third column on */
	size_t n_columns;
	char header[2048];
	char row[2048]; /* the row whose end is not known yet; "" when there is none */
	size_t n_rows, n_skipped, n_different;
	uint64_t bytes;
};

static size_t split(char *line, char **words)
{
	size_t n = 0;
	for (char *save, *w = strtok_r(line, " \n", &save); w && n < MAX_COLUMNS;
		w = strtok_r(NULL, " \n", &save))
		if (*w != '(') /* "r9 (r9)": the number is enough */
			words[n++] = w;
	return n;
}

static int reg_number(const struct judge *j, const char *name, size_t len)
{
	for (int i = 0; i < j->arch->n_regs; i++)
		if (strlen(j->arch->reg_names[i]) == len &&
			strncmp(j->arch->reg_names[i], name, len) == 0)
			return i;
	return -1;
}

static bool cfa_agrees(const struct judge *j, const char *text, const struct unwind_value *cfa)
{
	size_t len = strcspn(text, "+-");
	if (strcmp(text, "exp") == 0)
		return cfa->kind == CFI_EXPRESSION;
	return cfa->kind == CFI_REGISTER && reg_number(j, text, len) == cfa->reg &&
		strtoll(text + len, NULL, 10) == cfa->off;
}

static bool value_agrees(const struct judge *j, const char *text, const struct unwind_value *v,
	const struct unwind_value *cfa, bool is_return)
{
	bool popped = cfa->kind == CFI_REGISTER && cfa->reg == j->arch->sp && *text == 'c' &&
		strtoll(text + 1, NULL, 10) < -cfa->off;
	if (popped && !is_return)
		return !v || v->kind == CFI_SAME;
	if (strcmp(text, "u") == 0)
		return !v || v->kind == CFI_UNDEFINED || v->kind == CFI_UNSPECIFIED ||
			(is_return && v->kind == CFI_REGISTER && v->reg == j->arch->lr);
	if (!v)
		return false;
	if (strcmp(text, "s") == 0)
		return v->kind == CFI_SAME || (is_return && v->kind == CFI_REGISTER);
	if (*text == 'c')
		return v->kind == CFI_AT_CFA && strtoll(text + 1, NULL, 10) == v->off;
	if (strcmp(text, "exp") == 0)
		return v->kind == CFI_AT_EXPRESSION;
	if (strcmp(text, "vexp") == 0)
		return v->kind == CFI_EXPRESSION;
	if (*text == 'v')
		return v->kind == CFI_CFA_PLUS && strtoll(text + 1, NULL, 10) == v->off;
	return v->kind == CFI_REGISTER && *text == 'r' && atoi(text + 1) == v->reg;
}

static const struct unwind_value *value_of(
	const struct unwind_value *values, const struct unwind_rule *rule, int reg)
{
	for (uint32_t i = 2; i < rule->n_values; i++)
		if (values[i].for_reg == reg)
			return &values[i];
	return NULL;
}

static bool rule_agrees(
	const struct judge *j, const struct unwind_rule *rule, char *const *words, size_t n)
{
	if (!rule)
		return false;
	const struct unwind_value *values = unwind_table_values(j->table, rule);
	bool ok = n >= 2 && cfa_agrees(j, words[1], &values[0]);
	for (size_t i = 2; i < n && i - 2 < j->n_columns; i++) {
		const char *name = j->columns[i - 2];
		bool is_return = strcmp(name, "ra") == 0;
		int reg = reg_number(j, name, strlen(name));
		if (is_return)
			ok = ok && value_agrees(j, words[i], &values[1], &values[0], true);
		else if (reg >= 0)
			ok = ok &&
				value_agrees(j, words[i], value_of(values, rule, reg), &values[0],
					false);
	}
	return ok;
}

/* The row before this one ends at end. */
static void check_row(struct judge *j, uint64_t end)
{
	char line[sizeof(j->row)], *words[MAX_COLUMNS];
	if (!j->row[0])
		return;
	memcpy(line, j->row, sizeof(line));
	size_t n = split(line, words);
	uint64_t start = strtoull(words[0], NULL, 16);
	end = MIN(end, j->fde_end);
	if (!j->fde_is_code || start >= end) {
		j->n_skipped++;
		return;
	}
	j->n_rows++;
	if (rule_agrees(j, unwind_table_find(j->table, start), words, n) &&
		rule_agrees(j, unwind_table_find(j->table, end - 1), words, n))
		return;
	if (j->n_different++ < MAX_SHOWN)
		printf("# %s: differs: %s", elf_file_name(j->elf), j->row);
}

static bool is_code(const struct judge *j, uint64_t start, uint64_t end)
{
	size_t n;
	const struct elf_segment *s = elf_file_segments(j->elf, &n);
	for (size_t i = 0; start && start < end && i < n; i++)
		if (s[i].executable && start >= s[i].vaddr && end <= s[i].vaddr + s[i].mem_bytes)
			return true;
	return false;
}

static void take_line(struct judge *j, const char *line)
{
	const char *pc = strstr(line, " pc=");
	bool is_row =
		strspn(line, "0123456789abcdef") == 16 && line[16] == ' ' && !strstr(line, "IE");
	if (is_row) {
		check_row(j, strtoull(line, NULL, 16));
		snprintf(j->row, sizeof(j->row), "%s", line);
	} else if (strstr(line, "   LOC  ")) {
		char *words[MAX_COLUMNS];
		snprintf(j->header, sizeof(j->header), "%s", line);
		size_t n = split(j->header, words);
		j->n_columns = n - 2;
		memcpy(j->columns, words + 2, j->n_columns * sizeof(*words));
	} else {
		check_row(j, j->fde_end);
		j->row[0] = 0;
		j->fde_is_code = false; /* also for the rows of a CIE */
		if (pc && strstr(line, " FDE ")) {
			uint64_t start = strtoull(pc + 4, NULL, 16);
			j->fde_end = strtoull(strstr(pc, "..") + 2, NULL, 16);
			j->fde_is_code = is_code(j, start, j->fde_end);
			j->bytes += j->fde_is_code ? j->fde_end - start : 0;
		}
	}
}

static uint64_t covered_bytes(const struct unwind_table *table)
{
	uint64_t sum = 0, at = 0, next;
	const struct unwind_rule *rule = NULL, *next_rule;
	for (size_t i = 0; unwind_table_row(table, i, &next, &next_rule); i++) {
		sum += rule ? next - at : 0;
		at = next;
		rule = next_rule;
	}
	return sum;
}

static void compare_file(const char *path)
{
	static struct judge j;
	char command[512], line[2048];
	struct err err;
	memset(&j, 0, sizeof(j));
	if (access(path, R_OK) != 0) {
		printf("# SKIP %s: not here\n", path);
		return;
	}
	assert_true(elf_file_open(path, &j.elf, &err));
	assert_true(unwind_table_build(j.elf, &j.table, &err));
	j.arch = elf_file_arch(j.elf);
	snprintf(command, sizeof(command),
		"readelf --debug-dump=frames-interp,no-follow-links '%s' 2>&1", path);
	FILE *in = popen(command, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		take_line(&j, line);
	take_line(&j, "\n");
	assert_int_equal(pclose(in), 0);
	printf("# %s: %zu rows compared, %zu left out, %zu differ; %" PRIu64 " bytes of code\n",
		path, j.n_rows, j.n_skipped, j.n_different, j.bytes);
	assert_true(j.n_rows > 0);
	assert_int_equal(j.n_different, 0);
	assert_int_equal(covered_bytes(j.table), j.bytes);
	assert_int_equal(unwind_table_summary(j.table).n_bad_fdes, 0);
	unwind_table_free(j.table);
	elf_file_close(j.elf);
}

static void every_row_agrees_with_readelf(void **state)
{
	(void)state;
	if (system("readelf --version >/dev/null 2>&1") != 0) {
		puts("# SKIP: no readelf");
		skip();
	}
	for (size_t i = 0; i < n_files; i++)
		compare_file(files[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_agrees_with_readelf) };
	if (argc > 1) {
		files = (const char *const *)argv + 1;
		n_files = (size_t)argc - 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
