/*
 * For tests that unwind their own process: its mappings from /proc/self/maps, and samples made from
 * a ucontext as the kernel would make them: registers, and the stack from SP upward.
 *
 * live_sample is safe in a signal handler once live_init has loaded all modules.
 */
#ifndef REPORT_TEST_LIVE_H
#define REPORT_TEST_LIVE_H

#include "report/elf_file.h"
#include "report/unwind.h"
#include "report/unwind_table.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

enum { LIVE_STACK_WORDS = 1 << 16, LIVE_MAX_MODULES = 256 };

struct live {
	struct address_space space;
	struct module modules[LIVE_MAX_MODULES];
	size_t n_modules;
	uint64_t stack_end; /* of the main thread */
	uint64_t words[LIVE_STACK_WORDS];
	struct trace_sample sample;
	struct unwind_frame frames[UNWIND_MAX_FRAMES];
	struct unwind_result result;
};

static inline void live_load(void *ctx, struct module *m)
{
	struct err err = { 0 };
	struct elf_file *elf = NULL;
	bool ok = false;
	(void)ctx;
	m->loaded = true;
	if (m->kind == MODULE_FILE)
		ok = elf_file_open(m->path, &elf, &err);
	else if (m->kind == MODULE_VDSO)
		ok = elf_file_open_memory(
			(void *)getauxval(AT_SYSINFO_EHDR), 8192, m->path, &elf, &err);
	if (!ok)
		return;
	m->elf = elf;
	if (!unwind_table_build(elf, &m->unwind, &err))
		m->unwind = NULL;
}

static inline struct module *live_module(struct live *l, const char *path)
{
	for (size_t i = 0; i < l->n_modules; i++)
		if (*path && strcmp(l->modules[i].path, path) == 0)
			return &l->modules[i];
	if (l->n_modules == LIVE_MAX_MODULES)
		abort();
	struct module *m = &l->modules[l->n_modules++];
	m->path = strdup(path);
	m->kind = *path == '/'                ? MODULE_FILE
		: strcmp(path, "[vdso]") == 0 ? MODULE_VDSO
		: *path == '['                ? MODULE_SPECIAL
					      : MODULE_ANON;
	return m;
}

static inline void live_init(struct live *l)
{
	char line[4096], perms[8], path[4096];
	unsigned long start, end, off;
	FILE *maps = fopen("/proc/self/maps", "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		path[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %4095[^\n]", &start, &end, perms, &off,
			    path) < 4)
			continue;
		if (strcmp(path, "[stack]") == 0)
			l->stack_end = end;
		if (perms[2] != 'x')
			continue;
		struct mapping m = { start, end, off, live_module(l, path) };
		if (!address_space_add(&l->space, &m))
			abort();
	}
	fclose(maps);
	for (size_t i = 0; i < l->n_modules; i++)
		live_load(NULL, &l->modules[i]);
	l->result.frames = l->frames;
}

static inline void live_fini(struct live *l)
{
	for (size_t i = 0; i < l->n_modules; i++) {
		unwind_table_free(l->modules[i].unwind);
		elf_file_close(l->modules[i].elf);
		free((char *)l->modules[i].path);
	}
	address_space_clear(&l->space);
}

#ifdef __x86_64__
static inline void live_registers(struct trace_sample *s, const ucontext_t *uc)
{
	static const uint8_t of_greg[] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7,
		16 };
	for (size_t i = 0; i < sizeof(of_greg); i++)
		s->regs[of_greg[i]] = (uint64_t)uc->uc_mcontext.gregs[i];
	s->regs_mask = 0x1ffff;
}
#endif

#ifdef __aarch64__
static inline void live_registers(struct trace_sample *s, const ucontext_t *uc)
{
	for (size_t i = 0; i < 31; i++)
		s->regs[i] = uc->uc_mcontext.regs[i];
	s->regs[31] = uc->uc_mcontext.sp;
	s->regs[32] = uc->uc_mcontext.pc;
	s->regs_mask = 0x1ffffffffULL;
}
#endif

/* Copies the stack from the context's SP to stack_end, or as much as fits. */
__attribute__((no_sanitize("address"))) static inline void live_sample(
	struct live *l, const ucontext_t *uc, uint64_t stack_end)
{
	struct trace_sample *s = &l->sample;
	live_registers(s, uc);
	uint64_t sp = s->regs[arch_native()->sp], n = stack_end > sp ? (stack_end - sp) / 8 : 0;
	s->stack.truncated = n > LIVE_STACK_WORDS;
	s->stack.n_words = (uint32_t)MIN(n, LIVE_STACK_WORDS);
	s->stack.words = l->words;
	const volatile uint64_t *from = (const uint64_t *)sp;
	for (uint32_t i = 0; i < s->stack.n_words; i++)
		l->words[i] = from[i];
}

static inline const struct unwind_result *live_unwind(
	struct live *l, const ucontext_t *uc, uint64_t stack_end)
{
	live_sample(l, uc, stack_end);
	unwind_stack(arch_native(), &l->space, &l->sample, NULL, NULL, &l->result);
	return &l->result;
}

#endif
