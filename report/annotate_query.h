/*
 * Which functions a user means: the words of `ddrec annotate FUNCTION` become *targets*, bodies of
 * code (code_file.h) with their samples.
 *
 *	NAME             the name for people or the linkage name; else the same without arguments
 *	                 and template arguments; else a part of the name, or a regular expression
 *	MODULE:NAME      only in modules with that name
 *	NAME@0xADDRESS   only the body that holds this address of the ELF file
 *
 * Of a function that was inlined, the targets are the bodies that hold its instructions; what they
 * are worth is what was sampled in those.
 *
 * A profile's *spot* is a frame of a function that was not inlined: an address, and all that the
 * profile knows of it. Weights are by spot, so that they are summed once for all questions.
 */
#ifndef REPORT_ANNOTATE_QUERY_H
#define REPORT_ANNOTATE_QUERY_H

#include "report/code_file.h"

/* How well a name fits; the best that any function has is taken. */
enum annotate_fit { FIT_NONE, FIT_PART, FIT_BASE, FIT_EXACT };

struct annotate_target {
	uint32_t function; /* of the profile: the one that the body is of */
	uint32_t inlined;  /* of the profile: what was asked for and was inlined here, or NONE */
	uint32_t module;
	struct code_body body; /* end 0: not known */
	int64_t self, total;   /* of the whole body */
	int64_t asked;         /* of what was asked for: self, or that of the inlined part */
};

struct annotate_query {
	const struct profile *p;
	size_t value; /* the value type that is summed */
	const struct symbol_search *search;
	struct code_file **files; /* by module; NULL: not opened, or not to be had */
	char **why_not;           /* by module: why there is no code */
	int64_t *self;            /* by frame of the profile */
	uint32_t *spot;           /* by stack: the spot that its frame belongs to */
	bool *is_used;            /* by frame: some sample's stack has it */
	int64_t whole;            /* of all samples */
	enum annotate_fit fit;
	struct annotate_target *targets; /* those asked for, by falling `asked` */
	size_t n_targets;
	size_t n_left_out; /* those that were sampled least, of very many */
};

/* search and p must outlive the query. */
MUST_CHECK bool annotate_query_init(struct annotate_query *q, const struct profile *p, size_t value,
	const struct symbol_search *search, struct err *err);
void annotate_query_fini(struct annotate_query *q);
static inline void annotate_query_fini_ptr(struct annotate_query *q)
{
	annotate_query_fini(q);
}

/* Sets targets and fit. False when nothing fits: err says so, and what was perhaps meant. module
 * (NULL: any) is as in MODULE:NAME. Once. */
MUST_CHECK bool annotate_query_find(
	struct annotate_query *q, const char *words, const char *module, struct err *err);

/* Whether a frame's address belongs to the target. */
bool annotate_query_holds(struct annotate_query *q, const struct annotate_target *target,
	const struct profile_frame *frame);

/* The code of a module; NULL: *ret_why says why there is none. */
const struct code_file *annotate_query_code(
	struct annotate_query *q, uint32_t module, const char **ret_why);

#endif
