/*
 * Split DWARF: the unit of a .dwo file that belongs to a skeleton unit (DWARF 5, 3.1.2 and 3.1.3,
 * and GNU's split DWARF 4). Found by its name, in the folder of the skeleton's file or in that of
 * the compilation; it must have the skeleton's id.
 */
#ifndef REPORT_DWARF_SPLIT_H
#define REPORT_DWARF_SPLIT_H

#include "report/dwarf_unit.h"
#include "report/file_facts.h"

struct dwarf_split;

/* The open ones. Their strings live until dwarf_splits_fini. */
struct dwarf_splits {
	struct dwarf_split *first;
	struct file_facts *facts; /* or NULL */
};
void dwarf_splits_fini(struct dwarf_splits *splits);

/* NULL: not there, or not of this skeleton. file_name: that of the skeleton's file. */
const struct dwarf_unit *dwarf_split_find(
	struct dwarf_splits *splits, const struct dwarf_unit *skeleton, const char *file_name);

#endif
