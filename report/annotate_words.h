/*
 * The words that name a function, taken apart: MODULE:NAME@0xADDRESS, and how well a function's
 * name fits NAME. See annotate_query.h.
 */
#ifndef REPORT_ANNOTATE_WORDS_H
#define REPORT_ANNOTATE_WORDS_H

#include "report/annotate_query.h"

#include <regex.h>

struct annotate_words {
	const char *module; /* NULL: any */
	const char *name;   /* "": any */
	const char *base;   /* of name: without clone mark, arguments, template arguments */
	bool has_address, has_regex;
	uint64_t address;
	regex_t regex;
	char *memory[3];
};

/* module: of --module, or NULL. False: no memory, or an address that is none. */
MUST_CHECK bool annotate_words_parse(
	struct annotate_words *w, const char *words, const char *module, struct err *err);
void annotate_words_fini(struct annotate_words *w);

enum annotate_fit annotate_words_fit(const struct annotate_words *w, const char *name);
/* label: a module's name for people. */
bool annotate_words_fit_module(const struct annotate_words *w, const char *label);

/* A new string: name without " [clone .cold]" or ".cold", "(arguments)", "<template arguments>",
 * and the result type in front. NULL: no memory. */
char *annotate_base_name(const char *name);

#endif
