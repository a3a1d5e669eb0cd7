/*
 * The processes and threads there are, from /proc. Whatever is read here may have ended by the time
 * it is looked at: a file that is gone means a task that is gone, and is no error.
 */
#ifndef RECORD_PROC_TASKS_H
#define RECORD_PROC_TASKS_H

#include "record/pid_list.h"

enum { PROC_NAME_BYTES = 64 }; /* of a thread; kernel workers have long ones */

/* The ids that name entries of a folder, "/proc" or "/proc/PID/task". False: no memory. */
MUST_CHECK bool proc_tasks_list(const char *folder, struct pid_list *list, struct err *err);
/* The threads of a process. */
MUST_CHECK bool proc_tasks_threads(pid_t pid, struct pid_list *list, struct err *err);
/*
 * These processes, as far as they live, and all their descendants but ddrec itself; an empty list
 * stands for all processes that there are. Sorted by id, and new in the caller's list.
 */
MUST_CHECK bool proc_tasks_tree(
	const struct pid_list *roots, struct pid_list *ret_pids, struct err *err);

/* The name of a thread; false when it is gone, or has none. */
bool proc_tasks_name(pid_t pid, pid_t tid, char name[PROC_NAME_BYTES]);

/* /proc/PID/status says which process a thread is of. 0: no such thread. */
pid_t proc_tasks_process_of(pid_t tid);

/* What the text of /proc/PID/stat tells, in which a name may hold anything. */
struct proc_stat {
	pid_t parent;   /* -1: the text is malformed */
	uint64_t ticks; /* of CPU time, of the process and the children that it waited for */
};
struct proc_stat proc_tasks_parse_stat(const char *stat);
/* All zero, and parent -1, when it is gone. */
struct proc_stat proc_tasks_stat(pid_t pid);

#endif
