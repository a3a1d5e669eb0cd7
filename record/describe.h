/*
 * Tells the trace what runs already, from /proc and without stopping it: of each process the name,
 * the executable mappings, and the names of its threads, as if all that came about at one moment.
 *
 * What happens meanwhile comes by the sideband, whose events are on before the first file is
 * read. So each fact is told at least once, and the *time* of the description must make sure that
 * what is told twice comes out right. It is noted after the process was listed and before its files
 * are opened, and all sideband records up to it are taken first:
 *  - A file shows what was true at some time after it. A record of the sideband is later than it,
 * and is applied after the description: where both tell of the same change it is made twice, and
 * where the record is the newer one it has the last word. With a time noted after reading, an old
 *    mapping would replace a newer one for good. What was unmapped meanwhile only stays a while.
 *  - An exec, told by the sideband, empties the process: the description came before it, and the
 *    mappings of the new program come by the sideband.
 *  - A process that was forked before its parent was described inherits too little, but then it is
 *    listed, as lists are made again until they hold nothing new, and is described itself.
 * Between the time and the true moment of a change, a sample may be given to the newer mapping.
 */
#ifndef RECORD_DESCRIBE_H
#define RECORD_DESCRIBE_H

#include "record/drain.h"
#include "record/pid_list.h"

struct description {
	uint64_t processes, threads;
	uint64_t unreadable; /* processes whose mappings we may not read */
};

/* roots as for proc_tasks_tree. Counts are added to *d. */
MUST_CHECK bool describe_processes(
	const struct pid_list *roots, struct drain *drain, struct description *d, struct err *err);

#endif
