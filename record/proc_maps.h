/*
 * The executable mappings that a process has now, from /proc/PID/maps: for processes whose
 * beginning was not seen. Uses the caller's memory only.
 *
 *	if (proc_maps_open(&maps, pid, &scratch)) {
 *		while (proc_maps_next(&maps, &mapping))
 *			...
 *		proc_maps_close(&maps);
 *	}
 */
#ifndef RECORD_PROC_MAPS_H
#define RECORD_PROC_MAPS_H

#include "common/trace_event.h"

struct proc_maps_scratch {
	char text[8192]; /* at least one line: a path has up to 4096 bytes */
};

struct proc_maps {
	int fd;
	size_t begin, end; /* of what is unread in the scratch */
	struct proc_maps_scratch *scratch;
};

bool proc_maps_open(struct proc_maps *m, uint32_t pid, struct proc_maps_scratch *scratch);
void proc_maps_close(struct proc_maps *m);
/* The path lives until the next call. */
bool proc_maps_next(struct proc_maps *m, struct trace_mmap *ret_mapping);

/* One line, without its newline, NUL-terminated. False when it is malformed or not executable. */
bool proc_maps_parse_line(char *line, struct trace_mmap *ret_mapping);

#endif
