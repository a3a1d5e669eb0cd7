/*
 * What the symbol tests share: a scratch folder, commands to run in it, and whole answers as text.
 * Tests of this kind build their binaries with whatever compilers are there; what is missing is
 * said, and counts as skipped.
 */
#ifndef REPORT_TEST_TOOLS_H
#define REPORT_TEST_TOOLS_H

#include "report/symbol_source.h"
#include "report/elf_file.h"
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define PROGRAMS "testdata/programs/symbols/"

static char scratch[64]; /* the scratch folder of this test program */

static inline int make_scratch(void **state)
{
	(void)state;
	strcpy(scratch, "/tmp/ddrec-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int remove_scratch(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command);
}

/* Runs a command of the shell in the scratch folder, $D; $P has the programs' sources. */
PRINTF_LIKE(1, 2) static inline bool run(const char *fmt, ...)
{
	char command[4096], all[4400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	snprintf(all, sizeof(all), "D=%s P=$PWD/" PROGRAMS "; cd $D && { %s ; } >$D/log 2>&1",
		scratch, command);
	return system(all) == 0;
}

static inline bool have(const char *tool)
{
	return run("command -v %s", tool);
}

/* Leaves the test as skipped, and says why on a line of its own. */
#define SKIP(why)                                                          \
	do {                                                               \
		fprintf(stderr, "SKIPPED: %s: needs %s\n", __func__, why); \
		skip();                                                    \
	} while (0)
#define NEED(tool)                  \
	do {                        \
		if (!have(tool))    \
			SKIP(tool); \
	} while (0)
#define RUN_OR_SKIP(why, ...)          \
	do {                           \
		if (!run(__VA_ARGS__)) \
			SKIP(why);     \
	} while (0)

static inline const char *in_scratch(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

/* An opened module. */
struct module {
	struct elf_file *elf;
	struct symbol_source *source;
	struct symbol_answer answer; /* the last one asked for */
	const char *dirs[2];
};

static inline struct module open_module(const char *name)
{
	struct module m = { .dirs = { in_scratch("debug"), NULL } };
	char dir[256];
	snprintf(dir, sizeof(dir), "%s", m.dirs[0]);
	const char *dirs[] = { dir, NULL };
	struct symbol_search search = { .debug_dirs = dirs };
	struct err err = { 0 };
	if (!elf_file_open(name[0] == '/' ? name : in_scratch(name), &m.elf, &err) ||
		!symbol_source_open(m.elf, &search, &m.source, &err))
		fail_msg("%s", err.text);
	return m;
}

static inline void close_module(struct module *m)
{
	symbol_source_close(m->source);
	elf_file_close(m->elf);
}

static inline const struct symbol_answer *ask(struct module *m, uint64_t vaddr)
{
	struct err err = { 0 };
	assert_true(symbol_source_resolve(m->source, &vaddr, 1, &m->answer, &err));
	return &m->answer;
}

static inline const char *or_unknown(const char *s)
{
	return s ? s : "??";
}

#endif
