/*
 * The code of one module of a profile: its ELF file, found at the recorded path and taken only
 * with the recorded build-id, and which function of it holds an address.
 *
 * A function here is a *body*: the bytes of one symbol. The parts that a compiler splits off
 * (".cold") and its variants (".constprop.0") are bodies of their own. Where no symbol holds the
 * address, the unwind information tells where the function begins and ends.
 */
#ifndef REPORT_CODE_FILE_H
#define REPORT_CODE_FILE_H

#include "formats/profile.h"
#include "report/symbol_source.h"

struct code_file;

struct code_body {
	uint64_t start, end; /* vaddr */
	const char *symbol;  /* linkage name; NULL: no symbol holds it */
};

/* False: there is no code to be had, and err says why: in words that go after "no code: ". search
 * and elf live as long as the file. */
MUST_CHECK bool code_file_open(const struct profile *p, uint32_t module,
	const struct symbol_search *search, struct code_file **ret_file, struct err *err);
void code_file_close(struct code_file *f);
DEFINE_AUTO(struct code_file *, code_file_close);

struct elf_file *code_file_elf(const struct code_file *f);

/* False: the bounds of the function at vaddr are not known. */
bool code_file_body(const struct code_file *f, uint64_t vaddr, struct code_body *ret_body);

/* What a call's target is called: the symbol, or the stub's name ("printf@plt"); *ret_off is the
 * distance from its start. NULL: nothing is known. */
const char *code_file_name(const struct code_file *f, uint64_t vaddr, uint64_t *ret_off);

#endif
