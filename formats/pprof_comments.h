/*
 * The comments of a pprof file: what was recorded, where and how, and the health in words. What an
 * imported file said of itself goes on as it is. The reader knows the labels ("command: ").
 */
#ifndef FORMATS_PPROF_COMMENTS_H
#define FORMATS_PPROF_COMMENTS_H

#include "common/buf.h"
#include "formats/pprof_tables.h"

/* Appends the fields, and their strings to the tables. */
void pprof_add_comments(struct pprof_tables *tables, struct buf *out);

#endif
