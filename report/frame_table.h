/*
 * The frames of every distinct address of an analysis: what the symbolizer says, as frames of the
 * profile. Each address costs once. The files are read by several threads; the profile is filled
 * by one, in the order of modules and addresses, so that it is the same whatever their number.
 */
#ifndef REPORT_FRAME_TABLE_H
#define REPORT_FRAME_TABLE_H

#include "common/err.h"
#include "report/profile_build.h"

/* Frames of the profile, innermost first. */
struct frame_run {
	const uint32_t *frames;
	uint32_t n;
};

struct frame_table;

MUST_CHECK bool frame_table_build(struct analysis *a, const struct profile_build_options *options,
	struct profile *p, struct frame_table **ret_table, struct err *err);
void frame_table_free(struct frame_table *table);
DEFINE_AUTO(struct frame_table *, frame_table_free);

/* The frames of a node of the analysis's stack tree (not of the root). */
struct frame_run frame_table_of_node(const struct frame_table *table, uint32_t node);
/* Whether its module has a file, and that has no name for it. */
bool frame_table_is_nameless(const struct frame_table *table, uint32_t node);

#endif
