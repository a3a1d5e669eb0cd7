/*
 * The comments of a pprof file: what was recorded, where and how, and how good it is. They are few,
 * for pprof prints all of them above each table: of the health the phrase, why stacks are
 * incomplete, and a warning; the rest is in ddrec's own report. The reader (pprof_read_meta.c)
 * knows the labels. What an imported file said of itself goes on as it is.
 */
#ifndef FORMATS_PPROF_COMMENTS_H
#define FORMATS_PPROF_COMMENTS_H

#include "common/buf.h"
#include "formats/pprof_tables.h"

/* Appends the fields, and their strings to the tables. */
void pprof_add_comments(struct pprof_tables *tables, struct buf *out);

#endif
